"""What the tool needs of one open document; a host implements it, and is called on its main thread only."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol

from ..messages import Image
from .frame import Box

AT_ONCE = 1 << 18  # pixels that are joined in one portion: some milliseconds


class CannotShow(Exception):
    """The picture cannot be put into the document; the sentence says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Inside:
    """Where the result layer is opaque: a selection as it was when the drag began, one byte a pixel of its box."""

    box: Box
    pixels: bytes


def joined(one: Inside | None, other: Inside | None) -> Generator[None, None, Inside | None]:
    """Opaque where either is, in portions. None is everywhere."""
    if one is None or other is None or one == other:
        return None if one is None else other
    if one.box != other.box:  # the frame was moved in between, and the layer with it
        return other
    parts = []
    for start in range(0, len(one.pixels), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        parts.append(bytes(map(max, one.pixels[part], other.pixels[part])))
        yield
    return Inside(one.box, b"".join(parts))


def fitted_to(area: Box, inside: Inside) -> Generator[None, None, Inside]:
    """The same on another rectangle, in portions: of every pixel the nearest one counts."""
    old, rows = inside.box, []
    if (area.width, area.height) == (old.width, old.height):
        return Inside(area, inside.pixels)
    columns = [min(old.width - 1, (2 * x + 1) * old.width // (2 * area.width)) for x in range(area.width)]
    for y in range(area.height):
        start = min(old.height - 1, (2 * y + 1) * old.height // (2 * area.height)) * old.width
        rows.append(bytes(map(inside.pixels[start : start + old.width].__getitem__, columns)))
        if (y + 1) * area.width % AT_ONCE < area.width:
            yield
    return Inside(area, b"".join(rows))


class Canvas(Protocol):
    """Pixels are canvas pixels; layers are called by the host's own lasting names."""

    def size(self) -> Box:
        """The document's rectangle."""

    def selection(self, box: Box) -> bytes | None:
        """One byte a pixel, 255 = selected, 0 outside of the document; None when nothing is selected."""

    def add_layer(self, name: str, box: Box, picture: Image, inside: Inside | None, rows: range) -> str:
        """A new paint layer with the first rows of the picture, scaled to the box, above the active layer. Its name.

        One undo step; what `draw` adds belongs to it. Raises CannotShow.
        """

    def draw(self, layer: str, box: Box, picture: Image, inside: Inside | None, rows: range) -> None:
        """Some rows of the picture, scaled to the box, into a layer that `add_layer` made: no undo step.

        rows   of the box, counted from its first one; `show` follows when all have been drawn
        Raises CannotShow when the layer is gone or locked.
        """

    def show(self) -> None:
        """What was drawn is seen now. Raises CannotShow."""

    def clear(self, layer: str, box: Box) -> None:
        """Nothing there any more: no undo step. Raises CannotShow when the layer is gone or locked."""

    def copy(self, layer: str, name: str) -> None:
        """A copy of a layer, below it, for the artist to keep: one undo step. Raises CannotShow when it is gone."""

    def pixels(self, layer: str, box: Box) -> bytes | None:
        """What the layer holds there, in the host's own format; None when there is no such layer."""

    def keep(self, name: str, data: bytes) -> None:
        """Keep data in the document under a name; it travels with the file."""

    def kept(self) -> dict[str, bytes]:
        """Everything that was kept under names that begin with `draglayer/`."""
