"""Point pairs as the artist edits them: where the picture is taken hold of and where that shall go, with undo."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import NamedTuple

from ..geometry import Frame, Point
from ..messages import MAX_POINTS, PointPair
from .words import Words


class End(Enum):
    HANDLE = "handle"
    TARGET = "target"


class CannotDrag(Exception):
    """The drag cannot begin; the sentence says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Pair:
    """Canvas pixels, centres at integers. `on`: takes part in the drag. `locked`: an anchor, which must stay.

    id   by which a picture's pairs are told apart, however they are edited; 0 before `Pairs` has given one
    """

    handle: Point
    target: Point
    on: bool = True
    locked: bool = False
    id: int = field(default=0, compare=False)

    def sent(self) -> PointPair:
        """For the daemon: an anchor is a pair of equal positions."""
        return PointPair(self.handle, self.handle if self.locked else self.target)

    def moved(self, end: End, to: Point) -> Pair:
        """An anchor's target follows its handle, so that unlocking it does not let something jump."""
        if end is End.TARGET:
            return replace(self, target=to, locked=False)
        return replace(self, handle=to, target=to if self.locked else self.target)

    def swapped(self) -> Pair:
        return replace(self, handle=self.target, target=self.handle)


class _Edit(NamedTuple):
    """The pairs on the other side of an edit, and the ids of those whose handles it set by hand."""

    items: tuple[Pair, ...]
    placed: frozenset[int]


