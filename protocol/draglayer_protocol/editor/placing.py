"""Where a picture lies on the canvas: its frame moved with everything in it, and a step of it kept for good."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from ..geometry import Frame, Point
from .canvas import CannotShow, fitted_to
from .frame import as_frame, box
from .life import Phase
from .tool import Tool


def keep_step(tool: Tool) -> None:
    """The picture as it is now in a layer of its own, below the result."""
    if tool.life.phase is not Phase.READY or tool.layer.name is None:
        sentence = tool.words("There is no picture that stands still; stop the drag first.")
        tool.refuse(sentence) if tool.life.busy else tool.say(sentence)
        return
    try:
        tool.canvas.copy(
            tool.layer.name, tool.words("{layer}, step {step}", layer=tool.layer.title, step=tool.history.step)
        )
    except CannotShow as error:
        tool.say(error.sentence)


def move_frame(tool: Tool, frame: Frame) -> None:
    """The model's rectangle somewhere else, and with it the picture and the points. Refused while a drag runs."""
    if tool.life.busy or tool.life.phase is Phase.OPENING:
        tool.refuse(tool.words("A drag is running; stop it before you move the frame."))
        return
    old, new = tool.frame, as_frame(box(frame))
    if new == old:
        return
    if tool.life.phase is Phase.LOST and tool.layer.name is not None:
        tool.say(tool.words("The picture is not at hand: press “Continue” first, then move the frame."))
        return
    tool.frame = new
    if old is not None and tool.life.phase is Phase.READY and tool.layer.name is not None:
        carry(tool, old, new)
        tool.later(_drawn_anew(tool, old, new))
    tool.unsaved = True
    tool.changed()


def _drawn_anew(tool: Tool, old: Frame, new: Frame) -> Generator[None, None, None]:
    """The layer is emptied where it was, unless somebody painted on it, and drawn where it is now."""
    layer = tool.layer
    yield from layer.read_opacity(old)
    ours = yield from layer.protect(old)
    if layer.name is not None:
        try:
            tool.canvas.clear(layer.name, box(old))
        except CannotShow as error:
            layer.name = None
            tool.say(error.sentence)
        layer.written = ""
    elif not ours:
        tool.say(tool.words("The layer was painted on or transformed, so the result goes into a new one."))
    if layer.inside is not None:  # what it was cut to goes along
        area = box(_there(as_frame(layer.inside.box), old, new))
        layer.inside = yield from fitted_to(area, layer.inside)
    if tool.life.phase is Phase.READY:
        tool.settle()


def carry(tool: Tool, old: Frame, new: Frame) -> None:
    """The points, now and at every step, from one frame to the same place on another."""
    tool.pairs.restore(
        [replace(p, handle=_along(p.handle, old, new), target=_along(p.target, old, new)) for p in tool.pairs.items]
    )
    tool.history.move(lambda p: _along(p, old, new))


def _there(area: Frame, old: Frame, new: Frame) -> Frame:
    """A rectangle on the old frame, as it lies on the new one."""
    scale_x, scale_y = new.width / old.width, new.height / old.height
    corner = (new.x + (area.x - old.x) * scale_x, new.y + (area.y - old.y) * scale_y)
    return Frame(*corner, area.width * scale_x, area.height * scale_y)


def _along(p: Point, old: Frame, new: Frame) -> Point:
    """A position on the old frame, as it lies on the new one: pixel centres at integers on both."""
    scale_x, scale_y = new.width / old.width, new.height / old.height
    return Point((p.x - old.x + 0.5) * scale_x + new.x - 0.5, (p.y - old.y + 0.5) * scale_y + new.y - 0.5)
