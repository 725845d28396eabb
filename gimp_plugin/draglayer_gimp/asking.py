"""What a script asks of the batch procedures, out of texts and numbers that it may have got wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from draglayer_protocol.editor.mask import Movable
from draglayer_protocol.editor.pairs import Pair
from draglayer_protocol.editor.words import Words
from draglayer_protocol.geometry import Frame, Point

from .batch import PICTURES, Begin, Wish
from .refusing import Refused
from .settings import Settings, parameters

FARTHEST = 1e7  # pixels
LARGEST = 1 << 28  # pixels of a frame, and of the result's layer
LONGEST = 8 << 20  # characters of a text


def wish(value: Callable[[str], Any], of_path: Sequence[Pair] | None, kept: Settings, words: Words) -> Wish:
    """How to drag. Raises Refused, InvalidMessage.

    value    of an argument, by its name
    of_path  the pairs of the path that was given, if one was
    """
    text = value("points") or ""  # an empty one comes as None
    found = pairs(text, words) if text.strip() else []
    if of_path is not None:
        found += of_path
        if not found:
            raise Refused(words("The path has no stroke with two anchors; draw one from each handle to its target."))
    rate = value("rate")
    return Wish(
        pairs=tuple(found),
        frame=frame(value("frame") or "", words),
        movable=Movable(value("movable")),
        whole=value("whole"),
        parameters=parameters(value),
        rate=rate if rate >= 0 else kept.rate or PICTURES,
    )


def begin(value: Callable[[str], Any]) -> Begin:
    """The picture of a seed, as a script asks for it."""
    label = value("label")
    return Begin(value("model") or "", value("seed"), None if label < 0 else int(label))


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
        if width * height > LARGEST:
            raise ValueError(f"a layer of {width:.0f} x {height:.0f} pixels is too large")
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
