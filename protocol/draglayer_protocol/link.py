"""A thread that keeps one connection to a gateway, so that a user interface never waits.

`deliver` is called on that thread with every event; a host hands it on to its own (Qt signal, GLib.idle_add).
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, Union

from .channel import Channel, Down, Timing
from .connection import NoConnection, parse_endpoint
from .messages import Event, Hello, Request, Welcome
from .outbox import NotSent
from .wire import encode

__all__ = ["Link", "LinkDown", "LinkEvent", "LinkUp", "NotSent", "Peer", "Timing"]


class Peer(NamedTuple):
    """Whom to connect to, and what to say first."""

    endpoint: str
    hello: Hello


class LinkUp(NamedTuple):
    """Requests may be sent. Sessions of the same boot are taken up again with Attach."""

    welcome: Welcome


class LinkDown(NamedTuple):
    """There is no connection; what was not yet sent is dropped. `again_in` seconds it is tried anew; None: never."""

    sentence: str
    again_in: float | None


LinkEvent = Union[Event, LinkUp, LinkDown]


class Link:
    """One gateway, connected to by a thread of its own from `start` to `close`.

    find       called on the thread before every attempt, because a restarted daemon has another endpoint and token;
               may raise NoConnection
    deliver    called on the thread with LinkUp, LinkDown and everything the gateway says but Welcome and Refused, which
               are inside them; not called any more once `close` has returned
    reconnect  whether to try again, with growing pauses, after a connection failed or ended
    """

    def __init__(
        self,
        find: Callable[[], Peer],
        deliver: Callable[[LinkEvent], None],
        *,
        reconnect: bool = False,
        timing: Timing | None = None,
    ) -> None:
        self._find, self._deliver, self._reconnect = find, deliver, reconnect
        self._timing = Timing() if timing is None else timing
        self._lock = threading.Lock()
        self._channel: Channel | None = None  # while requests may be sent
        self._closing = threading.Event()
        self._linger = 0.0
        self._waker, self._wake = socket.socketpair()
        self._waker.setblocking(False)
        self._wake.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="draglayer link", daemon=True)

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def send(self, request: Request) -> None:
        """Queue a request; returns at once. Raises NotSent without a connection or when too much waits."""
        frames = encode(request)
        with self._lock:
            if self._channel is None:
                raise NotSent("there is no connection to the daemon; start it with `draglayer serve` and try again")
            self._channel.outbox.put(frames)
        self._wake_up()

    def close(self, linger: float = 1.0) -> None:
        """End the connection and the thread; what was sent before gets `linger` seconds to leave."""
        self._linger = linger
        self._closing.set()
        self._wake_up()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()
        elif not self._thread.ident:  # never started, so there is nobody else to do it
            self._release()

    def _run(self) -> None:
        wait = self._timing.first_wait
        try:
            while not self._closing.is_set():
                was_up, sentence = self._connect()
                if self._closing.is_set():
                    return
                wait = self._timing.first_wait if was_up else wait
                self._deliver(LinkDown(sentence, wait if self._reconnect else None))
                if not self._reconnect:
                    return
                self._closing.wait(wait)
                wait = min(2 * wait, self._timing.last_wait)
        finally:
            self._release()

    def _connect(self) -> tuple[bool, str]:
        """One connection's life: whether it was up, and why it ended."""
        was_up = False

        def up(welcome: Welcome) -> None:
            nonlocal was_up
            was_up = True
            with self._lock:
                self._channel = channel
            self._deliver(LinkUp(welcome))

        try:
            peer = self._find()
            address = parse_endpoint(peer.endpoint)
            channel = Channel(address, peer.hello, self._timing, self._wake, up=up, deliver=self._deliver)
            channel.run(self._closing.is_set, lambda: self._linger)
        except (NoConnection, Down) as error:
            return was_up, error.sentence
        finally:
            with self._lock:
                self._channel = None
        return was_up, "the link was closed"

    def _wake_up(self) -> None:
        with suppress(OSError):  # as many wake-ups wait as there is room for, or the thread has ended
            self._waker.send(b"\0")

    def _release(self) -> None:
        self._waker.close()
        self._wake.close()
