"""Eyes, brows, nose and mouth: the crisp features that a user drags."""

from __future__ import annotations

import torch

from training.colours import Colour, blend, constant, tint
from training.scene import Scene
from training.shapes import band, ellipse, inside, length, ramp, smooth_unit


def paint_eyes(scene: Scene, picture: Colour) -> Colour:
    """Sockets, eyes with iris, pupil and highlights clipped by the lids, and brows."""
    head, f, colours, at, soft = scene.head, scene.factors, scene.colours, scene.at, scene.soft
    light_x = f["light_x"]
    for side, eye in zip((-1.0, 1.0), head.eyes, strict=True):
        x, y = eye.local(at)
        edge = soft / eye.scale
        radius = length(x, y)
        lid = tint(picture, 0.80, 0.74, 0.78)
        picture = blend(picture, lid, inside(radius - 1.12, 0.35) * 0.8)
        # Lids meet in an arc: the less the eye is open, the more the opening bends, as in a laugh.
        bent = y + (1.0 - eye.opening) * (0.52 * (1.0 - x * x) - 0.28)
        zero = (torch.zeros_like(edge), torch.zeros_like(edge))
        rim = ellipse((x, bent), (zero[0], zero[1] - 0.05), 1.13, eye.opening * 1.0 + 0.16)
        opening = ellipse((x, bent), zero, 1.0 + 0.0 * edge, eye.opening)
        picture = blend(picture, colours.ink, inside(rim, edge * 1.2))
        gaze_x, gaze_y = eye.gaze
        to_pupil = length(x - gaze_x, y - gaze_y)
        white = blend(colours.white, tint(colours.white, 0.72, 0.70, 0.80), smooth_unit(0.15 - 0.8 * y))
        ball = blend(white, tint(colours.iris, 0.45, 0.42, 0.48), inside(to_pupil - 0.84, edge))
        glow = smooth_unit(0.55 + 0.7 * (y - gaze_y))
        iris = blend(tint(colours.iris, 0.72, 0.72, 0.78), blend(colours.iris, colours.white, 0.30), glow)
        ball = blend(ball, iris, inside(to_pupil - 0.76, edge))
        ball = blend(ball, tint(colours.ink, 0.5, 0.5, 0.6), inside(to_pupil - 0.46, edge))
        spark = (gaze_x + 0.20 * light_x, gaze_y - 0.26)
        ball = blend(ball, colours.white, inside(length(x - spark[0], y - spark[1]) - 0.21, edge))
        glint = (gaze_x - 0.20 * light_x, gaze_y + 0.42)
        ball = blend(ball, colours.white, inside(length(x - glint[0], y - glint[1]) - 0.09, edge) * 0.65)
        picture = blend(picture, ball, inside(opening, edge))
        # Brow: a curved stroke that tapers to both ends.
        u, v = x - eye.brow_local[0], y - eye.brow_local[1]
        v = v + side * 0.32 * f["brow_angle"] * u + 0.30 * u * u
        taper = 0.135 * torch.sqrt((1.0 - (u / 0.66).square()).clamp_min(0.0) + 1e-4)
        brow = band(v, -taper, taper, edge * 1.2) * inside(u.abs() - 0.66, edge)
        picture = blend(picture, blend(colours.fur_dark, colours.ink, 0.45), brow)
    return picture


def paint_nose(scene: Scene, picture: Colour) -> Colour:
    """A rounded triangle with a highlight that follows the light."""
    head, f, colours, at, soft = scene.head, scene.factors, scene.colours, scene.at, scene.soft
    size = head.nose_radius
    x, y = (at[0] - head.nose[0]) / size, (at[1] - head.nose[1]) / size
    flank = x / (1.0 - 0.34 * y.clamp(-1.0, 1.0))
    k = length(flank, y * 1.32)
    distance = (k - 1.0) * size * 0.84
    picture = blend(picture, tint(picture, 0.62, 0.55, 0.60), inside(distance - 0.03, 0.09) * 0.5)
    shade = blend(colours.nose, tint(colours.nose, 0.6, 0.55, 0.6), smooth_unit(0.5 + y))
    picture = blend(picture, shade, inside(distance, soft))
    spot = length((x - 0.25 * f["light_x"]) / 0.40, (y + 0.34) / 0.20)
    return blend(picture, colours.white, inside((spot - 1.0) * 0.28 * size, soft * 1.6) * 0.75)


