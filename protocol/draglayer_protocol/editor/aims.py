"""The points of a drag that runs: what the daemon has of them, and what it is told when the artist edits them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..geometry import Point
from ..messages import PointPair
from .life import Phase
from .pairs import CannotDrag, Pair
from .session import Session

if TYPE_CHECKING:
    from .tool import Tool

TOLD = (Phase.WAITING, Phase.DRAGGING, Phase.PULLING)  # in which an edit counts at once


class Aims:
    """Of one tool's drag. Newest wins: while the daemon has not taken the last points, only the newest wait."""

    def __init__(self, tool: Tool) -> None:
        self._tool = tool
        self._orders: list[tuple[int, tuple[int, ...]]] = []  # commands whose steps may still come, and their pairs
        self._sent: dict[int, Pair] = {}  # by id, as the daemon was told last
        self._handles: dict[int, Point] = {}  # where it has them
        self._placed: dict[int, tuple[Point, Point]] = {}  # handles that it was told to put elsewhere: from, to
        self._targets: list[Point] = []
        self._under_way: int | None = None
        self._waiting = False

    @property
    def ids(self) -> tuple[int, ...]:
        """Of the pairs that take part."""
        return self._orders[-1][1] if self._orders else ()

    def begin(self, session: Session, pairs: Sequence[Pair]) -> int:
        """The points of a new drag; the command's number."""
        self.forget()
        return self._tell(session, pairs, [pair.sent() for pair in pairs])

    def forget(self) -> None:
        """There is no drag."""
        self._orders, self._sent, self._handles, self._placed, self._targets = [], {}, {}, {}, []
        self._under_way, self._waiting = None, False

    def accepted(self, seq: int) -> None:
        if self._under_way is not None and seq >= self._under_way:
            waiting, self._under_way, self._waiting = self._waiting, None, False
            if waiting:
                self.edited()

    def refused(self, seq: int | None) -> None:
        """These points were not taken: the drag goes on with those before."""
        if any(seq == number for number, _ in self._orders[1:]):
            self._orders = [order for order in self._orders if order[0] != seq]
            self._placed = {}

    def stepped(self, handles: Sequence[Point]) -> dict[int, Point]:
        """Where a step brought which handle, without those that the hand has put elsewhere meanwhile.

        Steps that were made before new points reached the worker still come; they are known by how many they tell of.
        """
        fitting = [place for place, (_, ids) in enumerate(self._orders) if len(ids) == len(handles)]
        if not fitting:
            return {}
        self._orders = self._orders[fitting[-1] :]
        now = {pair.id: pair.handle for pair in self._tool.pairs.items}
        seen = {}
        for known, handle in zip(self._orders[0][1], handles):  # noqa: B905 (Python 3.9 in some hosts)
            if known in self._placed:
                was, wanted = self._placed[known]
                if math.dist(handle, was) < math.dist(handle, wanted):
                    continue  # of a step before it was put there
                del self._placed[known]
            elif known in self._handles and now.get(known, handle) != self._handles[known]:
                continue  # put elsewhere, and not told yet
            seen[known] = self._handles[known] = handle
        return seen

    def edited(self) -> None:
        """Tell the running drag what is new. What cannot be done is said; the drag goes on as it was."""
        tool = self._tool
        if tool.life.phase not in TOLD or not self._orders or tool.frame is None:
            return
        if self._under_way is not None:
            self._waiting = True
            return
        pairs = [pair for pair in tool.pairs.items if pair.on]
        if tuple(pair.id for pair in pairs) == tuple(self._sent) and all(map(self._as_sent, pairs)):
            targets = [at if p.locked else self._kept(p.target) for p, at in zip(pairs, self._targets)]  # noqa: B905
            if targets != self._targets:

                def ask(session: Session) -> None:
                    self._under_way = session.move_targets(targets)
                    self._targets = targets

                tool.send(ask)
            return
        if all(pair.locked for pair in pairs):
            tool.drag.stop()
            tool.say(tool.words("No point is left that moves, so the drag was stopped."))
            return
        try:
            tool.pairs.active(tool.frame, tool.words)
        except CannotDrag as error:
            tool.say(error.sentence)
            return

        def renew(session: Session) -> None:
            self._under_way = self._tell(session, pairs, [pair.sent() for pair in pairs])

        tool.send(renew)

    def _tell(self, session: Session, pairs: Sequence[Pair], sent: Sequence[PointPair]) -> int:
        seq = session.set_points(sent)
        for pair in pairs:
            was = self._handles.get(pair.id, pair.handle)
            if was != pair.handle:
                self._placed[pair.id] = (was, pair.handle)
        self._orders.append((seq, tuple(pair.id for pair in pairs)))
        self._sent = {pair.id: pair for pair in pairs}
        self._handles = {pair.id: pair.handle for pair in pairs}
        self._targets = [pair.target for pair in sent]
        return seq

    def _as_sent(self, pair: Pair) -> bool:
        return pair.locked == self._sent[pair.id].locked and pair.handle == self._handles[pair.id]

    def _kept(self, position: Point) -> Point:
        """A hand may leave the frame; the target waits at its edge."""
        frame = self._tool.frame
        assert frame is not None
        return Point(
            min(max(position.x, frame.x), frame.x + frame.width - 1),
            min(max(position.y, frame.y), frame.y + frame.height - 1),
        )
