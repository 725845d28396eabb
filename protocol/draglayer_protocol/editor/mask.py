"""What may move, out of a selection: the part of it that lies on the frame, as a mask of the model's size."""

from __future__ import annotations

from collections.abc import Callable, Generator
from enum import Enum

from ..geometry import Frame
from ..messages import MAX_SIDE, Mask
from .area import AreaDown
from .frame import Box, box
from .pairs import CannotDrag
from .words import Words

PORTION = 1 << 20  # pixels of a selection that are read at once: some milliseconds

ReadSelection = Callable[[Box], "bytes | None"]
INVERSION = bytes(range(255, -1, -1))


class Movable(Enum):
    """What the artist lets move."""

    FRAME = "frame"
    SELECTION = "selection"
    INVERSE = "inverse"


def movable(
    read: ReadSelection, frame: Frame, choice: Movable, width: int, height: int, words: Words
) -> Generator[None, None, Mask | None]:
    """The mask of a width x height model; None when everything on the frame may move. Pauses between portions.

    read   the selection inside a box, one byte a pixel, 255 = selected; None when nothing at all is selected
    Raises CannotDrag when nothing may move. Without a selection everything may, as in the editors' own tools.
    """
    if choice is Movable.FRAME:
        return None
    if max(width, height) > MAX_SIDE:
        raise CannotDrag(words("This model is too large for a mask; choose the whole frame."))
    covered = box(frame)
    filtered = AreaDown(covered.width, covered.height, width, height)
    rows = max(1, PORTION // covered.width)
    for top in range(0, covered.height, rows):
        part = Box(covered.x, covered.y + top, covered.width, min(rows, covered.height - top))
        selected = read(part)
        if selected is None:
            return None
        filtered.feed(selected.translate(INVERSION) if choice is Movable.INVERSE else selected)
        yield
    pixels = filtered.result()
    if not any(pixels):
        raise CannotDrag(
            words("The whole frame is selected, so nothing may move; select less, or let the whole frame move.")
            if choice is Movable.INVERSE
            else words("The selection does not touch the frame, so nothing may move; select inside the frame.")
        )
    return None if pixels.count(255) == len(pixels) else Mask(width, height, pixels)


def said(choice: Movable, selected: bool, words: Words) -> str:
    """What is movable, for the artist."""
    if choice is Movable.FRAME:
        return words("The whole frame may move.")
    if not selected:
        return words("Nothing is selected, so the whole frame may move.")
    if choice is Movable.SELECTION:
        return words("What is selected may move.")
    return words("What is not selected may move.")
