"""Palettes as smooth one-dimensional paths, and the canvas on which layers are composited."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

Colour = tuple[Tensor, Tensor, Tensor]
"""Red, green and blue in [0, 1]; separate planes so that a compiler fuses all of a picture into one loop."""

Knot = tuple[float, float, float]

FUR: tuple[Knot, ...] = (
    (0.43, 0.52, 0.64),
    (0.66, 0.65, 0.66),
    (0.56, 0.41, 0.33),
    (0.86, 0.45, 0.24),
    (0.94, 0.68, 0.34),
    (0.95, 0.83, 0.68),
    (0.84, 0.62, 0.63),
)
EYES: tuple[Knot, ...] = ((0.20, 0.50, 0.74), (0.20, 0.60, 0.48), (0.86, 0.62, 0.14), (0.52, 0.28, 0.12))
BACKGROUNDS: tuple[Knot, ...] = (
    (0.42, 0.68, 0.68),
    (0.58, 0.76, 0.88),
    (0.72, 0.68, 0.86),
    (0.93, 0.71, 0.70),
    (0.97, 0.82, 0.60),
    (0.70, 0.80, 0.58),
)


def constant(red: float, green: float, blue: float, like: Tensor) -> Colour:
    """One colour in the dtype and on the device of `like`."""
    return (torch.full_like(like, red), torch.full_like(like, green), torch.full_like(like, blue))


def along(knots: tuple[Knot, ...], position: Tensor) -> Colour:
    """Colour at `position` in [0, 1] on the smooth path through `knots`."""
    scaled = position * (len(knots) - 1)
    weights = []
    for index in range(len(knots)):
        t = (1.0 - (scaled - index).abs()).clamp_min(0.0)
        weights.append(t * t * (3.0 - 2.0 * t))
    red, green, blue = torch.zeros_like(position), torch.zeros_like(position), torch.zeros_like(position)
    for weight, knot in zip(weights, knots, strict=True):
        red, green, blue = red + weight * knot[0], green + weight * knot[1], blue + weight * knot[2]
    return (red, green, blue)


def blend(first: Colour, second: Colour, amount: Tensor | float) -> Colour:
    """Linear mixture: `first` at 0, `second` at 1."""
    return (
        first[0] + (second[0] - first[0]) * amount,
        first[1] + (second[1] - first[1]) * amount,
        first[2] + (second[2] - first[2]) * amount,
    )


def tint(colour: Colour, red: float, green: float, blue: float) -> Colour:
    """Multiply the three planes by three numbers."""
    return (colour[0] * red, colour[1] * green, colour[2] * blue)


@dataclass(frozen=True)
class Palette:
    """The colours of one picture, each plane [B, 1, 1]."""

    fur: Colour
    fur_dark: Colour
    belly: Colour
    marking: Colour
    inner_ear: Colour
    ink: Colour
    iris: Colour
    nose: Colour
    background: Colour
    white: Colour


def palette(fur_hue: Tensor, fur_lightness: Tensor, belly: Tensor, eye_hue: Tensor, background_hue: Tensor) -> Palette:
    """Derive every colour from the appearance factors, each [B, 1, 1]."""
    white = constant(1.0, 0.975, 0.94, fur_hue)
    ink = constant(0.17, 0.11, 0.13, fur_hue)
    base = along(FUR, fur_hue)
    # Darker fur is also a little more saturated, lighter fur is mixed with cream.
    darkness = (0.5 - 0.5 * fur_lightness) * 0.30
    base = (base[0] * (1.0 - 0.8 * darkness), base[1] * (1.0 - darkness), base[2] * (1.0 - darkness))
    fur = blend(base, white, (0.5 + 0.5 * fur_lightness) * 0.30)
    dark = blend(tint(fur, 0.52, 0.46, 0.50), ink, 0.15)
    return Palette(
        fur=fur,
        fur_dark=dark,
        belly=blend(fur, white, belly),
        marking=blend(fur, dark, 0.72),
        inner_ear=blend(blend(fur, constant(0.96, 0.66, 0.64, fur_hue), 0.6), white, belly * 0.25),
        ink=ink,
        iris=along(EYES, eye_hue),
        nose=blend(ink, tint(fur, 0.62, 0.40, 0.42), 0.35),
        background=along(BACKGROUNDS, background_hue),
        white=white,
    )


def shaded(colour: Colour, light: Tensor) -> Colour:
    """Colour under `light` in [0, 1]: violet-cool shadows, warm lights."""
    return (
        colour[0] * (0.67 + 0.39 * light),
        colour[1] * (0.62 + 0.42 * light),
        colour[2] * (0.70 + 0.30 * light),
    )
