"""ZMTP 3.0 (RFC 23), NULL mechanism, DEALER's side, without a socket: bytes in, events out; frames in, bytes out.

Written from https://rfc.zeromq.org/spec/23/ so that editors can talk to libzmq's ROUTER without a compiled wheel. The
heartbeats of ZMTP 3.1 (RFC 37: PING, PONG) are answered, because libzmq sends them to 3.0 peers as well.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import NamedTuple, Union

from .messages import MAX_STATE

MORE, LONG, COMMAND = 1, 2, 4  # flag bits of a frame; the others are reserved and zero
GREETING = b"\xff" + bytes(8) + b"\x7f" + bytes([3, 0]) + b"NULL".ljust(20, b"\0") + bytes([0]) + bytes(31)
MAX_COMMAND = 1 << 16  # bytes of READY, PING, ...; the largest that libzmq sends has some hundred
MAX_UNSENT_PONGS = 1 << 16  # bytes of answers that may wait for a peer that does not read
HEARTBEAT_CONTEXT = 16  # bytes of a PING that come back in the PONG, at most (RFC 37)


class ZmtpError(Exception):
    """The peer cannot be talked to any further; the sentence says what it sent."""


class Limits(NamedTuple):
    """What a peer may send in one message."""

    frames: int = 8
    message_bytes: int = MAX_STATE + (2 << 20)  # the largest blob and its header, of all frames together


class Opened(NamedTuple):
    """The handshake is over; messages may be sent."""

    socket_type: str
    identity: bytes


class Received(NamedTuple):
    """One whole message, without its framing."""

    frames: list[bytes]


ZmtpEvent = Union[Opened, Received]

# Asks for exactly so many bytes, is sent them, and leaves events in the list that it was made with.
_Machine = Generator[int, bytes, None]


class Dealer:
    """One connection, from its first byte on.

    Send `outgoing()` when it is made and after every `receive`; when `Opened` came and that is sent, messages may
    follow as `pack(frames)`. After a ZmtpError the connection is of no more use, and `receive` goes on raising it.
    """

    def __init__(self, identity: bytes = b"", limits: Limits | None = None) -> None:
        if len(identity) > 255 or identity[:1] == b"\0":
            raise ValueError(f"an identity has 0 to 255 bytes and does not begin with zero; {len(identity)} came")
        self._limits = Limits() if limits is None else limits
        self._identity = identity
        self._outgoing = bytearray(GREETING)
        self._events: list[ZmtpEvent] = []
        self._error: ZmtpError | None = None
        self._partial = bytearray()  # of the piece that the machine waits for: appended to, so linear in its size
        self._machine = self._talk()
        self._need = next(self._machine)

    def outgoing(self) -> bytes:
        """What the protocol itself has to say by now (greeting, READY, PONG); empty when there is nothing."""
        data = bytes(self._outgoing)
        self._outgoing.clear()
        return data

    def receive(self, data: bytes | memoryview) -> Iterator[ZmtpEvent]:
        """Take in bytes as they came, cut anywhere, and yield what they complete. The iterator must be used up.

        Raises ZmtpError, after the events before it, when the peer breaks the protocol or the limits.
        """
        if self._error is not None:
            raise self._error
        view = memoryview(data)
        offset = 0
        while offset < len(view):
            take = min(self._need - len(self._partial), len(view) - offset)
            part = view[offset : offset + take]
            offset += take
            if take == self._need:  # whole in these bytes: no detour through the buffer
                piece = bytes(part)
            else:
                self._partial += part
                if len(self._partial) < self._need:
                    return
                piece = bytes(self._partial)
                self._partial = bytearray()
            try:
                self._need = self._machine.send(piece)
            except ZmtpError as error:
                self._error = error
            events, self._events = self._events, []
            yield from events
            if self._error is not None:
                raise self._error

    def _talk(self) -> _Machine:
        yield from self._greeting()
        self._outgoing += _command(
            b"READY", _property(b"Socket-Type", b"DEALER") + _property(b"Identity", self._identity)
        )
        flags, size = yield from self._frame_header()
        if not flags & COMMAND:
            raise ZmtpError("the peer sent a message before its READY command, so it is no ZeroMQ 4 socket")
        name, body = _parted((yield size))
        if name == b"ERROR":
            raise ZmtpError(_refusal(body))
        if name != b"READY":
            raise ZmtpError(f"the peer's first command is {name[:32]!r}; READY is needed")
        self._events.append(_opened(body))
        while True:
            yield from self._message()

    def _greeting(self) -> _Machine:
        begin = yield 1
        if begin != b"\xff":  # at once: a peer of another protocol may never send ten bytes
            raise ZmtpError(
                f"the peer is no ZeroMQ socket: it began with {begin!r}, not with b'\\xff';"
                " is another program on this port?"
            )
        signature = yield 9
        if not signature[8] & 1:
            raise ZmtpError("the peer is no ZeroMQ socket: the tenth byte of its greeting is even")
        major = (yield 1)[0]
        if major < 3:
            raise ZmtpError(
                f"the peer speaks ZMTP before version 3 (its revision byte is {major}); libzmq 4.0 or newer is needed"
            )
        rest = yield 53
        mechanism = rest[1:21].rstrip(b"\0")
        if mechanism != b"NULL":
            raise ZmtpError(
                f"the peer demands the security mechanism {mechanism[:20]!r}; an editor only speaks NULL,"
                " to the gateway of its own machine"
            )

    def _message(self) -> _Machine:
        frames: list[bytes] = []
        total = 0
        while True:
            flags, size = yield from self._frame_header(total)
            if flags & COMMAND:  # libzmq's heartbeats may come between the frames of a message
                self._obey((yield size))
                continue
            total += size
            frames.append((yield size) if size else b"")
            if not flags & MORE:
                break
            if len(frames) == self._limits.frames:
                raise ZmtpError(f"the peer sent a message of more than {self._limits.frames} frames")
        self._events.append(Received(frames))

    def _frame_header(self, before: int = 0) -> Generator[int, bytes, tuple[int, int]]:
        """Flags and size of the next frame; `before` bytes of its message have come already."""
        flags = (yield 1)[0]
        if flags & ~(MORE | LONG | COMMAND) or flags & (COMMAND | MORE) == COMMAND | MORE:
            raise ZmtpError(f"the peer sent a frame with the flags {flags:#04x}, which ZMTP 3 does not know")
        size = int.from_bytes((yield 8 if flags & LONG else 1), "big")
        if flags & COMMAND:
            if not 2 <= size <= MAX_COMMAND:
                raise ZmtpError(f"the peer sent a command of {size} bytes; 2 to {MAX_COMMAND} are accepted")
        elif before + size > self._limits.message_bytes:
            raise ZmtpError(
                f"the peer sent a message of {before + size} bytes or more; at most {self._limits.message_bytes} are"
                " accepted"
            )
        return flags, size

    def _obey(self, command: bytes) -> None:
        name, body = _parted(command)
        if name == b"PING":
            if not 2 <= len(body) <= 2 + HEARTBEAT_CONTEXT:
                raise ZmtpError(f"the peer sent a PING of {len(body)} bytes; 2 to {2 + HEARTBEAT_CONTEXT} are accepted")
            if len(self._outgoing) > MAX_UNSENT_PONGS:
                raise ZmtpError(f"the peer sends PINGs without reading the answers: {len(self._outgoing)} bytes wait")
            self._outgoing += _command(b"PONG", body[2:])  # the first two bytes are a time to live
        elif name == b"ERROR":
            raise ZmtpError(_refusal(body))
        # PONG needs no answer, and commands of later versions none from us


def pack(frames: Sequence[bytes]) -> list[bytes]:
    """A message's bytes for the socket, in order: headers of ours between the frames as they are, not copied."""
    if not frames:
        raise ValueError("a ZeroMQ message has at least one frame")
    pieces: list[bytes] = []
    for left, frame in enumerate(reversed(frames)):
        pieces += [frame, _frame_header(MORE if left else 0, len(frame))] if frame else [_frame_header(bool(left), 0)]
    return pieces[::-1]


