"""GIMP's images, layers and selections, translated. With plugin.py the only file that knows GIMP's API.

Traps that this file is written around: writing into a layer's buffer is no undo step and is not cut to the selection,
which is what a stream of pictures needs; a buffer takes bytes of a wrong length without a word; a parasite that is
attached to a layer inside an image breaks the undo history unless it is frozen meanwhile (app/core/gimpitem.c,
gimp_item_parasite_attach); the selection is linear, so it is "Y u8"; pixel centres lie at halves in GIMP's positions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")

from gi.repository import Gegl, Gimp  # noqa: E402 (after its version)

from draglayer_protocol.editor.canvas import CannotShow, Inside  # noqa: E402
from draglayer_protocol.editor.document import KIND, Saved, Unreadable, load  # noqa: E402
from draglayer_protocol.editor.following import Place  # noqa: E402
from draglayer_protocol.editor.frame import SMALLEST, Box  # noqa: E402
from draglayer_protocol.editor.pairs import Pair  # noqa: E402
from draglayer_protocol.editor.words import Words  # noqa: E402
from draglayer_protocol.geometry import Point  # noqa: E402
from draglayer_protocol.messages import Image  # noqa: E402

from .pictures import rgba  # noqa: E402
from .sketch import Seen  # noqa: E402

PIXELS = "R'G'B'A u8"  # sRGB, whatever the image has: babl converts


class GimpCanvas:
    """One open image. `source`: the layer that the result comes above, or None: above all others."""

    def __init__(self, image: Any, source: Any, words: Words) -> None:
        self.image, self._source, self._words = image, source, words
        self.newest: tuple[Image, Box, Inside | None] | None = None  # what was drawn last, for the preview
        self._placed: tuple[str, Place] | None = None  # the layer that was looked at last, and where it lay
        self.seen = Seen(self._selects, self._read_selection)  # the selection as it is shown

    @property
    def open(self) -> bool:
        """Whether the image is still open."""
        return bool(self.image.is_valid())

    def size(self) -> Box:
        """What a new frame is fitted to: the part of the source layer that lies in the image."""
        whole = self.size_of_image()
        if self._source is None or not self._source.is_valid():
            return whole
        part = bounds(self._source).common(whole)
        return whole if part is None or min(part.width, part.height) < SMALLEST else part  # an empty group, say

    def size_of_image(self) -> Box:
        return Box(0, 0, self.image.get_width(), self.image.get_height())

    def _selects(self) -> bool:
        return self.open and not Gimp.Selection.is_empty(self.image)

    def selection(self, box: Box) -> bytes | None:
        return self._read_selection(box) if self._selects() else None

    def add_layer(self, name: str, box: Box, picture: Image, inside: Inside | None, rows: range) -> str:
        image = self._present_image()
        kinds = {Gimp.ImageBaseType.RGB: Gimp.ImageType.RGBA_IMAGE, Gimp.ImageBaseType.GRAY: Gimp.ImageType.GRAYA_IMAGE}
        kind = kinds.get(image.get_base_type())
        if kind is None:
            raise CannotShow(refusal(self._words))
        parent, position = self._above()
        layer = Gimp.Layer.new(image, name, box.width, box.height, kind, 100.0, image.get_default_new_layer_mode())
        layer.set_offsets(box.x, box.y)
        layer.fill(Gimp.FillType.TRANSPARENT)
        _write(layer, box, box._replace(height=len(rows)), rgba(picture, box, inside, rows))
        with _one_step(image):
            if not image.insert_layer(layer, parent, position):
                raise CannotShow(self._words("GIMP did not take a new layer; unlock the group and try again."))
        self.newest, self._placed = (picture, box, inside), (layer_name(layer), self._place_of(box))
        return layer_name(layer)

    def draw(self, layer: str, box: Box, picture: Image, inside: Inside | None, rows: range) -> None:
        found = self._writable(layer)
        if rows.start == 0 and self.image.get_base_type() == Gimp.ImageBaseType.INDEXED:  # it was converted meanwhile
            raise CannotShow(refusal(self._words))
        area = bounds(found)
        if self._placed is not None and self._placed[0] == layer and self._moved(area, rows, self._placed[1]):
            raise CannotShow(
                self._words("The image or its result layer was moved or resized, so the drag was stopped; drag again.")
            )
        if area.common(box) != box:
            with _no_step(self.image):  # the undo step of the layer covers it
                found.resize(box.width, box.height, area.x - box.x, area.y - box.y)
            area = box
            self._placed = (layer, self._place_of(box))
        part = box._replace(y=box.y + rows.start, height=len(rows))
        _write(found, area, part, rgba(picture, box, inside, rows))
        self.newest = (picture, box, inside)

    def show(self) -> None:
        self._present_image()
        Gimp.displays_flush()

    def clear(self, layer: str, box: Box) -> None:
        found = self._writable(layer)
        area = bounds(found)
        part = area.common(box)
        if part is not None:
            _write(found, area, part, bytes(4 * part.width * part.height))
            Gimp.displays_flush()

    def copy(self, layer: str, name: str) -> None:
        found = self._present(layer)
        copied = found.copy()
        copied.set_name(name)
        for kept in copied.get_parasite_list():
            if kept == KIND:  # it is a picture that is kept, not one that is dragged on
                copied.detach_parasite(kept)
        with _one_step(self.image) as image:
            image.insert_layer(copied, found.get_parent(), image.get_item_position(found) + 1)
            image.set_selected_layers([found])
        Gimp.displays_flush()

    def pixels(self, layer: str, box: Box) -> bytes | None:
        found = self.layer(layer)
        return None if found is None else _read(found, box, PIXELS, 4)

    def keep(self, name: str, data: bytes) -> None:
        """On the image, and on its layer, with which it goes into another image."""
        if not self.open:
            return
        self.image.attach_parasite(_parasite(name, data))
        try:
            layer = self.layer(load(data, self._words).layer)
        except Unreadable:
            return
        if layer is not None:
            with _no_step(self.image):
                layer.attach_parasite(_parasite(KIND, data))

    def kept(self) -> dict[str, bytes]:
        names = [name for name in self.image.get_parasite_list() if name.startswith(f"{KIND}/")]
        return {name: bytes(self.image.get_parasite(name).get_data()) for name in names}

    def saved(self, layer: Any) -> Saved | None:
        """What a layer carries. Raises Unreadable."""
        own = layer.get_parasite(KIND)
        return None if own is None else load(bytes(own.get_data()), self._words)

    def opacity(self, layer: str, box: Box) -> bytes | None:
        """How opaque each of its pixels is, one byte a pixel; None when it is gone."""
        pixels = self.pixels(layer, box)
        return None if pixels is None else pixels[3::4]

    def above(self, layer: str) -> None:
        """The next new layer comes above this one."""
        self._source = self.layer(layer)

    def place(self, layer: str) -> Place | None:
        """Where it lies now; from then on `draw` refuses to draw into it when it lies elsewhere."""
        found = self.layer(layer)
        if found is None:
            return None
        place = self._place_of(bounds(found))
        self._placed = (layer, place)
        return place

    def _moved(self, area: Box, rows: range, was: Place) -> bool:
        """Whether the layer lies elsewhere, or the image has another size: that is asked with the first rows only."""
        return area != was.bounds or (rows.start == 0 and self._place_of(area) != was)

    def _place_of(self, area: Box) -> Place:
        return Place((self.image.get_width(), self.image.get_height()), (area.x, area.y), area)

    def thumbnail(self, side: int) -> Any:
        """A pixbuf of the image as it is seen; None when there is none."""
        if not self.open:
            return None
        _, _, width, height = self.size_of_image()
        by = min(1.0, side / max(width, height))
        asked = (max(1, round(width * by)), max(1, round(height * by)))
        found = self.image.get_thumbnail(*asked, Gimp.PixbufTransparency.SMALL_CHECKS)
        if found is None:
            return None
        # GIMP keeps the proportions and leaves empty what is too much of the other side
        by = min(found.get_width() / width, found.get_height() / height)
        return found.new_subpixbuf(0, 0, max(1, round(width * by)), max(1, round(height * by)))

    def _read_selection(self, box: Box) -> bytes:
        return _read(self.image.get_selection(), box, "Y u8", 1)

    def paths(self) -> list[Pair]:
        """The strokes of the selected paths, as pairs."""
        return [pair for path in self.image.get_selected_paths() for pair in pairs_of(path)] if self.open else []

    def draw_path(self, pairs: Sequence[Pair], name: str) -> None:
        """The pairs as strokes of a new path, to be edited with GIMP's own tool: one undo step."""
        if not self.open:
            return
        path = Gimp.Path.new(self.image, name)
        for pair in pairs:
            stroke = path.bezier_stroke_new_moveto(pair.handle.x + 0.5, pair.handle.y + 0.5)
            path.bezier_stroke_lineto(stroke, pair.target.x + 0.5, pair.target.y + 0.5)
        with _one_step(self.image) as image:
            image.insert_path(path, None, 0)
            image.set_selected_paths([path])
        Gimp.displays_flush()

    def layer(self, name: str) -> Any:
        """GIMP's layer of our name; None when it is gone."""
        if not self.open or not name.isdecimal():
            return None
        found = self.image.get_layer_by_tattoo(int(name))
        return found if found is not None and found.is_valid() else None

    def _above(self) -> tuple[Any, int]:
        """The group that a new layer comes into, and its position there."""
        source = self._source
        if source is not None and source.is_valid() and source.get_image().get_id() == self.image.get_id():
            return source.get_parent(), self.image.get_item_position(source)
        return None, 0

    def _present_image(self) -> Any:
        if not self.open:
            raise CannotShow(self._words("The document was closed."))
        return self.image

    def _writable(self, layer: str) -> Any:
        found = self._present(layer)
        if found.get_lock_content():
            raise CannotShow(self._words("The result layer is locked, so the drag was stopped; unlock it."))
        return found

    def _present(self, layer: str) -> Any:
        self._present_image()
        found = self.layer(layer)
        if found is None:
            raise CannotShow(self._words("The result layer was deleted, so the drag was stopped."))
        return found


