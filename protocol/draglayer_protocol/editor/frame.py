"""The model's rectangle on the canvas: whole canvas pixels, in the model's aspect."""

from __future__ import annotations

from typing import NamedTuple

from ..geometry import Frame, Point

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


class Grip(NamedTuple):
    """What of a frame is held: an edge moves it (no corner), a corner makes it larger or smaller."""

    right: bool = False
    bottom: bool = False
    corner: bool = False


def gripped(frame: Frame, at: Point, reach: float) -> Grip | None:
    """The part of a frame's outline within reach; None where there is none."""
    left, top = frame.x - 0.5, frame.y - 0.5  # its outline, in pixels whose centres are at integers
    right, bottom = left + frame.width, top + frame.height
    for x in (left, right):
        for y in (top, bottom):
            if max(abs(at.x - x), abs(at.y - y)) <= reach:
                return Grip(x == right, y == bottom, True)
    near = reach / 2
    within = left - near <= at.x <= right + near and top - near <= at.y <= bottom + near
    beside = min(abs(at.x - left), abs(at.x - right), abs(at.y - top), abs(at.y - bottom)) <= near
    return Grip() if within and beside else None


def stretched(frame: Frame, grip: Grip, dx: float, dy: float, width: int, height: int) -> Frame:
    """The frame after the hand moved by so many canvas pixels; the corner that is not held stays where it is."""
    if not grip.corner:
        return moved(frame, dx, dy)
    wider = (dx if grip.right else -dx) + (dy if grip.bottom else -dy) * width / height
    new = resized(frame, frame.width + wider / 2, width, height)
    x = frame.x if grip.right else frame.x + frame.width - new.width
    y = frame.y if grip.bottom else frame.y + frame.height - new.height
    return new._replace(x=x, y=y)
