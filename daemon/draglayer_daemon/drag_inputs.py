"""What `draglayer drag` reads: points, a mask, a state."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import PIL.Image

from draglayer_protocol.geometry import Point
from draglayer_protocol.messages import MAX_SIDE, MAX_STATE, Mask, PointPair

from .output import Usage


class CannotRead(Exception):
    """A file that was named cannot be used; the sentence says which and why."""


def read_pairs(texts: Sequence[str]) -> tuple[PointPair, ...]:
    """Every --drag as a handle and its target. Raises Usage, and InvalidMessage for positions that cannot be."""
    return tuple(_pair(text) for text in texts)


def read_mask(path: Path) -> Mask:
    """A picture's brightness, white = may move. Raises CannotRead, and InvalidMessage for a mask that cannot be."""
    try:
        with PIL.Image.open(path) as picture:
            if max(picture.size) > MAX_SIDE:
                raise CannotRead(
                    f"the mask {path} has {picture.width} x {picture.height} pixels; at most {MAX_SIDE} a side are"
                    " accepted, and it must have the size of the model's picture"
                )
            grey = picture.convert("L")
    except FileNotFoundError as error:
        raise CannotRead(f"there is no mask {path}; name a picture file, white where the picture may move") from error
    except (OSError, ValueError, SyntaxError, PIL.Image.DecompressionBombError) as error:
        raise CannotRead(f"the mask {path} cannot be read as a picture ({error}); save it as PNG") from error
    return Mask(grey.width, grey.height, grey.tobytes())


def read_state(path: Path) -> bytes:
    """Raises CannotRead."""
    try:
        size = path.stat().st_size
        if size > MAX_STATE or size == 0:
            raise CannotRead(
                f"{path} has {size} bytes, so it is no state of Draglayer's; name one that --state-out wrote"
            )
        return path.read_bytes()
    except OSError as error:
        raise CannotRead(
            f"the state {path} cannot be read: {error.strerror}; name a file that --state-out wrote"
        ) from error


def _pair(text: str) -> PointPair:
    parts = text.split(":")
    if len(parts) == 1:
        raise Usage(f"--drag {text} has a handle but no target; write X,Y:X,Y")
    if len(parts) > 2:
        raise Usage(f"--drag {text} has {len(parts)} positions; write X,Y:X,Y, and --drag once more for another pair")
    handle, target = (_position(part, name, text) for part, name in zip(parts, ("handle", "target"), strict=True))
    return PointPair(handle, target)


def _position(part: str, name: str, text: str) -> Point:
    numbers = part.split(",")
    try:
        x, y = (float(number) for number in numbers)
    except ValueError as error:
        what = f"{part!r}" if part.strip() else "missing"
        raise Usage(f"--drag {text}: the {name} is {what}, but two numbers X,Y are needed; write X,Y:X,Y") from error
    if not (math.isfinite(x) and math.isfinite(y)):
        raise Usage(f"--drag {text}: the {name} is {part!r}, but a position in finite pixels is needed")
    return Point(x, y)
