"""The layers of a creature picture, back to front."""

from __future__ import annotations

import torch
from torch import Tensor

from training.colours import Colour, blend, shaded, tint
from training.features import paint_eyes, paint_mouth, paint_nose
from training.scene import Scene, set_scene
from training.shapes import disc, ellipse, inside, length, smooth_min, smooth_unit


def _markings(scene: Scene, x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    """Strength in [0, 1] of the fur pattern at points of the skull in head coordinates."""
    kind = scene.factors["marking"]
    scale = 1.0 + 0.45 * scene.factors["marking_scale"]
    stripes_on = smooth_unit(-kind * 1.25 - 0.12)
    spots_on = smooth_unit(kind * 1.25 - 0.12)
    stripe = torch.cos(9.0 * scale * (y - 0.30 * x * x + 0.05))
    flank = smooth_unit((x.abs() - 0.42) * 3.0)
    forehead = smooth_unit((-0.36 - y) * 3.5) * smooth_unit((0.52 - x.abs()) * 3.5)
    stripe = smooth_unit(stripe * 0.9 + 0.42) * (flank + forehead).clamp_max(1.0)
    spot = torch.cos(7.4 * scale * x) * torch.cos(6.6 * scale * (y + 0.12)) + 0.12 * z
    spot = smooth_unit(spot * 2.0 - 0.60)
    return 0.85 * (stripe * stripes_on + spot * spots_on)


def _background(scene: Scene) -> Colour:
    x, y = scene.canvas
    colour = scene.colours.background
    white = scene.colours.white
    picture = blend(tint(colour, 0.86, 0.88, 0.92), blend(colour, white, 0.35), smooth_unit(1.05 - y + 0.10 * x))
    halo = length(x - 0.5, y - 0.47) - 0.40
    return blend(picture, blend(colour, white, 0.62), inside(halo, 0.03) * 0.75)


def _body(scene: Scene, picture: Colour) -> Colour:
    f, head, colours = scene.factors, scene.head, scene.colours
    x, y = scene.canvas
    size = f["size"]
    middle = 0.5 + 0.72 * f["position_x"]
    top = 0.80 + 0.55 * f["position_y"]
    neck = ellipse((x, y), (middle + 0.28 * f["position_x"], top), 0.19 * size, 0.15)
    shoulders = ellipse((x, y), (middle, top + 0.27), 0.33 * size, 0.25)
    body = smooth_min(neck, shoulders, 0.12)
    u, v = (x - middle) / (0.36 * size), (y - top - 0.20) / 0.30
    light = scene.light(u * 0.95, v * 0.5 - 0.1)
    pattern = _markings(scene, u * 1.1, v * 1.3 + 0.5, 0.5 + 0.0 * u)
    fur = blend(colours.fur, colours.marking, pattern * smooth_unit((u.abs() - 0.22) * 4.0))
    bib = ellipse((x, y), (middle, top + 0.20), 0.135 * size, 0.19)
    fur = shaded(blend(fur, colours.belly, inside(bib, 0.012)), light)
    # The head's shadow on the chest.
    chest = (head.pose.centre_x + 0.0 * x, head.pose.centre_y + 0.055)
    shadow = inside(ellipse((x, y), chest, head.pose.radius_x * 1.02, head.pose.radius_y * 1.06), 0.06)
    fur = blend(fur, tint(fur, 0.58, 0.54, 0.66), shadow)
    outline = inside(body - 0.0075, scene.soft_canvas * 1.5)
    picture = blend(picture, colours.fur_dark, outline * 0.85)
    return blend(picture, fur, inside(body, scene.soft_canvas))


def _ears(scene: Scene, picture: Colour) -> Colour:
    colours = scene.colours
    pattern_on = smooth_unit(scene.factors["marking"].abs() * 1.25 - 0.12)
    for ear in scene.head.ears:
        distance, along, normal = ear.outer.measure(scene.at)
        light = scene.light(normal[0] * 0.8, normal[1] * 0.55 - 0.15)
        fur = blend(colours.fur, colours.marking, smooth_unit((along - 0.62) * 3.0) * (0.25 + 0.6 * pattern_on))
        inner, _, normal_inner = ear.inner.measure(scene.at)
        # A hollow is lit from the other side.
        hollow = scene.light(-0.55 * normal_inner[0], 0.3 - 0.25 * normal_inner[1])
        fur = blend(shaded(fur, light), shaded(colours.inner_ear, hollow), inside(inner, scene.soft * 1.6))
        fur = blend(fur, tint(fur, 0.62, 0.58, 0.68), smooth_unit(0.75 - 2.4 * along) * 0.9)
        picture = blend(picture, colours.fur_dark, inside(distance - 0.032, scene.soft * 1.5) * 0.85)
        picture = blend(picture, fur, inside(distance, scene.soft))
    return picture


def _face(scene: Scene, picture: Colour, muzzle: Tensor) -> Colour:
    head, colours, at = scene.head, scene.colours, scene.at
    zero = (torch.zeros_like(scene.soft), torch.zeros_like(scene.soft))
    distance = disc(at, zero, 1.0)
    for cheek in head.cheeks:
        distance = smooth_min(distance, cheek.measure(at)[0], 0.16)
    jaw = head.pose.project(0.0, 0.50 + 0.10 * scene.factors["mouth_open"], 0.40)
    distance = smooth_min(distance, disc(at, jaw, 0.54), 0.20)
    distance = smooth_min(distance, head.tuft.measure(at)[0], 0.12)
    # Height of the surface: the sphere's, continued softly past its silhouette so that cheeks are covered too.
    squared = (at[0] * at[0] + at[1] * at[1]) / 1.10
    height = torch.nn.functional.softplus((1.0 - squared) * 12.0) / 12.0
    height = torch.sqrt(height + 1e-4)
    x, y, z = head.pose.unturn(at[0], at[1], height)
    light = scene.light(at[0] * 0.86, at[1] * 0.70)
    # Lower face and a blaze up the forehead in the belly colour, as foxes and many dogs have.
    lower = smooth_unit((y - 0.26 + 0.55 * (x.abs() - 0.45).square()) * 4.0 + 0.5)
    blaze = smooth_unit((0.15 + 0.10 * y - x.abs()) * 8.0 + 0.5) * smooth_unit((y + 0.75) * 2.2)
    pale = torch.maximum(lower, blaze * 0.8) * smooth_unit(z * 4.0 + 0.6)
    fur = blend(colours.fur, colours.marking, _markings(scene, x, y, z) * (1.0 - 0.75 * pale))
    fur = blend(fur, colours.belly, pale)
    fur = shaded(fur, light)
    for blush in head.blush:
        warm = inside(disc(at, blush, 0.0), 0.26).mul(1.5)
        fur = blend(fur, (fur[0] * 1.03, fur[1] * 0.74, fur[2] * 0.74), warm)
    picture = blend(picture, colours.fur_dark, inside(torch.minimum(distance, muzzle) - 0.034, scene.soft * 1.5) * 0.85)
    return blend(picture, fur, inside(distance, scene.soft))


def _muzzle_distance(scene: Scene) -> Tensor:
    head, at = scene.head, scene.at
    left, right = (disc(at, puff, head.puff_radius) for puff in head.puffs)
    upper = smooth_min(smooth_min(left, right, 0.10), head.muzzle.measure(at)[0], 0.14)
    return smooth_min(upper, disc(at, head.jaw, head.jaw_radius), 0.10)


def _muzzle(scene: Scene, picture: Colour, distance: Tensor) -> Colour:
    head, colours, at = scene.head, scene.colours, scene.at
    above = smooth_unit((head.nose[1] + 0.12 - at[1]) * 3.0)
    picture = blend(picture, tint(picture, 0.60, 0.54, 0.60), inside(distance - 0.05, 0.15) * (0.55 - 0.45 * above))
    turned = (at[0] - head.puffs[0][0] * 0.5 - head.puffs[1][0] * 0.5) * 1.3
    light = scene.light(turned, (at[1] - head.nose[1] - 0.16) * 1.25)
    fur = shaded(blend(colours.belly, colours.white, 0.15), light)
    # The bridge of the nose takes on the colour of the fur and dissolves into the forehead.
    bridge = smooth_unit((head.nose[1] + 0.03 - at[1]) * 5.0 + 0.5)
    fur = blend(fur, shaded(blend(colours.fur, colours.belly, 0.55), light), bridge * 0.8)
    return blend(picture, fur, inside(distance + 0.10 * above, scene.soft * 1.5 + 0.20 * above))


def paint(factors: Tensor, size: int) -> Tensor:
    """Paint pictures. factors: [B, NUM_FACTORS]. Returns [B, 3, size, size] in [-1, 1]."""
    scene = set_scene(factors, size)
    picture = _background(scene)
    picture = _body(scene, picture)
    picture = _ears(scene, picture)
    muzzle = _muzzle_distance(scene)
    picture = _face(scene, picture, muzzle)
    picture = _muzzle(scene, picture, muzzle)
    picture = paint_mouth(scene, picture)
    picture = paint_eyes(scene, picture)
    picture = paint_nose(scene, picture)
    return torch.stack(picture, dim=1).clamp(0.0, 1.0) * 2.0 - 1.0
