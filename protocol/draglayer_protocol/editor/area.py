"""Scaling a plane of bytes down by averaging areas, with nothing but the standard library, at the speed of C.

Rows are added as whole numbers of many lanes: Python's big integers multiply and add all pixels of a row at once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

_ONE = 1 << 15  # the weights of one output pixel sum up to this
_HALF = _ONE >> 1


class AreaDown:
    """Averages a width x height plane into a smaller one; rows are fed from the top in any portions.

    A source pixel that two output pixels share counts for both by the part of it that each covers. Enlarging repeats
    pixels by the same rule.
    """

    def __init__(self, width: int, height: int, to_width: int, to_height: int) -> None:
        self._size, self._to = (width, height), (to_width, to_height)
        self._vertical = _Rows(height, to_height, width)

    def feed(self, rows: bytes) -> None:
        """Whole rows, one byte a pixel."""
        width = self._size[0]
        for start in range(0, len(rows), width):
            row = rows[start : start + width]
            self._vertical.add(bytes(2 * width) if not any(row) else _doubled(row))

    def result(self) -> bytes:
        """to_width x to_height bytes, rows from the top."""
        width = self._size[0]
        to_width, to_height = self._to
        narrow = memoryview(b"".join(self._vertical.out)).cast("H")
        horizontal = _Rows(width, to_width, to_height)
        for x in range(width):
            horizontal.add(narrow[x::width].tobytes())
        wide = memoryview(b"".join(horizontal.out)).cast("H")  # transposed: to_width rows of to_height
        columns = [_halved(wide[y::to_height].tobytes()) for y in range(to_height)]
        return b"".join(columns)


class _Rows:
    """Averages many rows of 16-bit lanes into fewer."""

    def __init__(self, count: int, to_count: int, lanes: int) -> None:
        self.out: list[bytes] = []
        self._lanes = lanes
        self._plan = _weights(count, to_count)
        self._rounding = int.from_bytes(_HALF.to_bytes(4, "little") * lanes, "little")
        self._sum = self._rounding

    def add(self, row: bytes) -> None:
        """The next row, two bytes a lane in the machine's order."""
        value: int | None = None
        for weight, complete in next(self._plan):
            if value is None:
                value = _spread(row)
            self._sum += value * weight
            if complete:
                self.out.append(self._close())

    def _close(self) -> bytes:
        lanes = (self._sum >> 15).to_bytes(4 * self._lanes, "little")
        self._sum = self._rounding
        row = bytearray(2 * self._lanes)
        first, second = (0, 1) if sys.byteorder == "little" else (1, 0)
        row[first::2], row[second::2] = lanes[0::4], lanes[1::4]
        return bytes(row)


def _weights(count: int, to_count: int) -> Iterator[list[tuple[int, bool]]]:
    """For every source row: its weight in each output row that it touches, and whether that one is complete then."""
    used = 0  # of the present output row's weight
    for row in range(count):
        # in units where a source row is to_count long and an output row count long: whole numbers, so no drift
        start, end = row * to_count, (row + 1) * to_count
        plan = []
        for out in range(start // count, (end - 1) // count + 1):
            until = min(end, (out + 1) * count)
            reached = (until - out * count) * _ONE // count
            plan.append((reached - used, until == (out + 1) * count))
            used = 0 if until == (out + 1) * count else reached
        yield plan


def _doubled(row: bytes) -> bytes:
    """8 bits -> 16 bits: v * 257."""
    wide = bytearray(2 * len(row))
    wide[0::2] = wide[1::2] = row
    return bytes(wide)


def _spread(row: bytes) -> int:
    """16-bit lanes -> a number with 32-bit lanes."""
    lanes = bytearray(2 * len(row))
    first, second = (0, 1) if sys.byteorder == "little" else (1, 0)
    lanes[0::4], lanes[1::4] = row[first::2], row[second::2]
    return int.from_bytes(lanes, "little")


def _halved(row: bytes) -> bytes:
    """16 bits -> 8 bits: v / 257 to the nearest, as (255 v + 2**15) / 2**16."""
    count = len(row) // 2
    lanes = _spread(row) * 255 + int.from_bytes(b"\x00\x80\x00\x00" * count, "little")
    return (lanes >> 16).to_bytes(4 * count, "little")[0::4]
