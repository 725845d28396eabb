"""The blocking Python interface to a daemon: for the command line, scripts and tests. Editors use `link` instead."""

from __future__ import annotations

import itertools
import threading
import uuid
from collections.abc import Callable
from typing import TypeVar, Union

from .connection import NoConnection, read_connection
from .geometry import Frame
from .link import Link, LinkDown, LinkEvent, LinkUp, NotSent, Peer, Timing
from .messages import (
    AskStatus,
    AskThumbnails,
    Attach,
    Event,
    Failed,
    Hello,
    Image,
    ListModels,
    ModelInfo,
    ModelLoading,
    Models,
    OpenPixels,
    OpenSeed,
    OpenState,
    Ping,
    Pong,
    Request,
    Status,
    Thumbnails,
    Welcome,
)
from .remote_session import RemoteSession
from .session_inbox import RequestFailed, SessionInbox

__all__ = ["Client", "NoConnection", "RemoteSession", "RequestFailed"]

T = TypeVar("T")
E = TypeVar("E", bound=Event)

ANSWER = 30.0  # seconds that a request may take
OPENING = 180.0  # seconds that opening a session may take: a large model may have to be read first


class Client:
    """One connection to a daemon. May be used from several threads; every call waits for its answer.

    Calls raise RequestFailed when the daemon says no, InvalidMessage for values that make no request, and NoConnection
    when the daemon cannot be reached, has gone, or does not answer in time. A client that lost its connection is of no
    more use; make a new one and `attach` its sessions.
    """

    welcome: Welcome

    def __init__(
        self,
        endpoint: str,
        hello: Hello,
        *,
        timing: Timing | None = None,
        watch: Callable[[ModelLoading], None] | None = None,
    ) -> None:
        self._watch = watch
        self._changed = threading.Condition()
        self._answers: dict[int, Event | None] = {}  # by request that somebody waits for
        self._inboxes: dict[str, SessionInbox] = {}
        self._unaddressed: Failed | None = None  # the daemon could not read something and cannot say what it was
        self._down: str | None = None
        self._up: Welcome | None = None
        self._requests = itertools.count(1)
        self._link = Link(lambda: Peer(endpoint, hello), self._receive, timing=timing)
        self._link.start()
        try:
            self.welcome = self.wait_for(lambda: self._up, None, "")
        except BaseException:
            self.close()
            raise

    @classmethod
    def connect(
        cls,
        endpoint: str | None = None,
        token: str | None = None,
        *,
        name: str = "python",
        version: str = "",
        timing: Timing | None = None,
        watch: Callable[[ModelLoading], None] | None = None,
    ) -> Client:
        """Connect to the daemon of this machine's connection file, or to an endpoint such as tcp://127.0.0.1:5555.

        An endpoint without a token gets the connection file's token. `watch` is called, on another thread, with how far
        models have been read while a call waits for one. Raises NoConnection.
        """
        if endpoint is None or token is None:
            found = read_connection()
            endpoint = found.endpoint if endpoint is None else endpoint
            token = found.token if token is None else token
        return cls(endpoint, Hello(token, name, version), timing=timing, watch=watch)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection. Sessions stay open in the daemon for a while, to be taken up with `attach`."""
        self._link.close()
        with self._changed:
            self._down = self._down or "this client was closed"
            self._changed.notify_all()

    def models(self, timeout: float = ANSWER) -> tuple[ModelInfo, ...]:
        """What the daemon can open."""
        return self.ask(ListModels, Models, timeout).models

    def thumbnails(self, model: str, label: int | None = None, timeout: float = OPENING) -> Thumbnails:
        """What a model looks like: a strip of small pictures of seeds. The first time, the worker makes them."""
        return self.ask(lambda number: AskThumbnails(number, model, label), Thumbnails, timeout)

    def status(self, timeout: float = ANSWER) -> Status:
        """What the daemon is doing."""
        return self.ask(AskStatus, Status, timeout)

    def ping(self, timeout: float = ANSWER) -> None:
        """Return when the daemon has answered."""
        self.ask(Ping, Pong, timeout)

    def open_seed(
        self,
        model: str,
        seed: int,
        *,
        label: int | None = None,
        truncation: float = 1.0,
        frame: Frame | None = None,
        timeout: float = OPENING,
    ) -> RemoteSession:
        """A session on the picture of a seed. Without a frame, canvas pixels are the model's pixels."""
        session = uuid.uuid4().hex
        return self._opened(OpenSeed(self._boot(), session, model, seed, label, truncation, frame), timeout)

    def open_state(self, state: bytes, *, frame: Frame | None = None, timeout: float = OPENING) -> RemoteSession:
        """A session that goes on from what `RemoteSession.export_state` returned."""
        return self._opened(OpenState(self._boot(), uuid.uuid4().hex, state, frame), timeout)

    def open_pixels(
        self, model: str, image: Image, *, frame: Frame | None = None, timeout: float = OPENING
    ) -> RemoteSession:
        """A session on the picture that the model finds nearest to an image."""
        return self._opened(OpenPixels(self._boot(), uuid.uuid4().hex, model, image, frame), timeout)

    def attach(self, session: str, timeout: float = OPENING) -> RemoteSession:
        """Take up a session that another connection opened with the daemon that runs now."""
        return self._opened(Attach(self._boot(), session), timeout)

    # For RemoteSession

    def send(self, request: Request) -> None:
        try:
            self._link.send(request)
        except NotSent as error:
            raise NoConnection(self._down or error.sentence) from error

    def ask(self, make: Callable[[int], Request], answer: type[E], timeout: float) -> E:
        """Send the request that `make` makes of a number, and wait for the answer to that number."""
        number = next(self._requests)
        request = make(number)
        with self._changed:
            self._answers[number] = None
        try:
            self.send(request)
            what = f"{type(request).__name__} was not answered"
            event = self.wait_for(lambda: self._answers[number], timeout, what)
        finally:
            with self._changed:
                del self._answers[number]  # an answer that comes too late is not kept
        if isinstance(event, Failed):
            raise RequestFailed(event.sentence)
        if not isinstance(event, answer):
            raise RequestFailed(f"{type(request).__name__} was answered with {type(event).__name__}; update the daemon")
        return event

    def wait_for(self, look: Callable[[], T | None], timeout: float | None, what: str) -> T:
        """What `look` returns as soon as it is not None. `look` is called with the lock that guards what came."""
        found: list[T] = []

        def ready() -> bool:
            result = look()
            if result is not None:
                found.append(result)
            return bool(found) or self._down is not None or self._unaddressed is not None

        with self._changed:
            if not self._changed.wait_for(ready, timeout):
                raise NoConnection(f"{what} within {timeout:g} s; see `draglayer status`, or allow more time")
            if found:
                return found[0]
            if self._unaddressed is not None:
                failed, self._unaddressed = self._unaddressed, None
                raise RequestFailed(failed.sentence)
        raise NoConnection(self._down or "")

    def _boot(self) -> str:
        return self.welcome.boot

    def _opened(self, request: Union[OpenSeed, OpenState, OpenPixels, Attach], timeout: float) -> RemoteSession:
        inbox = SessionInbox()
        with self._changed:
            self._inboxes[request.session] = inbox
        try:
            self.send(request)
            opened = self.wait_for(inbox.opened, timeout, f"the session was not opened by {type(request).__name__}")
        except BaseException:
            with self._changed:
                self._inboxes.pop(request.session, None)
            raise
        return RemoteSession(self, self._boot(), opened, inbox)

    # On the link's thread

    def _receive(self, event: LinkEvent) -> None:
        if isinstance(event, ModelLoading) and self._watch is not None:
            self._watch(event)
        with self._changed:
            if isinstance(event, LinkUp):
                self._up = event.welcome
            elif isinstance(event, LinkDown):
                self._down = event.sentence
            else:
                self._sort(event)
            self._changed.notify_all()

    def _sort(self, event: Event) -> None:
        request = getattr(event, "request", None)
        session = getattr(event, "session", None)
        if request is not None:
            if request in self._answers:
                self._answers[request] = event
        elif session is not None:
            inbox = self._inboxes.get(session)
            if inbox is not None:
                inbox.put(event)
                if inbox.closed is not None:
                    del self._inboxes[session]
        elif isinstance(event, Failed):
            self._unaddressed = event
