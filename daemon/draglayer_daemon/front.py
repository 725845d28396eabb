"""The socket that clients connect to: what they say, what they are told, and who has gone."""

from __future__ import annotations

import logging
import time

import zmq

from draglayer_protocol.messages import Event
from draglayer_protocol.wire import encode

from .presence import Presence
from .receiving import Received, harden, receive
from .settings import Settings

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
LAST_WORDS = 1.0  # seconds in which what a client said before it went is looked for among what others say


class PortTaken(Exception):
    """The port cannot be bound; the sentence says what to do."""


class Front:
    """A ROUTER on the loopback interface. Clients are named by their routing, which libzmq never gives out twice."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], settings: Settings) -> None:
        self.socket = context.socket(zmq.ROUTER)
        harden(self.socket, settings.heartbeat, settings.silence, settings.backlog)
        self._port = settings.port
        self._presence = Presence(self.socket)
        self._quiet = False  # everything that had come was read
        self._lost: list[bytes] = []  # those that could not be told something
        self._leaving: list[bytes] = []  # those that have gone, but may have said something before
        self._leave_by = 0.0

    @property
    def readable(self) -> tuple[zmq.Socket[bytes], zmq.Socket[bytes]]:
        """What to wait for."""
        return self.socket, self._presence.monitor

    @property
    def restless(self) -> bool:
        """Whether somebody is about to be counted as gone, so that nobody should wait."""
        return bool(self._leaving or self._lost)

    def bind(self) -> str:
        """Take the port; the endpoint. Raises PortTaken."""
        try:
            self.socket.bind(f"tcp://{LOOPBACK}:{self._port or '*'}")
        except zmq.ZMQError as error:
            raise PortTaken(
                f"port {self._port} of {LOOPBACK} cannot be used: {zmq.strerror(error.errno or 0)};"
                " choose another one with --port, or leave --port away to get a free one"
            ) from error
        return self.socket.getsockopt_string(zmq.LAST_ENDPOINT)

    def receive(self) -> Received | None:
        """The next message, or None when there is none now."""
        received = receive(self.socket)
        self._quiet = received is None
        return received

    def tell(self, routing: bytes, event: Event) -> bool:
        """Put an event on its way. A client that is gone, or that has stopped reading, counts as gone: False."""
        try:
            self.socket.send_multipart([routing, *encode(event)], zmq.NOBLOCK)
        except zmq.ZMQError as error:
            if error.errno not in (zmq.EHOSTUNREACH, zmq.EAGAIN):
                raise
            self._lost.append(routing)
            return False
        return True

    def welcome(self, routing: bytes, descriptor: int, event: Event) -> None:
        """Tell a client its first event, and notice from now on when it goes."""
        self._presence.look()
        self.socket.getsockopt(zmq.EVENTS)  # makes libzmq see now which peers have gone; sending alone may see it later
        if self.tell(routing, event):
            self._presence.note(routing, descriptor)

    def gone(self, *, at_once: bool = False) -> list[bytes]:
        """Who has gone, once what they said before has been read: it was in the socket before we knew.

        at_once   whether it was read or not
        """
        leaving: list[bytes] = []
        now = time.monotonic()
        if self._quiet or at_once or now >= self._leave_by:
            leaving, self._leaving = self._leaving, []
        new, self._lost = self._presence.gone() + self._lost, []
        if at_once:
            return leaving + new
        if new and not self._leaving:
            self._leave_by = now + LAST_WORDS
        self._leaving += new
        return leaving

    def close(self) -> None:
        self._presence.close()
        self.socket.close()
