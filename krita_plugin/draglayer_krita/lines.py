"""Line shapes as point pairs: where a path begins is the handle, where it ends the target.

Only what Krita writes for a shape is read: one path element whose `d` has absolute commands, in the shape's own points.
It is no whole XML document (an attribute's prefix is declared nowhere), so no parser of XML takes it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from draglayer_protocol.editor.pairs import Pair
from draglayer_protocol.geometry import Point

PATH = re.compile(r'<path\b[^>]*?\sd="([^"]*)"')
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
COLOUR = "#d83018"


def way(svg: str) -> tuple[Point, Point] | None:
    """Both ends of a shape's path; None for what is no open path."""
    path = PATH.search(svg)
    drawn = "" if path is None else path[1]
    numbers = [float(number) for number in NUMBER.findall(drawn)]
    if len(numbers) < 4 or drawn.rstrip()[-1:] in "Zz" or any(letter in drawn for letter in "HVAhvalcsqtm"):
        return None
    return Point(*numbers[:2]), Point(*numbers[-2:])


def drawing(pairs: Sequence[Pair], width: int, height: int, resolution: float) -> str:
    """The pairs as lines of one SVG whose units are canvas pixels. `resolution`: pixels per inch."""
    lines = "".join(
        f'<path d="M{p.handle.x + 0.5:g} {p.handle.y + 0.5:g} L{p.target.x + 0.5:g} {p.target.y + 0.5:g}"'
        f' fill="none" stroke="{COLOUR}" stroke-width="2"/>'
        for p in pairs
        if not p.locked
    )
    points = 72 / resolution
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width * points:g}pt" height="{height * points:g}pt"'
        f' viewBox="0 0 {width} {height}">{lines}</svg>'
    )
