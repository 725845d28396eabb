"""What real peers send: bytes recorded from libzmq, and a ROUTER to talk to."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import zmq

from draglayer_protocol.zmtp import Dealer, Opened, Received, pack

PATIENCE = 30.0  # seconds before a test that waits gives up


@contextmanager
def router(*, heartbeat: int = 0, silence: int = 30_000, port: int = 0) -> Iterator[tuple[zmq.Socket[bytes], int]]:
    """libzmq's ROUTER on the loopback interface, and its port.

    heartbeat  milliseconds between its PINGs; 0: none
    silence    milliseconds without an answer after which it ends the connection; also what its PINGs ask of the peer
    """
    context = zmq.Context()
    server = context.socket(zmq.ROUTER)
    try:
        server.setsockopt(zmq.LINGER, 0)
        server.setsockopt(zmq.RCVTIMEO, round(1000 * PATIENCE))
        server.setsockopt(zmq.SNDTIMEO, round(1000 * PATIENCE))
        server.setsockopt(zmq.ROUTER_MANDATORY, 1)
        if heartbeat:
            server.setsockopt(zmq.HEARTBEAT_IVL, heartbeat)
            server.setsockopt(zmq.HEARTBEAT_TIMEOUT, silence)
            server.setsockopt(zmq.HEARTBEAT_TTL, silence)
        server.bind(f"tcp://127.0.0.1:{port or '*'}")
        endpoint = server.getsockopt(zmq.LAST_ENDPOINT)
        assert isinstance(endpoint, bytes)
        yield server, int(endpoint.decode().rstrip("\0").rpartition(":")[2])
    finally:
        server.close()
        context.term()


class Talk:
    """A Dealer on a blocking socket, for tests; keeps everything that the peer sent."""

    def __init__(self, port: int, identity: bytes = b"") -> None:
        self.dealer = Dealer(identity)
        self.heard = bytearray()
        self.events: list[Opened | Received] = []
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._socket.sendall(self.dealer.outgoing())

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def next(self, size: int = 1 << 16) -> Opened | Received:
        """The peer's next event; bytes are read `size` at a time."""
        while not self.events:
            self.listen(size)
        return self.events.pop(0)

    def listen(self, size: int = 1 << 16) -> bytes:
        """Read once; returns what the protocol itself answered."""
        data = self._socket.recv(size)
        if not data:
            raise EOFError("the peer closed the connection")
        self.heard += data
        self.events += self.dealer.receive(data)
        answer = self.dealer.outgoing()
        if answer:
            self._socket.sendall(answer)
        return answer

    def say(self, *frames: bytes) -> None:
        for piece in pack(frames):
            self._socket.sendall(piece)


def recorded() -> dict[str, bytes]:
    """Byte streams that libzmq's ROUTER really sent: without and with heartbeats, short and long frames."""
    streams = {}
    with router() as (server, port), Talk(port) as talk:
        talk.next()
        talk.say(b"hello")
        routing, _ = server.recv_multipart()
        for message in ([b"one"], [b"", b"x" * 255, b"y" * 256, b"z" * 5000], [b"", b""], [b"last"]):
            server.send_multipart([routing, *message])
            talk.next()
        streams["messages"] = bytes(talk.heard)
    with router(heartbeat=20) as (server, port), Talk(port) as talk:
        talk.next()
        talk.say(b"hello")
        routing, _ = server.recv_multipart()
        pongs = 0
        while pongs < 3:
            pongs += talk.listen().count(b"\x04PONG")
        server.send_multipart([routing, b"after", b"heartbeats" * 40])
        talk.next()
        streams["heartbeats"] = bytes(talk.heard)
    return streams
