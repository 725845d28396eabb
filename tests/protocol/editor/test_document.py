"""What travels with a drawing: whole, damaged, newer, foreign."""

from __future__ import annotations

import base64
import json
import zlib
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draglayer_protocol.editor.document import FORMAT, Saved, Unreadable, dump, load, name_of
from draglayer_protocol.editor.mask import Movable
from draglayer_protocol.editor.pairs import Pair
from draglayer_protocol.editor.words import Words
from draglayer_protocol.geometry import Frame, Point
from draglayer_protocol.messages import Parameters, Preset, Space

SAVED = Saved(
    id="0123",
    layer="{uuid}",
    model="creatures-256",
    sha256="ab" * 32,
    seed=7,
    label=None,
    frame=Frame(10, 20, 512, 512),
    pairs=(Pair(Point(1.5, 2), Point(3, 4)), Pair(Point(5, 6), Point(5, 6), on=False, locked=True)),
    movable=Movable.INVERSE,
    parameters=Parameters(Preset.PAPER, Space.W_PLUS, layers=6, step_size=0.01),
    step=12,
    written="ff",
    state=bytes(range(256)),
)


def test_what_was_saved_is_read_again() -> None:
    assert load(dump(SAVED), Words()) == SAVED
    assert load(dump(replace(SAVED, state=b"", label=3)), Words()).label == 3
    assert load(dump(replace(SAVED, seed=None)), Words()).seed is None
    for name in ("midway", "whole"):
        assert load(dump(replace(SAVED, **{name: True})), Words()) == replace(SAVED, **{name: True})


def test_what_was_saved_before_drags_were_told_of_is_read() -> None:
    values = json.loads(dump(SAVED))
    del values["midway"], values["whole"]
    assert load(json.dumps(values).encode(), Words()) == SAVED


def test_without_a_state_and_a_seed_there_is_no_picture_to_go_on_with() -> None:
    with pytest.raises(Unreadable, match="neither a state nor a seed"):
        load(dump(replace(SAVED, state=b"", seed=None)), Words())


def test_it_is_ascii_without_nul_because_gimp_keeps_nothing_else() -> None:
    data = dump(replace(SAVED, layer="Zeichnung ä"))
    assert data.isascii()
    assert b"\0" not in data
    assert load(data, Words()).layer == "Zeichnung ä"


def test_unknown_fields_of_a_later_version_are_ignored() -> None:
    values = json.loads(dump(SAVED))
    values["weather"] = "fine"
    values["parameters"]["wind"] = 3
    assert load(json.dumps(values).encode(), Words()) == SAVED


def test_a_newer_format_is_named() -> None:
    values = json.loads(dump(SAVED)) | {"format": FORMAT + 1}
    with pytest.raises(Unreadable, match=f"newer Draglayer .format {FORMAT + 1}"):
        load(json.dumps(values).encode(), Words())


def test_another_programs_data_is_left_alone() -> None:
    with pytest.raises(Unreadable, match="another program"):
        load(b'{"program": "other", "format": 1}', Words())


@pytest.mark.parametrize(
    "change",
    [
        {"state": "%%%"},
        {"state": base64.b64encode(b"other").decode()},
        {"crc32": 0},
        {"frame": [0, 0, 0, 5]},
        {"frame": [0, 0, 1e9, 5]},
        {"frame": None},
        {"points": [{}]},
        {"points": [{"handle": [1], "target": [1, 2], "on": True, "locked": False}]},
        {"points": [{"handle": [1, 2], "target": [1, float("nan")], "on": True, "locked": False}]},
        {"movable": "sometimes"},
        {"parameters": {"preset": "none"}},
        {"parameters": {"step_size": "fast"}},
        {"parameters": {"step_size": -1}},
        {"parameters": {"layers": 1.5}},
        {"model": "x"},
        {"seed": "7"},
        {"step": True},
        {"midway": 1},
        {"whole": 1},
        {"id": ""},
    ],
)
def test_damage_is_answered_with_a_sentence(change: dict[str, Any]) -> None:
    values = json.loads(dump(SAVED)) | change
    with pytest.raises(Unreadable, match="the drawing is complete"):
        load(json.dumps(values).encode(), Words())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_cut_or_altered_bytes_are_read_as_before_or_refused(data: st.DataObject) -> None:
    whole = bytearray(dump(SAVED))
    at = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        del whole[at:]
    else:
        whole[at] = data.draw(st.integers(0, 255))
    with suppress(Unreadable):  # and nothing else
        load(bytes(whole), Words())


def test_annotations_are_named_after_the_state() -> None:
    assert name_of("0123") == "draglayer/0123"
    assert zlib.crc32(b"") == 0  # so an empty state needs no exception
