"""Pictures of stylised animal heads, and exact landmarks, from continuous factors."""

from __future__ import annotations

import torch
from torch import Tensor

from training import painting
from training.head import Head, build
from training.shapes import Plane

LANDMARKS: tuple[str, ...] = (
    "nose",
    "left_eye",
    "right_eye",
    "left_pupil",
    "right_pupil",
    "left_brow",
    "right_brow",
    "left_mouth_corner",
    "right_mouth_corner",
    "upper_lip",
    "lower_lip",
    "left_ear_tip",
    "right_ear_tip",
    "chin",
)
"""Left and right as the viewer sees them."""

_SMALLEST_DIRECT_SIZE = 64
"""Smaller pictures are averaged from one of at least this size, so that thin features stay in proportion."""


def render(factors: Tensor, size: int) -> Tensor:
    """Paint pictures. factors: [B, NUM_FACTORS]. Returns [B, 3, size, size] in [-1, 1]."""
    reduction = -(-_SMALLEST_DIRECT_SIZE // size) if size < _SMALLEST_DIRECT_SIZE else 1
    picture = painting.paint(factors, size * reduction)
    if reduction > 1:
        picture = torch.nn.functional.avg_pool2d(picture, reduction)
    return picture


def _points(head: Head) -> tuple[Plane, ...]:
    left, right = head.eyes
    return (
        head.nose,
        left.centre,
        right.centre,
        left.pupil,
        right.pupil,
        left.brow,
        right.brow,
        head.corners[0],
        head.corners[1],
        head.upper_lip,
        head.lower_lip,
        head.ears[0].tip,
        head.ears[1].tip,
        head.chin,
    )


def landmarks(factors: Tensor, size: int) -> Tensor:
    """Positions of `LANDMARKS`, [B, L, 2] as (y, x) in output pixels, pixel centres at integers."""
    head = build(factors)
    rows = []
    for point in _points(head):
        x, y = head.pose.to_canvas(point)
        rows.append(torch.cat((y.flatten(1), x.flatten(1)), dim=1))
    return torch.stack(rows, dim=1) * size - 0.5
