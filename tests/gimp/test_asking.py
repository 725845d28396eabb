"""What a script may get wrong when it asks for a drag."""

from __future__ import annotations

import json

import pytest

from draglayer_gimp.asking import frame, pairs
from draglayer_gimp.refusing import Refused
from draglayer_protocol.editor.words import Words
from draglayer_protocol.geometry import Frame, Point

WORDS = Words()


def test_pairs_are_read_and_equal_positions_lock() -> None:
    first, second = pairs("[[1, 2, 3.5, 4], [5, 6, 5, 6]]", WORDS)
    assert (first.handle, first.target, first.locked) == (Point(1, 2), Point(3.5, 4), False)
    assert (second.handle, second.target, second.locked) == (Point(5, 6), Point(5, 6), True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cannot be read as JSON"),
        ("[[1,2", "cannot be read as JSON"),
        ("{}", "a list is expected"),
        ("[[1,2,3]]", "Point 1 is not four numbers"),
        ("[[1,2,3,4],[1,2,3,true]]", "Point 2 is not four numbers"),
        ('[[1,2,3,"4"]]', "is not a number"),
        ("[[1,2,NaN,4]]", "NaN is not a number"),
        ("[[1,2,-Infinity,4]]", "-Infinity is not a number"),
        ("[[1,2,1e999,4]]", "too large"),
        (f"[[1,2,{'9' * 400},4]]", "too large"),
        (f"[[1,2,{'9' * 9000},4]]", "JSON"),  # more digits than Python reads
        ("[" * 100_000, "JSON"),
        (json.dumps("x" * (9 << 20)), "too many"),
    ],
)
def test_every_mistake_is_one_sentence(text: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        pairs(text, WORDS)
    assert said in refused.value.sentence
    assert len(refused.value.sentence) < 400
    assert "\n" not in refused.value.sentence


def test_a_frame_is_whole_pixels_or_none() -> None:
    assert frame("", WORDS) is None
    assert frame("[1, 2, 30.4, 40]", WORDS) == Frame(1, 2, 30, 40)
    for wrong in ("[1,2,3]", "[1,2,0,4]", "[1,2,-3,4]", "7", "[1,2,NaN,4]"):
        with pytest.raises(Refused):
            frame(wrong, WORDS)
