"""Which sessions there are, whose they are, and which of their commands were seen."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from draglayer_protocol.messages import (
    DragEnded,
    Event,
    Failed,
    SessionClosed,
    SessionInfo,
    SessionOpened,
    Sought,
    StepDone,
)


class Asked(NamedTuple):
    """A request with an answer of its own: its number, which is the client's choice, and that client."""

    number: int
    routing: bytes


@dataclass
class Row:
    """One session as the gateway knows it.

    owner    routing name of the client; None after it vanished
    opening  the worker has not answered yet
    joining  the owner is new and waits for SessionOpened: what comes before it was meant for the one before
    seq      the last command that was taken; repeats up to here have no second effect
    run      the Run that set `running`
    asked    requests that the worker has not answered yet, and who made them, in their order
    sha256   of its model's weights, once it is open
    until    when a session without owner is closed, on the monotonic clock
    """

    session: str
    model: str
    owner: bytes | None
    client: str
    opening: bool = True
    joining: bool = False
    seq: int = 0
    run: int = 0
    running: bool = False
    step: int = 0
    asked: list[Asked] = field(default_factory=list)
    sha256: str = ""
    until: float | None = None

    def answered(self, number: int) -> bytes | None:
        """Who asked this; None when nobody did. Answers come in the order of their questions."""
        for asked in self.asked:
            if asked.number == number:
                self.asked.remove(asked)
                return asked.routing
        return None

    def info(self) -> SessionInfo:
        client = "" if self.owner is None else self.client
        return SessionInfo(self.session, self.model, client, self.step, self.running, self.sha256)


class Sessions:
    """The table. Remembers the names of sessions that were closed, because closing one twice is harmless."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._closed: deque[str] = deque(maxlen=1024)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(list(self._rows.values()))

    def find(self, session: str) -> Row | None:
        return self._rows.get(session)

    def add(self, row: Row) -> None:
        self._rows[row.session] = row

    def remove(self, session: str) -> Row | None:
        row = self._rows.pop(session, None)
        if row is not None:
            self._closed.append(session)
        return row

    def note(self, row: Row, message: Event) -> None:
        """What the worker says that it did with a session."""
        match message:
            case SessionOpened():
                row.opening = row.joining = False
                row.step, row.running = message.step, message.running
                row.model, row.sha256 = message.model, message.model_sha256
            case StepDone():
                row.step, row.running = message.step, True
            case DragEnded():
                row.step, row.running = message.step, False
            case Sought():
                row.step = message.step
            case Failed(seq=None) if row.opening:
                self.remove(row.session)
            case Failed(seq=None):
                row.joining = False
            case Failed(seq=seq) if seq == row.run:
                row.running = False
            case SessionClosed():
                self.remove(row.session)
                row.joining = False

    def was_closed(self, session: str) -> bool:
        return session in self._closed

    def owned_by(self, routing: bytes) -> list[Row]:
        return [row for row in self._rows.values() if row.owner == routing]

    def expired(self, now: float) -> list[Row]:
        return [row for row in self._rows.values() if row.until is not None and row.until <= now]

    def next_expiry(self) -> float | None:
        return min((row.until for row in self._rows.values() if row.until is not None), default=None)
