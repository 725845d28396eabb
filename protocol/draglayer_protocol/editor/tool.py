"""Dragging one document's picture: what the artist asks for on one side, what the daemon says on the other."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Generator
from typing import Any

from ..geometry import Frame, Point
from ..link import LinkEvent, NotSent
from ..messages import (
    Image,
    InvalidMessage,
    ModelInfo,
    Parameters,
    Rendered,
)
from .answers import Answers
from .canvas import Canvas
from .desk import Desk
from .document import Saved, dump, name_of
from .drag import Drag
from .frame import box
from .history import History
from .layer import HELD, UNLIMITED, Layer, Opacity
from .life import Life, Phase
from .mask import Movable
from .opening import Opening
from .pairs import CannotDrag, Pairs
from .session import Session


class Tool:
    """One document. Never waits and never raises towards the host: what goes wrong is `note`, a sentence to be shown.

    changed   called after whatever should be shown anew
    """

    def __init__(self, desk: Desk, canvas: Canvas, changed: Callable[[], None] | None = None) -> None:
        self.desk, self.canvas, self.words = desk, canvas, desk.words
        self.changed = desk.changed if changed is None else changed
        self.life = Life()
        self.note = self._refusal = ""
        self.pairs = Pairs(self._points_edited, self._edited)
        self.frame: Frame | None = None
        self.movable = Movable.SELECTION
        self.whole = False  # whether the result covers what may not move, too
        self.parameters = Parameters()
        self.model: ModelInfo | None = None
        self.seed: int | None = None
        self.label: int | None = None
        self.history = History()
        self.layer = Layer(canvas, self.words, self._shown, self._cannot_show)
        self.session: Session | None = None
        self.drag = Drag(self)
        self.id = uuid.uuid4().hex
        self.state = b""  # the session by value, as it was exported last
        self.state_step = self.asked_step = 0  # the steps at which that was, and at which it was asked for last
        self._answers, self._opening = Answers(self), Opening(self)
        self._jobs: deque[Generator[None, None, Any]] = deque()
        self.draw_opened = False  # whether the picture is to be drawn when the session is open
        self.settling: int | None = None  # the number of the Render after which the layer is final
        self._missed: str | None = None  # the layer that was said to be gone
        self._gone: str | None = None  # the layer that was given up because it was deleted
        self.awaited: dict[int, Callable[[Rendered], None]] = {}  # pictures that are not for the layer
        self.unsaved = False  # points or settings changed since the document was told
        self.follow: Callable[[], None] = lambda: None  # called before the frame is used; the host may let it follow
        desk.serve(self)

    # What the artist asks for

    def new_from_model(self, model: ModelInfo, seed: int, label: int | None = None) -> None:
        """A picture of a seed in a new layer. What was dragged before stays in the document as it is."""
        self._opening.new(model, seed, label)

    def continue_from(self, saved: Saved, layer: str | None, opacity: Opacity | None = None) -> None:
        """Drag on what a document brought.

        layer     where the host found it now; None when it is gone
        opacity   of that layer, when the layer is to be opaque only where it is now
        """
        self._opening.go_on(saved, layer, opacity)

    def recover(self) -> None:
        """After the session was lost: open it again from what is known, and go on from there."""
        self._opening.recover()

    def set_movable(self, choice: Movable) -> None:
        """What may move, from the next drag on."""
        self.movable = choice
        self._edited()

    def show_whole(self, on: bool) -> None:
        """Whether the layer is opaque outside of the selection, from the next drag on."""
        if on != self.whole:
            self.whole = on
            self._edited()

    def set_preview_rate(self, rate: float) -> None:
        """Pictures a second, at most; 0: as many as the host can draw."""
        self.layer.pause = 1.0 / rate if rate > 0 else UNLIMITED

    def set_parameters(self, parameters: Parameters) -> None:
        """How to drag; while a drag runs from its next step on."""
        self.parameters = parameters
        if self.life.running:
            self.send(lambda session: session.set_parameters(parameters))
        self._edited()

    def add_pair(self) -> None:
        """One in the middle of the frame, to be moved from there."""
        if self.frame is not None:
            x, y = self.frame.x + self.frame.width // 2, self.frame.y + self.frame.height // 2
            self.pairs.add(Point(x, y), Point(x + max(1.0, self.frame.width // 10), y))

    def seek(self, step: int) -> None:
        """Another step of the history; the newest wish counts."""
        if self.life.phase is not Phase.READY or self.session is None:
            if self.life.busy:
                self.refuse(self.words("Stop the drag before you go through its steps."))
            return
        self.life.go(Phase.READY)  # what was said of the last drag's end is no longer so
        self.follow()
        wanted = self.history.wish(step)
        if wanted is not None:
            self.send(lambda session: session.seek(wanted))

    def undo_drag(self) -> None:
        """Back to where the last drag began; its steps can still be reached."""
        first = self.history.last_begin()
        if first is not None:
            self.seek(first)

    def close(self) -> None:
        """The document is closed: nothing is drawn any more."""
        self.part()
        self.desk.dismiss(self)

    # The host's clock

    def due(self) -> float | None:
        """Seconds until `work` should be called; None: not before something came."""
        due = 0.0 if self._jobs else self.layer.due()
        return HELD if due is not None and self.layer.held() else due

    def work(self) -> None:
        """A little of what waits: some milliseconds."""
        if not self.layer.free():
            return
        self.layer.work()
        if self._jobs:
            try:
                next(self._jobs[0])
            except StopIteration:
                self._jobs.popleft()
            except CannotDrag as error:
                self._jobs.popleft()
                self.life.go(Phase.READY)
                self.say(error.sentence)

    def drop_jobs(self) -> None:
        self._jobs.clear()

    def later(self, job: Generator[None, None, Any]) -> None:
        """Work that is done in small portions."""
        self._jobs.append(job)
        self.changed()  # so that the host looks when it is due

    def look_around(self) -> None:
        """Now and then, while nothing runs: what the host tells nobody."""
        self.follow()
        name = self.layer.name
        if name is not None and self.frame is not None and self.life.phase is Phase.READY and not self._jobs:
            gone = self.words("The result layer was deleted; the next drag makes a new one.")
            missed, self._missed = self._missed, name if not self._there(name) else None
            if self._missed is not None and missed != name:
                self.say(gone)
            elif self._missed is None and missed == name and self.note == gone:  # an undo brought it back
                self.say("")
        self.save()

    def save(self) -> None:
        """Tell the document, if something changed since it was told last."""
        if self.unsaved and self.model is not None and self.frame is not None and self.layer.name is not None:
            self.unsaved = False
            midway = self.history.step != self.state_step
            pairs = self.pairs.standing(self.history.tracked(self.state_step)) if midway else self.pairs.items
            saved = Saved(
                self.id, self.layer.name, self.model.name, self.model.sha256, self.seed, self.label, self.frame,
                pairs, self.movable, self.parameters, self.state_step, self.layer.written, self.state, midway,
                self.whole,
            )  # fmt: skip
            self.canvas.keep(name_of(self.id), dump(saved))

    # What the daemon says

    def take(self, event: LinkEvent) -> None:
        self._answers.take(event)

    def settle(self) -> None:
        """The picture stands still: draw it as it is, keep it by value, remember what was written."""

        def ask(session: Session) -> None:
            self.settling = session.render()
            self.asked_step = self.history.step
            self.desk.answer(self.settling, self)
            self.desk.answer(session.export(), self)

        self.send(ask)

    def remember(self, frame: Frame) -> Generator[None, None, None]:
        yield from self.layer.remember(frame)
        self.follow()  # from here on it is seen when the layer is moved
        self.unsaved = True
        self.save()

    # Small things

    def send(self, ask: Callable[[Session], Any]) -> bool:
        """To the session, if one is open; what cannot be sent is said. Whether it was sent."""
        if self.session is None:
            return False
        try:
            ask(self.session)
            return True
        except NotSent as error:
            self.say(error.sentence)
        except InvalidMessage as error:
            self.say(str(error))
        return False

    def part(self) -> None:
        """From the session that is open, if one is; its layer and what was saved stay."""
        self._jobs.clear()
        self.save()
        session, self.session = self.session, None
        if session is not None and session.boot == self.desk.boot and session.opened is not None:
            try:
                session.close()
            except NotSent as error:
                self.say(error.sentence)
        self.drag.lost()
        self.awaited.clear()
        self.history = History()
        self.settling = self._gone = None
        self.layer.drop()
        if self.life.phase is not Phase.IDLE:
            self.life.go(Phase.IDLE)

    def _shown(self, picture: Image) -> None:
        self.drag.used(picture)

    def _cannot_show(self, sentence: str) -> None:
        lost = self.layer.lost
        self._gone = lost if lost is not None and not self._there(lost) else None
        if self._gone is not None and not self.life.busy:
            sentence = self.words("The result layer was deleted; the next drag makes a new one.")
        self.say(sentence)
        self.drag.stop()

    def look_again(self) -> None:
        """A layer that was given up because it was deleted may be there again: a deletion can be undone."""
        gone, frame = self._gone, self.frame
        if gone is not None and frame is not None and self.layer.name is None and self._there(gone):
            self._gone, self.layer.name, self.layer.given_up = None, gone, False
            self.later(self.layer.remember(frame))  # from now on it shows whether it is painted on

    def _there(self, layer: str) -> bool:
        assert self.frame is not None
        return self.canvas.pixels(layer, box(self.frame)._replace(height=1)) is not None

    def _edited(self) -> None:
        self.unsaved = True
        self.changed()

    def _points_edited(self) -> None:
        self._edited()
        self.drag.edited()

    def say(self, sentence: str) -> None:
        """For the artist."""
        self.note = sentence
        self.changed()

    def refuse(self, sentence: str) -> None:
        """Not while a drag runs: said until that has ended."""
        self._refusal = sentence
        self.say(sentence)

    def obeyed(self) -> None:
        """The drag is stopped or has ended: what was refused because of it is possible now."""
        if self._refusal and self.note == self._refusal:
            self.say("")
        self._refusal = ""

    def at(self, position: Point) -> bool:
        """Whether a position lies on the frame."""
        return self.frame is not None and self.frame.contains(position)
