"""The model's picture at the frame's size, in the bytes that GEGL takes. GdkPixbuf needs no display."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

from draglayer_protocol.editor.canvas import Inside
from draglayer_protocol.editor.frame import Box
from draglayer_protocol.messages import Image

from .gtk import GdkPixbuf, GLib


def rgba(picture: Image, box: Box, inside: Inside | None, rows: range | None = None) -> bytes:
    """box.width x box.height pixels, red first, not premultiplied; opaque only `inside`, where that is given.

    rows   only these, counted from the box's first one
    """
    rows = range(box.height) if rows is None else rows
    small = as_pixbuf(picture)
    scaled = _scaled(small if small.get_has_alpha() else small.add_alpha(False, 0, 0, 0), box, rows)
    plain = plain_bytes(scaled)
    if inside is None or inside.box != box:
        return plain
    pixels = bytearray(plain)
    pixels[3::4] = inside.pixels[rows.start * box.width : rows.stop * box.width]
    return bytes(pixels)


def _scaled(pixbuf: Any, box: Box, rows: range) -> Any:
    width, height = pixbuf.get_width(), pixbuf.get_height()
    if (width, height, len(rows)) == (box.width, box.height, box.height):
        return pixbuf
    part = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, pixbuf.get_has_alpha(), 8, box.width, len(rows))
    by = (box.width / width, box.height / height)
    pixbuf.scale(part, 0, 0, box.width, len(rows), 0.0, -float(rows.start), *by, GdkPixbuf.InterpType.BILINEAR)
    return part


def as_pixbuf(picture: Image) -> Any:
    """A pixbuf of its own, RGB or RGBA."""
    pixels = picture.pixels
    if picture.channels == 1:
        wide = bytearray(3 * len(pixels))
        wide[0::3] = wide[1::3] = wide[2::3] = pixels
        pixels = bytes(wide)
    alpha, channels = picture.channels == 4, 4 if picture.channels == 4 else 3
    return GdkPixbuf.Pixbuf.new_from_bytes(
        GLib.Bytes.new(pixels),
        GdkPixbuf.Colorspace.RGB,
        alpha,
        8,
        picture.width,
        picture.height,
        channels * picture.width,
    )


def save_step(folder: Path, step: int, picture: Image) -> None:
    """As `step-0007.png`; a file of that name is replaced when the new one is complete. Raises OSError."""
    part, whole = folder / f".step-{step:04d}.part", folder / f"step-{step:04d}.png"
    try:
        as_pixbuf(picture).savev(str(part), "png", [], [])
    except GLib.Error as error:
        part.unlink(missing_ok=True)
        raise OSError(errno.EIO, "the folder is gone, full or not ours") from error
    part.replace(whole)


def plain_bytes(pixbuf: Any) -> bytes:
    """A pixbuf's bytes without the padding at the end of its rows."""
    width, height, stride = pixbuf.get_width(), pixbuf.get_height(), pixbuf.get_rowstride()
    row = width * pixbuf.get_n_channels()
    pixels: bytes = pixbuf.read_pixel_bytes().get_data()
    if stride == row:
        return pixels if len(pixels) == row * height else pixels[: row * height]
    return b"".join(pixels[y * stride : y * stride + row] for y in range(height))
