"""A picture made or dragged with nobody watching: the editors' tool, driven by a script's wish."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from draglayer_protocol.editor import launching
from draglayer_protocol.editor.canvas import Canvas
from draglayer_protocol.editor.desk import Desk, Light
from draglayer_protocol.editor.document import Saved
from draglayer_protocol.editor.layer import Opacity
from draglayer_protocol.editor.life import Phase
from draglayer_protocol.editor.line import Line
from draglayer_protocol.editor.mask import Movable
from draglayer_protocol.editor.pairs import Pair
from draglayer_protocol.editor.tool import Tool
from draglayer_protocol.editor.words import Words
from draglayer_protocol.geometry import Frame
from draglayer_protocol.link import Peer
from draglayer_protocol.messages import ModelInfo, Parameters

from .refusing import Refused
from .starting import Starting
from .version import VERSION

PICTURES = 4.0  # a second: somebody may have the image open
LOOK = 0.5  # seconds between two looks at what nobody tells


@dataclass(frozen=True)
class Begin:
    """Where the picture comes from: a seed of a model, or what a layer carries.

    layer   our name of the layer that `saved` belongs to; None: the result comes into a new one
    opacity of a box of that layer, one byte a pixel: the picture stays cut to it; None: to nothing
    title   the source layer's, which the result is called after
    """

    model: str = ""
    seed: int = 0
    label: int | None = None
    saved: Saved | None = None
    layer: str | None = None
    opacity: Opacity | None = None
    title: str = ""


@dataclass(frozen=True)
class Wish:
    """How to drag. `pairs` empty: those that the state has. `rate`: pictures a second, 0: as fast as can be."""

    pairs: tuple[Pair, ...]
    frame: Frame | None
    movable: Movable
    whole: bool
    parameters: Parameters
    rate: float = PICTURES


@dataclass(frozen=True)
class Outcome:
    """layer: our name of the result; distance: of the handles to their targets, in canvas pixels."""

    layer: str
    steps: int
    distance: float
    sentence: str


class Batch:
    """One connection. `progress` is called with a sentence and how much is done, 0 to 1; `find` as Line does."""

    def __init__(
        self, words: Words, progress: Callable[[str, float], None], find: Callable[[], Peer] | None = None
    ) -> None:
        self.words, self._progress = words, progress
        self._woken = threading.Event()
        self.desk = Desk(Line("gimp", VERSION, self._woken.set, find=find), words, lambda: None)

    def close(self) -> None:
        self.desk.close()

    def connect(self) -> None:
        """To the daemon that runs, or to one that is started for it. Raises Refused when there is none."""
        self._until(lambda: self.desk.light is not Light.STARTING)
        if self.desk.light is Light.DISCONNECTED:
            self._start()
        self._until(lambda: bool(self.desk.models) or self.desk.light is not Light.CONNECTED)
        if self.desk.light is not Light.CONNECTED:
            raise Refused(self.desk.sentence)

    def _start(self) -> None:
        why, command = self.desk.sentence, launching.command()
        if command is None:  # in a flatpak, say: it has to be started outside
            raise Refused(why)
        self._progress(self.words("The Draglayer daemon is being started…"), 0.0)
        try:
            starting = Starting(self.desk, command)
        except OSError as error:
            raise Refused(f"{why} ({error})") from error
        self._until(lambda: self.desk.light is Light.CONNECTED or not starting.look())
        if self.desk.light is not Light.CONNECTED:
            raise Refused(why)

    def model(self, name: str) -> ModelInfo:
        """By name; the first one for an empty name. Raises Refused."""
        models = self.desk.models
        found = models[0] if models and not name else next((m for m in models if m.name == name), None)
        if found is None:
            known = ", ".join(m.name for m in models)
            raise Refused(
                self.words("The daemon has no model {name}; it has: {known}.", name=repr(name)[:80], known=known)
            )
        return found

    def make(self, canvas: Canvas, begin: Begin) -> Outcome:
        """A seed's picture in a new layer. Raises Refused."""
        tool = Tool(self.desk, canvas)
        try:
            tool.new_from_model(self.model(begin.model), begin.seed, begin.label)
            return self._settled(tool)
        finally:
            tool.close()

    def drag(self, canvas: Canvas, begin: Begin, wish: Wish) -> Outcome:
        """Raises Refused; what was drawn until then stays."""
        tool = Tool(self.desk, canvas)
        try:
            tool.set_preview_rate(wish.rate)
            self._open(tool, begin, wish)
            if wish.pairs:
                tool.pairs.replace(wish.pairs)
            tool.set_movable(wish.movable)
            tool.show_whole(wish.whole)
            tool.set_parameters(wish.parameters)
            tool.drag.start()
            self._until(lambda: not tool.life.busy and tool.due() is None, tool)
            if tool.life.phase is not Phase.READY or tool.drag.progress is None:  # it was lost, or never began
                raise Refused(tool.note or tool.life.sentence)
            return self._settled(tool)
        finally:
            tool.close()

    def _open(self, tool: Tool, begin: Begin, wish: Wish) -> None:
        tool.frame = wish.frame
        if begin.saved is None:
            tool.new_from_model(self.model(begin.model), begin.seed, begin.label)
            tool.draw_opened = False  # the first picture of the drag makes the layer
        else:
            saved = begin.saved
            if begin.layer is None:  # another picture from here on, above the one that stays
                saved = replace(saved, id=uuid.uuid4().hex, written="")
            tool.continue_from(saved, begin.layer, begin.opacity)
            tool.draw_opened = False
            if wish.frame is not None:
                tool.frame = wish.frame
        if begin.title and tool.layer.name is None:
            before = self.words("Drag – {what}", what="")
            tool.layer.title = self.words("Drag – {what}", what=begin.title.removeprefix(before))
        self._until(lambda: tool.life.phase is not Phase.OPENING, tool)
        if tool.life.phase is not Phase.READY:
            raise Refused(tool.note or tool.life.sentence)

    def _settled(self, tool: Tool) -> Outcome:
        """Drawn, hashed, and kept by value."""
        said = tool.note  # something worth telling, but no failure: it goes on

        def done() -> bool:
            drawn = tool.settling is None and tool.layer.written != "" and tool.due() is None
            return drawn and tool.state != b"" and tool.state_step == tool.history.step and not tool.unsaved

        def failed() -> bool:
            return tool.life.phase in (Phase.LOST, Phase.IDLE) or tool.note != said or tool.layer.given_up

        self._until(lambda: done() or failed(), tool)
        if not done() or tool.layer.name is None:
            raise Refused(tool.note or tool.life.sentence)
        progress = tool.drag.progress
        steps, distance = (0, 0.0) if progress is None else (progress.steps, progress.distance)
        sentence = " ".join(part for part in (said, tool.life.sentence) if part)
        return Outcome(tool.layer.name, steps, distance, sentence)

    def _until(self, that: Callable[[], bool], tool: Tool | None = None) -> None:
        """Do what a host does, woken by the line, until something is so."""
        while not that():
            due = self.desk.due()
            self._woken.wait(LOOK if due is None else min(due, LOOK))
            self._woken.clear()
            self.desk.pump()
            if tool is not None:
                self._tell(tool)

    def _tell(self, tool: Tool) -> None:
        progress = tool.drag.progress
        if progress is None or not tool.life.running:
            self._progress(tool.life.sentence, 0.0)
        else:
            far = self.words("{distance:.1f} px to go", distance=progress.distance)
            said = self.words("Step {n}", n=progress.steps)
            self._progress(f"{said} · {far}", progress.steps / progress.most if progress.most else 0.0)
