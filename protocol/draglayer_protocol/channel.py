"""One connection to a gateway, from its TCP handshake to its end: what a link's thread does while it has one."""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from .connection import Address
from .messages import Event, Hello, Ping, Pong, Refused, Welcome
from .outbox import NotSent, Outbox
from .wire import EVENTS, ProtocolError, UnknownKind, decode, encode
from .zmtp import Dealer, Opened, ZmtpError, pack

HEARTBEAT = 0  # the request number of the link's own pings; clients count from 1
CHUNK = 1 << 18  # bytes read or joined at once


class Timing(NamedTuple):
    """Seconds, of a monotonic clock.

    opening     from the first packet to the gateway's Welcome
    idle        without anything from the gateway before it is asked with Ping
    silence     without anything after that Ping before the gateway counts as gone
    first_wait  before the first new attempt; doubled with every further one up to last_wait
    """

    opening: float = 10.0
    idle: float = 5.0
    silence: float = 20.0
    first_wait: float = 0.25
    last_wait: float = 10.0


class Down(Exception):
    """The connection ended; the sentence says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Channel:
    """Owned by the thread that calls `run`; only `outbox` is anybody's.

    up       called once, with the gateway's Welcome; from then on requests may be put into the outbox
    deliver  called with every event after that, but for the answers to the channel's own pings
    wake     becomes readable when the outbox was put into, or `closing` changed
    """

    def __init__(
        self,
        address: Address,
        hello: Hello,
        timing: Timing,
        wake: socket.socket,
        *,
        up: Callable[[Welcome], None],
        deliver: Callable[[Event], None],
    ) -> None:
        self.outbox = Outbox()
        self._address, self._hello, self._timing, self._wake = address, hello, timing, wake
        self._up, self._deliver = up, deliver
        host = f"[{address.host}]" if address.ipv6 else address.host
        self._where = f"tcp://{host}:{address.port}"
        self._dealer = Dealer()
        self._pending: deque[memoryview] = deque()  # of one message, or of the protocol's own
        self._connected = self._opened = self._welcomed = False  # TCP, ZMTP, Draglayer
        self._stuck = False  # the kernel took no more: if it takes more later, the gateway is alive
        self._begun = self._heard = time.monotonic()
        self._asked: float | None = None  # when the Ping that nothing has followed was queued

    def run(self, closing: Callable[[], bool], linger: Callable[[], float]) -> None:
        """Connect, say Hello, then send and deliver, until `closing`; then end in order within `linger()` seconds.

        Raises Down when the connection cannot be made, is refused, or ends by itself.
        """
        try:
            with selectors.DefaultSelector() as self._selector, self._dial() as self._socket:
                self._selector.register(self._wake, selectors.EVENT_READ)
                self._selector.register(self._socket, selectors.EVENT_WRITE)
                while not closing():
                    ready = self._select(self._patience())
                    if ready and not self._connected:
                        self._connect()
                    if self._connected:
                        self._exchange(ready)
                if self._welcomed:
                    self._end(linger())
        except ZmtpError as error:
            raise Down(f"{self._where}: {error}") from error
        except OSError as error:
            raise Down(self._unreachable(error.strerror or str(error))) from error

    def _dial(self) -> socket.socket:
        family = socket.AF_INET6 if self._address.ipv6 else socket.AF_INET
        dialling = socket.socket(family, socket.SOCK_STREAM)
        try:
            dialling.setblocking(False)
            dialling.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            code = dialling.connect_ex((self._address.host, self._address.port))
            if code not in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
                raise OSError(code, os.strerror(code))
        except OSError:
            dialling.close()
            raise
        return dialling

    def _connect(self) -> None:
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
        self._connected = True

    def _select(self, timeout: float) -> int:
        """What the socket is ready for, after so many seconds at most or when woken."""
        writing = self._pending or not self._connected or (self._opened and self.outbox.waiting())
        self._selector.modify(self._socket, selectors.EVENT_READ | (selectors.EVENT_WRITE if writing else 0))
        ready = 0
        for key, events in self._selector.select(max(timeout, 0)):
            if key.fileobj is self._socket:
                ready = events
            else:
                _drain(self._wake)
        return ready

    def _exchange(self, ready: int) -> None:
        """Read once and write what the socket takes."""
        if ready & selectors.EVENT_READ:
            data = self._receive()
            if data == b"":
                raise Down(f"{self._where} closed the connection: the daemon has ended, or did not want it")
            for event in self._dealer.receive(data or b""):
                if isinstance(event, Opened):
                    self._opened = True
                    self.outbox.put(encode(self._hello))
                else:
                    self._take(event.frames)
        self._send()

    def _receive(self) -> bytes | None:
        """What came; b"" at the end of the stream, None when it was a false alarm."""
        try:
            data = self._socket.recv(CHUNK)
        except BlockingIOError:
            return None
        self._alive()
        return data

    def _take(self, frames: list[bytes]) -> None:
        try:
            event = decode(frames, EVENTS)
        except UnknownKind:
            return  # a newer daemon's; events are no questions, so nothing waits for an answer
        except ProtocolError as error:
            raise Down(f"the daemon sent what cannot be read: {error.sentence}") from error
        if isinstance(event, Refused):
            raise Down(event.sentence)
        if not self._welcomed:
            if not isinstance(event, Welcome):
                raise Down(f"{self._where} answered Hello with {type(event).__name__} instead of Welcome")
            self._welcomed = True
            self._up(event)
        elif not (isinstance(event, Pong) and event.request == HEARTBEAT):
            self._deliver(event)

    def _send(self) -> None:
        while self._fill():
            try:
                sent = self._socket.send(self._pending[0])
            except BlockingIOError:
                self._stuck = True
                return
            if self._stuck:
                self._stuck = False
                self._alive()
            rest = self._pending.popleft()[sent:]
            if rest:
                self._pending.appendleft(rest)

    def _fill(self) -> bool:
        """Whether there is something to send: the rest of a message, then what the protocol owes, then the next one."""
        if not self._pending:
            own = self._dealer.outgoing()
            frames = None if own or not self._opened else self.outbox.take()
            if own:
                self._pending.append(memoryview(own))
            elif frames is not None:
                self._pending.extend(map(memoryview, _joined(pack(frames))))
        return bool(self._pending)

    def _alive(self) -> None:
        self._heard = time.monotonic()
        self._asked = None

    def _patience(self) -> float:
        """Seconds until the gateway's silence must be looked at again; asks it, or raises Down."""
        now = time.monotonic()
        if not self._welcomed:
            left = self._begun + self._timing.opening - now
            if left <= 0 and not self._readable():
                raise Down(
                    f"{self._where} did not answer within {self._timing.opening:g} s;"
                    " is it a Draglayer daemon, and is it well? `draglayer status` tells"
                )
            return left
        if self._asked is None:
            left = self._heard + self._timing.idle - now
            if left > 0:
                return left
            # Counted from the question, not from the last word: this thread may itself have been kept waiting.
            self._asked = now
            with suppress(NotSent):  # thousands of messages wait: enough to notice a silence by
                self.outbox.put(encode(Ping(HEARTBEAT)))
        left = self._asked + self._timing.silence - now
        if left <= 0 and not self._readable():
            raise Down(
                f"the daemon at {self._where} has been silent for {now - self._heard:.0f} s, although it was asked;"
                " restart it if it hangs"
            )
        return left

    def _readable(self) -> bool:
        return bool(self._select(0) & selectors.EVENT_READ)

    def _end(self, seconds: float) -> None:
        """Send what waits, then let the gateway close: ending at once may lose what it has not yet read."""
        deadline = time.monotonic() + seconds
        shut = False
        while (left := deadline - time.monotonic()) > 0:
            if not shut:
                self._send()
                if not self._pending:
                    self._socket.shutdown(socket.SHUT_WR)
                    shut = True
            if self._select(left) & selectors.EVENT_READ and self._receive() == b"":
                return

    def _unreachable(self, reason: str) -> str:
        if self._connected:
            return f"the connection to {self._where} broke ({reason}); start the daemon again if it has ended"
        return f"no connection to {self._where} ({reason}); start the daemon with `draglayer serve`"


def _joined(pieces: list[bytes]) -> list[bytes]:
    """Small neighbours in one piece, large ones as they are: few packets and no copies of blobs."""
    joined: list[bytes] = []
    for piece in pieces:
        if joined and len(joined[-1]) + len(piece) <= 1 << 12:
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def _drain(wake: socket.socket) -> None:
    with suppress(BlockingIOError):
        while wake.recv(1 << 10):
            pass
