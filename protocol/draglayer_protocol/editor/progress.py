"""How a drag goes: step n of at most m, how far the handles still are, how fast."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from statistics import fmean

from ..messages import StepDone

RECENT = 20  # steps that the speed is measured over
CURVE = 400  # points of the curve that are kept; then every second one is dropped


class Progress:
    """Of one drag. Lengths in canvas pixels."""

    def __init__(self, first: int, most: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._first, self._clock = first, clock
        self._times: deque[float] = deque([clock()], maxlen=RECENT + 1)
        self._every = 1
        self.most = most
        self.steps = 0
        self.distance = 0.0
        self.curve: list[float] = []

    def add(self, done: StepDone, locked: frozenset[int]) -> None:
        """A step; anchors (by their place among the points) do not count towards the distance."""
        far = [distance for place, distance in enumerate(done.distances) if place not in locked]
        self.steps, self.distance = done.step - self._first, fmean(far) if far else 0.0
        self._times.append(self._clock())
        if self.steps % self._every == 0:
            self.curve.append(self.distance)
        if len(self.curve) > CURVE:
            del self.curve[1::2]
            self._every *= 2

    def speed(self) -> float | None:
        """Steps a second over the last ones; None before there are two."""
        if len(self._times) < 3 or self._times[-1] <= self._times[1]:
            return None
        return (len(self._times) - 2) / (self._times[-1] - self._times[1])
