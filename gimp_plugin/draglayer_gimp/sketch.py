"""What is seen of a selection: made small for the preview, and read a little at a time, so that no canvas is too large.

While the host paints, every question to it waits; so the answers are shown for a while.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from draglayer_protocol.editor.frame import Box
from draglayer_protocol.editor.layer import portions

LOOK = 0.5  # seconds that an answer is shown
AT_ONCE = 0.02  # seconds of reading in one look, and at least one portion


class Sketch:
    """Of one box.

    read    one byte a pixel of a box. At full size: GEGL makes smaller ones of everything that is there, which takes
            three times as long
    clock   seconds
    """

    def __init__(
        self, box: Box, side: int, read: Callable[[Box], bytes], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._box, self._read, self._clock = box, read, clock
        self._every = max(1, -(-max(box.width, box.height) // side))  # one pixel of so many is taken
        self._last: tuple[int, int, bytes] | None = None
        self._reading: Iterator[bytes] | None = None
        self._rows: list[bytes] = []
        self.begin()

    def begin(self) -> None:
        """Read it anew, unless that is under way."""
        if self._reading is None:
            self._reading, self._rows = self._portions(), []

    def look(self) -> tuple[int, int, bytes] | None:
        """Width, height and pixels, as they were read last; None before that. Reads on, if there is more to read."""
        until = self._clock() + AT_ONCE
        while self._reading is not None:
            rows = next(self._reading, None)
            if rows is None:
                width, height = (-(-length // self._every) for length in (self._box.width, self._box.height))
                self._last, self._reading = (width, height, b"".join(self._rows)), None
                break
            self._rows.append(rows)
            if self._clock() >= until:
                break
        return self._last

    def _portions(self) -> Iterator[bytes]:
        """Every so many rows, of them every so many pixels."""
        box, every = self._box, self._every
        middle = every // 2  # of the pixels that one stands for
        for rows in portions(box):
            pixels = self._read(Box(box.x, box.y + rows.start, box.width, len(rows)))
            picked = []
            for y in rows:
                if y % every == middle or (y == box.height - 1 and y % every < middle):
                    start = (y - rows.start) * box.width
                    row = pixels[start : start + box.width]
                    picked.append(_picked(row, every, middle))
            yield b"".join(picked)


def _picked(row: bytes, every: int, middle: int) -> bytes:
    """One of every so many, the last for those that are left over."""
    taken = row[middle::every]
    return taken if len(taken) == -(-len(row) // every) else taken + row[-1:]


class Seen:
    """Of one image.

    selects   whether anything is selected
    read      the selection in a box, one byte a pixel
    """

    def __init__(
        self, selects: Callable[[], bool], read: Callable[[Box], bytes], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._selects, self._read, self._clock = selects, read, clock
        self._again = float("-inf")  # when it is looked at again
        self._anything = False
        self._sketches: dict[tuple[Box, int], Sketch] = {}  # of the box that is shown

    def anything(self) -> bool:
        if self._clock() >= self._again:
            self._anything = self._selects()
            for sketch in self._sketches.values():
                sketch.begin()
            self._again = self._clock() + LOOK
        return self._anything

    def sketch(self, box: Box, side: int) -> tuple[int, int, bytes] | None:
        if not self.anything():
            self._sketches.clear()
            return None
        if (box, side) not in self._sketches:
            self._sketches = {(box, side): Sketch(box, side, self._read)}
        return self._sketches[box, side].look()
