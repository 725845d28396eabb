"""What the daemon says about one document's picture, and what follows from it."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from ..geometry import Frame
from ..link import LinkDown, LinkEvent, LinkUp
from ..messages import (
    Accepted,
    DragEnded,
    Failed,
    Image,
    Preview,
    Rendered,
    SessionClosed,
    SessionOpened,
    Sought,
    State,
    Status,
    StepDone,
)
from .history import History
from .life import Phase
from .session import Session

if TYPE_CHECKING:
    from .tool import Tool


class Answers:
    """Of one tool."""

    def __init__(self, tool: Tool) -> None:
        self._tool = tool

    def take(self, event: LinkEvent) -> None:
        tool = self._tool
        of = getattr(event, "session", None)
        if of is not None and (tool.session is None or of != tool.session.id):
            return  # of a session that this picture had before: what was under way when it was lost
        if isinstance(event, LinkUp):
            self._back(event.welcome.boot)
        elif isinstance(event, LinkDown):
            self._lost(event.sentence)
        elif isinstance(event, SessionOpened):
            self._opened(event)
        elif isinstance(event, SessionClosed):
            tool.session = None
            self._lost(event.sentence)
        elif isinstance(event, Failed):
            self._failed(event)
        elif isinstance(event, (StepDone, DragEnded, Accepted, Status)):
            tool.drag.take(event)
        elif isinstance(event, Preview):
            self._preview(event)
        elif isinstance(event, Sought):
            self._sought(event)
        elif isinstance(event, Rendered):
            self._rendered(event)
        elif isinstance(event, State):
            tool.state, tool.state_step = event.state, tool.asked_step
            tool.unsaved = True
            tool.save()

    def _opened(self, opened: SessionOpened) -> None:
        tool = self._tool
        assert tool.session is not None
        tool.session.take(opened)
        tool.drag.forget_credit()
        if tool.life.phase is Phase.OPENING:
            tool.history = History(opened.step, opened.steps)
            tool.state_step = opened.step
        tool.life.go(Phase.READY)
        tool.desk.ask_status()
        if tool.draw_opened:
            tool.draw_opened = tool.layer.given_up = False
            tool.settle()

    def _back(self, boot: str) -> None:
        """The connection is there again: the same daemon still has the session, another one never had it."""
        tool = self._tool
        if tool.session is not None and tool.life.phase is Phase.LOST:
            if boot == tool.session.boot and tool.session.opened is not None:
                tool.send(lambda session: session.attach())
            else:
                tool.session = None
        if tool.session is None and tool.life.phase is Phase.LOST:
            sentence = tool.words("The daemon is there again; press “Continue” to go on where this picture stood last.")
            tool.life.go(Phase.LOST, sentence)
            tool.say("")

    def _lost(self, sentence: str) -> None:
        tool = self._tool
        if tool.life.phase not in (Phase.IDLE, Phase.LOST):
            tool.life.go(Phase.LOST, sentence)
        tool.drop_jobs()
        tool.history.give_up()
        tool.settling = None
        tool.awaited.clear()
        tool.layer.drop()
        tool.drag.lost()
        if tool.layer.name is not None and not tool.layer.written and tool.frame is not None:
            tool.later(tool.layer.remember(tool.frame))  # from now on it shows whether it is painted on

    def _failed(self, failed: Failed) -> None:
        tool, sentence = self._tool, failed.sentence
        if tool.life.phase in (Phase.OPENING, Phase.LOST):  # it was not opened, or could not be taken up again
            tool.session = None
            if tool.state and tool.model is not None and tool.model.name not in sentence:  # a state knows only its hash
                sentence = (
                    sentence.rstrip(".")
                    + ". "
                    + tool.words("The picture was made with the model {name}.", name=tool.model.name)
                )
            tool.life.go(Phase.LOST if tool.layer.name else Phase.IDLE, sentence)
            tool.desk.ask_models()  # it may be that its model is gone
        tool.history.give_up()
        tool.drag.failed(failed)
        tool.say(sentence)

    def _preview(self, preview: Preview) -> None:
        tool = self._tool
        if tool.frame is not None and tool.life.running:
            tool.layer.offer(preview.image, tool.frame)
        else:
            tool.drag.used(preview.image)  # of a step that is no longer wanted

    def _sought(self, sought: Sought) -> None:
        tool = self._tool
        tool.history.steps = sought.steps
        tool.history.stand({pair.id: pair.handle for pair in tool.pairs.items})  # so that the way back finds them
        tool.pairs.follow(tool.history.tracked(sought.step))

        def ask(session: Session) -> None:
            tool.desk.answer(session.render(), tool)

        tool.send(ask)

    def _drawn(self, picture: Image, frame: Frame) -> Generator[None, None, None]:
        """A picture that stands still, in portions; into a new layer if the artist painted on the one there is."""
        tool = self._tool
        if (yield from tool.layer.spare(frame)):
            tool.say(tool.words("The layer was painted on or transformed, so the result goes into a new one."))
        yield from tool.layer.draw(picture, frame)

    def _rendered(self, rendered: Rendered) -> None:
        tool = self._tool
        other = tool.awaited.pop(rendered.request, None)
        if other is not None:
            other(rendered)
            return
        if tool.frame is None:
            return
        tool.layer.drop()
        wanted = not tool.layer.given_up  # otherwise the next drag makes a layer
        if wanted:
            tool.later(self._drawn(rendered.image, tool.frame))
        if rendered.request == tool.settling:
            tool.settling = None
            if wanted:
                tool.later(tool.remember(tool.frame))
            return
        further = tool.history.arrived(rendered.step)
        if further is not None:
            tool.send(lambda session: session.seek(further))
        elif not tool.drag.sought():
            tool.settle()
