"""All steps of a picture as files: asked for one after the other, so that nothing waits and little is in memory."""

from __future__ import annotations

from collections.abc import Callable

from ..messages import Image, Rendered
from .life import Phase
from .session import Session
from .tool import Tool


class Export:
    """Of one tool, from step 0 to the last one.

    save   called with each step and its picture; raises OSError when it cannot be written
    done   called at the end, with whether all of them were written
    """

    def __init__(
        self,
        tool: Tool,
        save: Callable[[int, Image], None],
        where: str,
        done: Callable[[bool], None] = lambda complete: None,
    ) -> None:
        self._tool, self._save, self._where, self._done = tool, save, where, done
        self._session: Session | None = None
        self._last = tool.history.steps
        self._written = 0

    def start(self) -> None:
        """What is in the way is said in the tool's note."""
        tool = self._tool
        if tool.life.phase is not Phase.READY or tool.session is None:
            tool.say(tool.words("There is no picture that stands still; stop the drag first."))
            self._done(False)
            return
        self._session, self._last, self._written = tool.session, tool.history.steps, 0
        self._ask(0)

    def _ask(self, step: int) -> None:
        tool = self._tool

        def ask(session: Session) -> None:
            number = session.render(step)
            tool.awaited[number] = self._take
            tool.desk.answer(number, tool)

        if tool.session is not self._session or tool.life.phase is not Phase.READY or not tool.send(ask):
            self._end(tool.words("The picture changed meanwhile, so not all steps were written."))

    def _take(self, rendered: Rendered) -> None:
        try:
            self._save(rendered.step, rendered.image)
        except OSError as error:
            self._end(self._tool.words("{where} cannot be written ({why}).", where=self._where, why=error.strerror))
            return
        self._written += 1
        if rendered.step < self._last:
            self._ask(rendered.step + 1)
        else:
            self._end("")

    def _end(self, trouble: str) -> None:
        words = self._tool.words
        done = words("{count} pictures were written to {where}.", count=self._written, where=self._where)
        self._tool.say(f"{trouble} {done}".strip())
        self._done(not trouble)
