"""Messages survive the wire; what is no message is refused in a sentence."""

from __future__ import annotations

import dataclasses
import math
import os
import random
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, get_type_hints

import msgpack  # type: ignore[import-untyped]
import pytest

from draglayer_protocol import messages, typed
from draglayer_protocol.geometry import Point
from draglayer_protocol.messages import VERSION, InvalidMessage
from draglayer_protocol.wire import EVENTS, REQUESTS, OtherVersion, ProtocolError, UnknownKind, decode, encode

from . import examples
from .examples import BOOT, SESSION

ALL = [*((message, REQUESTS) for message in examples.REQUESTS), *((message, EVENTS) for message in examples.EVENTS)]
IDS = [type(message).__name__ for message, _ in ALL]

Kinds = Mapping[str, type]


def frame(kind: str, body: object, version: int = VERSION) -> bytes:
    packed: bytes = msgpack.packb([version, kind, body])
    return packed


def points_body(points: object, **more: object) -> dict[str, object]:
    return {"boot": BOOT, "session": SESSION, "seq": 1, "points": points, **more}


def refusal(*frames: bytes, kinds: Kinds = REQUESTS) -> ProtocolError:
    with pytest.raises(ProtocolError) as caught:
        decode(frames, kinds)
    return caught.value


@pytest.mark.parametrize(("message", "kinds"), ALL, ids=IDS)
def test_every_message_survives_the_wire(message: Any, kinds: Kinds) -> None:
    assert decode(encode(message), kinds) == message


def test_every_message_has_an_example() -> None:
    assert [type(message) for message in examples.REQUESTS] == list(REQUESTS.values())
    assert [type(message) for message in examples.EVENTS] == list(EVENTS.values())


@pytest.mark.parametrize(("message", "kinds"), ALL, ids=IDS)
def test_numbers_texts_and_enums_come_back_as_their_own_types(message: Any, kinds: Kinds) -> None:
    returned: Any = decode(encode(message), kinds)
    for name, hint in get_type_hints(type(message)).items():
        value = getattr(returned, name)
        if hint in (int, float, str, bytes, bool):
            assert type(value) is hint


@pytest.mark.parametrize(("message", "kinds"), ALL, ids=IDS)
def test_left_out_fields_take_their_defaults_and_required_ones_are_named(message: Any, kinds: Kinds) -> None:
    header, *blobs = encode(message)
    version, kind, body = msgpack.unpackb(header)
    for field in dataclasses.fields(message):
        shorter = {name: value for name, value in body.items() if name != field.name}
        frames = [msgpack.packb([version, kind, shorter]), *blobs]
        if field.default is dataclasses.MISSING:
            assert f"the field '{field.name}' is missing" in refusal(*frames, kinds=kinds).sentence
        else:
            assert getattr(decode(frames, kinds), field.name) == field.default


def test_pixels_are_not_packed_and_not_copied() -> None:
    pixels = bytes(range(1, 13)) * 1000
    header, blob = encode(messages.Preview(SESSION, 3, messages.Image(100, 40, 3, pixels)))
    assert blob is pixels
    assert len(header) < 150
    assert decode([header, blob], EVENTS).image.pixels is pixels  # type: ignore[union-attr]


def test_none_travels_where_it_is_allowed_and_nowhere_else() -> None:
    assert decode(encode(messages.SetMask(BOOT, SESSION, 1, None)), REQUESTS) == messages.SetMask(
        BOOT, SESSION, 1, None
    )
    assert "nothing came" in refusal(frame("Ping", {"request": None})).sentence


def test_a_whole_number_is_a_number_but_true_is_not() -> None:
    body = points_body([{"handle": [1, 2], "target": [3, 4]}])
    (pair,) = decode([frame("SetPoints", body)], REQUESTS).points  # type: ignore[union-attr]
    assert isinstance(pair.handle.x, float)
    assert refusal(frame("Ping", {"request": True})).sentence == "Ping.request: a whole number is needed, True came"
    assert refusal(frame("Ping", {"request": 1.0})).sentence == "Ping.request: a whole number is needed, 1.0 came"
    wrong = points_body([{"handle": [True, 2], "target": [3, 4]}])
    assert refusal(frame("SetPoints", wrong)).sentence == (
        "SetPoints.points[0].handle.x: a number is needed, True came"
    )


def test_a_loss_may_be_no_number_but_a_point_must_be_one() -> None:
    step = messages.StepDone(SESSION, 1, (), (), math.nan, (), 1.0)
    assert math.isnan(decode(encode(step), EVENTS).loss)  # type: ignore[union-attr]
    body = points_body([{"handle": [math.nan, 2], "target": [3, 4]}])
    assert refusal(frame("SetPoints", body)).sentence == (
        "a handle is at (nan, 2.0); a position on the canvas in finite pixels is needed"
    )


