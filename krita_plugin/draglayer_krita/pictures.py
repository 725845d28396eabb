"""The model's picture at the frame's size, in the bytes that a layer of 8-bit RGB holds."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

from draglayer_protocol.editor.canvas import Inside
from draglayer_protocol.editor.frame import Box
from draglayer_protocol.messages import Image

from .qt import QtCore, QtGui

FORMATS = {1: "Format_Grayscale8", 3: "Format_RGB888", 4: "Format_RGBA8888"}


def bgra(picture: Image, box: Box, inside: Inside | None) -> bytes:
    """box.width x box.height pixels, blue first, not premultiplied; opaque only `inside`, where that is given."""
    return rows_bgra(picture, box, inside, range(box.height))


def rows_bgra(picture: Image, box: Box, inside: Inside | None, rows: range) -> bytes:
    """Some rows of it, counted from the box's first one."""
    image = as_image(picture)
    if len(rows) == box.height:
        if (image.width(), image.height()) != (box.width, box.height):
            image = image.scaled(
                box.width,
                box.height,
                QtCore.Qt.AspectRatioMode.IgnoreAspectRatio,
                QtCore.Qt.TransformationMode.SmoothTransformation,
            )
        image = image.convertToFormat(QtGui.QImage.Format.Format_ARGB32)
    else:
        image = _enlarged(image, box, rows)
    if inside is None or inside.box != box:
        return plain_bytes(image)
    pixels = bytearray(plain_bytes(image))  # QImage.setAlphaChannel would multiply the colours by it
    pixels[3::4] = inside.pixels[rows.start * box.width : rows.stop * box.width]
    return bytes(pixels)


def _enlarged(image: Any, box: Box, rows: range) -> Any:
    """The same as a part of the whole: a box of so many pixels is larger than any picture of a model."""
    part = QtGui.QImage(box.width, len(rows), QtGui.QImage.Format.Format_ARGB32_Premultiplied)
    part.fill(0)
    painter = QtGui.QPainter(part)
    painter.setCompositionMode(QtGui.QPainter.CompositionMode.CompositionMode_Source)
    painter.setRenderHint(QtGui.QPainter.RenderHint.SmoothPixmapTransform)
    painter.translate(0, -rows.start)
    painter.scale(box.width / image.width(), box.height / image.height())
    painter.drawImage(0, 0, image)
    painter.end()
    return part.convertToFormat(QtGui.QImage.Format.Format_ARGB32)


def as_image(picture: Image) -> QtGui.QImage:
    """A copy, which does not need the picture's bytes any more."""
    kind = getattr(QtGui.QImage.Format, FORMATS[picture.channels])
    return QtGui.QImage(picture.pixels, picture.width, picture.height, picture.width * picture.channels, kind).copy()


def save_step(folder: Path, step: int, picture: Image) -> None:
    """As `step-0007.png`; a file of that name is replaced when the new one is complete. Raises OSError."""
    part, whole = folder / f".step-{step:04d}.part", folder / f"step-{step:04d}.png"
    if not as_image(picture).save(str(part), "PNG"):
        part.unlink(missing_ok=True)
        raise OSError(errno.EIO, "the folder is gone, full or not ours")
    part.replace(whole)


def plain_bytes(image: QtGui.QImage) -> bytes:
    """A 32-bit image's bytes, which has no padding at the end of its rows."""
    bits = image.constBits()
    bits.setsize(image.width() * image.height() * 4)
    return bytes(bits)
