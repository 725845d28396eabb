"""Marks for the preview, made of pixels: GIMP's Python on Debian has no cairo to draw with."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from .gtk import GdkPixbuf, GLib

Colour = tuple[int, int, int]
DARK, LIGHT = (16, 16, 16), (255, 255, 255)
FILL, OFF, TRAIL = (216, 48, 24), (128, 128, 128), (255, 208, 96)
DIGITS = {  # rows of five pixels, from the top
    "0": "01110 10001 10011 10101 11001 10001 01110",
    "1": "00100 01100 00100 00100 00100 00100 01110",
    "2": "01110 10001 00001 00110 01000 10000 11111",
    "3": "11110 00001 00001 01110 00001 00001 11110",
    "4": "00010 00110 01010 10010 11111 00010 00010",
    "5": "11111 10000 11110 00001 00001 10001 01110",
    "6": "00110 01000 10000 11110 10001 10001 01110",
    "7": "11111 00001 00010 00100 01000 01000 01000",
    "8": "01110 10001 10001 01110 10001 10001 01110",
    "9": "01110 10001 10001 01111 00001 00010 01100",
}


@cache
def disc(radius: float, colour: Colour) -> Any:
    """Filled, soft at its edge."""
    return _drawn(radius, lambda far: (colour, radius - far))


@cache
def ring(radius: float, thick: float, colour: Colour) -> Any:
    return _drawn(radius, lambda far: (colour, thick / 2 - abs(far - radius + thick / 2)))


@cache
def square(radius: float, colour: Colour) -> Any:
    side = 2 * math.ceil(radius) + 1
    pixbuf = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, True, 8, side, side)
    pixbuf.fill(int.from_bytes(bytes((*colour, 255)), "big"))
    return pixbuf


@cache
def number(value: int) -> Any:
    """Light digits with a dark rim."""
    text = str(value)
    width, height = 6 * len(text) + 3, 11
    lit = {
        (2 + 6 * place + x, 2 + y)
        for place, digit in enumerate(text)
        for y, row in enumerate(DIGITS[digit].split())
        for x, bit in enumerate(row)
        if bit == "1"
    }
    rim = {(x + dx, y + dy) for x, y in lit for dx in (-1, 0, 1) for dy in (-1, 0, 1)}
    pixels = bytearray(4 * width * height)
    for spots, colour in ((rim, DARK), (lit, LIGHT)):
        for x, y in spots:
            if 0 <= x < width and 0 <= y < height:
                pixels[4 * (y * width + x) : 4 * (y * width + x) + 4] = bytes((*colour, 255))
    return _pixbuf(bytes(pixels), width, height)


def stamp(canvas: Any, sprite: Any, x: float, y: float) -> None:
    """A sprite with its middle at a position of the canvas, as far as it lies there."""
    wide, high = sprite.get_width(), sprite.get_height()
    left, top = round(x - wide / 2), round(y - high / 2)
    first_x, first_y = max(0, left), max(0, top)
    last_x, last_y = min(canvas.get_width(), left + wide), min(canvas.get_height(), top + high)
    if first_x < last_x and first_y < last_y:
        sprite.composite(
            *(canvas, first_x, first_y, last_x - first_x, last_y - first_y, float(left), float(top), 1.0, 1.0),
            *(GdkPixbuf.InterpType.NEAREST, 255),
        )


def line(canvas: Any, start: tuple[float, float], end: tuple[float, float], sprite: Any) -> None:
    """Sprite beside sprite; only the part near the canvas, however far the ends are."""
    length = math.dist(start, end)
    margin, width, height = 20, canvas.get_width(), canvas.get_height()
    step = max(1.0, sprite.get_width() / 3)
    count = int(min(length, 20_000) / step)
    for n in range(count + 1):
        part = n / count if count else 0.0
        x, y = start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part
        if -margin < x < width + margin and -margin < y < height + margin:
            stamp(canvas, sprite, x, y)


def outline(canvas: Any, left: float, top: float, right: float, bottom: float) -> None:
    """A rectangle's edge, dark around light."""
    for thick, colour in ((3, DARK), (1, LIGHT)):
        fill = int.from_bytes(bytes((*colour, 255)), "big")
        half = thick // 2
        for x, y, wide, high in (
            (left - half, top - half, right - left + thick, thick),
            (left - half, bottom - half, right - left + thick, thick),
            (left - half, top - half, thick, bottom - top + thick),
            (right - half, top - half, thick, bottom - top + thick),
        ):
            first_x, first_y = max(0, round(x)), max(0, round(y))
            last_x = min(canvas.get_width(), round(x + wide))
            last_y = min(canvas.get_height(), round(y + high))
            if first_x < last_x and first_y < last_y:
                canvas.new_subpixbuf(first_x, first_y, last_x - first_x, last_y - first_y).fill(fill)


def _drawn(radius: float, look: Any) -> Any:
    """`look` tells for a distance from the middle which colour is there and how far inside of its edge."""
    side = 2 * math.ceil(radius) + 1
    middle = (side - 1) / 2
    pixels = bytearray()
    for y in range(side):
        for x in range(side):
            colour, inside = look(math.hypot(x - middle, y - middle))
            pixels += bytes((*colour, round(255 * min(1.0, max(0.0, inside + 0.5)))))
    return _pixbuf(bytes(pixels), side, side)


def _pixbuf(pixels: bytes, width: int, height: int) -> Any:
    data = GLib.Bytes.new(pixels)
    return GdkPixbuf.Pixbuf.new_from_bytes(data, GdkPixbuf.Colorspace.RGB, True, 8, width, height, 4 * width)
