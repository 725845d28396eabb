"""Points, rectangles, and the one function between canvas and model pixels.

Pixel centres lie at integers on both sides; x runs to the right, y down, the origin is the top left pixel's centre.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class Point(NamedTuple):
    """A position in canvas pixels; pixel centres at integers."""

    x: float
    y: float


class Frame(NamedTuple):
    """The rectangle of the canvas that the model sees, in canvas pixels: its top left *pixel* is (x, y)."""

    x: float
    y: float
    width: float
    height: float

    def contains(self, p: Point) -> bool:
        """Whether p lies on the frame's area, half a pixel around its outer pixel centres included."""
        return self.x - 0.5 <= p.x <= self.x + self.width - 0.5 and self.y - 0.5 <= p.y <= self.y + self.height - 0.5


class Mapping(NamedTuple):
    """Canvas pixels <-> model pixels: x_m = (x_c - f_x + 1/2) * s - 1/2, and its inverse."""

    frame: Frame
    width: int
    height: int

    def to_model(self, p: Point) -> Point:
        """Canvas pixels -> model pixels."""
        return Point(
            (p.x - self.frame.x + 0.5) * (self.width / self.frame.width) - 0.5,
            (p.y - self.frame.y + 0.5) * (self.height / self.frame.height) - 0.5,
        )

    def to_canvas(self, p: Point) -> Point:
        """Model pixels -> canvas pixels."""
        return Point(
            (p.x + 0.5) * (self.frame.width / self.width) + self.frame.x - 0.5,
            (p.y + 0.5) * (self.frame.height / self.height) + self.frame.y - 0.5,
        )

    def length_to_canvas(self, pixels: float) -> float:
        """A length in model pixels -> canvas pixels (geometric mean of both axes' scales)."""
        return pixels * math.sqrt(self.frame.width * self.frame.height / (self.width * self.height))
