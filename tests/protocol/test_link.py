"""The link's thread: what it delivers when all goes well, and the sentence when it does not."""

from __future__ import annotations

import hashlib
import random
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from draglayer_protocol.connection import NoConnection
from draglayer_protocol.link import Link, LinkDown, LinkUp, NotSent, Peer, Timing
from draglayer_protocol.messages import (
    Close,
    DragEnded,
    Event,
    ExportState,
    Failed,
    Hello,
    OpenState,
    Ping,
    Pong,
    Request,
    State,
    StepDone,
    Stop,
)
from draglayer_protocol.outbox import MAX_BULK, MAX_CONTROL, Outbox
from draglayer_protocol.wire import encode
from draglayer_protocol.zmtp import GREETING

from .examples import BOOT, EVENTS, SESSION
from .fake_gateway import FakeGateway, Mailbox, Proxy
from .streams import PATIENCE

CALM = Timing(opening=PATIENCE, idle=PATIENCE, silence=PATIENCE, first_wait=0.01, last_wait=0.05)


@contextmanager
def linked(
    find: Callable[[], Peer], *, reconnect: bool = False, timing: Timing = CALM
) -> Iterator[tuple[Link, Mailbox]]:
    box = Mailbox()
    link = Link(find, box.put, reconnect=reconnect, timing=timing)
    link.start()
    try:
        yield link, box
    finally:
        link.close()


def at(port: int) -> Callable[[], Peer]:
    return lambda: Peer(f"tcp://127.0.0.1:{port}", Hello("secret", "test", "1"))


@contextmanager
def raw_server(answer: bytes, *, close: bool = False) -> Iterator[int]:
    """A server that says these bytes to its first client, then nothing, or goodbye."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        held: list[socket.socket] = []

        def serve() -> None:
            client, _ = listener.accept()
            held.append(client)
            client.sendall(answer)
            if close:
                client.shutdown(socket.SHUT_WR)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join()
            for client in held:
                client.close()


@contextmanager
def unheard() -> Iterator[int]:
    """A port that nobody else can have and nobody listens on."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def test_a_link_says_hello_and_carries_messages_both_ways_in_order() -> None:
    with FakeGateway() as gateway, linked(gateway.peer) as (link, box):
        assert box.wait(LinkUp).welcome.boot == BOOT
        for seq in range(1, 301):
            link.send(Stop(BOOT, SESSION, seq))
        gateway.wait(Stop, 300)
        assert [request.seq for request in gateway.requests if isinstance(request, Stop)] == list(range(1, 301))
        spoken: list[Event] = [event for event in EVENTS if type(event).__name__ not in ("Welcome", "Refused")]
        for event in spoken:
            gateway.say(event)
        box.wait(Failed)
        assert box.events[1:] == spoken


def test_sixteen_mebibytes_go_and_come_unchanged_through_a_link() -> None:
    there, back = random.Random(1).randbytes(16 << 20), random.Random(2).randbytes(16 << 20)

    def answer(request: Request) -> list[Event]:
        return [State(1, SESSION, 0, back)] if isinstance(request, OpenState) else []

    with FakeGateway(answer, heartbeat=20) as gateway, linked(gateway.peer) as (link, box):
        box.wait(LinkUp)
        link.send(OpenState(BOOT, SESSION, there))
        arrived = gateway.wait(OpenState).state
        assert hashlib.sha256(arrived).digest() == hashlib.sha256(there).digest()
        assert hashlib.sha256(box.wait(State).state).digest() == hashlib.sha256(back).digest()


def test_a_link_works_over_a_connection_that_delivers_crumbs() -> None:
    def answer(request: Request) -> list[Event]:
        return [event for event in EVENTS if isinstance(event, StepDone)] if isinstance(request, Stop) else []

    with (
        FakeGateway(answer, heartbeat=20) as gateway,
        Proxy(gateway.port, most=3) as proxy,
        linked(at(proxy.port)) as (link, box),
    ):
        box.wait(LinkUp)
        for seq in range(1, 51):
            link.send(Stop(BOOT, SESSION, seq))
        box.wait(StepDone, 50)
        assert not any(isinstance(event, LinkDown) for event in box.events)


def test_libzmqs_heartbeats_are_answered_while_nobody_says_anything() -> None:
    with FakeGateway(heartbeat=20) as gateway, Proxy(gateway.port) as proxy, linked(at(proxy.port)) as (link, box):
        box.wait(LinkUp)
        assert proxy.wait(lambda sent: sent.count(b"\x04PONG") >= 30)
        link.send(Ping(7))
        assert box.wait(Pong).request == 7
        assert len(box.events) == 2


