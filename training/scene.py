"""What every layer of a picture reads."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from training.colours import Palette, palette
from training.head import Factors, Head, build
from training.shapes import Plane, smooth_unit


@dataclass(frozen=True)
class Scene:
    """What every layer reads: the layout, the colours, the grids, the light and the edge softness."""

    factors: Factors
    head: Head
    colours: Palette
    canvas: Plane
    at: Plane
    soft_canvas: float
    soft: Tensor
    light_x: Tensor

    def light(self, normal_x: Tensor, normal_y: Tensor) -> Tensor:
        """Wrapped diffuse light in [0, 1] on a surface whose normal has these head-plane components."""
        flat = (1.0 - normal_x * normal_x - normal_y * normal_y).clamp_min(0.0)
        facing = torch.sqrt(flat + 1e-3)
        return smooth_unit(0.47 + 0.36 * self.light_x * normal_x - 0.36 * normal_y + 0.26 * facing)


def set_scene(factors: Tensor, size: int) -> Scene:
    """Lay out pictures of size x size pixels. factors: [B, NUM_FACTORS]."""
    f = Factors(factors)
    head = build(factors)
    steps = (torch.arange(size, device=factors.device, dtype=factors.dtype) + 0.5) / size
    canvas = (steps[None, None, :].expand(factors.shape[0], size, size), steps[None, :, None])
    # A pixel's own width, plus a constant share that makes large pictures as soft as a drawing.
    soft_canvas = ((0.62 / size) ** 2 + (0.55 / 256.0) ** 2) ** 0.5
    return Scene(
        factors=f,
        head=head,
        colours=palette(f["fur_hue"], f["fur_lightness"], f["belly_lightness"], f["eye_hue"], f["background_hue"]),
        canvas=canvas,
        at=head.pose.from_canvas(canvas),
        soft_canvas=soft_canvas,
        soft=soft_canvas / head.pose.radius_y,
        light_x=f["light_x"],
    )
