"""Values inside messages: pictures, masks, points, parameters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ..geometry import Point
from . import checks


class Preset(Enum):
    REFERENCE = "reference"
    PAPER = "paper"
    DEFAULT = "default"


class Space(Enum):
    W = "w"
    W_PLUS = "w+"


class EndReason(Enum):
    ARRIVED = "arrived"
    MAX_STEPS = "max steps"
    STOPPED = "stopped"
    STALLED = "stalled"  # the handles no longer come nearer
    LOST = "lost"  # tracking found nothing that looks like the handle
    FAILED = "failed"  # the worker could not go on; the sentence says why


@dataclass(frozen=True)
class Image:
    """8-bit sRGB picture: row-major, interleaved, no padding; channels 1 (grey), 3 (RGB) or 4 (RGBA)."""

    width: int
    height: int
    channels: int
    pixels: bytes

    def __post_init__(self) -> None:
        checks.require(self.channels in (1, 3, 4), f"an image has {self.channels} channels; 1, 3 or 4 are known")
        checks.between(self.width, 1, checks.MAX_SIDE, "an image's width")
        checks.between(self.height, 1, checks.MAX_SIDE, "an image's height")
        need = self.width * self.height * self.channels
        checks.require(
            len(self.pixels) == need,
            f"{len(self.pixels)} bytes are not a {self.width}x{self.height} image"
            f" of {self.channels} channels: {need} are",
        )


@dataclass(frozen=True)
class Mask:
    """What may move: 255 = movable, 0 = fixed, soft edges between. A byte a pixel, covering the frame, model-sized."""

    width: int
    height: int
    pixels: bytes

    def __post_init__(self) -> None:
        checks.between(self.width, 1, checks.MAX_SIDE, "a mask's width")
        checks.between(self.height, 1, checks.MAX_SIDE, "a mask's height")
        need = self.width * self.height
        checks.require(
            len(self.pixels) == need,
            f"{len(self.pixels)} bytes are not a {self.width}x{self.height} mask: {need} are",
        )
        checks.require(
            any(self.pixels),
            "the mask is black everywhere, so nothing may move; paint white where the picture may move, or send none",
        )


@dataclass(frozen=True)
class PointPair:
    """A handle and where it shall go, in canvas pixels. Equal positions make an anchor: a point that must stay."""

    handle: Point
    target: Point

    def __post_init__(self) -> None:
        checks.point(self.handle, "a handle")
        checks.point(self.target, "a target")


@dataclass(frozen=True)
class Parameters:
    """How to drag; None = what the preset says. Lengths are model pixels. lambda's meaning belongs to the preset."""

    preset: Preset = Preset.DEFAULT
    space: Space | None = None
    layers: int | None = None  # first rows of w that may change
    step_size: float | None = None  # Adam's learning rate
    r1: float | None = None  # radius of the supervised disk
    r2: float | None = None  # half side of the search square
    mask_weight: float | None = None  # lambda
    regularisation: float | None = None  # weight of the latent's distance to where the session began
    stop_distance: float | None = None  # a handle nearer than this has arrived
    max_steps: int | None = None  # of one drag without `hold`

    def __post_init__(self) -> None:
        bounds = {
            "layers": (1, 64),
            "step_size": (1e-6, 10.0),
            "r1": (0.5, 512.0),
            "r2": (1.0, 512.0),
            "mask_weight": (0.0, 1e6),
            "regularisation": (0.0, 1e6),
            "stop_distance": (0.1, 512.0),
            "max_steps": (1, checks.MAX_STEPS),
        }
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if value is not None:
                checks.between(value, low, high, name)
