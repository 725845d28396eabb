"""Where everything of a creature's head is: 3-D points turned by the pose and projected orthographically.

Head coordinates: the skull is the unit sphere, x to the viewer's right, y down, z towards the viewer. After yaw and
pitch, dropping z gives head-plane coordinates; `Head.to_canvas` adds width, size, roll and position.
Every tensor is [B, 1, 1].
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from training.factors import INDEX
from training.shapes import Cone, Plane, length, smooth_limit

SKULL_RADIUS = 0.25
"""Radius of the skull at size 1, as a fraction of the frame."""

MARGIN = 0.07
"""Ear tips and the chin are kept this fraction of the frame away from its border."""

SIDES = (-1.0, 1.0)
"""Left and right as the viewer sees them."""


@dataclass(frozen=True)
class Factors:
    """Named access to the columns of a [B, NUM_FACTORS] tensor, as [B, 1, 1]."""

    columns: Tensor

    def __getitem__(self, name: str) -> Tensor:
        return self.columns[:, INDEX[name], None, None]


@dataclass(frozen=True)
class Pose:
    """Sines and cosines of the three turns, and the placement on the canvas."""

    cos_yaw: Tensor
    sin_yaw: Tensor
    cos_pitch: Tensor
    sin_pitch: Tensor
    cos_roll: Tensor
    sin_roll: Tensor
    centre_x: Tensor
    centre_y: Tensor
    radius_x: Tensor
    radius_y: Tensor

    def project(self, x: Tensor | float, y: Tensor | float, z: Tensor | float) -> Plane:
        """Head-plane position of a 3-D point."""
        turned_x = self.cos_yaw * x + self.sin_yaw * z
        turned_z = self.cos_yaw * z - self.sin_yaw * x
        return (turned_x, self.cos_pitch * y + self.sin_pitch * turned_z)

    def unturn(self, x: Tensor, y: Tensor, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Head coordinates of a point given after yaw and pitch."""
        level_y = self.cos_pitch * y - self.sin_pitch * z
        level_z = self.sin_pitch * y + self.cos_pitch * z
        return (
            self.cos_yaw * x - self.sin_yaw * level_z,
            level_y,
            self.sin_yaw * x + self.cos_yaw * level_z,
        )

    def to_canvas(self, point: Plane) -> Plane:
        """Canvas position in [0, 1) of a head-plane point."""
        x = point[0] * self.radius_x
        y = point[1] * self.radius_y
        return (
            self.centre_x + self.cos_roll * x - self.sin_roll * y,
            self.centre_y + self.sin_roll * x + self.cos_roll * y,
        )

    def from_canvas(self, point: Plane) -> Plane:
        """Head-plane position of a canvas point."""
        x = point[0] - self.centre_x
        y = point[1] - self.centre_y
        return (
            (self.cos_roll * x + self.sin_roll * y) / self.radius_x,
            (self.cos_roll * y - self.sin_roll * x) / self.radius_y,
        )


@dataclass(frozen=True)
class Ear:
    """One ear: outer shape, inner shape, and the point of its tip."""

    outer: Cone
    inner: Cone
    tip: Plane


@dataclass(frozen=True)
class Eye:
    """One eye and its brow in a local frame: local = inverse (2x2) · (head-plane point - centre), in eye radii."""

    centre: Plane
    pupil: Plane
    brow: Plane
    inverse: tuple[Tensor, Tensor, Tensor, Tensor]
    opening: Tensor
    gaze: Plane
    brow_local: Plane
    scale: Tensor

    def local(self, at: Plane) -> Plane:
        """Local coordinates of head-plane points."""
        x = at[0] - self.centre[0]
        y = at[1] - self.centre[1]
        a, b, c, d = self.inverse
        return (a * x + b * y, c * x + d * y)