def test_an_idle_link_asks_whether_the_gateway_lives_and_keeps_the_answers_to_itself() -> None:
    timing = CALM._replace(idle=0.01)
    with FakeGateway() as gateway, linked(gateway.peer, timing=timing) as (_, box):
        gateway.wait(Ping, 10)
        assert [type(event) for event in box.events] == [LinkUp]


def test_a_gateway_that_falls_silent_is_given_up_with_its_seconds() -> None:
    timing = CALM._replace(idle=0.05, silence=0.2)
    with FakeGateway() as gateway, Proxy(gateway.port) as proxy, linked(at(proxy.port), timing=timing) as (_, box):
        box.wait(LinkUp)
        proxy.hold()
        assert "has been silent for 0 s, although it was asked" in box.wait(LinkDown).sentence


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "no ZeroMQ socket: it began with b'H'"),
        (GREETING[:10] + b"\x01\x05\x00\x00", "ZMTP before version 3"),
        (GREETING[:20], "closed the connection"),
        (b"", "closed the connection"),
    ],
)
def test_peers_that_are_no_gateway_are_named_in_one_sentence(answer: bytes, words: str) -> None:
    with raw_server(answer, close=words.startswith("closed")) as port, linked(at(port)) as (_, box):
        down = box.wait(LinkDown)
    assert words in down.sentence
    assert f"tcp://127.0.0.1:{port}" in down.sentence
    assert down.again_in is None


def test_a_peer_that_accepts_and_says_nothing_is_given_up() -> None:
    with raw_server(b"") as port, linked(at(port), timing=CALM._replace(opening=0.1)) as (_, box):
        assert "did not answer within 0.1 s" in box.wait(LinkDown).sentence


def test_a_port_where_nobody_listens_is_named() -> None:
    with unheard() as port, linked(at(port)) as (_, box):
        sentence = box.wait(LinkDown).sentence
    assert f"no connection to tcp://127.0.0.1:{port} (" in sentence
    assert "draglayer serve" in sentence


def test_an_ipv6_endpoint_is_dialled_as_such() -> None:
    with unheard() as port, linked(lambda: Peer(f"tcp://[::1]:{port}", Hello("", "test", ""))) as (_, box):
        assert f"no connection to tcp://[::1]:{port} (" in box.wait(LinkDown).sentence


def test_a_wrong_token_is_refused_in_the_gateways_words() -> None:
    with FakeGateway() as gateway:
        peer = gateway.peer()._replace(hello=Hello("guess", "test", "1"))
        with linked(lambda: peer) as (_, box):
            assert box.wait(LinkDown).sentence == "the token is another one"


def test_a_link_without_a_connection_file_says_so() -> None:
    def find() -> Peer:
        raise NoConnection("no daemon has left its connection file")

    with linked(find) as (link, box):
        assert box.wait(LinkDown) == LinkDown("no daemon has left its connection file", None)
        with pytest.raises(NotSent, match="no connection to the daemon"):
            link.send(Ping(1))


def test_an_endpoint_that_is_none_is_refused() -> None:
    with linked(lambda: Peer("ipc:///tmp/socket", Hello("", "test", ""))) as (_, box):
        assert "is not tcp://ADDRESS:PORT" in box.wait(LinkDown).sentence


def test_a_link_connects_again_to_a_gateway_that_was_restarted_elsewhere() -> None:
    with FakeGateway() as first, unheard() as nobody:
        place = [first.peer()]
        with linked(lambda: place[0], reconnect=True) as (link, box):
            box.wait(LinkUp)
            place[0] = at(nobody)()
            first.stop()
            assert "closed the connection" in box.wait(LinkDown).sentence
            attempts = [box.wait(LinkDown, count) for count in range(1, 6)]
            assert [down.again_in for down in attempts] == [0.01, 0.02, 0.04, 0.05, 0.05]  # grows, to its limit
            with FakeGateway() as second:
                place[0] = second.peer()
                box.wait(LinkUp, 2)
                link.send(Ping(3))
                box.wait(Pong)
                link.close()


