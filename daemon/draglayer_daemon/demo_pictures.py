"""What the demo draws: pairs as arrows, the mask's outline, the handles' trail, one sheet of it all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Union

import PIL.Image
import PIL.ImageChops
import PIL.ImageDraw
import PIL.ImageFilter
import PIL.ImageFont

from draglayer_protocol.geometry import Point
from draglayer_protocol.messages import PointPair

SCALE = 4  # drawn so many times larger, then reduced: smooth lines
LIGHT, DARK = (255, 255, 255), (20, 20, 24)
HANDLE, TARGET, OUTLINE, PAPER = (226, 62, 48), (46, 116, 214), (255, 214, 64), (250, 249, 246)
GAP, CAPTION = 12, 40  # pixels of the sheet
Font = Union[PIL.ImageFont.FreeTypeFont, PIL.ImageFont.ImageFont]


@dataclass(frozen=True)
class Panel:
    """One column of the sheet: both pictures, drawn on, and what they show."""

    before: PIL.Image.Image
    after: PIL.Image.Image
    caption: str
    figures: str


def before(picture: PIL.Image.Image, pairs: Sequence[PointPair], mask: PIL.Image.Image | None) -> PIL.Image.Image:
    """The picture with the mask's outline and an arrow for every pair; a ring with a dot where a pair is an anchor."""
    canvas, draw = _enlarged(_outlined(picture, mask))
    for pair in pairs:
        _arrow(draw, pair.handle, pair.target)
    return _reduced(canvas, picture)


def after(
    picture: PIL.Image.Image,
    pairs: Sequence[PointPair],
    trails: Sequence[Sequence[Point]],
    mask: PIL.Image.Image | None,
) -> PIL.Image.Image:
    """The picture with the way of every handle to where it is now, and its target."""
    canvas, draw = _enlarged(_outlined(picture, mask))
    for trail in trails:
        points = [_enlarge(point) for point in trail]
        if len(points) > 1:
            draw.line(points, fill=DARK, width=SCALE * 3, joint="curve")
            draw.line(points, fill=LIGHT, width=SCALE, joint="curve")
    for pair, trail in zip(pairs, trails, strict=True):
        _ring(draw, pair.target)
        _dot(draw, trail[-1] if trail else pair.handle)
    return _reduced(canvas, picture)


def sheet(panels: Sequence[Panel]) -> PIL.Image.Image:
    """Columns of before and after, one caption under each."""
    width, height = panels[0].before.size
    across = GAP + len(panels) * (width + GAP)
    down = GAP + 2 * (height + GAP) + CAPTION
    paper = PIL.Image.new("RGB", (across, down), PAPER)
    draw = PIL.ImageDraw.Draw(paper)
    bold, plain = _font(15), _font(13)
    for i, panel in enumerate(panels):
        x = GAP + i * (width + GAP)
        paper.paste(panel.before, (x, GAP))
        paper.paste(panel.after, (x, 2 * GAP + height))
        draw.text((x, 3 * GAP + 2 * height - 4), panel.caption, fill=DARK, font=bold)
        draw.text((x, 3 * GAP + 2 * height + 16), panel.figures, fill=(96, 96, 104), font=plain)
    return paper


def change(one: PIL.Image.Image, other: PIL.Image.Image, where: PIL.Image.Image | None) -> float:
    """Mean absolute difference of two pictures in levels of 255, weighted by a mask (None: everywhere)."""
    difference = PIL.ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
    weights = [1.0] * (one.width * one.height) if where is None else [v / 255 for v in where.convert("L").tobytes()]
    data = difference.tobytes()
    total = math.fsum(w * (data[3 * i] + data[3 * i + 1] + data[3 * i + 2]) / 3 for i, w in enumerate(weights))
    return total / max(math.fsum(weights), 1e-9)


def _font(size: int) -> Font:
    return PIL.ImageFont.load_default(size)


def _enlarge(point: Point) -> tuple[float, float]:
    """Pixel centres are at integers in ours, at half integers in Pillow's enlarged picture."""
    return ((point.x + 0.5) * SCALE, (point.y + 0.5) * SCALE)


def _enlarged(picture: PIL.Image.Image) -> tuple[PIL.Image.Image, PIL.ImageDraw.ImageDraw]:
    size = (picture.width * SCALE, picture.height * SCALE)
    canvas = picture.convert("RGB").resize(size, PIL.Image.Resampling.BICUBIC)
    return canvas, PIL.ImageDraw.Draw(canvas)


def _reduced(canvas: PIL.Image.Image, like: PIL.Image.Image) -> PIL.Image.Image:
    return canvas.resize(like.size, PIL.Image.Resampling.BOX)


def _outlined(picture: PIL.Image.Image, mask: PIL.Image.Image | None) -> PIL.Image.Image:
    """The border of where the picture may move."""
    if mask is None:
        return picture.convert("RGB")
    inside = mask.convert("L").point(lambda v: 255 if v > 127 else 0)
    border = PIL.ImageChops.difference(inside, inside.filter(PIL.ImageFilter.MinFilter(3)))
    return PIL.Image.composite(PIL.Image.new("RGB", picture.size, OUTLINE), picture.convert("RGB"), border)


def _arrow(draw: PIL.ImageDraw.ImageDraw, start: Point, end: Point) -> None:
    length = math.dist(start, end)
    if length > 0:
        ux, uy = (end.x - start.x) / length, (end.y - start.y) / length
        neck = Point(end.x - 6 * ux, end.y - 6 * uy)
        wings = [Point(neck.x - 3.5 * uy, neck.y + 3.5 * ux), Point(neck.x + 3.5 * uy, neck.y - 3.5 * ux)]
        for colour, width in ((DARK, 4), (LIGHT, 2)):
            draw.line([_enlarge(start), _enlarge(neck)], fill=colour, width=width * SCALE)
        head = [_enlarge(p) for p in (end, *wings)]
        draw.polygon(head, fill=LIGHT, outline=DARK, width=SCALE)
    else:
        _ring(draw, end)
    _dot(draw, start)


def _dot(draw: PIL.ImageDraw.ImageDraw, centre: Point) -> None:
    draw.circle(_enlarge(centre), 4 * SCALE, fill=LIGHT)
    draw.circle(_enlarge(centre), 3 * SCALE, fill=HANDLE)


def _ring(draw: PIL.ImageDraw.ImageDraw, centre: Point) -> None:
    draw.circle(_enlarge(centre), 7 * SCALE, outline=LIGHT, width=3 * SCALE)
    draw.circle(_enlarge(centre), 6 * SCALE, outline=TARGET, width=2 * SCALE)
