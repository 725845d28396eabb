"""The image in the dialog: what may move bright, newest picture, frame and points; and the hand that places them."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

from draglayer_protocol.editor.canvas import Inside
from draglayer_protocol.editor.frame import Box
from draglayer_protocol.editor.gesture import Gesture
from draglayer_protocol.editor.scene import Mark, Scene
from draglayer_protocol.editor.words import Words
from draglayer_protocol.messages import Image

from . import sprites
from .gtk import GdkPixbuf, GLib
from .pictures import as_pixbuf
from .toolkit import Gdk, Gtk
from .view import View, fitting

REACH = 11.0  # widget pixels
SIDE = 460  # widget pixels, at least
GROUND = 0x606060FF
DIMMED = 140  # of 255: how dark what may not move is shown
STEP = 40.0  # widget pixels that an arrow key moves the view by
ZOOM = 1.25


class Seen(NamedTuple):
    """What the preview shows.

    base      the whole image as GIMP shows it, at any size; None before it is known
    size      of the image
    newest    the picture that was drawn last, where it lies, and where it is opaque
    movable   one byte a pixel of a small picture of the box; None: everything may move
    """

    base: Any
    size: Box
    newest: tuple[Image, Box, Inside | None] | None
    movable: tuple[Box, int, int, bytes] | None
    scene: Scene


class Preview:
    """`widget` is for the dialog; `look` says what is to be seen; `edited` is called when the hand did something."""

    def __init__(self, words: Words, gesture: Gesture, look: Callable[[], Seen], edited: Callable[[], None]) -> None:
        self._gesture, self._look, self._edited = gesture, look, edited
        self.view: View | None = None
        self._fitting = True  # until the hand zooms or moves the view, it follows the widget's size
        self._panning: tuple[float, float] | None = None
        self._drawn = (0, 0)  # the size of the picture that is shown
        self._shown = Gtk.Image(halign=Gtk.Align.START, valign=Gtk.Align.START)
        self.widget = Gtk.EventBox(can_focus=True, hexpand=True, vexpand=True)
        self.widget.set_size_request(SIDE, SIDE)
        holder = Gtk.Fixed()  # a picture does not make the window larger
        holder.put(self._shown, 0, 0)
        scrolled = Gtk.ScrolledWindow(
            hscrollbar_policy=Gtk.PolicyType.EXTERNAL, vscrollbar_policy=Gtk.PolicyType.EXTERNAL, can_focus=False
        )
        scrolled.add(holder)
        self.widget.add(scrolled)
        self.widget.set_above_child(True)
        masks = Gdk.EventMask
        self.widget.add_events(
            masks.BUTTON_PRESS_MASK | masks.BUTTON_RELEASE_MASK | masks.POINTER_MOTION_MASK | masks.SCROLL_MASK
            | masks.SMOOTH_SCROLL_MASK | masks.KEY_PRESS_MASK
        )  # fmt: skip
        accessible = self.widget.get_accessible()
        accessible.set_name(words("Preview"))
        accessible.set_description(
            words("Press where the picture shall move, release where to; the table does the same")
        )
        for signal, act in (
            ("button-press-event", self._pressed),
            ("button-release-event", self._released),
            ("motion-notify-event", self._moved),
            ("scroll-event", self._scrolled),
            ("key-press-event", self._key),
        ):
            self.widget.connect(signal, act)
        self.widget.connect("size-allocate", lambda *_: GLib.idle_add(self._resized))

    def refresh(self) -> None:
        """Draw what is to be seen now."""
        width, height = self.widget.get_allocated_width(), self.widget.get_allocated_height()
        if width < 10 or height < 10:
            return
        seen = self._look()
        if self.view is None or self._fitting:
            self.view = fitting(seen.size, width, height)
        self._drawn = (width, height)
        self._shown.set_from_pixbuf(painted(seen, self.view, width, height))

    def fit(self) -> None:
        """The frame, or the whole image without one."""
        seen = self._look()
        frame = seen.scene.frame
        area = seen.size if frame is None else Box(*(round(value) for value in frame))
        self._look_at(fitting(area, self.widget.get_allocated_width(), self.widget.get_allocated_height()))

    def _look_at(self, view: View) -> None:
        self._fitting, self.view = False, view
        self.refresh()

    def _resized(self) -> bool:
        # a new picture makes GTK allocate everything anew: without this it would be drawn again and again
        if self._drawn != (self.widget.get_allocated_width(), self.widget.get_allocated_height()):
            self.refresh()
        return False

    # The hand

    def _pressed(self, _: Any, event: Any) -> bool:
        self.widget.grab_focus()
        if self.view is None or event.type != Gdk.EventType.BUTTON_PRESS:
            return True
        at, reach = self.view.to_image(event.x, event.y), REACH / self.view.scale
        if event.button == 1:
            self._gesture.press(at, reach)
        elif event.button == 2:
            self._panning = (event.x, event.y)
        elif event.button == 3:
            self._gesture.remove(at, reach)
        self._done()
        return True

    def _moved(self, _: Any, event: Any) -> bool:
        if self._panning is not None and self.view is not None:
            self._look_at(self.view.moved(event.x - self._panning[0], event.y - self._panning[1]))
            self._panning = (event.x, event.y)
        elif self.view is not None and self._gesture.move(self.view.to_image(event.x, event.y)):
            self._done()
        return True

    def _released(self, _: Any, event: Any) -> bool:
        if event.button == 2:
            self._panning = None
        elif event.button == 1 and self.view is not None:
            self._gesture.release(self.view.to_image(event.x, event.y), REACH / self.view.scale)
            self._done()
        return True

    def _scrolled(self, _: Any, event: Any) -> bool:
        up = {Gdk.ScrollDirection.UP: 1.0, Gdk.ScrollDirection.DOWN: -1.0}.get(event.direction)
        if up is None:
            known, _x, down = event.get_scroll_deltas()
            up = -down if known else 0.0
        if self.view is not None and up:
            self._look_at(self.view.zoomed(ZOOM**up, event.x, event.y))
        return True

    def _key(self, _: Any, event: Any) -> bool:
        name = Gdk.keyval_name(event.keyval) or ""
        if self.view is None:
            return False
        middle = (self.widget.get_allocated_width() / 2, self.widget.get_allocated_height() / 2)
        ways = {"Left": (STEP, 0.0), "Right": (-STEP, 0.0), "Up": (0.0, STEP), "Down": (0.0, -STEP)}
        if name in ("Delete", "BackSpace"):
            self._gesture.delete()
        elif name == "Escape":
            if not self._gesture.escape():
                return False
        elif name in ("plus", "equal", "KP_Add"):
            self._look_at(self.view.zoomed(ZOOM, *middle))
        elif name in ("minus", "KP_Subtract"):
            self._look_at(self.view.zoomed(1 / ZOOM, *middle))
        elif name in ("0", "KP_0"):
            self.fit()
        elif name in ways:
            self._look_at(self.view.moved(*ways[name]))
        else:
            return False
        self._done()
        return True

    def _done(self) -> None:
        self.refresh()
        self._edited()


def painted(seen: Seen, view: View, width: int, height: int) -> Any:
    """A pixbuf of width x height."""
    shown = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, False, 8, width, height)
    shown.fill(GROUND)
    if seen.base is not None:
        _lay(shown, seen.base, seen.size, view)
    if seen.newest is not None:
        picture, box, inside = seen.newest
        _lay(shown, _cut(as_pixbuf(picture), inside if inside is not None and inside.box == box else None), box, view)
    if seen.movable is not None:
        box, wide, high, pixels = seen.movable
        veil = bytearray(4 * wide * high)
        veil[3::4] = pixels.translate(bytes((255 - value) * DIMMED // 255 for value in range(256)))
        _lay(shown, _raw(bytes(veil), wide, high), box, view)
    if seen.scene.frame is not None:
        x, y, across, down = seen.scene.frame
        right, bottom = (x + across) * view.scale + view.left, (y + down) * view.scale + view.top
        sprites.outline(shown, x * view.scale + view.left, y * view.scale + view.top, right, bottom)
    for mark in seen.scene.marks:
        _mark(shown, mark, view)
    return shown


def _lay(shown: Any, pixbuf: Any, box: Box, view: View) -> None:
    """A pixbuf over the box of the image that it shows."""
    left, top = box.x * view.scale + view.left, box.y * view.scale + view.top
    first_x, first_y = max(0, round(left)), max(0, round(top))
    last_x = min(shown.get_width(), round(left + box.width * view.scale))
    last_y = min(shown.get_height(), round(top + box.height * view.scale))
    if first_x >= last_x or first_y >= last_y:
        return
    by = (box.width * view.scale / pixbuf.get_width(), box.height * view.scale / pixbuf.get_height())
    kind = GdkPixbuf.InterpType.BILINEAR if max(by) < 4 else GdkPixbuf.InterpType.NEAREST
    pixbuf.composite(shown, first_x, first_y, last_x - first_x, last_y - first_y, left, top, *by, kind, 255)


def _cut(pixbuf: Any, inside: Inside | None) -> Any:
    """Transparent where the layer is."""
    if inside is None:
        return pixbuf
    grey = bytearray(4 * len(inside.pixels))
    grey[3::4] = inside.pixels
    width, height = pixbuf.get_width(), pixbuf.get_height()
    alpha = _raw(bytes(grey), inside.box.width, inside.box.height)
    alpha = alpha.scale_simple(width, height, GdkPixbuf.InterpType.BILINEAR)
    with_alpha = pixbuf if pixbuf.get_has_alpha() else pixbuf.add_alpha(False, 0, 0, 0)
    pixels = bytearray(with_alpha.read_pixel_bytes().get_data())
    pixels[3::4] = bytes(alpha.read_pixel_bytes().get_data())[3::4]
    return _raw(bytes(pixels), width, height)


def _raw(pixels: bytes, width: int, height: int) -> Any:
    data = GLib.Bytes.new(pixels)
    return GdkPixbuf.Pixbuf.new_from_bytes(data, GdkPixbuf.Colorspace.RGB, True, 8, width, height, 4 * width)


def _mark(shown: Any, mark: Mark, view: View) -> None:
    colour = sprites.FILL if mark.on else sprites.OFF
    handle = view.to_widget(mark.handle)
    way = [view.to_widget(p) for p in mark.trail]
    for sprite in (sprites.disc(1.5, sprites.DARK), sprites.disc(1.0, sprites.TRAIL)):
        for start, end in pairwise(way):
            sprites.line(shown, start, end, sprite)
    if mark.target is not None:
        target = view.to_widget(mark.target)
        _arrow(shown, handle, target)
        sprites.stamp(shown, sprites.ring(9.0, 5.0, sprites.DARK), *target)
        sprites.stamp(shown, sprites.ring(8.0, 3.0, sprites.LIGHT), *target)
        body = sprites.disc
    else:
        body = sprites.square  # an anchor
    sprites.stamp(shown, body(8.0, sprites.DARK), *handle)
    sprites.stamp(shown, body(7.0, sprites.LIGHT if mark.selected else sprites.DARK), *handle)
    sprites.stamp(shown, body(5.0, colour), *handle)
    sprites.stamp(shown, sprites.number(mark.number), handle[0] + 14, handle[1] - 12)


def _arrow(shown: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    length = math.dist(start, end)
    if length < 12:
        return
    ux, uy = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    tip = (end[0] - 8 * ux, end[1] - 8 * uy)
    wings = [(tip[0] - 9 * ux - s * 5 * uy, tip[1] - 9 * uy + s * 5 * ux) for s in (-1, 1)]
    for sprite in (sprites.disc(2.5, sprites.DARK), sprites.disc(1.2, sprites.LIGHT)):
        for begin, finish in ((start, tip), (wings[0], tip), (wings[1], tip)):
            sprites.line(shown, begin, finish, sprite)
