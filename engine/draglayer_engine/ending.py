"""When a drag ends, and why."""

from __future__ import annotations

import math

from torch import Tensor

from .config import DragConfig, EndReason

NEARER = 0.25  # image pixels by which the mean distance must shrink to count as progress


class Watch:
    """Counts the steps of one drag, those without progress, and those without a recognisable handle."""

    def __init__(self, hold: bool = False) -> None:
        self.hold = hold
        self.steps = 0
        self.restart()

    def restart(self) -> None:
        """New points or targets: progress begins anew, steps go on counting."""
        self._best, self._idle, self._unsure = math.inf, 0, 0

    def judge(self, distances: Tensor, confidences: Tensor, cfg: DragConfig) -> EndReason | None:
        """After one more step: distances [N] to the targets in image pixels, confidences [N]; None = go on."""
        self.steps += 1
        mean = float(distances.mean())
        if mean < self._best - NEARER:
            self._best, self._idle = mean, 0
        else:
            self._idle += 1
        self._unsure = self._unsure + 1 if bool((confidences < cfg.lost_below).all()) else 0
        if self.hold:  # a live pull ends when the hand lets go
            return None
        if arrived(distances, cfg):
            return EndReason.ARRIVED
        if self.steps >= cfg.max_steps:
            return EndReason.MAX_STEPS
        if self._unsure >= cfg.lost_after:
            return EndReason.LOST
        if cfg.patience is not None and self._idle >= cfg.patience:
            return EndReason.STALLED
        return None


def arrived(distances: Tensor, cfg: DragConfig) -> bool:
    """Whether every handle lies within the stop distance of its target: distances [N], image pixels."""
    return bool((distances <= cfg.stop(len(distances))).all())
