"""The ZMTP core without a socket: any cut, any damage, bounded memory."""

from __future__ import annotations

import random
import tracemalloc

import pytest

from draglayer_protocol.zmtp import (
    COMMAND,
    GREETING,
    LONG,
    MORE,
    Dealer,
    Limits,
    Opened,
    Received,
    ZmtpError,
    pack,
)

from .streams import recorded

SMALL = Limits(frames=8, message_bytes=1 << 16)


def prop(name: bytes, value: bytes) -> bytes:
    return bytes([len(name)]) + name + len(value).to_bytes(4, "big") + value


def command(name: bytes, body: bytes = b"") -> bytes:
    return bytes([COMMAND, 1 + len(name) + len(body), len(name)]) + name + body


READY = command(b"READY", prop(b"Socket-Type", b"ROUTER") + prop(b"Identity", b""))
HELLO = GREETING + READY  # a ROUTER's greeting differs in nothing from a DEALER's


def opened(limits: Limits | None = None) -> Dealer:
    dealer = Dealer(limits=limits)
    assert list(dealer.receive(HELLO)) == [Opened("ROUTER", b"")]
    dealer.outgoing()
    return dealer


def feed(dealer: Dealer, data: bytes, size: int) -> list[Opened | Received]:
    """All events of these bytes, taken in so many at a time."""
    return [event for start in range(0, len(data), size) for event in dealer.receive(data[start : start + size])]


def refusal(data: bytes, limits: Limits = SMALL) -> str:
    """The sentence with which a fresh Dealer refuses these bytes, fed whole and byte by byte alike."""
    sentences = set()
    for size in (len(data), 1):
        dealer = Dealer(limits=limits)
        with pytest.raises(ZmtpError) as caught:
            feed(dealer, data, size)
        sentences.add(str(caught.value))
        with pytest.raises(ZmtpError):
            list(dealer.receive(b"more"))
    (sentence,) = sentences
    return sentence


def test_the_handshake_says_what_rfc_23_asks_for() -> None:
    dealer = Dealer(identity=b"me")
    greeting = dealer.outgoing()
    assert len(greeting) == 64
    assert (greeting[0], greeting[9], greeting[10], greeting[12:32].rstrip(b"\0"), greeting[32]) == (
        0xFF,
        0x7F,
        3,
        b"NULL",
        0,
    )
    list(dealer.receive(GREETING))
    assert dealer.outgoing() == command(b"READY", prop(b"Socket-Type", b"DEALER") + prop(b"Identity", b"me"))


def test_short_and_long_frames_are_framed_as_rfc_23_says() -> None:
    assert b"".join(pack([b"a", b"", b"b" * 255])) == b"\x01\x01a" + b"\x01\x00" + b"\x00\xff" + b"b" * 255
    assert b"".join(pack([b"c" * 256])) == b"\x02" + (256).to_bytes(8, "big") + b"c" * 256
    with pytest.raises(ValueError, match="at least one frame"):
        pack([])


def test_packing_does_not_copy_frames() -> None:
    blob = bytes(1 << 20)
    assert any(piece is blob for piece in pack([b"header", blob]))


def test_what_is_packed_is_received_however_it_is_cut() -> None:
    messages = [[b"one"], [b"", b"x" * 255, b"y" * 256], [b"", b""], [b"z" * 70_000, b"end"]]
    stream = HELLO + b"".join(b"".join(pack(frames)) for frames in messages)
    generator = random.Random(3)
    for most in (1, 7, 1000, len(stream)):
        dealer = Dealer()
        events: list[Opened | Received] = []
        start = 0
        while start < len(stream):
            end = start + generator.randint(1, most)
            events += dealer.receive(stream[start:end])
            start = end
        assert events == [Opened("ROUTER", b""), *map(Received, messages)]


def test_real_streams_of_libzmq_are_understood_byte_by_byte() -> None:
    for stream in recorded().values():
        whole = list(Dealer().receive(stream))
        assert feed(Dealer(), stream, 1) == whole
        assert isinstance(whole[0], Opened)
        assert isinstance(whole[-1], Received)


def test_a_ping_is_answered_with_its_context_even_inside_a_message() -> None:
    dealer = opened()
    ping = command(b"PING", b"\x00\x64" + b"context")
    assert list(dealer.receive(b"\x01\x01a" + ping + b"\x00\x01b")) == [Received([b"a", b"b"])]
    assert dealer.outgoing() == command(b"PONG", b"context")
    assert dealer.outgoing() == b""


def test_commands_of_later_versions_are_ignored() -> None:
    dealer = opened()
    later = command(b"PONG") + command(b"SUBSCRIBE", b"topic") + command(b"LEVITATE", b"high")
    assert list(dealer.receive(later + b"\x00\x01a")) == [Received([b"a"])]
    assert dealer.outgoing() == b""