def paint_mouth(scene: Scene, picture: Colour) -> Colour:
    """Two arcs meeting under the nose; between them and the lower lip a dark inside with teeth and a tongue."""
    head, f, colours, at, soft = scene.head, scene.factors, scene.colours, scene.at, scene.soft
    x, y = at
    middle_x, upper_y = head.upper_lip
    lower_y = head.lower_lip[1]
    (left_x, left_y), (right_x, right_y) = head.corners
    gape = f["mouth_open"]
    # Each half of the mouth has its own span, because turning shortens the far half.
    on_right = ramp(x - middle_x, 1e-3)
    span = (middle_x - left_x) + ((right_x - middle_x) - (middle_x - left_x)) * on_right
    corner_y = left_y + (right_y - left_y) * on_right
    reach = (x - middle_x).abs() / span
    t = reach.clamp_max(1.0)
    sag = 0.075 * (1.0 - 0.35 * gape)
    upper = upper_y + (corner_y - upper_y) * t + sag * 4.0 * t * (1.0 - t)
    lower = lower_y + (corner_y - lower_y) * t * t
    within = inside((reach - 1.0) * span, soft)
    below_upper = ramp(y - upper, soft)
    gap = (below_upper - ramp(y - lower, soft)).clamp_min(0.0) * within
    dark = constant(0.36, 0.10, 0.13, soft)
    tongue_at = (head.lower_lip[0], lower_y + 0.02)
    tongue = ellipse(at, tongue_at, 0.17 + 0.0 * soft, 0.03 + 0.15 * gape)
    mouth = blend(tint(dark, 0.75, 0.7, 0.75), dark, smooth_unit((y - upper) * 4.0))
    mouth = blend(mouth, constant(0.93, 0.47, 0.47, soft), inside(tongue, soft))
    teeth_on = smooth_unit(gape * 1.1 + 0.45 * f["smile"] - 0.15)
    teeth = inside(y - upper - 0.075 * gape, soft) * inside((reach - 0.72) * span, soft * 2.0)
    mouth = blend(mouth, colours.white, teeth * teeth_on)
    picture = blend(picture, mouth, gap)
    # Lower lip: a soft shade under the mouth that grows with the opening.
    slope = 2.0 * (corner_y - lower_y) * t / span
    below = (y - lower) * torch.rsqrt(1.0 + slope * slope)
    picture = blend(picture, colours.ink, band(below, -0.012, 0.016, soft) * within * (0.35 + 0.4 * gape))
    slope = ((corner_y - upper_y) + sag * 4.0 * (1.0 - 2.0 * t)) / span
    line = (y - upper) * torch.rsqrt(1.0 + slope * slope)
    picture = blend(picture, colours.ink, band(line, -0.022, 0.022, soft) * within)
    for corner in head.corners:
        picture = blend(picture, colours.ink, inside(length(x - corner[0], y - corner[1]) - 0.03, soft))
    # Philtrum: from the nose down to the upper lip, both of which share one vertical in the head.
    down = ((y - head.nose[1]) / (upper_y - head.nose[1])).clamp(0.0, 1.0)
    centre = head.nose[0] + (middle_x - head.nose[0]) * down
    seam = band(x - centre, -0.016, 0.016, soft) * inside(y - upper_y, soft) * ramp(y - head.nose[1], soft)
    return blend(picture, colours.ink, seam * 0.85)
