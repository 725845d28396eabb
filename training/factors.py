"""The continuous factors behind one creature picture, and how a StyleGAN2 latent is mapped to them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Factor:
    """One continuous factor of a picture; `geometry` says whether it moves contours rather than colours."""

    name: str
    low: float
    high: float
    geometry: bool


FACTORS: tuple[Factor, ...] = (
    Factor("yaw", -0.54, 0.54, True),
    Factor("pitch", -0.30, 0.30, True),
    Factor("roll", -0.26, 0.26, True),
    Factor("position_x", -0.08, 0.08, True),
    Factor("position_y", -0.06, 0.06, True),
    Factor("size", 0.88, 1.10, True),
    Factor("head_width", 0.94, 1.12, True),
    Factor("cheek_puff", 0.0, 1.0, True),
    Factor("ear_length", 0.0, 1.0, True),
    Factor("ear_width", 0.0, 1.0, True),
    Factor("ear_roundness", 0.0, 1.0, True),
    Factor("ear_angle", 0.0, 1.0, True),
    Factor("eye_open", 0.0, 1.0, True),
    Factor("gaze_x", -1.0, 1.0, True),
    Factor("gaze_y", -1.0, 1.0, True),
    Factor("eye_size", 0.20, 0.265, True),
    Factor("eye_spacing", 0.345, 0.435, True),
    Factor("brow_height", 0.0, 1.0, True),
    Factor("brow_angle", -1.0, 1.0, True),
    Factor("muzzle_length", 0.0, 1.0, True),
    Factor("muzzle_size", 0.82, 1.15, True),
    Factor("mouth_width", 0.0, 1.0, True),
    Factor("mouth_open", 0.0, 1.0, True),
    Factor("smile", -1.0, 1.0, True),
    Factor("fur_hue", 0.0, 1.0, False),
    Factor("fur_lightness", -1.0, 1.0, False),
    Factor("belly_lightness", 0.25, 0.95, False),
    Factor("eye_hue", 0.0, 1.0, False),
    # Stripes at -1, plain fur at 0, spots at +1: one path, so that strength and kind cannot disagree.
    Factor("marking", -1.0, 1.0, False),
    Factor("marking_scale", 0.0, 1.0, True),  # where stripes lie is a matter of place, not of colour
    Factor("light_x", -1.0, 1.0, False),
    Factor("background_hue", 0.0, 1.0, False),
)

NUM_FACTORS: int = len(FACTORS)

INDEX: dict[str, int] = {factor.name: index for index, factor in enumerate(FACTORS)}

# Extreme poses are rarer than middling ones; other factors are uniform. Below 1 the distribution peaks in the middle.
_STEEPNESS = {"yaw": 0.85, "pitch": 0.75, "roll": 0.65, "position_x": 0.75, "position_y": 0.75}


def from_z(z: Tensor) -> Tensor:
    """Map a latent to factors.

    z: [B, NUM_FACTORS], standard normal. Returns [B, NUM_FACTORS], each column within its factor's low and high.
    The latent is first normalised to unit root mean square, as a StyleGAN2 mapping network does.
    """
    normalised = z * torch.rsqrt(z.square().mean(dim=1, keepdim=True) + 1e-8)
    steepness = z.new_tensor([_STEEPNESS.get(factor.name, 1.0) for factor in FACTORS])
    low = z.new_tensor([factor.low for factor in FACTORS])
    high = z.new_tensor([factor.high for factor in FACTORS])
    share: Tensor = torch.special.ndtr(normalised * steepness)
    return low + (high - low) * share


def mix(geometry_from: Tensor, appearance_from: Tensor) -> Tensor:
    """Take the geometry columns of one [B, NUM_FACTORS] tensor and the appearance columns of another."""
    is_geometry = torch.tensor([factor.geometry for factor in FACTORS], device=geometry_from.device)
    return torch.where(is_geometry, geometry_from, appearance_from)
