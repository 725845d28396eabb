"""A feature map of which only windows are computed, because nothing else of it is read.

A block's output pixel depends on a few pixels of its input. So a window of its output needs only a window of its input,
about half as large plus a margin, and a gradient that is zero outside the one is zero outside the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from .architecture import Size


class Corner(NamedTuple):
    """Top left pixel of a window."""

    top: int
    left: int


class Box(NamedTuple):
    """Pixels of a map, the last ones included."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def size(self) -> Size:
        return Size(self.bottom - self.top + 1, self.right - self.left + 1)

    def joined(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(*map(min, self[:2], other[:2]), *map(max, self[2:], other[2:]))


def boxes_around(p: Tensor, reach: float, size: Size, extent: Size) -> list[Box]:
    """Pixels of a map of `extent` that bilinear sampling reads within `reach` of p along either axis.

    p [N, 2] and reach in pixels of a picture of `size`.
    """
    boxes = []
    for y, x in p.tolist():
        top, bottom = _line(y, reach, size.height, extent.height)
        left, right = _line(x, reach, size.width, extent.width)
        boxes.append(Box(top, left, bottom, right))
    return boxes


def _line(at: float, reach: float, picture: int, pixels: int) -> tuple[int, int]:
    first, last = (min(max((at + r + 0.5) * pixels / picture - 0.5, 0), pixels - 1) for r in (-reach, reach))
    return math.floor(first), min(math.floor(last) + 1, pixels - 1)


@dataclass(frozen=True)
class Windows:
    """Rectangles of one size on a map of `extent` pixels, all within it: one batch of one convolution.

    What lies outside a window counts as zero while a layer computes it. That is true where the window ends at the
    map's border; elsewhere the outermost pixels of the result are wrong, and `cut` leaves them away.
    """

    extent: Size
    size: Size
    corners: tuple[Corner, ...]

    @classmethod
    def placed(cls, extent: Size, size: Size, corners: Iterable[tuple[int, int]]) -> Windows:
        """Windows that would reach over the border are moved inwards; no window is larger than the map."""
        height, width = min(size.height, extent.height), min(size.width, extent.width)
        bottom, right = extent.height - height, extent.width - width
        inside = (Corner(min(max(top, 0), bottom), min(max(left, 0), right)) for top, left in corners)
        return cls(extent, Size(height, width), tuple(inside))

    @classmethod
    def whole(cls, extent: Size) -> Windows:
        """One window that is the map."""
        return cls(extent, extent, (Corner(0, 0),))

    def grown(self, by: int) -> Windows:
        """With a margin on every side: a 3x3 convolution needs 1 to make these windows."""
        size = Size(self.size.height + 2 * by, self.size.width + 2 * by)
        return Windows.placed(self.extent, size, ((top - by, left - by) for top, left in self.corners))

    def source(self) -> Windows:
        """Windows of the map of half the size that a block makes these from.

        Its second convolution needs a margin of 1 at this resolution. Its upsampling (transposed convolution, then the
        filter) makes pixel o from the pixels ceil((o-3)/2) ... floor((o+2)/2): of 2k pixels made from k, all but the
        outer 2 on every side are right.
        """
        made = self.grown(1)
        size = Size((made.size.height + 6) // 2, (made.size.width + 6) // 2)  # enough for odd and even corners
        half = Size(self.extent.height // 2, self.extent.width // 2)
        return Windows.placed(half, size, ((top // 2 - 1, left // 2 - 1) for top, left in made.corners))

    def doubled(self) -> Windows:
        """What an upsampling layer makes from these."""
        extent, size = (Size(2 * s.height, 2 * s.width) for s in (self.extent, self.size))
        return Windows(extent, size, tuple(Corner(2 * top, 2 * left) for top, left in self.corners))

    def cut(self, x: Tensor, inner: Windows) -> Tensor:
        """x [B, C, h, w] on these windows -> [N, C, h', w'] on windows inside them: one in each, or all in the one."""
        height, width = inner.size
        parts = x.split(1) if len(x) == len(inner.corners) else [x] * len(inner.corners)
        corners = self.corners if len(self.corners) == len(inner.corners) else self.corners * len(inner.corners)
        pieces = []
        for part, outer, corner in zip(parts, corners, inner.corners, strict=True):
            top, left = corner.top - outer.top, corner.left - outer.left
            assert 0 <= top <= self.size.height - height and 0 <= left <= self.size.width - width
            pieces.append(part[:, :, top : top + height, left : left + width])
        return pieces[0] if len(pieces) == 1 else torch.cat(pieces)

    def hold(self, box: Box) -> bool:
        """Whether one of the windows holds all of the box."""
        height, width = self.size
        return any(
            top <= box.top and left <= box.left and box.bottom < top + height and box.right < left + width
            for top, left in self.corners
        )


class WindowedMap:
    """A feature map [C, H, W] of which windows are known: x [N, C, h, w], one after the other."""

    def __init__(self, windows: Windows, x: Tensor) -> None:
        self.windows = windows
        self.shape = (x.shape[1], *windows.extent)
        self._pixels = x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])  # [N h w, C]
        self._corners = torch.tensor(windows.corners, device=x.device)  # [N, 2]

    def covers(self, p: Tensor, reach: float, size: Size) -> bool:
        """Whether everything within `reach` of every p can be read, both in pixels of a picture of `size`."""
        return all(self.windows.hold(box) for box in boxes_around(p, reach, size, self.windows.extent))

    def read(self, u: Tensor) -> Tensor:
        """Bilinear features at positions (y, x) in the map's pixels; outside the map the border's value.

        u [..., 2] -> [..., C]. Raises IndexError where a pixel is needed that no window holds.
        """
        height, width = self.windows.size
        last = u.new_tensor(self.windows.extent) - 1
        u = u.reshape(-1, 2).clamp(min=u.new_zeros(2), max=last)
        low = u.floor()
        high = torch.minimum(low + 1, last)
        part = u - low
        first = low.long()[:, None] - self._corners  # [M, N, 2] pixels from each window's corner
        final = high.long()[:, None] - self._corners
        held = (first >= 0).all(dim=2) & (final[..., 0] < height) & (final[..., 1] < width)
        which = held.int().argmax(dim=1)  # any window that holds all four pixels: where they overlap they agree
        if not bool(held.any(dim=1).all()):
            y, x = u[(~held.any(dim=1)).nonzero()[0, 0]].tolist()
            raise IndexError(
                f"features at ({y:.2f}, {x:.2f}) of a {self.shape[1]}x{self.shape[2]} map are read, but only windows of"
                f" {height}x{width} around handles were computed; compute more of it"
            )
        rows = torch.arange(len(u), device=u.device)
        y0, x0 = first[rows, which].unbind(1)
        y1, x1 = final[rows, which].unbind(1)
        weight_y, weight_x = part.to(self._pixels.dtype).unbind(1)
        total: Tensor | None = None
        for y, along_y in ((y0, 1 - weight_y), (y1, weight_y)):
            line = (which * height + y) * width
            for x, along_x in ((x0, 1 - weight_x), (x1, weight_x)):
                value = self._pixels[line + x] * (along_y * along_x)[:, None]
                total = value if total is None else total + value
        assert total is not None
        return total


FeatureMap = Tensor | WindowedMap  # [C, H, W]


def whole(F: FeatureMap) -> Tensor:
    """[C, H, W] where all of it was computed. Raises IndexError for windows."""
    if isinstance(F, WindowedMap):
        raise IndexError("all of a feature map is needed, but only windows around handles were computed")
    return F