def test_points_that_make_no_drag_are_refused_with_their_numbers() -> None:
    pair = {"handle": [1, 2], "target": [3, 4]}
    assert refusal(frame("SetPoints", points_body([pair, pair]))).sentence == (
        "points 1 and 2 have the same handle (1, 2); remove or move one of them"
    )
    many = [{"handle": [n, 2], "target": [3, 4]} for n in range(1000)]
    assert refusal(frame("SetPoints", points_body(many))).sentence == (
        "1000 points were sent; at most 256 are accepted, so remove some"
    )
    assert "the field 'target' is missing" in refusal(frame("SetPoints", points_body([{"handle": [1, 2]}]))).sentence


def test_fields_of_a_newer_peer_and_frames_that_no_field_names_are_ignored() -> None:
    newer = frame("Ping", {"request": 3, "why": {"deep": [1, {"er": None}]}, "thumbnail": 0})
    assert decode([newer, b"a thumbnail"], REQUESTS) == messages.Ping(3)


def test_unknown_kinds_are_told_apart_from_damaged_messages() -> None:
    error = refusal(frame("Levitate", {"request": 3, "session": SESSION, "seq": 4}))
    assert isinstance(error, UnknownKind)
    assert "'Levitate'" in error.sentence
    assert (error.request, error.session, error.seq) == (3, SESSION, 4)
    assert isinstance(refusal(frame("Pong", {"request": 1})), UnknownKind)  # an event is no request


def test_another_major_version_is_refused_in_words() -> None:
    newer = refusal(frame("Hello", {}, version=VERSION + 1))
    assert isinstance(newer, OtherVersion)
    assert newer.sentence == (
        f"the peer speaks protocol {VERSION + 1}, this program {VERSION};"
        " update this program so that both speak the same"
    )
    assert "update the peer" in refusal(frame("Hello", {}, version=VERSION - 1)).sentence
    assert isinstance(refusal(msgpack.packb([VERSION + 1])), OtherVersion)  # another version may mean another header


def test_an_error_names_what_was_readable_of_the_message() -> None:
    error = refusal(frame("SetPoints", points_body(3)))
    assert (error.request, error.session, error.seq) == (None, SESSION, 1)
    error = refusal(frame("Render", {"request": 8, "session": 9}))
    assert (error.request, error.session, error.seq) == (8, None, None)
    error = refusal(frame("SetPoints", points_body([], seq=0)))
    assert (error.session, error.seq) == (SESSION, 0)


BODY = {"session": SESSION, "step": 1, "image": {"width": 1, "height": 1, "channels": 1, "pixels": 0}}
HOSTILE = {
    "no frames": [],
    "nine frames": [frame("Ping", {"request": 1})] + [b""] * 8,
    "an empty header": [b""],
    "a byte that msgpack never uses": [b"\xc1"],
    "a truncated header": [frame("Ping", {"request": 1})[:-3]],
    "bytes after the header": [frame("Ping", {"request": 1}) + b"\x00"],
    "a header of two mebibytes": [msgpack.packb([VERSION, "Ping", {"request": 1, "x": "y" * (2 << 20)}])],
    "no array": [msgpack.packb({"version": 1})],
    "an empty array": [msgpack.packb([])],
    "a version in words": [msgpack.packb(["1", "Ping", {}])],
    "a version that is true": [msgpack.packb([True, "Ping", {}])],
    "no body": [msgpack.packb([VERSION, "Ping"])],
    "a body that is an array": [frame("Ping", [1])],
    "a kind that is a number": [msgpack.packb([VERSION, 4, {}])],
    "a number as a key": [frame("Ping", {1: 2})],
    "an array as a key": [b"\x93\x01\xa4Ping\x81\x90\x00"],
    "text that is not UTF-8": [b"\x93\x01\xa4Ping\x81\xa1\xff\x00"],
    "nesting without end": [b"\x91" * 100_000],
    "maps without end": [b"\x81\xa1a" * 50_000],
    "an array that claims four milliards": [b"\x93\x01\xa4Ping\xdd\xff\xff\xff\xff"],
    "a map that claims four milliards": [b"\x93\x01\xa4Ping\xdf\xff\xff\xff\xff"],
    "a string that claims four milliards": [b"\x93\x01\xdb\xff\xff\xff\xff"],
    "an odd timestamp": [b"\x93\x01\xa4Ping\xd7\xff" + b"\xff" * 8],
    "a seed in words": [frame("OpenSeed", {"boot": BOOT, "session": SESSION, "model": "m", "seed": "seven"})],
    "a seed with a fraction": [frame("OpenSeed", {"boot": BOOT, "session": SESSION, "model": "m", "seed": 7.5})],
    "a seed below zero": [frame("OpenSeed", {"boot": BOOT, "session": SESSION, "model": "m", "seed": -1})],
    "an unknown preset": [
        frame("SetParameters", {"boot": BOOT, "session": SESSION, "seq": 1, "parameters": {"preset": "best"}})
    ],
    "a preset that is an array": [
        frame("SetParameters", {"boot": BOOT, "session": SESSION, "seq": 1, "parameters": {"preset": []}})
    ],
    "a point of three numbers": [frame("SetPoints", points_body([{"handle": [1, 2, 3], "target": [1, 2]}]))],
    "points that are a map": [frame("SetPoints", points_body({}))],
    "a point pair that is an array": [frame("SetPoints", points_body([[[1, 2], [3, 4]]]))],
    "a state inside the header": [frame("OpenState", {"boot": BOOT, "session": SESSION, "state": b"state"})],
    "a frame that did not come": [frame("OpenState", {"boot": BOOT, "session": SESSION, "state": 0})],
    "a frame before the first": [frame("OpenState", {"boot": BOOT, "session": SESSION, "state": -1}), b"state"],
    "a frame numbered true": [frame("OpenState", {"boot": BOOT, "session": SESSION, "state": False}), b"state"],
    "a hold that is a number": [frame("Run", {"boot": BOOT, "session": SESSION, "seq": 1, "hold": 1})],
    "a black mask": [
        frame(
            "SetMask",
            {"boot": BOOT, "session": SESSION, "seq": 1, "mask": {"width": 2, "height": 1, "pixels": 0}},
        ),
        b"\0\0",
    ],
    "an image of other bytes": [
        frame("OpenPixels", {"boot": BOOT, "model": "m", **BODY}),
        b"two",
    ],
}


