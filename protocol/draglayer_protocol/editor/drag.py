"""One drag after the other: prepared, run, pulled live, stopped, and what its steps say."""

from __future__ import annotations

from collections.abc import Generator
from enum import Enum
from typing import TYPE_CHECKING, Union

from ..geometry import Point
from ..messages import Accepted, DragEnded, Failed, Image, Mask, Status, StepDone
from .aims import Aims
from .canvas import Inside, joined
from .desk import others
from .frame import box
from .layer import gathered
from .life import Phase
from .mask import INVERSION, Movable, movable
from .pairs import CannotDrag, End, Pair
from .progress import Progress
from .session import Session

if TYPE_CHECKING:
    from .tool import Tool

AHEAD = 4  # bytes of previews granted ahead, in pictures of one byte a pixel (protocol/README.md, section 7)


class After(Enum):
    """What follows when the daemon says that a live pull has ended."""

    NOTHING = "nothing"
    SETTLE = "settle"  # let go: the picture runs on to where the target was left
    BACK = "back"  # taken back


class Drag:
    """Of one tool."""

    def __init__(self, tool: Tool) -> None:
        self._tool = tool
        self.progress: Progress | None = None
        self._aims = Aims(tool)
        self._sought = False  # whether the drag begins when the step that is under way is shown
        self._hold = False
        self._after = After.NOTHING
        self._kept = False  # whether the document was told of this drag
        self._settling = False  # the drag that is being prepared belongs to the pull before it
        self._before: tuple[Pair, ...] = ()  # pairs before the pull
        self._essential: set[int] = set()  # commands without which the drag is not the one that was asked for
        self._credit = 0

    def start(self, hold: bool = False) -> None:
        """Drag with the pairs that are on. What is missing is said in the tool's note."""
        tool = self._tool
        if tool.life.phase is Phase.LOST:
            tool.recover()
            return
        if tool.life.phase is not Phase.READY or tool.session is None or tool.frame is None:
            if tool.life.busy:
                tool.refuse(tool.words("A drag is running already."))
            elif tool.life.phase is Phase.OPENING:
                tool.say(tool.words("The picture is still on its way; drag when it is there."))
            else:
                tool.say(tool.words("There is no picture to drag yet: make one with “New from model”."))
            return
        tool.say("")
        tool.look_again()
        tool.follow()
        try:
            tool.pairs.active(tool.frame, tool.words)
        except CannotDrag as error:
            tool.say(error.sentence)
            return
        self._hold, self._after, self._settling = hold, After.NOTHING, False
        tool.life.go(Phase.PREPARING, tool.words("Reading the selection…"))
        self._sought = tool.history.seeking
        if not self._sought:
            tool.later(self._prepare(tool.session))

    def sought(self) -> bool:
        """The step that was asked for is shown. Whether a drag from there was waiting for it, and begins."""
        tool, waited = self._tool, self._sought
        self._sought = False
        if waited and tool.life.phase is Phase.PREPARING and tool.session is not None:
            tool.later(self._prepare(tool.session))
            return True
        return False

    def stop(self) -> None:
        """End the drag after the step in progress; harmless without one."""
        tool = self._tool
        tool.obeyed()
        if tool.life.phase is Phase.PREPARING:
            tool.life.go(Phase.READY)  # the preparation sees it and ends
        elif tool.life.running and tool.life.phase is not Phase.STOPPING:
            tool.life.go(Phase.STOPPING, tool.words("Stopping…"))
            tool.send(Session.stop)

    # Live pull

    def pull(self, index: int, before: tuple[Pair, ...] | None = None) -> None:
        """The hand holds this pair's handle: its target follows `pull_to` until `let_go` or `take_back`.

        before   the pairs that `take_back` leaves, if not the present ones
        """
        tool = self._tool
        self._before = tool.pairs.items if before is None else before
        if tool.life.phase is Phase.READY and not tool.pairs.items[index].on:
            tool.pairs.switch(index, True)
        self.start(hold=True)

    def pull_to(self, index: int, position: Point) -> None:
        """The hand is there now; the drag is told as of every edit, newest wins."""
        self._tool.pairs.move(index, End.TARGET, position)

    def edited(self) -> None:
        """The artist changed the points: a drag that runs takes them into account."""
        self._aims.edited()

    def let_go(self) -> None:
        """The picture settles at where the hand left it."""
        self._end_pull(After.SETTLE)

    def take_back(self) -> None:
        """As if the hand had never been there."""
        self._end_pull(After.BACK)

    @property
    def ids(self) -> tuple[int, ...]:
        """Of the pairs that take part in the drag, in the order that the daemon has."""
        return self._aims.ids

    @property
    def pulling(self) -> bool:
        return self._hold and self._tool.life.busy and self._after is After.NOTHING

    # What the daemon says

    def take(self, event: Union[StepDone, DragEnded, Accepted, Status]) -> None:
        if isinstance(event, StepDone):
            self._stepped(event)
        elif isinstance(event, DragEnded):
            self._ended(event)
        elif isinstance(event, Accepted):
            self._aims.accepted(event.seq)
        elif self._tool.life.phase is Phase.WAITING and self._tool.session is not None:
            count = others(event.sessions, self._tool.session.id)
            words = self._tool.words
            self._tool.life.sentence = (
                words("Waiting: {count} other drags use the device.", count=count)
                if count
                else words("Waiting for the first step…")
            )

    def failed(self, failed: Failed) -> None:
        """A command was refused."""
        self._aims.refused(failed.seq)
        if self._sought:  # the step it was to begin from
            self._sought = False
            if self._tool.life.phase is Phase.PREPARING:
                self._tool.life.go(Phase.READY)
        if failed.seq in self._essential and self._tool.life.running:
            if failed.seq == max(self._essential):  # Run itself: nothing runs
                self._tool.life.go(Phase.READY)
            else:
                self.stop()

    def lost(self) -> None:
        self._hold, self._after, self._settling = False, After.NOTHING, False
        self._aims.forget()
        self._sought = False
        self._essential, self._credit = set(), 0

    def used(self, picture: Image) -> None:
        """A preview was drawn, or is done with: let another one come."""
        size = len(picture.pixels)
        self._credit = max(0, self._credit - size)
        tool = self._tool
        if tool.life.running:
            self._credit += size
            tool.send(lambda session: session.allow(size))
            if not self._kept and tool.layer.name is not None and not tool.layer.written:  # the layer has other pixels
                self._kept = True  # should the drawing be saved before the end
                tool.save()

    def forget_credit(self) -> None:
        self._credit = 0

    def _prepare(self, session: Session) -> Generator[None, None, None]:
        tool = self._tool
        frame, model, layer = tool.frame, tool.model, tool.layer
        assert frame is not None
        assert model is not None
        mask = yield from movable(tool.canvas.selection, frame, tool.movable, model.width, model.height, tool.words)
        ours = yield from layer.protect(frame)
        shown = None if mask is None or tool.whole else (yield from inside(tool))
        if layer.name is not None:  # what was dragged before stays to be seen
            yield from layer.read_opacity(frame)
            unsaid = mask is None and not tool.whole and tool.movable is not Movable.FRAME  # nothing is selected
            shown = layer.inside if unsaid else (yield from joined(layer.inside, shown))
        if tool.life.phase is not Phase.PREPARING or tool.session is not session:
            return
        layer.inside = shown  # a new one leaves what lies below it alone
        if not ours:
            tool.say(tool.words("The layer was painted on or transformed, so the result goes into a new one."))
        self._run(mask)

    def _run(self, mask: Mask | None) -> None:
        tool = self._tool
        session, frame = tool.session, tool.frame
        assert session is not None
        assert session.opened is not None
        assert frame is not None
        chosen = [tool.pairs.items[index] for index in tool.pairs.active(frame, tool.words)]
        tool.history.begin({pair.id: pair.handle for pair in tool.pairs.items}, more=self._settling)
        self._settling = False
        self._kept = False
        most = None if self._hold else tool.parameters.max_steps
        self.progress = Progress(tool.history.step, most)
        parameters, hold = tool.parameters, self._hold
        need = AHEAD * session.opened.width * session.opened.height - self._credit

        def ask(session: Session) -> None:
            self._essential = {
                session.set_frame(frame),
                session.set_parameters(parameters),
                session.set_mask(mask),
                self._aims.begin(session, chosen),
            }
            if need > 0:
                session.allow(need)
                self._credit += need
            self._essential.add(session.run(hold))

        tool.life.go(Phase.WAITING, tool.words("Waiting for the first step…"))
        tool.send(ask)
        tool.desk.ask_status()
        tool.changed()

    def _stepped(self, done: StepDone) -> None:
        tool = self._tool
        if tool.life.phase is Phase.WAITING:
            tool.life.go(Phase.PULLING if self._hold else Phase.DRAGGING)
        if not tool.life.running or self.progress is None:
            return
        handles = self._aims.stepped(done.handles)
        still = {pair.id for pair in tool.pairs.items if pair.locked}
        self.progress.add(done, frozenset(place for place, known in enumerate(self.ids) if known in still))
        tool.history.add(done.step, handles)
        tool.pairs.follow(handles)

    def _ended(self, ended: DragEnded) -> None:
        tool = self._tool
        after, self._after = self._after, After.NOTHING
        if not tool.life.running:
            return
        tool.layer.drop()
        tool.obeyed()
        tool.pairs.seal()
        tool.life.go(Phase.READY, ended.sentence)
        tool.history.step = ended.step
        if after is After.SETTLE:
            self.start()
            self._settling = tool.life.phase is Phase.PREPARING
            if self._settling:
                return  # else there is nothing left to drag, and the picture stays as it is
        self._hold = False
        if after is After.BACK:
            tool.pairs.restore(self._before)
            first = tool.history.drags[-1] if tool.history.drags else ended.step
            tool.seek(first)
        else:
            tool.settle()

    def _end_pull(self, after: After) -> None:
        tool = self._tool
        tool.pairs.seal()
        if not self._hold or not tool.life.busy:
            return
        if tool.life.phase is Phase.PREPARING:
            if after is After.BACK:
                tool.pairs.restore(self._before)
                self.stop()
            else:
                self._hold = False  # it has not begun: an ordinary drag then
            return
        self._after = after
        self.stop()


def inside(tool: Tool) -> Generator[None, None, Inside | None]:
    """The selection as it is now, for the layer's opacity; in portions."""
    assert tool.frame is not None
    area = box(tool.frame)
    pixels = yield from gathered(area, tool.canvas.selection)
    if pixels is not None and tool.movable is Movable.INVERSE:
        pixels = pixels.translate(INVERSION)
    return None if pixels is None else Inside(area, pixels)
