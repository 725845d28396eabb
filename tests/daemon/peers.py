"""What the tests talk to a gateway with: plain libzmq sockets, deadlines instead of sleeps."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

import zmq

from draglayer_protocol.geometry import Point
from draglayer_protocol.messages import (
    AskStatus,
    Event,
    Hello,
    OpenSeed,
    PointPair,
    Request,
    Run,
    SessionOpened,
    SetPoints,
    Status,
    Welcome,
)
from draglayer_protocol.wire import EVENTS, decode, encode

DEADLINE = 180.0  # seconds; a machine may be busy with other things
E = TypeVar("E")


class Peer:
    """A client: sends requests, waits for events."""

    def __init__(self, endpoint: str, token: str | None, identity: bytes = b"") -> None:
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.linger = 0
        if identity:
            self.socket.setsockopt(zmq.ROUTING_ID, identity)
        self.socket.setsockopt(zmq.MAXMSGSIZE, -1)
        self.socket.connect(endpoint)
        self.events: list[Event] = []  # everything that came, in order
        self.boot = ""
        if token is not None:
            self.send(Hello(token, "test", "0"))
            self.boot = self.wait(Welcome).boot

    def __enter__(self) -> Peer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.context.destroy(linger=0)

    def send(self, request: Request) -> None:
        self.send_frames(encode(request))

    def send_frames(self, frames: list[bytes]) -> None:
        self.socket.send_multipart(frames)

    def next(self, deadline: float | None = None) -> Event:
        """The next event. Fails the test after the deadline."""
        deadline = time.monotonic() + DEADLINE if deadline is None else deadline
        left = max(0.0, deadline - time.monotonic())
        assert self.socket.poll(round(1000 * left)), f"nothing came; before that: {self.events[-5:]}"
        event = decode(self.socket.recv_multipart(), EVENTS)
        self.events.append(event)
        return event

    def wait(self, kind: type[E], that: Callable[[E], bool] = lambda event: True) -> E:
        """Read on to the first event of this kind that fits."""
        deadline = time.monotonic() + DEADLINE
        while True:
            event = self.next(deadline)
            if isinstance(event, kind) and that(event):
                return event

    def came(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def open(self, seed: int = 1, model: str = "small", session: str | None = None) -> str:
        """A new session's name, once it is open."""
        session = session or secrets.token_hex(16)
        self.send(OpenSeed(self.boot, session, model, seed))
        self.wait(SessionOpened, lambda event: event.session == session)
        return session

    def drag(self, session: str, handle: Point, target: Point, hold: bool = False) -> None:
        """Set one point and run: sequence numbers 1 and 2."""
        self.send(SetPoints(self.boot, session, 1, (PointPair(handle, target),)))
        self.send(Run(self.boot, session, 2, hold))

    def status_when(self, that: Callable[[Status], bool]) -> Status:
        """Ask again and again until the daemon's status fits."""
        deadline = time.monotonic() + DEADLINE
        number = 0
        while True:
            number += 1
            self.send(AskStatus(number))
            status = self.wait(Status, lambda event, asked=number: event.request == asked)
            if that(status):
                return status
            assert time.monotonic() < deadline, f"never came true of {status}"