def _frame_header(flags: int, size: int) -> bytes:
    if size < 256:
        return bytes((flags, size))
    return bytes((flags | LONG,)) + size.to_bytes(8, "big")


def _command(name: bytes, body: bytes) -> bytes:
    command = bytes((len(name),)) + name + body
    return _frame_header(COMMAND, len(command)) + command


def _property(name: bytes, value: bytes) -> bytes:
    return bytes((len(name),)) + name + len(value).to_bytes(4, "big") + value


def _parted(command: bytes) -> tuple[bytes, bytes]:
    """A command's name and body."""
    end = 1 + command[0]
    if not 1 < end <= len(command):
        raise ZmtpError(f"the peer sent a command of {len(command)} bytes whose name has {command[0]}")
    return command[1:end], command[end:]


def _opened(body: bytes) -> Opened:
    """What a READY command says (RFC 23: metadata; names are compared without case)."""
    properties: dict[bytes, bytes] = {}
    offset = 0
    while offset < len(body):
        name_end = offset + 1 + body[offset]
        value = name_end + 4
        end = value + int.from_bytes(body[name_end:value], "big")
        if not offset + 1 < name_end < value <= end <= len(body):
            raise ZmtpError(f"the peer's READY command of {len(body)} bytes breaks off in a property")
        properties[body[offset + 1 : name_end].lower()] = body[value:end]
        offset = end
    socket_type = properties.get(b"socket-type", b"")
    if socket_type != b"ROUTER":
        raise ZmtpError(f"the peer is a {socket_type[:32]!r} socket; Draglayer's gateway is a ROUTER")
    return Opened("ROUTER", properties.get(b"identity", b""))


def _refusal(body: bytes) -> str:
    """What an ERROR command says: one length byte and a reason."""
    reason = body[1 : 1 + body[0]].decode("ascii", "replace") if body else ""
    return f"the peer refuses the connection: {reason or 'no reason given'}"
