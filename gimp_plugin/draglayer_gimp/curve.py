"""A small curve of how far the handles still are, made of pixels in the theme's own colour."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from . import sprites
from .gtk import GdkPixbuf
from .toolkit import Gtk

HIGH = 36  # widget pixels
MARGIN = 2


class Curve:
    """`widget` is for the dialog; it is empty where there is nothing yet."""

    def __init__(self, name: str) -> None:
        self._shown: tuple[Any, ...] = ()
        self.widget = Gtk.Image()
        self.widget.set_size_request(-1, HIGH)
        self.widget.get_accessible().set_name(name)

    def show_values(self, values: Sequence[float]) -> None:
        colour = self.widget.get_style_context().get_color(self.widget.get_state_flags())
        width = self.widget.get_allocated_width() - 2 * MARGIN  # never wider than it is: it would widen the dialog
        red, green, blue = (round(255 * part) for part in (colour.red, colour.green, colour.blue))
        seen = (tuple(values), width, (red, green, blue))
        if seen != self._shown:
            self._shown = seen
            if len(values) < 2 or width < 10:
                self.widget.clear()
            else:
                self.widget.set_from_pixbuf(drawn(values, width, HIGH, (red, green, blue)))


def drawn(values: Sequence[float], width: int, height: int, colour: sprites.Colour) -> Any:
    """A pixbuf, transparent beside the curve: the first value at its left edge, the largest one at its top."""
    pixbuf = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, True, 8, width, height)
    pixbuf.fill(0)
    across, down, most = width - 2 * MARGIN - 1, height - 2 * MARGIN - 1, max(values) or 1.0
    way = [
        (MARGIN + across * n / (len(values) - 1), MARGIN + down * (1 - value / most)) for n, value in enumerate(values)
    ]
    for start, end in pairwise(way):
        sprites.line(pixbuf, start, end, sprites.disc(1.0, colour))
    return pixbuf
