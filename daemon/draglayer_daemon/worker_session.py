"""One session in the worker: canvas on its client's side, model pixels on the engine's, and commands between steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from draglayer_protocol.geometry import Frame, Mapping, Point
from draglayer_protocol.messages import (
    DragEnded,
    EndReason,
    Event,
    Failed,
    Mask,
    MoveTargets,
    Parameters,
    PointPair,
    Preview,
    SessionOpened,
    SetFrame,
    SetMask,
    SetParameters,
    SetPoints,
    StepDone,
)

from .registry import Entry
from .worker_drag import Drag, Engine, Progress, Refusal
from .worker_words import ended, outside

DRAGGING, PULLING = 1.0, 0.5  # seconds of steps before a picture, for every second that the last one took to draw
MOST_CREDIT = 1 << 28  # bytes of previews that a client may have us send ahead of what it reads

Settable = SetPoints | MoveTargets | SetMask | SetParameters


@dataclass
class Pending:
    """Commands that were checked and wait for the next step; of each kind only the last. Values in model pixels."""

    points: tuple[int, tuple[PointPair, ...]] | None = None
    targets: tuple[int, tuple[Point, ...]] | None = None
    mask: tuple[int, Mask | None] | None = None
    parameters: tuple[int, Parameters] | None = None


class WorkerSession:
    """A drag, the frame it is seen through, and the credit of its client."""

    def __init__(
        self,
        name: str,
        entry: Entry,
        engine: Engine,
        drag: Drag,
        frame: Frame | None,
        emit: Callable[[Event], None],
        clock: Callable[[], float],
    ) -> None:
        self.name, self.entry, self.drag = name, entry, drag
        self._engine, self._emit, self._clock = engine, emit, clock
        whole = Frame(0.0, 0.0, float(drag.width), float(drag.height))
        self._mapping = Mapping(frame or whole, drag.width, drag.height)
        self._pending = Pending()
        self._credit = 0
        self._cost = 3 * drag.width * drag.height  # bytes of a preview, until one was made
        self._owed = False  # the newest step has not been shown
        self._rough = False  # what was shown last is a draft
        self._drawing = 0.0  # seconds that the last picture took
        self._stepping = 0.0  # seconds of steps since then
        self._share = DRAGGING
        self._reported = drag.step_index
        self._began = 0
        self.seq = 0
        self.running = False

    @property
    def due(self) -> bool:
        """Whether it wants a step: it runs, and is not held at targets that it has reached."""
        return self.running and (self._pending != Pending() or not self.drag.resting)

    def opened(self) -> SessionOpened:
        """Where the session stands."""
        drag = self.drag
        return SessionOpened(
            session=self.name,
            model=self.entry.name,
            model_sha256=self.entry.sha256,
            width=drag.width,
            height=drag.height,
            frame=self._mapping.frame,
            step=drag.step_index,
            steps=drag.history_length,
            seq=self.seq,
            points=tuple(
                PointPair(self._mapping.to_canvas(pair.handle), self._mapping.to_canvas(pair.target))
                for pair in drag.pairs()
            ),
            running=self.running,
            parameters=drag.parameters,
        )

    # Commands: checked when they come, applied between two steps

    def take(self, command: Settable | SetFrame) -> None:
        """Check a command and keep it for the next step. Raises Refusal."""
        match command:
            case SetFrame(frame=frame):
                self._mapping = self._mapping._replace(frame=frame)
            case SetPoints(points=points):
                self._pending.points = (command.seq, self._placed(points))
                self._pending.targets = None
            case MoveTargets(targets=targets):
                self._pending.targets = (command.seq, self._aimed(targets))
            case SetMask(mask=mask):
                self._pending.mask = (command.seq, self._fitting(mask))
            case SetParameters(parameters=parameters):
                self._engine.check(self.entry, parameters)
                self._pending.parameters = (command.seq, parameters)

    def apply(self) -> None:
        """Give the engine what is pending; what it refuses is answered with Failed."""
        pending, self._pending = self._pending, Pending()
        drag = self.drag
        if pending.parameters is not None:
            seq, parameters = pending.parameters
            self._attempt(seq, lambda: drag.configure(parameters))
        if pending.mask is not None:
            seq, mask = pending.mask
            self._attempt(seq, lambda: drag.set_mask(mask))
        if pending.points is not None:
            seq, points = pending.points
            self._attempt(seq, lambda: drag.set_points(points))
        if pending.targets is not None:
            seq, targets = pending.targets
            self._attempt(seq, lambda: drag.move_targets(targets))

    # Dragging

    def begin(self, hold: bool) -> None:
        """Raises Refusal when a drag runs or there is nothing to drag."""
        if self.running:
            raise Refusal("a drag is running in this session; change its points, or stop it before you run another one")
        self.apply()
        self.drag.begin(hold)
        self._reported = self._began = self.drag.step_index
        self._drawing = 0.0  # the first step is shown at once
        self._share = PULLING if hold else DRAGGING
        self.running = True

    def advance(self) -> None:
        """One step, and what is to be said about it."""
        self.apply()
        self._progress(self.drag.step)

    def stop(self) -> None:
        """End the drag if one runs."""
        if self.running:
            self._progress(self.drag.stop)

    def seek(self, step: int) -> None:
        """Raises Refusal while a drag runs, and for steps that are not in the history."""
        if self.running:
            raise Refusal(f"a drag is running, so the session cannot go to step {step}; stop the drag first")
        if step > self.drag.history_length:
            raise Refusal(
                f"step {step} does not exist; this session's history goes from step 0 to {self.drag.history_length}"
            )
        self.apply()
        self.drag.seek(step)
        self._owed = self._rough = False

    def fail(self, why: str) -> None:
        """Something went wrong inside a step: the drag ends, the session stays at its last good step."""
        self.running = False
        self.drag.abandon()
        sentence = (
            f"the drag failed at step {self.drag.step_index + 1} ({why});"
            " the picture stands at its last good step, and you can run again from there"
        )
        self._emit(DragEnded(self.name, self.drag.step_index, EndReason.FAILED, sentence))

    def forget_credit(self) -> None:
        """Another client shows the pictures now, and has granted nothing yet."""
        self._credit = 0

    def allow(self, amount: int) -> None:
        """More credit; a picture that is owed is sent now, be the drag running or at its end."""
        self._credit = min(self._credit + amount, MOST_CREDIT)
        self._show()

    def _progress(self, act: Callable[[], Progress]) -> None:
        start = self._clock()
        progress = act()
        seconds = self._clock() - start
        self._stepping += seconds
        distances = tuple(self._mapping.length_to_canvas(d) for d in progress.distances)
        if progress.step != self._reported:
            self._reported = progress.step
            self._emit(
                StepDone(
                    session=self.name,
                    step=progress.step,
                    handles=tuple(self._mapping.to_canvas(p) for p in progress.handles),
                    distances=distances,
                    loss=progress.loss,
                    confidences=progress.confidences,
                    milliseconds=1000 * seconds,
                    seq=self.seq,
                )
            )
            self._owed = True
        if progress.ended is not None:
            self.running = False
        self._show()
        if progress.ended is not None:
            sentence = ended(progress.ended, progress.step - self._began, max(distances, default=0.0))
            self._emit(DragEnded(self.name, progress.step, progress.ended, sentence))

    def _show(self) -> None:
        """The newest picture, if it is owed, there is credit for it, and it is time: steps get their share of it.

        While the drag runs it is a draft; at its end the exact one follows.
        """
        if not (self._owed or (self._rough and not self.running)) or self._credit < self._cost:
            return
        if self.due and self._stepping < self._share * self._drawing:
            return
        start = self._clock()
        image = self.drag.draft() if self.running else self.drag.render(None)
        self._rough = self.running
        self._drawing, self._stepping = self._clock() - start, 0.0
        self._cost, self._owed = len(image.pixels), False
        self._credit = max(0, self._credit - self._cost)
        self._emit(Preview(self.name, self.drag.step_index, image))

    def _attempt(self, seq: int, act: Callable[[], None]) -> None:
        try:
            act()
        except Refusal as refusal:
            self._emit(Failed(str(refusal), session=self.name, seq=seq))

    # Canvas to model

    def _placed(self, points: tuple[PointPair, ...]) -> tuple[PointPair, ...]:
        if not points and self.running:
            raise Refusal("no points were sent while a drag runs, and it needs at least one; stop the drag first")
        return tuple(
            PointPair(
                self._inside(pair.handle, f"point {number}'s handle"),
                self._inside(pair.target, f"point {number}'s target"),
            )
            for number, pair in enumerate(points, start=1)
        )

    def _aimed(self, targets: tuple[Point, ...]) -> tuple[Point, ...]:
        pending = self._pending.points
        present = len(pending[1]) if pending is not None else len(self.drag.pairs())
        if len(targets) != present:
            raise Refusal(f"{len(targets)} targets were sent for {present} points; send one for each, in their order")
        return tuple(self._inside(target, f"point {number}'s target") for number, target in enumerate(targets, start=1))

    def _inside(self, point: Point, what: str) -> Point:
        if not self._mapping.frame.contains(point):
            raise Refusal(outside(what, point, self._mapping.frame))
        return self._mapping.to_model(point)

    def _fitting(self, mask: Mask | None) -> Mask | None:
        if mask is None:
            return None
        drag = self.drag
        if (mask.width, mask.height) != (drag.width, drag.height):
            raise Refusal(
                f"the mask has {mask.width} x {mask.height} pixels, the model's picture {drag.width} x {drag.height};"
                " scale the mask to the picture's size"
            )
        return None if mask.pixels.count(255) == len(mask.pixels) else mask  # all white: everything may move
