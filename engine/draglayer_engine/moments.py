"""The values that a session hands out or keeps: what a step led to, a step of the history, where a drag began."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

from .config import EndReason


class Step(NamedTuple):
    """What one update led to. `handles` are tracked on the latent after it."""

    step: int  # in the session's history, which begins with 0
    handles: Tensor  # [N, 2] (y, x) image pixels
    distances: Tensor  # [N] to the targets, image pixels
    loss: float
    confidences: Tensor  # [N] in [0, 1]
    ended: EndReason | None


@dataclass(frozen=True)
class Moment:
    """One step of the history: the latent [1, num_ws, w_dim], where the handles were [N, 2], and of which points."""

    ws: Tensor
    handles: Tensor
    points: int


class Anchor(NamedTuple):
    """Where a drag began: what eq. 1 keeps and eq. 2 looks for."""

    ws: Tensor  # [1, num_ws, w_dim]
    p: Tensor  # [N, 2] handles then
    F_0: Tensor  # [C, h, w]
    f: Tensor  # [N, T, C]