def refusal(words: Words) -> str:
    """Why nothing can be put into an image of a palette's colours."""
    return words(
        "This image has indexed colours, which cannot show the picture; use Image > Mode > RGB on a copy of it"
        " (Image > Duplicate) and try again."
    )


def layer_name(layer: Any) -> str:
    """A layer's lasting name: its tattoo, which is saved with the image."""
    return str(layer.get_tattoo())


def bounds(layer: Any) -> Box:
    """Image pixels."""
    _, x, y = layer.get_offsets()
    return Box(x, y, layer.get_width(), layer.get_height())


def pairs_of(path: Any) -> list[Pair]:
    """Every stroke of a path as a pair: from its first anchor to its last."""
    found = []
    for stroke in path.get_strokes():
        _, points, _ = path.stroke_get_points(stroke)
        anchors = [(points[n + 2] - 0.5, points[n + 3] - 0.5) for n in range(0, len(points) - 5, 6)]
        if len(anchors) > 1:
            found.append(Pair(Point(*anchors[0]), Point(*anchors[-1])))
    return found


@contextmanager
def _one_step(image: Any) -> Iterator[Any]:
    """Everything inside is one undo step of the artist's."""
    image.undo_group_start()
    try:
        yield image
    finally:
        image.undo_group_end()


@contextmanager
def _no_step(image: Any) -> Iterator[None]:
    """Nothing inside is in the undo history."""
    image.undo_freeze()
    try:
        yield
    finally:
        image.undo_thaw()


