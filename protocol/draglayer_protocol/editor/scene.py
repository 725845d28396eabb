"""What is to be seen over the canvas: plain values that a host draws with its own means."""

from __future__ import annotations

from dataclasses import dataclass

from ..geometry import Frame, Point
from .gesture import Gesture
from .tool import Tool


@dataclass(frozen=True)
class Mark:
    """A numbered handle (filled), its target (ring) joined by an arrow; an anchor has no target. Canvas pixels."""

    number: int
    handle: Point
    target: Point | None
    on: bool
    selected: bool
    trail: tuple[Point, ...]


@dataclass(frozen=True)
class Scene:
    frame: Frame | None
    marks: tuple[Mark, ...]


def scene(tool: Tool, gesture: Gesture) -> Scene:
    """Of a tool, as it is now."""
    taking_part = tool.drag.ids if tool.life.running else ()
    marks = tuple(
        Mark(
            number=index + 1,
            handle=pair.handle,
            target=None if pair.locked else pair.target,
            on=pair.on,
            selected=index == gesture.selected,
            trail=tool.history.trail(pair.id) if pair.id in taking_part else (),
        )
        for index, pair in enumerate(tool.pairs.items)
    )
    return Scene(tool.frame if gesture.frame is None else gesture.frame, marks)
