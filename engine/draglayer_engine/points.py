"""What a set of handles and targets must be before it can be dragged."""

from __future__ import annotations

import torch
from torch import Tensor

from .architecture import Size

SHORTEST_PULL = 1e-3  # image pixels; nearer than this a point is an anchor


class PointsError(ValueError):
    """The points cannot be dragged; the sentence says which, why, and what next."""


def check_pairs(p: Tensor, t: Tensor, size: Size) -> None:
    """p, t [N, 2], (y, x) in image pixels. Raises PointsError: shapes, not finite, outside the picture, coinciding."""
    if p.ndim != 2 or p.shape[1:] != (2,) or p.shape != t.shape:
        raise PointsError(f"{len(p)} handles and {len(t)} targets were given; every handle needs one target")
    height, width = size
    for number, (handle, target) in enumerate(zip(p.tolist(), t.tolist(), strict=True), start=1):
        if not bool(torch.tensor([*handle, *target]).isfinite().all()):
            raise PointsError(f"point {number} is not a finite position; give its pixel coordinates")
        y, x = handle
        if not (-0.5 <= y <= height - 0.5 and -0.5 <= x <= width - 0.5):
            raise PointsError(
                f"handle {number} at ({x:g}, {y:g}) lies outside the {width}x{height} picture; move it inside"
            )
    if len(p) > 1 and len(torch.unique(p, dim=0)) < len(p):
        raise PointsError("two handles lie on the same place; remove or move one of them")


def check_targets(t: Tensor, present: Tensor) -> None:
    """New targets for the present handles. Raises PointsError: another count, not finite."""
    if t.shape != present.shape:
        raise PointsError(
            f"{len(t)} targets were given for {len(present)} handles; send one for each, or set new points"
        )
    if not bool(t.isfinite().all()):
        raise PointsError("a target is not a finite position; give its pixel coordinates")


def check_draggable(p: Tensor, t: Tensor, hold: bool) -> None:
    """Raises PointsError when there is nothing to drag; held points may lie on their targets for now."""
    if not len(p):
        raise PointsError("there are no points to drag; set a handle and its target")
    if not hold and float((t - p).norm(dim=1).max()) <= SHORTEST_PULL:
        raise PointsError("every handle lies on its target, so there is nothing to drag; move a target")
