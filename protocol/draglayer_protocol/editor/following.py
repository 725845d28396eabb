"""The frame goes where the artist took the picture: with a layer that was moved, an image cropped or scaled."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple, Protocol, Union

from ..geometry import Frame
from .canvas import Inside
from .frame import Box, box
from .placing import carry
from .tool import Tool

SLACK = 3  # canvas pixels by which the bounds of a scaled layer differ from the scaled bounds


class Place(NamedTuple):
    """Where a layer lies.

    size    of the image
    at      the layer's offset, which every move and crop changes
    bounds  of what is painted in it
    """

    size: tuple[int, int]
    at: tuple[int, int]
    bounds: Box


class Places(Protocol):
    """What a host's canvas tells beside the rest."""

    def place(self, layer: str) -> Place | None:
        """None when there is no such layer."""


class Moved(NamedTuple):
    dx: int
    dy: int


class Scaled(NamedTuple):
    x: float
    y: float


class Other(Enum):
    NOTHING = "nothing"  # that the frame would have to follow
    UNKNOWN = "unknown"  # turned, mirrored, stretched


Change = Union[Moved, Scaled, Other]


def change(was: Place, now: Place) -> Change:
    """What was done to a layer in the meantime, as far as its bounds tell."""
    dx, dy = now.at[0] - was.at[0], now.at[1] - was.at[1]
    if now.size == was.size and not dx and not dy:
        return Other.NOTHING  # a layer that is painted on has other bounds, too
    there = was.bounds._replace(x=was.bounds.x + dx, y=was.bounds.y + dy)
    if now.bounds == there or now.bounds.common(there) == now.bounds:  # a crop takes some of it away
        return Moved(dx, dy) if dx or dy else Other.NOTHING
    return scaled(was, now) or Other.UNKNOWN


def scaled(was: Place, now: Place) -> Union[Scaled, None]:
    """Whether image and layer were scaled together, without being stretched."""
    by = Scaled(now.size[0] / was.size[0], now.size[1] / was.size[1])
    old, new = was.bounds, now.bounds
    meant = (old.x * by.x, old.y * by.y, (old.x + old.width) * by.x, (old.y + old.height) * by.y)
    found = (new.x, new.y, new.x + new.width, new.y + new.height)
    together = now.size != was.size and all(abs(a - b) <= SLACK for a, b in zip(meant, found))  # noqa: B905
    stretched = abs(was.size[0] * by.x - was.size[0] * by.y) > SLACK
    return by if together and not stretched else None


class Following:
    """Of one tool; `look` before the frame is used, and now and then.

    told   what was done between two places, as this host tells it
    """

    def __init__(self, tool: Tool, places: Places, told: Callable[[Place, Place], Change] = change) -> None:
        self._tool, self._places, self._told = tool, places, told
        self._was: tuple[str, Place] | None = None
        self._began = Place((1, 1), (0, 0), Box(0, 0, 1, 1))  # where the layer lay when the frame followed it last
        tool.layer.added = self._added

    def look(self) -> None:
        """Let the frame follow; what it cannot follow is said in the tool's note."""
        tool = self._tool
        if tool.life.running:
            return  # a drag that draws into a layer that was moved is stopped by the canvas
        tool.look_again()
        layer = tool.layer.name
        if layer is None and tool.layer.given_up:
            layer = tool.layer.lost  # it may have been given up because it was moved in a drag
        if layer is None or tool.frame is None:
            self._was = None
            return
        now = self._places.place(layer)
        if now is None:
            return
        was, self._was = self._was, (layer, now)
        if was is None or was[0] != layer:
            self._began = now
        elif was[1] != now:
            done = self._told(was[1], now)
            if done is Other.NOTHING:  # or the host was in the middle of it when it was looked at last
                whole = self._told(self._began, now)
                done = whole if isinstance(whole, Scaled) else done
            if done is not Other.NOTHING:
                self._began = now
            self._follow(done)

    def _added(self) -> None:
        """By a drag, say, in which it may be moved before it is looked at for the first time."""
        name = self._tool.layer.name
        place = None if name is None else self._places.place(name)
        if name is not None and place is not None:
            self._was, self._began = (name, place), place

    def _follow(self, done: Change) -> None:
        tool, old = self._tool, self._tool.frame
        assert old is not None
        if done is Other.NOTHING:
            return
        if done is Other.UNKNOWN:
            tool.layer.name = None
            tool.say(
                tool.words(
                    "The image was cropped, turned, mirrored or stretched, and the frame cannot follow; put it where"
                    " you want it. The result goes into a new layer."
                )
            )
            return
        if isinstance(done, Moved):
            new = old._replace(x=old.x + done.dx, y=old.y + done.dy)
            inside = tool.layer.inside
            if inside is not None:
                there = inside.box._replace(x=inside.box.x + done.dx, y=inside.box.y + done.dy)
                tool.layer.inside = Inside(there, inside.pixels)
        else:  # the layer holds other pixels now, which cannot be told from painted ones
            assert isinstance(done, Scaled)
            new = _scaled(old, done)
            tool.layer.name = None
            tool.say(tool.words("The image was scaled, and the frame with it. The result goes into a new layer."))
        tool.frame = new
        carry(tool, old, new)
        tool.unsaved = True
        tool.changed()


def _scaled(frame: Frame, by: Scaled) -> Frame:
    whole = box(Frame(frame.x * by.x, frame.y * by.y, frame.width * by.x, frame.height * by.y))
    return Frame(*map(float, whole))