@pytest.mark.parametrize("frames", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_message_is_refused_in_one_sentence(frames: list[bytes]) -> None:
    error = refusal(*frames)
    assert 10 < len(error.sentence) < 600
    assert "\n" not in error.sentence


def test_mutated_messages_are_read_or_refused_but_never_break_the_reader() -> None:
    generator = random.Random(5)
    originals = [encode(message) for message, _ in ALL]
    refused = 0
    for _ in range(20_000):
        header, *blobs = generator.choice(originals)
        damaged = bytearray(header)
        for _ in range(generator.randint(1, 4)):
            damaged[generator.randrange(len(damaged))] = generator.randrange(256)
        try:
            decode([bytes(damaged), *blobs], {**REQUESTS, **EVENTS})
        except ProtocolError:
            refused += 1
    assert 5_000 < refused < 20_000  # both happen, or the mutations test nothing


def test_values_that_msgpack_cannot_hold_are_refused_before_they_are_sent() -> None:
    with pytest.raises(InvalidMessage, match="does not fit into 64 bits"):
        encode(messages.OpenSeed(BOOT, SESSION, "m", 7, label=1 << 70))
    with pytest.raises(InvalidMessage, match="is not Unicode"):
        encode(messages.OpenSeed(BOOT, SESSION, "\udcff", 7))


def test_a_value_out_of_range_is_told_the_exact_bounds() -> None:
    with pytest.raises(InvalidMessage, match=r"the seed is -1; it must lie between 0 and 4294967295$"):
        messages.OpenSeed(BOOT, SESSION, "m", -1)
    with pytest.raises(InvalidMessage, match=r"step_size is 11; it must lie between 1e-06 and 10$"):
        messages.Parameters(step_size=11)


def test_how_a_type_is_read_is_worked_out_once() -> None:
    decode(encode(messages.Ping(1)), REQUESTS)
    before = typed.reader_of.cache_info().misses
    decode(encode(messages.Ping(2)), REQUESTS)
    assert typed.reader_of.cache_info().misses == before


def test_the_pure_python_msgpack_writes_and_reads_the_same_bytes() -> None:
    """Inside the editors there is no compiled msgpack."""
    program = (
        "import sys, msgpack\n"
        "from draglayer_protocol import wire\n"
        "from tests.protocol import examples\n"
        "from tests.protocol.test_wire import HOSTILE\n"
        "assert msgpack.Packer.__module__ == 'msgpack.fallback'\n"
        "for messages, kinds in ((examples.REQUESTS, wire.REQUESTS), (examples.EVENTS, wire.EVENTS)):\n"
        "    for message in messages:\n"
        "        assert wire.decode(wire.encode(message), kinds) == message\n"
        "        print(b''.join(wire.encode(message)).hex())\n"
        "for name, frames in HOSTILE.items():\n"
        "    try:\n"
        "        wire.decode(frames, wire.REQUESTS)\n"
        "        sys.exit(name + ' was accepted')\n"
        "    except wire.ProtocolError: pass\n"
    )
    environment = {**os.environ, "MSGPACK_PUREPYTHON": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [b"".join(encode(message)).hex() for message, _ in ALL]


def test_sentences_show_a_peers_text_short_and_escaped() -> None:
    error = refusal(frame("Ping", {"request": "\n" + "x" * 60_000}))
    assert re.fullmatch(r"Ping\.request: a whole number is needed, '\\nx{31}'\.\.\. came", error.sentence)
    assert len(refusal(frame("K" * 60_000, {})).sentence) < 600


def test_an_invalid_message_cannot_be_made() -> None:
    with pytest.raises(InvalidMessage, match="32 lower-case hexadecimal digits"):
        messages.Attach(BOOT, "session")
    with pytest.raises(InvalidMessage, match="nan"):
        messages.PointPair(Point(math.nan, 1), Point(1, 1))
