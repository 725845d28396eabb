"""The model's rectangle on the canvas: whole canvas pixels, in the model's aspect."""

from __future__ import annotations

from typing import NamedTuple

from ..geometry import Frame

SMALLEST = 8  # canvas pixels a side


class Box(NamedTuple):
    """Whole canvas pixels; (x, y) is the first one."""

    x: int
    y: int
    width: int
    height: int

    def common(self, other: Box) -> Box | None:
        """What lies in both; None where nothing does."""
        left, top = max(self.x, other.x), max(self.y, other.y)
        right = min(self.x + self.width, other.x + other.width)
        bottom = min(self.y + self.height, other.y + other.height)
        return Box(left, top, right - left, bottom - top) if left < right and top < bottom else None


def box(frame: Frame) -> Box:
    """The pixels that a frame covers; frames of this module cover whole ones."""
    return Box(round(frame.x), round(frame.y), max(1, round(frame.width)), max(1, round(frame.height)))


def as_frame(covered: Box) -> Frame:
    return Frame(*map(float, covered))


def fitted(canvas: Box, width: int, height: int) -> Frame:
    """The largest frame of a width x height model that fits a canvas or a layer, in its middle."""
    scale = min(canvas.width / width, canvas.height / height)
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    return Frame(canvas.x + (canvas.width - w) // 2, canvas.y + (canvas.height - h) // 2, w, h)


def resized(frame: Frame, wide: float, width: int, height: int) -> Frame:
    """So many canvas pixels wide, in the model's aspect, with the same top left pixel."""
    w = max(SMALLEST, round(wide))
    return Frame(frame.x, frame.y, w, max(1, round(w * height / width)))


def moved(frame: Frame, dx: float, dy: float) -> Frame:
    """By whole pixels."""
    return frame._replace(x=frame.x + round(dx), y=frame.y + round(dy))
