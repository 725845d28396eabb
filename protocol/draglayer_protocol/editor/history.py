"""Going to and fro in a picture's steps: newest wish wins, and the handles of every step that was seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..geometry import Point

TRAIL = 300  # steps that a handle's trail shows at most


class History:
    """step: where the picture stands; steps: the last one; drags: the steps at which drags began."""

    def __init__(self, step: int = 0, steps: int = 0) -> None:
        """As a session was opened: earlier drags are not known, but their steps are."""
        self.step, self.steps = step, steps
        self.drags: list[int] = []
        self._tracked: dict[int, dict[int, Point]] = {}  # at each step, by the pairs' ids
        self._wanted: int | None = None
        self._asked: int | None = None

    def begin(self, handles: Mapping[int, Point], *, more: bool = False) -> None:
        """A drag begins here; later steps fall away. `more`: it goes on with the last one, for undoing."""
        self.steps = self.step
        self.drags = [first for first in self.drags if first < self.step]
        if not (more and self.drags):
            self.drags.append(self.step)
        self._tracked = {step: seen for step, seen in self._tracked.items() if step < self.step}
        self.stand(handles)

    def add(self, step: int, handles: Mapping[int, Point]) -> None:
        self.step = self.steps = step
        self._tracked[step] = dict(handles)

    def stand(self, handles: Mapping[int, Point]) -> None:
        """Where handles are at the present step, set by hand or tracked."""
        self._tracked.setdefault(self.step, {}).update(handles)

    def tracked(self, step: int) -> Mapping[int, Point]:
        """Where handles stood (by the pairs' ids), as far as that is known."""
        return self._tracked.get(step, {})

    def trail(self, pair: int) -> tuple[Point, ...]:
        """Where a pair's handle has been since the last drag began."""
        if not self.drags:
            return ()
        steps = range(max(self.drags[-1], self.step - TRAIL), self.step + 1)
        return tuple(seen[pair] for seen in map(self.tracked, steps) if pair in seen)

    def move(self, to: Callable[[Point], Point]) -> None:
        """The picture lies elsewhere on the canvas, and so did its handles at every step."""
        self._tracked = {
            step: {pair: to(handle) for pair, handle in seen.items()} for step, seen in self._tracked.items()
        }

    def last_begin(self) -> int | None:
        """Where the last drag began that the present picture contains; None when there is none."""
        return max((first for first in self.drags if first < self.step), default=None)

    # Seeking: one at a time is under way, and of the wishes meanwhile the last counts

    @property
    def seeking(self) -> bool:
        return self._asked is not None

    def wish(self, step: int) -> int | None:
        """The step to ask the daemon for now; None while it is busy with another one."""
        self._wanted = max(0, min(step, self.steps))
        if self._asked is not None:
            return None
        return self._ask()

    def arrived(self, step: int) -> int | None:
        """The daemon stands at a step and its picture is shown; the next one to ask for, if a newer wish came."""
        self.step, self._asked = step, None
        return self._ask() if self._wanted is not None and self._wanted != step else None

    def give_up(self) -> None:
        self._asked = self._wanted = None

    def _ask(self) -> int | None:
        self._asked = self._wanted
        return self._asked
