"""One dialog's image: its tool, what it was opened with, and what has to be looked at because GIMP tells nobody."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from draglayer_protocol.editor.desk import Desk, Light
from draglayer_protocol.editor.document import Saved
from draglayer_protocol.editor.following import Following
from draglayer_protocol.editor.frame import box
from draglayer_protocol.editor.gesture import Gesture
from draglayer_protocol.editor.life import Phase
from draglayer_protocol.editor.line import Line
from draglayer_protocol.editor.mask import INVERSION, Movable
from draglayer_protocol.editor.scene import scene
from draglayer_protocol.editor.tool import Tool
from draglayer_protocol.editor.words import Words
from draglayer_protocol.messages import ModelInfo

from .batch import Begin
from .gtk import GLib
from .moving import told
from .preview import Seen
from .version import VERSION
from .waking import Waker

if TYPE_CHECKING:
    from .host import GimpCanvas

SOON = 30  # milliseconds until a change is shown
TICK = 700  # milliseconds between two looks at the image and its selection
REST = 20.0  # the image is not made small again for so many times as long as that took: GIMP paints all of it then
LAST = 60.0  # seconds that closing waits for the last picture
BASE, VEIL = 1024, 200  # pixels of the image's and the selection's small pictures


class Workshop:
    """`changed` is called soon after whatever should be shown anew."""

    def __init__(self, canvas: GimpCanvas, begin: Begin | None, words: Words, changed: Callable[[], None]) -> None:
        self.canvas, self.words, self._begin, self._show = canvas, words, begin, changed
        self._soon: int | None = None
        self._apart = False  # the picture that is opened stays; what is dragged out of it comes into a layer above
        self._base: Any = None
        self._rested = float("-inf")  # when the image may be made small again
        self.whole = canvas.size_of_image()
        self._closed = False
        self._waker = Waker(self._pump, self._due)
        self.desk = Desk(Line("gimp", VERSION, self._waker.wake), words, self.changed)
        self.tool = Tool(self.desk, canvas)
        self.tool.follow = Following(self.tool, canvas, told).look
        self.gesture = Gesture(self.tool)
        self._ticking = GLib.timeout_add(TICK, self._tick)
        self._look_again()

    # For the panel

    def changed(self) -> None:
        """Of many changes at once the last is shown."""
        if not self._closed:
            self._waker.again()
            if self._soon is None:
                self._soon = GLib.timeout_add(SOON, self._refresh)

    def seen(self) -> Seen:
        """For the preview."""
        tool, veil = self.tool, None
        if tool.frame is not None and tool.movable is not Movable.FRAME:
            area = box(tool.frame)
            sketch = self.canvas.seen.sketch(area, VEIL)
            if sketch is not None:
                width, height, pixels = sketch
                pixels = pixels.translate(INVERSION) if tool.movable is Movable.INVERSE else pixels
                veil = (area, width, height, pixels)
        return Seen(self._base, self.whole, self.canvas.newest, veil, scene(tool, self.gesture))

    def new(self, model: ModelInfo, seed: int, label: int | None) -> None:
        """A seed's picture in a layer of its own, and then what is dragged out of it above."""
        self.tool.frame = None
        self.tool.new_from_model(model, seed, label)
        self._apart = True
        self.changed()

    def toggle(self) -> None:
        """Drag or stop."""
        if self.tool.life.busy:
            self.tool.drag.stop()
        elif self._apart:
            self.tool.say(self.words("The picture is still on its way; drag when it is there."))
        else:
            self.tool.drag.start()
        self.changed()

    def from_path(self) -> None:
        pairs = self.canvas.paths()
        if pairs:
            self.tool.pairs.replace(pairs)
        else:
            self.tool.say(self.words("No path with strokes is selected; draw strokes from handle to target."))
        self.changed()

    def to_path(self) -> None:
        pairs = [pair for pair in self.tool.pairs.items if not pair.locked]
        if pairs:
            self.canvas.draw_path(pairs, self.words("Draglayer points"))
        else:
            self.tool.say(self.words("There are no point pairs to draw as a path."))
        self.changed()

    def finish(self) -> str | None:
        """The dialog is closed: the drag stops, its last picture is drawn and kept. Our name of the result."""
        if self.tool.life.busy:
            self.tool.drag.stop()
        expired: list[bool] = []
        timer = GLib.timeout_add(int(1000 * LAST), lambda: expired.append(True))
        while not expired and not self._at_rest():
            GLib.MainContext.default().iteration(True)
        if not expired:
            GLib.source_remove(timer)
        self._closed = True
        for source in (self._ticking, self._soon):
            if source is not None:
                GLib.source_remove(source)
        self._soon = None
        self._waker.stop()
        name = self.tool.layer.name
        self.tool.close()
        self.desk.close()
        return name

    # What happens

    def _due(self) -> float | None:
        return self.desk.due()

    def _pump(self) -> None:
        self.desk.pump()
        if self._begin is not None and self.desk.light is Light.CONNECTED and self.desk.models:
            begin, self._begin = self._begin, None
            self._open(begin)
        if self._apart and self._at_rest() and self.tool.life.phase is Phase.READY:
            self._part()

    def _open(self, begin: Begin) -> None:
        saved: Saved | None = begin.saved
        assert saved is not None
        self.tool.continue_from(saved, begin.layer, begin.opacity)
        if begin.layer is None:  # the layer that has it stays as it is
            self.tool.draw_opened = False
            self._rename(begin.title)

    def _part(self) -> None:
        """From the layer of the picture, which is complete: the next picture comes into a new one above it."""
        tool, name = self.tool, self.tool.layer.name
        self._apart = False
        if name is not None:
            self.canvas.above(name)
            layer = self.canvas.layer(name)
            tool.layer.name, tool.layer.written = None, ""
            self._rename("" if layer is None else layer.get_name())

    def _rename(self, title: str) -> None:
        tool = self.tool
        tool.id = uuid.uuid4().hex
        if title:
            before = self.words("Drag – {what}", what="")
            tool.layer.title = self.words("Drag – {what}", what=title.removeprefix(before))

    def _at_rest(self) -> bool:
        """Nothing is under way that would still draw or keep something."""
        tool = self.tool
        if tool.life.phase in (Phase.IDLE, Phase.LOST):
            return True
        kept = tool.layer.name is None or (bool(tool.layer.written) and tool.state_step == tool.history.step)
        still = tool.life.phase is Phase.READY and not tool.history.seeking
        return still and tool.settling is None and tool.due() is None and kept

    def _tick(self) -> bool:
        if not self._closed:
            self._look_again()
            self.changed()
        return not self._closed

    def _look_again(self) -> None:
        tool, canvas = self.tool, self.canvas
        if not canvas.open:
            if tool.life.phase is not Phase.IDLE:
                tool.close()
                tool.say(self.words("The image was closed, so there is nothing to drag any more."))
            return
        self.whole = canvas.size_of_image()  # it may have been scaled or cropped
        if not tool.life.busy:
            began = time.monotonic()
            if began >= self._rested:
                self._base = canvas.thumbnail(BASE)
                ended = time.monotonic()
                self._rested = ended + REST * (ended - began)
            canvas.newest = None if tool.layer.name is None or canvas.layer(tool.layer.name) is None else canvas.newest
            tool.look_around()

    def _refresh(self) -> bool:
        self._soon = None
        if not self._closed:
            self._show()
        return False