@dataclass(frozen=True)
class Head:
    """Everything the painter and the landmarks need; points in head-plane coordinates."""

    pose: Pose
    ears: tuple[Ear, Ear]
    cheeks: tuple[Cone, Cone]
    tuft: Cone
    eyes: tuple[Eye, Eye]
    muzzle: Cone
    puffs: tuple[Plane, Plane]
    puff_radius: Tensor
    jaw: Plane
    jaw_radius: Tensor
    nose: Plane
    nose_radius: Tensor
    upper_lip: Plane
    lower_lip: Plane
    corners: tuple[Plane, Plane]
    chin: Plane
    blush: tuple[Plane, Plane]


def _pose(f: Factors) -> Pose:
    yaw, pitch, roll = f["yaw"], f["pitch"], f["roll"]
    radius = SKULL_RADIUS * f["size"]
    return Pose(
        cos_yaw=yaw.cos(),
        sin_yaw=yaw.sin(),
        cos_pitch=pitch.cos(),
        sin_pitch=pitch.sin(),
        cos_roll=roll.cos(),
        sin_roll=roll.sin(),
        centre_x=0.5 + f["position_x"],
        centre_y=0.565 + f["position_y"],
        radius_x=radius * f["head_width"],
        radius_y=radius,
    )


def _ear(f: Factors, pose: Pose, side: float) -> Ear:
    spread = f["ear_angle"]
    base_angle = 0.50 + 0.62 * spread
    tip_angle = 0.10 + 0.75 * spread + 0.90 * spread * spread
    reach = 0.58 + 0.80 * f["ear_length"]
    base_x, base_y = side * 0.74 * base_angle.sin(), -0.74 * base_angle.cos()
    base = pose.project(base_x, base_y, 0.10)
    tip_x = base_x + side * reach * tip_angle.sin()
    tip = pose.project(tip_x, base_y - reach * tip_angle.cos(), -0.02)
    # Held inside the frame on the canvas, so that even long ears of large heads keep their tips in the picture.
    x, y = pose.to_canvas(tip)
    x = smooth_limit(x, 1.0 - MARGIN, 0.02)
    y = smooth_limit(y, 1.0 - MARGIN, 0.02)
    x = -smooth_limit(-x, -MARGIN, 0.02)
    y = -smooth_limit(-y, -MARGIN, 0.02)
    tip = pose.from_canvas((x, y))
    axis_x, axis_y = tip[0] - base[0], tip[1] - base[1]
    reach = length(axis_x, axis_y)
    base_radius = 0.27 + 0.17 * f["ear_width"]
    tip_radius = base_radius * (0.10 + 0.86 * f["ear_roundness"])
    end = (tip[0] - axis_x / reach * tip_radius, tip[1] - axis_y / reach * tip_radius)
    shift = 0.05 * pose.sin_yaw
    inner_start = (base[0] + 0.22 * axis_x + shift, base[1] + 0.22 * axis_y)
    inner_end = (end[0] - 0.10 * axis_x + shift, end[1] - 0.10 * axis_y)
    return Ear(
        outer=Cone(base, end, base_radius, tip_radius, 0.025),
        inner=Cone(inner_start, inner_end, base_radius * 0.58, tip_radius * 0.55, 0.015),
        tip=tip,
    )


def _cheek(f: Factors, pose: Pose, side: float) -> Cone:
    puff = f["cheek_puff"]
    start = pose.project(side * 0.42, 0.34, 0.30)
    end = pose.project(side * (0.66 + 0.36 * puff), 0.36 + 0.10 * puff, 0.12)
    return Cone(start, end, torch.full_like(puff, 0.50), 0.36 - 0.17 * puff, blur=0.01)