def test_events_before_damage_are_still_told() -> None:
    dealer = opened()
    events = dealer.receive(b"\x00\x01a\xff")
    assert next(events) == Received([b"a"])
    with pytest.raises(ZmtpError, match="flags 0xff"):
        next(events)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "no ZeroMQ socket: it began with b'H'"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "is another program on this port"),
        (b"\x01\x00", "no ZeroMQ socket"),  # ZMTP 1
        (GREETING[:9] + b"\x7e", "tenth byte"),
        (GREETING[:10] + b"\x01\x05\x00\x00", "before version 3"),  # ZMTP 2: revision 1, a DEALER, no identity
        (GREETING[:12] + b"CURVE".ljust(20, b"\0") + bytes(32), "security mechanism b'CURVE'"),
        (GREETING + b"\x00\x01a", "before its READY"),
        (GREETING + command(b"HELLO"), "READY is needed"),
        (GREETING + command(b"ERROR", b"\x07go away"), "refuses the connection: go away"),
        (GREETING + command(b"ERROR", b""), "no reason given"),
        (GREETING + command(b"READY", prop(b"Socket-Type", b"PUB")), "b'PUB' socket; Draglayer's gateway is a ROUTER"),
        (GREETING + command(b"READY"), "b'' socket"),
        (GREETING + command(b"READY", prop(b"Socket-Type", b"ROUTER") + b"\x08Iden"), "breaks off"),
        (GREETING + command(b"READY", b"\x00\x00\x00\x00\x00"), "breaks off"),
        (GREETING + command(b"READY", b"\x01a\xff\xff\xff\xff"), "breaks off"),
        (HELLO + bytes([COMMAND | MORE, 5]), "flags 0x05"),
        (HELLO + b"\x08\x00", "flags 0x08"),
        (HELLO + bytes([COMMAND, 1, 0]), "a command of 1 bytes"),
        (HELLO + bytes([COMMAND, 2, 0, 0]), "whose name has 0"),
        (HELLO + bytes([COMMAND, 3, 9, 65, 65]), "whose name has 9"),
        (HELLO + bytes([COMMAND | LONG]) + (1 << 40).to_bytes(8, "big"), "a command of 1099511627776 bytes"),
        (HELLO + bytes([LONG]) + b"\xff" * 8, "a message of 18446744073709551615 bytes"),
        (HELLO + bytes([LONG]) + (65_537).to_bytes(8, "big"), "at most 65536 are accepted"),
        (HELLO + 300 * (b"\x01\xff" + bytes(255)), "more than 8 frames"),
        (HELLO + command(b"PING", b"\x00"), "a PING of 1 bytes"),
        (HELLO + command(b"PING", bytes(19)), "a PING of 19 bytes"),
        (HELLO + command(b"ERROR", b"\x04full"), "refuses the connection: full"),
    ],
)
def test_peers_that_are_no_gateway_are_refused_in_one_sentence(data: bytes, words: str) -> None:
    sentence = refusal(data)
    assert words in sentence
    assert "\n" not in sentence


def test_a_message_is_bounded_over_all_its_frames_together() -> None:
    frame = bytes([MORE | LONG]) + (30_000).to_bytes(8, "big") + bytes(30_000)
    assert "a message of 90000 bytes or more" in refusal(HELLO + frame + frame + frame)


def test_a_peer_that_pings_without_reading_is_refused_before_the_answers_fill_the_memory() -> None:
    dealer = opened()
    with pytest.raises(ZmtpError, match="without reading the answers"):
        feed(dealer, 100_000 * command(b"PING", bytes(18)), 1000)
    assert len(dealer.outgoing()) < 100_000


def test_a_frame_in_small_pieces_costs_memory_and_copies_in_proportion_to_its_size() -> None:
    """A buffer that is rebuilt with every piece would copy 16 MiB * 524288 / 2 = 4.4 TB here, and not end."""
    size, piece = 16 << 20, 32
    body = random.Random(1).randbytes(size)
    dealer = opened()
    assert list(dealer.receive(bytes([LONG]) + size.to_bytes(8, "big"))) == []
    tracemalloc.start()
    try:
        events = feed(dealer, body, piece)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert events == [Received([body])]
    assert peak < 3 * size


def test_a_declared_length_reserves_no_memory() -> None:
    dealer = opened()
    tracemalloc.start()
    try:
        list(dealer.receive(bytes([LONG]) + (200 << 20).to_bytes(8, "big") + b"little"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20


def mutated(stream: bytes, generator: random.Random) -> bytes:
    """Real bytes with one to three injuries: flipped bits, cuts, insertions, repetitions, changed lengths."""
    data = bytearray(stream)
    for _ in range(generator.randint(1, 3)):
        if not data:
            break
        # the handshake is a small part of the stream and holds most of the rules
        at = generator.randrange(min(len(data), generator.choice((16, 128, len(data)))))
        match generator.randrange(6):
            case 0:
                data[at] ^= 1 << generator.randrange(8)
            case 1:
                del data[at:]
            case 2:
                data[at:at] = generator.randbytes(generator.randint(1, 20))
            case 3:
                del data[at : at + generator.randint(1, 20)]
            case 4:
                data[at:at] = data[at : at + generator.randint(1, 200)]
            case _:
                data[at : at + 9] = bytes([generator.randrange(8)]) + generator.choice(
                    (b"\xff" * 8, bytes(8), bytes(7) + b"\xff", generator.randbytes(8))
                )
    return bytes(data)


def test_ten_thousand_damaged_streams_end_in_events_or_in_one_kind_of_error() -> None:
    streams = list(recorded().values())
    generator = random.Random(20)
    refused = received = 0
    tracemalloc.start()
    try:
        for _ in range(10_000):
            data = mutated(generator.choice(streams), generator)
            dealer = Dealer(limits=SMALL)
            size = generator.choice((len(data) or 1, 1000, 64, 9))
            try:
                for start in range(0, len(data), size):
                    for event in dealer.receive(data[start : start + size]):
                        received += isinstance(event, Received)
            except ZmtpError:
                refused += 1
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused > 1_000  # the mutations bite
    assert received > 1_000  # and go deep
    assert peak < 4 << 20
