"""Which numbers a drag can work with, whoever wrote them: a client, a model's metadata, a state of somebody else."""

from __future__ import annotations

import math
from typing import NamedTuple

from .architecture import MAX_SIDE

MANY = 1e9


class Range(NamedTuple):
    """From `low` to `high`, both included."""

    low: float
    high: float
    whole: bool = False  # whole numbers only

    def holds(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int if self.whole else (int, float)):
            return False
        return math.isfinite(value) and self.low <= value <= self.high


def limits(height: int) -> dict[str, Range]:
    """By the names of `DragConfig`'s numbers, for pictures of this height in pixels.

    Radii are bounded because time and memory of a step grow with their squares.
    """
    radius = max(8.0, height / 8)
    return {
        "directions": Range(0, MAX_SIDE, whole=True),
        "step_size": Range(1e-9, 1e3),
        "r1": Range(0, radius),
        "r2": Range(0, 2 * radius),
        "template": Range(0, radius),
        "stride": Range(1e-3, radius),
        "live_speed": Range(1e-3, 1e3),
        "mask_weight": Range(0, MANY),
        "regularisation": Range(0, MANY),
        "stop_distance": Range(0, MANY),
        "max_steps": Range(1, MANY, whole=True),
        "settle": Range(1, MANY, whole=True),
        "patience": Range(1, MANY, whole=True),
        "lost_below": Range(0, 1),
        "lost_after": Range(1, MANY, whole=True),
    }