def _eye(f: Factors, pose: Pose, side: float) -> Eye:
    x, y = side * f["eye_spacing"], torch.full_like(f["eye_spacing"], -0.20)
    z = torch.sqrt(1.0 - x * x - y * y)
    centre = pose.project(x, y, z)
    # Two tangents of the sphere: along the parallel and along the meridian.
    flat = torch.sqrt(x * x + z * z)
    u = pose.project(z / flat, 0.0, -x / flat)
    v = pose.project(-x * y / flat, flat, -z * y / flat)
    # An eyeball bulges out of the face, so it foreshortens less than the surface does.
    bulge = 0.45
    radius = f["eye_size"]
    a = (u[0] + (1.0 - u[0]) * bulge) * radius
    c = u[1] * (1.0 - bulge) * radius
    b = v[0] * (1.0 - bulge) * radius
    d = (v[1] + (1.0 - v[1]) * bulge) * radius
    determinant = a * d - b * c
    # Square root: wide eyes are the common case, nearly closed ones the rare one.
    opening = 0.16 + 0.84 * torch.sqrt(f["eye_open"] + 0.02) * 0.99
    gaze = (0.26 * f["gaze_x"], 0.20 * f["gaze_y"] * opening - 0.22 * (1.0 - opening))
    brow = (-0.04 * side + torch.zeros_like(radius), -1.40 - 0.40 * f["brow_height"] - 0.10 * opening)

    def place(local: Plane) -> Plane:
        return (centre[0] + a * local[0] + b * local[1], centre[1] + c * local[0] + d * local[1])

    return Eye(
        centre=centre,
        pupil=place(gaze),
        brow=place(brow),
        inverse=(d / determinant, -b / determinant, -c / determinant, a / determinant),
        opening=opening,
        gaze=gaze,
        brow_local=brow,
        scale=radius,
    )


def build(factors: Tensor) -> Head:
    """Lay out the head of each picture. factors: [B, NUM_FACTORS]."""
    f = Factors(factors)
    pose = _pose(f)
    bulk = f["muzzle_size"]
    gape = f["mouth_open"]
    # Distance of the nose tip from the skull's centre; this protrusion is what makes a turn legible.
    front = 1.10 + 0.30 * f["muzzle_length"]
    lip_z = front - 0.12
    upper_y = 0.43 + 0.15 * bulk
    lower_y = upper_y + 0.04 + 0.27 * gape
    width = (0.25 + 0.14 * f["mouth_width"]) * (1.0 - 0.18 * gape)
    corner_y = upper_y - 0.01 - 0.10 * f["smile"] + 0.07 * gape
    jaw_radius = 0.25 * bulk
    jaw = pose.project(0.0, lower_y - 0.01, lip_z - 0.16)
    chin = (jaw[0], jaw[1] + jaw_radius)
    # A gaping large head that looks down would lose its chin below the frame, so it is lifted just enough.
    chin_y = pose.to_canvas(chin)[1]
    pose = replace(pose, centre_y=pose.centre_y + smooth_limit(chin_y, 1.0 - MARGIN, 0.015) - chin_y)
    return Head(
        pose=pose,
        ears=(_ear(f, pose, -1.0), _ear(f, pose, 1.0)),
        cheeks=(_cheek(f, pose, -1.0), _cheek(f, pose, 1.0)),
        tuft=Cone(
            pose.project(0.0, -0.88, 0.25),
            pose.project(0.10, -1.08 - 0.16 * f["cheek_puff"], 0.32),
            torch.full_like(gape, 0.15),
            torch.full_like(gape, 0.03),
            blur=0.01,
        ),
        eyes=(_eye(f, pose, -1.0), _eye(f, pose, 1.0)),
        muzzle=Cone(
            pose.project(0.0, 0.42, 0.70), pose.project(0.0, 0.42, front - 0.16), 0.45 * bulk, 0.34 * bulk, blur=0.05
        ),
        puffs=(pose.project(-0.19 * bulk, 0.50, lip_z - 0.05), pose.project(0.19 * bulk, 0.50, lip_z - 0.05)),
        puff_radius=0.25 * bulk,
        jaw=jaw,
        jaw_radius=jaw_radius,
        nose=pose.project(0.0, 0.30, front),
        nose_radius=0.155 * (0.55 + 0.45 * bulk),
        upper_lip=pose.project(0.0, upper_y, lip_z),
        lower_lip=pose.project(0.0, lower_y, lip_z),
        corners=(pose.project(-width, corner_y, lip_z - 0.16), pose.project(width, corner_y, lip_z - 0.16)),
        chin=chin,
        blush=(pose.project(-0.66, 0.34, 0.66), pose.project(0.66, 0.34, 0.66)),
    )