def _read(item: Any, box: Box, kind: str, size: int) -> bytes:
    """Of a box of the image, from a layer or channel."""
    _, x, y = item.get_offsets()
    pixels = bytes(item.get_buffer().get(_from(x, y, box), 1.0, kind, Gegl.AbyssPolicy.NONE))
    assert len(pixels) == size * box.width * box.height, f"{len(pixels)} bytes of {box}"
    return pixels


def _write(layer: Any, area: Box, box: Box, pixels: bytes) -> None:
    """Into a box of the image, of a layer whose area of it is known: every question to GIMP may have to wait."""
    assert len(pixels) == 4 * box.width * box.height, f"{len(pixels)} bytes for {box}"
    buffer, inside = layer.get_buffer(), _from(area.x, area.y, box)
    buffer.set(inside, PIXELS, pixels)
    buffer.flush()
    layer.update(inside.x, inside.y, inside.width, inside.height)


def _from(x: int, y: int, box: Box) -> Any:
    """A box of the image as a rectangle of a buffer whose first pixel lies at x, y."""
    return Gegl.Rectangle.new(box.x - x, box.y - y, box.width, box.height)


def _parasite(name: str, data: bytes) -> Any:
    return Gimp.Parasite.new(name, Gimp.PARASITE_PERSISTENT, data)
