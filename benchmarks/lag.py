"""How far one path is behind another: in pixels at every moment, and as the one delay that explains it best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from draglayer_protocol.geometry import Point

LONGEST = 3.0  # seconds of delay that are looked through
FINENESS = 0.002  # seconds


class Seen(NamedTuple):
    """A handle as it was reported: the moment in seconds, and its place in canvas pixels."""

    at: float
    handle: Point


class Circle(NamedTuple):
    """A target's path: it waits at the circle's rightmost point until time 0, then goes round in `turn` seconds."""

    centre: Point
    radius: float
    turn: float

    def at(self, seconds: float) -> Point:
        angle = 2 * math.pi * max(0.0, seconds) / self.turn
        return Point(self.centre.x + self.radius * math.cos(angle), self.centre.y + self.radius * math.sin(angle))


class Lag(NamedTuple):
    """mean, high (95 %): distance of the handle to where the target is at the same moment, pixels.

    delay   seconds by which the target's path must be shifted to lie nearest (in the mean square) to the handle's
    rest    root mean square distance in pixels that remains then
    """

    mean: float
    high: float
    delay: float
    rest: float

    @classmethod
    def of(cls, seen: Sequence[Seen], circle: Circle) -> Lag:
        """From at least one report."""
        moments = np.array([s.at for s in seen])
        handles = np.array([s.handle for s in seen])
        now = distances(moments, handles, circle)
        delays = np.arange(0.0, min(LONGEST, circle.turn / 2), FINENESS)
        rests = [float(np.sqrt(np.mean(distances(moments - delay, handles, circle) ** 2))) for delay in delays]
        best = int(np.argmin(rests))
        return cls(float(now.mean()), float(np.quantile(now, 0.95)), float(delays[best]), rests[best])


def distances(
    moments: npt.NDArray[np.float64], handles: npt.NDArray[np.float64], circle: Circle
) -> npt.NDArray[np.float64]:
    """Moments [N] and handles [N, 2] (x, y) -> distance of each handle to the target then, [N]."""
    targets = np.array([circle.at(float(moment)) for moment in moments])
    result: npt.NDArray[np.float64] = np.linalg.norm(handles - targets, axis=1)
    return result