class Pairs:
    """The pairs of one picture. Every edit is one step of an undo of their own, apart from the drawing's.

    changed    called after every edit
    followed   called after the picture moved under handles; as `changed` when not given
    """

    def __init__(self, changed: Callable[[], None] = lambda: None, followed: Callable[[], None] | None = None) -> None:
        self._items: tuple[Pair, ...] = ()
        self._past: list[_Edit] = []
        self._future: list[_Edit] = []
        self._merging: object = None  # what the last edit belongs to, while its gesture goes on
        self._given = 0  # the last id
        self._tracked: dict[int, Point] = {}  # where a drag left handles, also of pairs that are not there now
        self._changed, self._followed = changed, changed if followed is None else followed

    @property
    def items(self) -> tuple[Pair, ...]:
        return self._items

    def add(self, handle: Point, target: Point, *, locked: bool = False, held: bool = False) -> int:
        """A new pair; its index. `held`: the hand still moves its target, all in this one undo step, until `seal`."""
        index = len(self._items)
        self._edit((*self._items, Pair(handle, target, True, locked)), merging=(index, End.TARGET) if held else None)
        return index

    def move(self, index: int, end: End, to: Point) -> None:
        """Moves of the same end are one undo step until `seal`."""
        self._edit(self._with(index, self._items[index].moved(end, to)), merging=(index, end))

    def seal(self) -> None:
        """The gesture has ended."""
        self._merging = None

    def delete(self, index: int) -> None:
        self._edit(self._items[:index] + self._items[index + 1 :])

    def clear(self) -> None:
        if self._items:
            self._edit(())

    def swap(self, index: int) -> None:
        self._edit(self._with(index, self._items[index].swapped()))

    def lock(self, index: int, locked: bool, *, held: bool = False) -> None:
        """An anchor keeps its target for when it is unlocked. `held`: still in the undo step of `add`."""
        merging = (index, End.TARGET) if held else None
        self._edit(self._with(index, replace(self._items[index], locked=locked)), merging=merging)

    def switch(self, index: int, on: bool) -> None:
        self._edit(self._with(index, replace(self._items[index], on=on)))

    def replace(self, items: Sequence[Pair]) -> None:
        """All pairs anew (from line shapes, from a document): one undo step."""
        self._edit(tuple(items))

    def restore(self, items: Sequence[Pair]) -> None:
        """All pairs as a document has them; nothing to undo."""
        self._items, self._past, self._future = self._named(items), [], []
        self._tracked = {}
        self.seal()
        self._changed()

    def follow(self, handles: Mapping[int, Point]) -> None:
        """The picture moved under the handles of these pairs (by id); that is the drag's doing and no edit."""
        self._tracked.update(handles)
        self._items = self.standing(handles)
        self._followed()

    def standing(self, handles: Mapping[int, Point]) -> tuple[Pair, ...]:
        """The pairs, with these handles (by id) where they are known."""
        return tuple(
            p if handles.get(p.id, p.handle) == p.handle else p.moved(End.HANDLE, handles[p.id]) for p in self._items
        )

    def undo(self) -> bool:
        """Take the last edit back; False when there is none."""
        return self._turn(self._past, self._future)

    def redo(self) -> bool:
        return self._turn(self._future, self._past)

    def nearest(self, at: Point, reach: float) -> tuple[int, End] | None:
        """The end of a pair within `reach` canvas pixels; the later pair where two lie equally near, its target first.

        A target that lies on its own handle is not found as one: there the handle is meant.
        """
        best: tuple[float, int, End] | None = None
        for index, pair in enumerate(self._items):
            ends = [(pair.handle, End.HANDLE)]
            if not pair.locked and math.dist(pair.handle, pair.target) > reach / 2:
                ends.append((pair.target, End.TARGET))
            for position, end in ends:
                distance = math.dist(position, at)
                if distance <= reach and (best is None or distance <= best[0]):
                    best = (distance, index, end)
        return None if best is None else best[1:]

    def active(self, frame: Frame, words: Words) -> tuple[int, ...]:
        """Indices of the pairs that a drag takes. Raises CannotDrag."""
        chosen = tuple(index for index, pair in enumerate(self._items) if pair.on)
        if not chosen:
            raise CannotDrag(
                words("There is nothing to drag: press on the picture where it shall move, and release where to.")
            )
        if len(chosen) > MAX_POINTS:
            raise CannotDrag(
                words("{count} points are too many; at most {most} may be on.", count=len(chosen), most=MAX_POINTS)
            )
        seen: dict[Point, int] = {}
        for index in chosen:
            pair = self._items[index].sent()
            for position in (pair.handle, pair.target):
                if not frame.contains(position):
                    raise CannotDrag(
                        words(
                            "Point {number} lies outside the frame; move it inside, switch it off, or move the frame.",
                            number=index + 1,
                        )
                    )
            first = seen.setdefault(pair.handle, index)
            if first != index:
                raise CannotDrag(
                    words(
                        "Points {first} and {second} have the same handle; move or delete one of them.",
                        first=first + 1,
                        second=index + 1,
                    )
                )
        if all(self._items[index].locked for index in chosen):
            raise CannotDrag(words("All points are locked, so nothing would move; unlock one or add one."))
        return chosen

    def _with(self, index: int, pair: Pair) -> tuple[Pair, ...]:
        return (*self._items[:index], pair, *self._items[index + 1 :])

    def _edit(self, items: Sequence[Pair], merging: object = None) -> None:
        named = self._named(items)
        were = {pair.id: pair.handle for pair in self._items}
        placed = frozenset(pair.id for pair in named if were.get(pair.id, pair.handle) != pair.handle)
        if merging is None or merging != self._merging or not self._past:
            self._past.append(_Edit(self._items, placed))
        else:
            self._past[-1] = _Edit(self._past[-1].items, self._past[-1].placed | placed)
        self._merging = merging
        self._future.clear()
        self._items = named
        self._forget(placed)
        self._changed()

    def _turn(self, back: list[_Edit], forth: list[_Edit]) -> bool:
        """Handles that the edit did not set stay where the picture took them."""
        self.seal()
        if not back:
            return False
        edit = back.pop()
        forth.append(_Edit(self._items, edit.placed))
        now = {**self._tracked, **{pair.id: pair.handle for pair in self._items}}
        self._items = edit.items
        self._items = self.standing({known: at for known, at in now.items() if known not in edit.placed})
        self._forget(edit.placed)
        self._changed()
        return True

    def _forget(self, placed: frozenset[int]) -> None:
        for known in placed:
            self._tracked.pop(known, None)

    def _named(self, items: Sequence[Pair]) -> tuple[Pair, ...]:
        """Every pair with an id of its own."""
        seen: set[int] = {0}
        named = []
        for pair in items:
            known = pair
            if pair.id in seen:
                self._given += 1
                known = replace(pair, id=self._given)
            seen.add(known.id)
            named.append(known)
        return tuple(named)
