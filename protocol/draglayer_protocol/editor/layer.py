"""The result layer: made with the first picture, newest wins, never drawn over what the artist painted there."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Generator, Iterator

from ..geometry import Frame
from ..messages import Image
from .canvas import CannotShow, Canvas, Inside
from .frame import Box, box
from .words import Words

PORTION = 1 << 20  # pixels that are hashed or drawn at once: some milliseconds
UNLIMITED = 0.0
HELD = 0.1  # seconds between two looks whether the artist's stroke has ended
COMPARED = 1 << 21  # pixels of a layer that are looked at before and after a stroke
Opacity = Callable[[Box], "bytes | None"]  # of a layer, one byte a pixel; None when it is gone
BREATH = 2.0  # the host is left alone for so many times as long as it drew the last picture


class Layer:
    """Of one picture.

    shown    called with every picture that reached the layer, for its credit
    failed   called with a sentence when a picture could not be drawn; the layer is given up then
    """

    def __init__(
        self,
        canvas: Canvas,
        words: Words,
        shown: Callable[[Image], None],
        failed: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name: str | None = None  # the host's, once it is there
        self.given_up = False  # it could not be drawn into: no new one before the artist wants one
        self.lost: str | None = None  # the layer that was given up
        self.written = ""  # hash of what was drawn last; "" while it is not known
        self._inside: Inside | None = None
        self._opacity: Opacity | None = None  # of a layer that was taken up and not read yet
        self.title = ""
        self.pause = UNLIMITED  # seconds between two pictures, at least
        self._canvas, self._words, self._shown, self._failed, self._clock = canvas, words, shown, failed, clock
        self._waiting: tuple[Image, Frame] | None = None
        self._drawing: tuple[Image, Generator[None, None, None]] | None = None  # a preview in portions
        self.added: Callable[[], None] = lambda: None  # called when a new one is there, with its first picture
        self.held: Callable[[], bool] = lambda: False  # whether the artist paints just now; the host may know
        self._stroked: tuple[str, Box, str | None] | None = None  # layer, area and hash before the artist's stroke
        self._area: Box | None = None  # that was drawn last
        self._next = float("-inf")  # when the host may be given another picture
        self._drawn = 0  # pictures so far

    @property
    def inside(self) -> Inside | None:
        """Where pictures are opaque; None: everywhere."""
        return self._inside

    @inside.setter
    def inside(self, inside: Inside | None) -> None:
        self._inside, self._opacity = inside, None

    def take_up(self, name: str | None, written: str, opacity: Opacity | None) -> None:
        """A layer that is in the document already: what comes into it is opaque where it is opaque now."""
        self.name, self.written, self._inside, self.lost = name, written, None, None
        self._opacity = None if name is None else opacity

    def read_opacity(self, frame: Frame) -> Generator[None, None, None]:
        """In portions, of a layer that was taken up; anything else knows it."""
        opacity, area = self._opacity, box(frame)
        if opacity is None:
            return
        pixels = yield from gathered(area, opacity)
        if self._opacity is opacity:
            cut = pixels is not None and pixels.count(255) < len(pixels)
            self.inside = Inside(area, pixels or b"") if cut else None

    def offer(self, picture: Image, frame: Frame) -> None:
        """A preview: drawn when its time has come, unless a newer one comes before."""
        if self._waiting is not None:
            self._shown(self._waiting[0])  # not drawn, but done with
        self._waiting = (picture, frame)

    def due(self) -> float | None:
        """Seconds until `work` has something to draw; None: nothing waits."""
        if self._drawing is not None:
            return 0.0
        if self._waiting is None:
            return None
        return max(0.0, self._next - self._clock())

    def work(self) -> None:
        """Draw the newest preview, if its time has come, or another portion of it."""
        if self._drawing is None and self._waiting is not None and self.due() == 0.0:
            (picture, frame), self._waiting = self._waiting, None
            self._drawing = (picture, self._preview(picture, frame))
        if self._drawing is not None:
            picture, portions = self._drawing
            try:
                next(portions)
            except StopIteration:
                self._drawing = None
                self._shown(picture)

    def stroke(self) -> None:
        """The artist begins to paint: while `held` says so nothing is drawn, which would end the stroke half-way."""
        area = self._area
        if self.name is None or area is None or self._drawing is not None or self._stroked is not None:
            return
        if area.width * area.height <= COMPARED:
            self._stroked = (self.name, area, hashed(self._canvas, self.name, area))

    def free(self) -> bool:
        """Whether it may be drawn into now. A layer that was painted on meanwhile is given up."""
        if self.held():
            return False
        stroked, self._stroked = self._stroked, None
        if stroked is not None and stroked[0] == self.name and hashed(self._canvas, *stroked[:2]) != stroked[2]:
            self._give_up()
            self.written = ""
            self.drop()
            self._failed(
                self._words(
                    "You painted on the result layer, so the drag was stopped; the next result comes into a new one."
                )
            )
        return True

    def _give_up(self) -> None:
        self.lost, self.name, self.given_up = self.name, None, True

    def _preview(self, picture: Image, frame: Frame) -> Generator[None, None, None]:
        began = self._clock()
        yield from self.draw(picture, frame)
        ended = self._clock()
        self._next = max(began + self.pause, ended + BREATH * (ended - began))

    def draw(self, picture: Image, frame: Frame) -> Generator[None, None, None]:
        """In portions; the first one makes a new layer if there is none yet."""
        self.written = ""
        self._drawn += 1
        self._area = area = box(frame)
        before = self.name
        yield from self.read_opacity(frame)
        try:
            for rows in portions(area):
                if rows.start:
                    yield
                if self.name is not None:
                    self._canvas.draw(self.name, area, picture, self.inside, rows)
                elif rows.start == 0:
                    self.name = self._canvas.add_layer(self.title, area, picture, self.inside, rows)
                    self.given_up = False
                else:  # given up meanwhile
                    return
            self._canvas.show()
            if self.name != before:
                self.added()
        except CannotShow as error:
            self._give_up()
            self._failed(error.sentence)

    def drop(self) -> None:
        """Forget what waits: it shows a step that is no longer wanted."""
        drawing, self._drawing = self._drawing, None
        waiting, self._waiting = self._waiting, None
        for known in (drawing, waiting):
            if known is not None:
                self._shown(known[0])

    def protect(self, frame: Frame) -> Generator[None, None, bool]:
        """Before a drag: False when the layer was painted on, and is left alone. One that is gone is made anew."""
        self.given_up = False
        if self.name is None:
            return True
        if (yield from self.spare(frame)):
            return False
        if self.name is not None and self._canvas.pixels(self.name, box(frame)._replace(height=1)) is None:
            self.name, self.written = None, ""
        return True

    def spare(self, frame: Frame) -> Generator[None, None, bool]:
        """Whether the layer was painted on, and is left alone from now on; one that is not yet hashed was not."""
        if self.name is None or not self.written:
            return False
        name, drawn = self.name, self._drawn
        now = yield from fingerprint(self._canvas, name, box(frame))
        if now in (None, self.written) or (self.name, self._drawn) != (name, drawn):
            return False
        self.name, self.written = None, ""
        return True

    def remember(self, frame: Frame) -> Generator[None, None, None]:
        """After a drag: hash what was drawn."""
        name, drawn = self.name, self._drawn
        if name is not None:
            found = yield from fingerprint(self._canvas, name, box(frame))
            if (self.name, self._drawn) == (name, drawn):
                self.written = found or ""


def fingerprint(canvas: Canvas, layer: str, area: Box) -> Generator[None, None, str | None]:
    """SHA-256 of a layer's pixels, in portions; None when there is no such layer."""
    hashed = hashlib.sha256()
    for rows in portions(area):
        pixels = canvas.pixels(layer, Box(area.x, area.y + rows.start, area.width, len(rows)))
        if pixels is None:
            return None
        hashed.update(pixels)
        yield
    return hashed.hexdigest()


def hashed(canvas: Canvas, layer: str, area: Box) -> str | None:
    """The same at once, where there is no time for portions: the artist's stroke begins, or pictures wait."""
    portions = fingerprint(canvas, layer, area)
    while True:
        try:
            next(portions)
        except StopIteration as done:
            return done.value


def gathered(area: Box, read: Opacity) -> Generator[None, None, bytes | None]:
    """One byte a pixel of an area, read in portions; None when there is nothing to read."""
    rows = []
    for part in portions(area):
        found = read(Box(area.x, area.y + part.start, area.width, len(part)))
        if found is None:
            return None
        rows.append(found)
        yield
    return b"".join(rows)


def portions(area: Box) -> Iterator[range]:
    """Its rows, counted from the first one, so many at a time as are little work."""
    rows = max(1, PORTION // area.width)
    return (range(top, min(top + rows, area.height)) for top in range(0, area.height, rows))
