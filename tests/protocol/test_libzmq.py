"""Our DEALER against libzmq's own ROUTER."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import zmq

from draglayer_protocol.zmtp import Opened, Received

from .fake_gateway import Proxy
from .streams import PATIENCE, Talk, router

BIG = 16 << 20


def test_a_router_opens_and_knows_the_dealer_by_its_identity() -> None:
    with router() as (server, port), Talk(port, identity=b"me") as talk:
        assert talk.next() == Opened("ROUTER", b"")
        talk.say(b"header", b"", b"x" * 300)
        assert server.recv_multipart() == [b"me", b"header", b"", b"x" * 300]
        server.send_multipart([b"me", b"answer", b"y" * 255, b"z" * 256])
        assert talk.next() == Received([b"answer", b"y" * 255, b"z" * 256])


@contextmanager
def ends(server: zmq.Socket[bytes]) -> Iterator[zmq.Socket[bytes]]:
    """A socket that becomes readable when a connection of this server ends."""
    monitor: zmq.Socket[bytes] = server.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    try:
        yield monitor
    finally:
        server.disable_monitor()
        monitor.close()


def test_an_idle_connection_lives_through_libzmqs_heartbeats() -> None:
    with router(heartbeat=20, silence=1000) as (server, port), ends(server) as ended, Talk(port) as talk:
        talk.next()
        answered = 0
        while answered < 80:  # 1.6 seconds, longer than the silence after which libzmq gives up
            answered += talk.listen().count(b"\x04PONG")
        assert ended.poll(0) == 0
        talk.say(b"still here")
        routing, message = server.recv_multipart()
        server.send_multipart([routing, message])
        assert talk.next() == Received([b"still here"])


def test_libzmq_gives_up_a_peer_that_does_not_answer_its_heartbeats() -> None:
    """The test above proves something only because not answering ends a connection."""
    with router(heartbeat=20, silence=100) as (server, port), ends(server) as ended, Talk(port) as talk:
        talk.next()
        assert ended.poll(round(1000 * PATIENCE))


def test_sixteen_mebibytes_arrive_unchanged_both_ways() -> None:
    there, back = random.Random(1).randbytes(BIG), random.Random(2).randbytes(BIG)
    with router(heartbeat=20) as (server, port), Talk(port) as talk:
        talk.next()
        speaking = threading.Thread(target=talk.say, args=(b"there", there))
        speaking.start()
        routing, name, arrived = server.recv_multipart()
        speaking.join()
        assert name == b"there"
        assert hashlib.sha256(arrived).digest() == hashlib.sha256(there).digest()
        server.send_multipart([routing, b"back", back])
        received = talk.next(size=1 << 10)
        assert isinstance(received, Received)
        assert received.frames[0] == b"back"
        assert hashlib.sha256(received.frames[1]).digest() == hashlib.sha256(back).digest()


def test_a_connection_that_delivers_single_bytes_changes_nothing() -> None:
    with router(heartbeat=20) as (server, port), Proxy(port, most=3) as proxy, Talk(proxy.port) as talk:
        assert talk.next(size=1) == Opened("ROUTER", b"")
        for number in range(20):
            talk.say(b"%d" % number, b"x" * (number * 29))
            routing, *frames = server.recv_multipart()
            assert frames == [b"%d" % number, b"x" * (number * 29)]
            server.send_multipart([routing, *frames])
            assert talk.next(size=1) == Received(frames)
