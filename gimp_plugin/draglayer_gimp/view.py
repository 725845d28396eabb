"""Where the preview looks: image pixels to the widget's and back, zoomed with the wheel and moved by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace

from draglayer_protocol.editor.frame import Box
from draglayer_protocol.geometry import Point

SMALLEST, LARGEST = 0.02, 40.0  # widget pixels an image pixel


@dataclass(frozen=True)
class View:
    """`left`, `top`: the widget's position of the image's corner, an edge of its first pixel."""

    scale: float
    left: float
    top: float

    def to_widget(self, p: Point) -> tuple[float, float]:
        """Of a position with centres at integers."""
        return (p.x + 0.5) * self.scale + self.left, (p.y + 0.5) * self.scale + self.top

    def to_image(self, x: float, y: float) -> Point:
        """With centres at integers."""
        return Point((x - self.left) / self.scale - 0.5, (y - self.top) / self.scale - 0.5)

    def zoomed(self, factor: float, x: float, y: float) -> View:
        """What lies at a position of the widget stays there."""
        scale = min(max(self.scale * factor, SMALLEST), LARGEST)
        by = scale / self.scale
        return View(scale, x - (x - self.left) * by, y - (y - self.top) * by)

    def moved(self, dx: float, dy: float) -> View:
        return replace(self, left=self.left + dx, top=self.top + dy)


def fitting(box: Box, width: int, height: int, margin: int = 16) -> View:
    """The box in the middle of a widget, as large as it goes."""
    room_x, room_y = max(1, width - 2 * margin), max(1, height - 2 * margin)
    scale = min(max(min(room_x / box.width, room_y / box.height), SMALLEST), LARGEST)
    left = (width - box.width * scale) / 2 - box.x * scale
    top = (height - box.height * scale) / 2 - box.y * scale
    return View(scale, left, top)
