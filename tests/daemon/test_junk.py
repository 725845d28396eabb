"""Whatever bytes come to the socket, the daemon lives on and its clients notice nothing."""

from __future__ import annotations

import random
import socket
import struct
from dataclasses import replace

import pytest

from draglayer_protocol.messages import Failed, Hello, Ping, Pong, Render, Rendered
from draglayer_protocol.wire import encode
from tests.daemon.conftest import Running
from tests.protocol.examples import REQUESTS

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
READY = b"\x04\x1c\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER"


def frame(body: bytes, *, more: bool = False) -> bytes:
    return struct.pack(">BQ", 2 | more, len(body)) + body


HELLO = encode(Hello("guessed", "junk", ""))[0]
BEFORE = {  # the handshake
    "nothing": b"",
    "text": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "random": random.Random(0).randbytes(4096),
    "greeting, then random": GREETING + random.Random(1).randbytes(4096),
    "half a greeting": GREETING[:20],
    "another mechanism": GREETING.replace(b"NULL", b"GSSA") + READY,
    "another socket type": GREETING + READY.replace(b"DEALER", b"DRAGON"),
}
AFTER = {  # the handshake
    "a frame that claims to be huge": struct.pack(">BQ", 2, 1 << 62),
    "a frame of negative length": struct.pack(">Bq", 2, -1),
    "a frame that is cut off": frame(HELLO)[:-5],
    "a message whose last frame never comes": frame(HELLO, more=True),
    "frames without end": frame(b"x", more=True) * 5000 + frame(b"x"),
    "an unknown command": b"\x04\x05\x04JUNK",
    "a message that is none": frame(b"\xc1\xc1\xc1"),
    "empty messages": frame(b"") * 100,
    "deep msgpack": frame(b"\x91" * 100_000),
    "an array that claims to be huge": frame(b"\xdd\xff\xff\xff\xff"),
}


def shake_hands(raw: socket.socket) -> None:
    """Become a ZeroMQ peer. libzmq drops a peer whose first message comes before its own READY has gone out."""
    raw.sendall(GREETING + READY)
    with raw.makefile("rb") as answer:
        answer.read(len(GREETING))
        _, size = answer.read(2)
        answer.read(size)


@pytest.mark.parametrize("stay", [False, True], ids=["and leaves", "and stays"])
@pytest.mark.parametrize(
    ("junk", "shaken"),
    [*((junk, False) for junk in BEFORE.values()), *((junk, True) for junk in AFTER.values())],
    ids=[*BEFORE, *AFTER],
)
def test_a_peer_that_sends_junk_disturbs_nobody(running: Running, junk: bytes, shaken: bool, stay: bool) -> None:
    host, port = running.gateway.endpoint.removeprefix("tcp://").split(":")
    with running.peer() as before, socket.create_connection((host, int(port))) as raw:
        session = before.open()
        if shaken:
            shake_hands(raw)
        raw.sendall(junk)
        if not stay:
            raw.close()
        with running.peer() as after:
            after.send(Ping(2))
            assert after.wait(Pong).request == 2
            status = after.status_when(lambda status: status.clients == 2)
            assert [info.session for info in status.sessions] == [session]
        before.send(Ping(1))
        assert before.wait(Pong).request == 1


def test_a_client_that_sends_a_frame_beyond_every_limit_loses_its_connection_alone(running: Running) -> None:
    host, port = running.gateway.endpoint.removeprefix("tcp://").split(":")
    hello = frame(encode(Hello(running.gateway.token, "large", ""))[0])
    with running.peer() as other, socket.create_connection((host, int(port))) as raw:
        shake_hands(raw)
        raw.sendall(hello)
        other.status_when(lambda status: status.clients == 2)
        raw.sendall(struct.pack(">BQ", 2, 1 << 40))
        other.status_when(lambda status: status.clients == 1)


def test_a_client_that_talks_nonsense_is_answered_and_does_no_harm(running: Running) -> None:
    dice = random.Random(2)

    def mutated(frames: list[bytes]) -> list[bytes]:
        head = bytearray(frames[0])
        for _ in range(dice.randint(1, 3)):
            head[dice.randrange(len(head))] = dice.randrange(256)
        return [bytes(head), *frames[1 : dice.randint(1, len(frames))]]

    with running.peer() as peer, running.peer() as other:
        session = other.open()
        for request in REQUESTS:
            values = {"boot": peer.boot} if hasattr(request, "boot") else {}
            frames = encode(replace(request, **values))
            for _ in range(40):
                peer.send_frames(mutated(frames))
        peer.send(Ping(1 << 40))
        peer.wait(Pong, lambda pong: pong.request == 1 << 40)
        assert len(peer.came(Failed)) > 10 * len(REQUESTS)
        assert "an error" not in " ".join(failed.sentence for failed in peer.came(Failed))  # that would be ours
        other.send(Render(1, session))
        assert other.wait(Rendered).session == session
