"""Anti-aliased shapes on [B, H, W] grids: signed distances, coverages and smooth combinations.

Distances are negative inside. A `soft` argument is the half width of the edge in the units of the distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

Plane = tuple[Tensor, Tensor]
"""x and y of every pixel, or of one point per picture; y grows downwards."""


def smooth_unit(t: Tensor) -> Tensor:
    """Cubic step from 0 at t = 0 to 1 at t = 1."""
    t = t.clamp(0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def ramp(distance: Tensor, soft: Tensor | float) -> Tensor:
    """1 where `distance` is well above zero, 0 well below, 1/2 on zero."""
    return smooth_unit(distance / soft * 0.5 + 0.5)


def inside(distance: Tensor, soft: Tensor | float) -> Tensor:
    """Coverage of a filled shape."""
    return ramp(-distance, soft)


def band(distance: Tensor, low: Tensor | float, high: Tensor | float, soft: Tensor | float) -> Tensor:
    """Coverage of low < distance < high; a band thinner than a pixel fades instead of staying a pixel wide."""
    return (ramp(distance - low, soft) - ramp(distance - high, soft)).clamp_min(0.0)


def smooth_min(a: Tensor, b: Tensor, radius: float) -> Tensor:
    """Union of two distances with a fillet of `radius`."""
    h = (radius - (a - b).abs()).clamp_min(0.0)
    return torch.minimum(a, b) - h * h * (0.25 / radius)


def smooth_limit(value: Tensor, limit: Tensor | float, softness: float) -> Tensor:
    """Smooth function near `value` that never exceeds `limit`."""
    return value - torch.nn.functional.softplus((value - limit) / softness) * softness


def length(x: Tensor, y: Tensor) -> Tensor:
    """Euclidean length; the small term keeps it differentiable at zero."""
    return torch.sqrt(x * x + y * y + 1e-8)


def disc(at: Plane, centre: Plane, radius: Tensor | float) -> Tensor:
    """Distance to a disc."""
    return length(at[0] - centre[0], at[1] - centre[1]) - radius


def ellipse(at: Plane, centre: Plane, radius_x: Tensor | float, radius_y: Tensor | float) -> Tensor:
    """Distance to an ellipse with upright axes, exact to first order at its edge."""
    x = (at[0] - centre[0]) / radius_x
    y = (at[1] - centre[1]) / radius_y
    k = length(x, y)
    return (k - 1.0) * k / length(x / radius_x, y / radius_y)


@dataclass(frozen=True)
class Cone:
    """A rounded, bulging cone between two points; each tensor [B, 1, 1]."""

    start: Plane
    end: Plane
    start_radius: Tensor
    end_radius: Tensor
    bulge: float = 0.0
    blur: float = 1e-3
    """Squared length below which the axis loses its direction: a cone seen end-on must turn smoothly into a disc."""

    def measure(self, at: Plane) -> tuple[Tensor, Tensor, Plane]:
        """Distance, position along the axis in [0, 1], and the offset from the axis in radii."""
        axis_x = self.end[0] - self.start[0]
        axis_y = self.end[1] - self.start[1]
        x = at[0] - self.start[0]
        y = at[1] - self.start[1]
        squared = axis_x * axis_x + axis_y * axis_y + self.blur
        # The normal of a cone leans towards its thin end, so the sphere that touches a flank point lies further back.
        taper = self.start_radius - self.end_radius
        lean = taper * torch.rsqrt((squared - taper * taper).clamp_min(0.2 * squared) + self.blur)
        across = (x * axis_y - y * axis_x).abs()
        along = ((x * axis_x + y * axis_y - across * lean) / squared).clamp(0.0, 1.0)
        x = x - axis_x * along
        y = y - axis_y * along
        radius = self.start_radius + (self.end_radius - self.start_radius) * along
        radius = radius + self.bulge * 4.0 * along * (1.0 - along)
        return length(x, y) - radius, along, (x / radius, y / radius)
