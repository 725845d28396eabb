"""The hand on the canvas: press sets a handle, release its target; either end can be moved; live, the picture follows.

Positions are canvas pixels. The host says how many of them are within reach of a finger at the present zoom.
"""

from __future__ import annotations

import math

from ..geometry import Frame, Point
from .frame import Grip, gripped, stretched
from .pairs import End
from .placing import move_frame
from .tool import Tool


class Gesture:
    """Of one tool. Every method returns whether something happened, so that the host may let other events pass."""

    def __init__(self, tool: Tool) -> None:
        self._tool = tool
        self.live = False
        self.held: tuple[int, End] | None = None
        self.selected: int | None = None
        self._start: Point | None = None  # of a pair that is not there yet
        self._new = False
        self._pulled = False  # whether what is held pulls the picture along
        self._last: tuple[Point, float] | None = None  # where the hand was last, and its reach
        self._grip: tuple[Grip, Frame, Point] | None = None  # of the frame, as it was, and where it was taken
        self.frame: Frame | None = None  # where the hand holds the frame now; it comes there on release

    @property
    def holding(self) -> bool:
        """Whether the hand holds a pair's end or the frame."""
        return self.held is not None or self._grip is not None

    def select(self, index: int | None) -> bool:
        """Choose a pair, from a table say; None: none. Not while the hand holds one."""
        if self.held is not None or index == self.selected:
            return False
        self.selected = index
        self._tool.changed()
        return True

    def press(self, at: Point, reach: float) -> bool:
        """Take hold of what lies there, or begin a new pair there. Outside of the frame nothing happens."""
        tool = self._tool
        self.let_go()  # the release was never seen
        self._last = (at, reach)
        near = tool.pairs.nearest(at, reach)
        if near is None and tool.frame is not None and tool.model is not None:
            grip = gripped(tool.frame, at, reach)
            if grip is not None:
                self._grip, self.frame = (grip, tool.frame, at), tool.frame
                return True
        if near is None and not tool.at(at):
            if tool.frame is not None:
                tool.say(tool.words("Press inside the frame: the model sees nothing else."))
            return False
        before = tool.pairs.items
        if near is None:
            index, end, self._new = tool.pairs.add(at, at, held=True), End.TARGET, True
        else:
            (index, end), self._new = near, False
            if self.live and end is End.HANDLE and tool.pairs.items[index].locked:
                end = End.HANDLE  # an anchor is moved, not pulled
            elif self.live:
                end = End.TARGET
        self.held, self.selected, self._start = (index, end), index, at
        self._pulled = self.live and end is End.TARGET
        if self._pulled:
            tool.drag.pull(index, before)
        tool.changed()
        return True

    def move(self, at: Point) -> bool:
        if self._last is not None:
            self._last = (at, self._last[1])
        if self._grip is not None and self._tool.model is not None:
            grip, frame, start = self._grip
            model = self._tool.model
            self.frame = stretched(frame, grip, at.x - start.x, at.y - start.y, model.width, model.height)
            return True
        if self.held is None:
            return False
        index, end = self.held
        if index >= len(self._tool.pairs.items):  # deleted meanwhile, from the table say
            self._lose()
            return False
        if self._pulled:
            self._tool.drag.pull_to(index, at)
        elif self._tool.at(at):
            self._tool.pairs.move(index, end, at)
        return True

    def release(self, at: Point, reach: float) -> bool:
        """A new pair whose target was left on its handle is a handle without a target: it becomes an anchor."""
        if self._grip is not None:
            self.move(at)
            self._grip, wanted, self.frame = None, self.frame, None
            if wanted is not None:
                move_frame(self._tool, wanted)
            return True
        if self.held is None:
            return False
        self.move(at)
        if self.held is None:
            return True
        index, _ = self.held
        self.held = None
        if self._pulled:
            self._tool.drag.let_go()
        elif self._new and self._start is not None and math.dist(at, self._start) < reach / 2:
            self._tool.pairs.lock(index, True, held=True)
        self._tool.pairs.seal()
        return True

    def let_go(self) -> bool:
        """As if the button had been released where the hand was last: the mode has ended, or its canvas is gone."""
        return self.holding and self._last is not None and self.release(*self._last)

    def remove(self, at: Point, reach: float) -> bool:
        """The pair that lies there. Not while the hand holds something."""
        if self.holding:
            return False
        near = self._tool.pairs.nearest(at, reach)
        if near is None:
            return False
        self.delete(near[0])
        return True

    def delete(self, index: int | None = None) -> bool:
        """That pair, or the selected one. Not while the hand holds something: the picture may follow it."""
        index = self.selected if index is None else index
        if self.holding or index is None or index >= len(self._tool.pairs.items):
            return False
        self.selected = None
        self._tool.pairs.delete(index)
        return True

    def undo(self) -> bool:
        """Of the points. Not while the hand holds one."""
        return not self.holding and self._tool.pairs.undo()

    def redo(self) -> bool:
        return not self.holding and self._tool.pairs.redo()

    def escape(self) -> bool:
        """Take a running pull back, or what is held; True when there was one. Otherwise the host leaves the mode."""
        if self._grip is not None:
            self._grip = self.frame = None
            return True
        if self.held is None:
            return False
        self.held = None
        if self._pulled:
            self._tool.drag.take_back()
        else:
            self._tool.pairs.seal()
            self._tool.pairs.undo()
        return True

    def _lose(self) -> None:
        """The pair that is held has gone."""
        self.held = None
        if self._pulled:
            self._tool.drag.stop()
