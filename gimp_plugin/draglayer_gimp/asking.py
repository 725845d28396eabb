"""What a script asks of the batch procedures, out of texts and numbers that it may have got wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from draglayer_protocol.editor.pairs import Pair
from draglayer_protocol.editor.words import Words
from draglayer_protocol.geometry import Frame, Point

FARTHEST = 1e7  # pixels
LONGEST = 8 << 20  # characters of a text


class Refused(Exception):
    """What was asked for cannot be done; the sentence says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def pairs(text: str, words: Words) -> list[Pair]:
    """`[[hx, hy, tx, ty], ...]` in image pixels, centres at integers; equal positions lock it. Raises Refused."""
    found = []
    for number, item in enumerate(_read(text, "points", words), 1):
        try:
            hx, hy, tx, ty = _numbers(item, 4)
        except ValueError as error:
            raise Refused(
                words(
                    "Point {number} is not four numbers [handle x, handle y, target x, target y]: {why}.",
                    number=number,
                    why=error,
                )
            ) from error
        handle, target = Point(hx, hy), Point(tx, ty)
        found.append(Pair(handle, target, locked=handle == target))
    return found


def frame(text: str, words: Words) -> Frame | None:
    """`[x, y, width, height]` in image pixels; None for an empty text. Raises Refused."""
    if not text.strip():
        return None
    try:
        x, y, width, height = _numbers(_read(text, "frame", words), 4)
        if width < 1 or height < 1:
            raise ValueError("it is empty")
    except ValueError as error:
        raise Refused(words("The frame is not [x, y, width, height]: {why}.", why=error)) from error
    return Frame(round(x), round(y), round(width), round(height))


def _read(text: str, what: str, words: Words) -> list[Any]:
    try:
        if len(text) > LONGEST:
            raise ValueError(f"{len(text)} characters are too many")
        found = json.loads(text, parse_constant=_no_number)
        if not isinstance(found, list):
            raise ValueError("a list is expected")
    except (ValueError, RecursionError) as error:
        why = str(error)[:200] or type(error).__name__
        raise Refused(words("The argument {what} cannot be read as JSON: {why}.", what=what, why=why)) from error
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _numbers(values: Any, count: int) -> Sequence[float]:
    if not isinstance(values, list) or len(values) != count:
        raise ValueError(f"{json.dumps(values)[:40]}")
    for value in values:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError(f"{json.dumps(value)[:40]} is not a number")
        if not abs(value) <= FARTHEST:
            raise ValueError(f"{str(value)[:40]} is too large")
    return [float(value) for value in values]
