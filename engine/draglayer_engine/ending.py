"""When a drag ends, and why."""

from __future__ import annotations

import math

from torch import Tensor

from .config import DragConfig, EndReason

NEARER = 0.25  # image pixels by which the mean distance must shrink to count as progress
ASTRAY = 2.0  # stop distances from its target at which a handle that was there has left it again


class Watch:
    """Counts the steps of one drag, those without progress, and those without a recognisable handle."""

    def __init__(self, hold: bool = False) -> None:
        self.hold = hold
        self.steps = 0
        self.restart()

    def restart(self) -> None:
        """New points or targets: progress begins anew, steps go on counting."""
        self._best, self._idle, self._unsure, self._there = math.inf, 0, 0, 0

    def judge(self, distances: Tensor, confidences: Tensor, cfg: DragConfig) -> EndReason | None:
        """After one more step: distances [N] to the targets in image pixels, confidences [N]; None = go on."""
        self.steps += 1
        mean = float(distances.mean())
        if mean < self._best - NEARER:
            self._best, self._idle = mean, 0
        else:
            self._idle += 1
        self._unsure = self._unsure + 1 if bool((confidences < cfg.lost_below).all()) else 0
        at = ASTRAY if self._there else 1.0
        self._there = self._there + 1 if arrived(distances, cfg, at) else 0
        if self.hold:  # a live pull ends when the hand lets go
            return None
        if self._there >= cfg.settle:
            return EndReason.ARRIVED
        if self.steps >= cfg.max_steps:
            return EndReason.ARRIVED if self._there else EndReason.MAX_STEPS
        if self._unsure >= cfg.lost_after:
            return EndReason.LOST
        if cfg.patience is not None and self._idle >= cfg.patience:
            return EndReason.ARRIVED if self._there else EndReason.STALLED
        return None


def arrived(distances: Tensor, cfg: DragConfig, within: float = 1.0) -> bool:
    """Whether every handle lies within so many stop distances of its target: distances [N], image pixels."""
    return bool((distances <= within * cfg.stop(len(distances))).all())
