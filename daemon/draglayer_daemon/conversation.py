"""What the gateway answers: to clients, for the worker. Knows no sockets."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, Union

from draglayer_protocol.messages import (
    Accepted,
    AskStatus,
    AskThumbnails,
    Attach,
    Close,
    Credit,
    Event,
    ExportState,
    Failed,
    Hello,
    ListModels,
    ModelLoading,
    MoveTargets,
    OpenPixels,
    OpenSeed,
    OpenState,
    Ping,
    Pong,
    Render,
    Request,
    Run,
    Seek,
    SessionClosed,
    SessionOpened,
    SetFrame,
    SetMask,
    SetParameters,
    SetPoints,
    Status,
    Stop,
    Thumbnails,
)

from .clients import Client
from .model_desk import ModelDesk
from .registry import Registry, UnknownModel
from .sessions import Asked, Row, Sessions
from .supervisor import Ending, WorkerUnavailable

log = logging.getLogger(__name__)

AGAIN = 1.0  # seconds until a session that could not be closed is closed again

Opening = Union[OpenSeed, OpenState, OpenPixels]
Commanding = Union[SetPoints, MoveTargets, SetMask, SetFrame, SetParameters, Run, Stop, Seek, Close]
OfSession = Union[OpenSeed, OpenState, OpenPixels, Attach, Credit, Render, ExportState, Commanding]
ForWorker = Union[AskThumbnails, OfSession]


class Worker(Protocol):
    def send(self, request: ForWorker) -> None:
        """Queue a request for the worker. Raises WorkerUnavailable."""


class Conversation:
    """Sessions, their owners and their commands. `send` puts an event on its way to a routing name."""

    def __init__(
        self,
        boot: str,
        registry: Registry,
        worker: Worker,
        send: Callable[[bytes, Event], object],
        *,
        max_sessions: int,
        grace: float,
    ) -> None:
        self._boot, self._registry, self._worker, self._send = boot, registry, worker, send
        self._max_sessions, self._grace = max_sessions, grace
        self.desk = ModelDesk(registry, send, worker.send)
        self.sessions = Sessions()

    # From clients

    def request(self, client: Client, message: Request, status: Callable[[int], Status]) -> None:
        """Answer one request of a client that was let in."""
        match message:
            case Ping(request):
                self._send(client.routing, Pong(request))
            case AskStatus(request):
                self._send(client.routing, status(request))
            case ListModels():
                self.desk.models(client.routing, message)
            case AskThumbnails():
                self.desk.thumbnails(client.routing, message)
            case OpenSeed() | OpenState() | OpenPixels():
                self._open(client, message)
            case Attach():
                self._attach(client, message)
            case Credit(session):
                if self._owned(client, session) is not None:
                    self._forward(client, message)
            case Render(number, session) | ExportState(number, session):
                row = self._owned(client, session, request=number)
                if row is not None and self._forward(client, message, request=number):
                    row.asked.append(Asked(number, client.routing))
            case Hello():
                raise AssertionError("Hello is answered before")
            case _:
                self._command(client, message)

    def vanished(self, routing: bytes, now: float) -> None:
        """A client is gone: its drags stop, its sessions wait for Attach for a while."""
        self.desk.vanished(routing)
        for row in self.sessions.owned_by(routing):
            log.info("session %s lost its client; it waits %g s", row.session, self._grace)
            row.owner, row.until = None, now + self._grace
            self._forward(None, Stop(self._boot, row.session, max(row.seq, 1)))

    def expire(self, now: float) -> None:
        """Close the sessions that waited long enough."""
        for row in self.sessions.expired(now):
            row.until = None if self._retire(row) else now + AGAIN

    def _give_way(self) -> bool:
        """Close the session that has waited longest for a client that vanished, for the sake of one that is here."""
        row = min(
            (row for row in self.sessions if row.until is not None), key=lambda row: row.until or 0.0, default=None
        )
        if row is None or not self._retire(row):
            return False
        row.until = None
        return True

    def _retire(self, row: Row) -> bool:
        """Have the worker close a session that has no client; whether it was told."""
        return self._forward(None, Close(self._boot, row.session, max(row.seq, 1)))

    def farewell(self, sentence: str) -> None:
        """Tell every client that its sessions end."""
        for row in self.sessions:
            if row.owner is not None:
                self._send(row.owner, SessionClosed(row.session, sentence))

    # From the worker

    def event(self, message: Event) -> None:
        """Note what the worker did, and pass it on to whom it concerns."""
        if isinstance(message, ModelLoading):
            self.desk.loading(message)
            return
        if isinstance(message, Thumbnails) or (isinstance(message, Failed) and message.session is None):
            self.desk.answered(message)
            return
        session = getattr(message, "session", None)
        row = None if session is None else self.sessions.find(session)
        if row is None:
            return  # closed meanwhile
        number = getattr(message, "request", None)
        if number is not None:
            asker = row.answered(number)
            if asker is not None:
                self._send(asker, message)
            return
        if isinstance(message, SessionOpened):
            message = replace(message, seq=row.seq)
        self.sessions.note(row, message)
        if row.owner is not None and not row.joining:
            self._send(row.owner, message)

    def worker_lost(self, ending: Ending) -> None:
        """The worker ended, and what it held with it."""
        why = ending.why if ending.refused else f"the worker stopped ({ending.why})"
        again = "" if ending.refused else "; try again: a fresh worker takes over"
        self.desk.worker_lost(why + again)
        for row in self.sessions:
            self.sessions.remove(row.session)
            for asked in row.asked:
                self._send(asked.routing, Failed(why + again, asked.number, row.session))
            if row.owner is None:
                continue
            if row.opening:
                self._send(row.owner, Failed(why + again, session=row.session))
            else:
                sentence = (
                    f"{why}, and this session with it; open it again from its last state or its seed:"
                    " a fresh worker takes over"
                )
                self._send(row.owner, SessionClosed(row.session, sentence))

    # One request each

    def _open(self, client: Client, message: Opening) -> None:
        if not self._boots(client, message.boot, message.session, None):
            return
        row = self.sessions.find(message.session)
        if row is not None:
            self._take(client, row)
            return
        if len(self.sessions) >= self._max_sessions and not self._give_way():
            self._fail(
                client,
                f"{len(self.sessions)} sessions are open and this daemon holds {self._max_sessions};"
                " close a document that you no longer drag in, then try again",
                message.session,
            )
            return
        model = "" if isinstance(message, OpenState) else message.model
        try:
            if model:
                self._registry.find(model)
        except UnknownModel as error:
            self._fail(client, str(error), message.session)
            return
        if self._forward(client, message):
            self.sessions.add(Row(message.session, model, client.routing, client.name))

    def _attach(self, client: Client, message: Attach) -> None:
        if not self._boots(client, message.boot, message.session, None):
            return
        row = self.sessions.find(message.session)
        if row is None:
            self._fail(client, self._unknown(message.session), message.session)
        else:
            self._take(client, row)

    def _take(self, client: Client, row: Row) -> None:
        """Give a session to this client, and have the worker say where it stands."""
        before = row.owner
        if not row.opening:
            if not self._forward(client, Attach(self._boot, row.session)):
                return
            row.joining = row.joining or before != client.routing
        row.owner, row.client, row.until = client.routing, client.name, None
        if before is not None and before != client.routing:
            self._send(before, SessionClosed(row.session, "another connection has taken this session up"))

    def _command(self, client: Client, message: Commanding) -> None:
        if not self._boots(client, message.boot, message.session, message.seq):
            return
        row = self.sessions.find(message.session)
        if isinstance(message, Close) and row is None and self.sessions.was_closed(message.session):
            self._send(client.routing, Accepted(message.session, message.seq))
            self._send(client.routing, SessionClosed(message.session, "the session was closed before"))
            return
        row = self._owned(client, message.session, seq=message.seq)
        if row is None:
            return
        self._send(client.routing, Accepted(message.session, message.seq))
        if message.seq <= row.seq:
            return  # a repeat: it was taken before
        row.seq = message.seq
        if self._forward(client, message, seq=message.seq) and isinstance(message, Run) and not row.running:
            row.running, row.run = True, message.seq

    def _forward(
        self, client: Client | None, message: OfSession, *, request: int | None = None, seq: int | None = None
    ) -> bool:
        """Whether the worker gets this; otherwise the client, if there is one, is told why not."""
        try:
            self._worker.send(message)
        except WorkerUnavailable as error:
            log.warning("%s did not reach the worker: %s", type(message).__name__, error)
            if client is not None:
                self._fail(client, str(error), message.session, seq, request)
            return False
        return True

    def _owned(self, client: Client, session: str, *, request: int | None = None, seq: int | None = None) -> Row | None:
        """The row if it is this client's; otherwise the client is told why not."""
        row = self.sessions.find(session)
        if row is None:
            self._fail(client, self._unknown(session), session, seq, request)
            return None
        if row.owner != client.routing:
            sentence = "this session belongs to another connection; take it up with Attach before you command it"
            self._fail(client, sentence, session, seq, request)
            return None
        return row

    def _boots(self, client: Client, boot: str, session: str, seq: int | None) -> bool:
        if boot == self._boot:
            return True
        sentence = (
            "the daemon was restarted since this session began, and its sessions ended with it;"
            " open a new one from the last saved state or the seed"
        )
        self._fail(client, sentence, session, seq)
        return False

    def _unknown(self, session: str) -> str:
        if self.sessions.was_closed(session):
            return "this session was closed; open a new one from its last state or its seed"
        return f"there is no session {session}; open one first"

    def _fail(
        self, client: Client, sentence: str, session: str, seq: int | None = None, request: int | None = None
    ) -> None:
        self._send(client.routing, Failed(sentence, request, session, seq))