def test_a_connection_that_breaks_is_noticed_and_made_again() -> None:
    with FakeGateway() as gateway, Proxy(gateway.port) as proxy:
        peers = iter([at(proxy.port)()])
        with linked(lambda: next(peers, gateway.peer()), reconnect=True) as (link, box):
            box.wait(LinkUp)
            proxy.vanish()
            box.wait(LinkDown)
            box.wait(LinkUp, 2)
            link.send(Ping(3))
            box.wait(Pong)


def test_what_a_gateway_says_that_cannot_be_read_ends_the_connection_but_a_newer_kind_does_not() -> None:
    with FakeGateway() as gateway, linked(gateway.peer) as (_, box):
        box.wait(LinkUp)
        header = encode(Pong(8))[0]
        gateway.say_frames([header.replace(b"\xa4Pong", b"\xa4Gong")])
        gateway.say(Pong(9))
        box.wait(Pong)
        gateway.say_frames([header.replace(b"\x93\x01", b"\x93\x02")])
        down = box.wait(LinkDown)
    assert [type(event) for event in box.events] == [LinkUp, Pong, LinkDown]
    assert down.sentence.startswith("the daemon sent what cannot be read: the peer speaks protocol 2, this program 1")


def test_what_was_sent_before_closing_arrives_although_much_is_unread() -> None:
    flood: Sequence[Event] = [event for event in EVENTS if isinstance(event, StepDone)] * 5000

    def answer(request: Request) -> Sequence[Event]:
        return flood if isinstance(request, ExportState) else []

    with FakeGateway(answer) as gateway, linked(gateway.peer) as (link, box):
        box.wait(LinkUp)
        link.send(ExportState(1, SESSION))
        link.send(OpenState(BOOT, SESSION, bytes(4 << 20)))
        link.send(Close(BOOT, SESSION, 1))
        link.close(linger=PATIENCE)
        count = len(box.events)
        gateway.wait(Close)
    assert len(box.events) == count  # nothing is delivered after close has returned


def test_closing_is_possible_at_any_time_and_twice() -> None:
    unstarted = Link(at(9), lambda event: None)
    unstarted.close()
    unstarted.close()
    with raw_server(b"") as port:
        waiting = Link(at(port), lambda event: None, timing=CALM)
        waiting.start()
        waiting.close()
        waiting.close()
    names = [thread.name for thread in threading.enumerate()]
    assert "draglayer link" not in names


def test_closing_while_waiting_for_the_next_attempt_does_not_wait_for_it() -> None:
    timing = CALM._replace(first_wait=1e6, last_wait=1e6)
    with unheard() as port, linked(at(port), reconnect=True, timing=timing) as (_, box):
        assert box.wait(LinkDown).again_in == 1e6


def test_a_callback_may_close_the_link_that_calls_it() -> None:
    ended = threading.Event()

    def deliver(event: object) -> None:
        link.close()
        ended.set()

    with FakeGateway() as gateway:
        link = Link(gateway.peer, deliver, timing=CALM)
        link.start()
        assert ended.wait(PATIENCE)
        link.close()


def test_bulk_that_piles_up_is_refused_and_leaves_control_its_room() -> None:
    outbox = Outbox()
    big = [b"header", bytes(MAX_BULK - 100)]
    outbox.put(big)
    outbox.put([b"stop"])
    with pytest.raises(NotSent, match=r"bytes still wait to be sent and 1006 more would pass 67108864"):
        outbox.put([b"header", bytes(1000)])
    outbox.put([b"close"])
    assert [outbox.take() for _ in range(4)] == [big, [b"stop"], [b"close"], None]
    outbox.put([b"header", bytes(MAX_BULK + 1)])  # alone, even the largest state may go
    for _ in range(MAX_CONTROL):
        outbox.put([b"stop"])
    with pytest.raises(NotSent, match="4096 messages wait"):
        outbox.put([b"stop"])


def test_a_gateway_that_does_not_read_never_makes_send_wait() -> None:
    with FakeGateway() as gateway, Proxy(gateway.port) as proxy, linked(at(proxy.port)) as (link, box):
        box.wait(LinkUp)
        proxy.hold()
        state = bytes(MAX_BULK // 4)
        refused = 0
        for _ in range(40):
            try:
                link.send(OpenState(BOOT, SESSION, state))
            except NotSent:
                refused += 1
        link.send(Stop(BOOT, SESSION, 1))
        proxy.vanish()
        box.wait(LinkDown)
        assert refused >= 1
        assert not any(isinstance(event, DragEnded) for event in box.events)
