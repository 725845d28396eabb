"""What a message may hold: limits, and checks that raise InvalidMessage with what, why and what next."""

from __future__ import annotations

import math

from ..geometry import Frame, Point

VERSION = 1  # major version: a peer with another one is refused in words

MAX_POINTS = 256
MAX_SIDE = 4096  # of an image or a mask, in pixels
MAX_SEED = 2**32 - 1
MAX_TEXT = 4096  # characters of any string field
MAX_STATE = 256 << 20  # bytes
MAX_CREDIT = 1 << 30  # bytes
MAX_STEPS = 100_000
MAX_COORDINATE = 1e7


class InvalidMessage(ValueError):
    """The values do not make a message; the sentence says which value, why, and what would."""


def require(condition: bool, sentence: str) -> None:
    if not condition:
        raise InvalidMessage(sentence)


def text(value: str, what: str, *, empty: bool = False) -> None:
    require(len(value) <= MAX_TEXT, f"{what} has {len(value)} characters; at most {MAX_TEXT} are accepted")
    require(empty or bool(value), f"{what} is empty; it must name something")


def finite(value: float, what: str) -> None:
    require(
        math.isfinite(value) and abs(value) <= MAX_COORDINATE,
        f"{what} is {value}; a finite number of at most {MAX_COORDINATE:g} is needed",
    )


def point(point: Point, what: str) -> None:
    require(
        math.isfinite(point.x) and math.isfinite(point.y) and max(abs(point.x), abs(point.y)) <= MAX_COORDINATE,
        f"{what} is at ({point.x}, {point.y}); a position on the canvas in finite pixels is needed",
    )


def between(value: float, low: float, high: float, what: str) -> None:
    require(low <= value <= high, f"{what} is {value}; it must lie between {low:.10g} and {high:.10g}")


def frame(frame: Frame | None) -> None:
    if frame is None:
        return
    for value, name in zip(frame, frame._fields):  # noqa: B905 (Python 3.9 in some hosts; lengths are equal by type)
        finite(value, f"the frame's {name}")
    require(
        frame.width > 0 and frame.height > 0,
        f"the frame is {frame.width} x {frame.height} pixels; both sides must be positive",
    )


def label(value: int | None) -> None:
    require(value is None or value >= 0, f"the label is {value}; labels count from 0")


def session(name: str) -> None:
    require(
        len(name) == 32 and all(c in "0123456789abcdef" for c in name),
        f"the session is named {name[:40]!r}; 32 lower-case hexadecimal digits are needed",
    )
