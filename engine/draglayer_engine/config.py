"""How to drag: one frozen configuration, and the presets that fill it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from .architecture import Size
from .limits import Range, limits


class Space(Enum):
    """What a drag may change: one w for all editable rows, or every editable row by itself."""

    W = "w"
    W_PLUS = "w+"


class EndReason(Enum):
    """Why a drag ended."""

    ARRIVED = "arrived"
    MAX_STEPS = "max steps"
    STOPPED = "stopped"
    STALLED = "stalled"
    LOST = "lost"


class Norm(Enum):
    """Distance between feature vectors when a handle is tracked."""

    L1 = "l1"
    L2 = "l2"


class Reduction(Enum):
    """Sum as the paper prints it, or mean, so that a term does not grow with patch, channels and picture."""

    SUM = "sum"
    MEAN = "mean"


class Patch(Enum):
    """Pixels of the supervised disk: |q - p| <= r1, or the public implementation's drifting grid (see drag.disk)."""

    DISK = "disk"
    LINSPACE = "linspace"


class Source(Enum):
    """What the disk's pull wants to see one stride further: the features at the handle now (F(q) of eq. 1), or those
    that the handle had when the drag began."""

    NOW = "now"
    BEGINNING = "beginning"


class Sampling(Enum):
    """How features are read between feature pixels (see sampling.py)."""

    NATIVE = "native"
    RESIZED = "resized"


@dataclass(frozen=True)
class DragConfig:
    """Hyper-parameters of sections 3.2 and 3.3 (Pan et al. 2023). All lengths are image (model) pixels."""

    preset: str
    size: Size  # of the picture
    space: Space = Space.W_PLUS
    layers: int = 6  # first rows of w that may change
    directions: int = 0  # Adam moves w along so many principal directions of the model; 0 = along w's coordinates
    step_size: float = 2e-3  # Adam's learning rate: in units of w, or in standard deviations along the directions
    r1: float = 3.0  # radius of the disk, Omega_1
    r2: float = 12.0  # half side of the square, Omega_2
    live_speed: float = 1.0  # how many times longer the steps of a live pull are
    template: float = 0.0  # radius around a handle that it is recognised by; 0 = the handle alone
    stride: float = 1.0  # length of d_i: how far a step pulls
    mask_weight: float = 20.0  # lambda
    regularisation: float = 0.0  # weight of the latent's mean absolute distance to where the session began
    stop_distance: float | None = None  # None: see `stop`
    max_steps: int = 300
    feature_block: int = 128
    norm: Norm = Norm.L1
    reduction: Reduction = Reduction.MEAN
    patch: Patch = Patch.DISK
    sampling: Sampling = Sampling.NATIVE
    source: Source = Source.NOW
    settle: int = 1  # steps that the handles must be at their targets, in a row, for a drag to have arrived
    patience: int | None = None  # steps without coming nearer after which a drag counts as stalled
    lost_below: float = 0.0  # confidence below which every handle must stay for `lost_after` steps to count as lost
    lost_after: int = 10

    @property
    def literal(self) -> bool:
        """Whether this reproduces the public implementation to the digit."""
        return self.sampling is Sampling.RESIZED

    def moved_along(self, w_dim: int) -> int:
        """How many directions Adam moves a latent of this length along; 0 = along its coordinates."""
        return min(self.directions, w_dim)

    def stop(self, count: int) -> float:
        """Distance at which a handle of a drag of `count` points has arrived (paper: 1 px up to 5 points, else 2)."""
        if self.stop_distance is not None:
            return self.stop_distance
        if self.literal:
            return max(2 / 512 * self.size.height, 2.0)
        return 1.0 if count <= 5 else 2.0


@dataclass(frozen=True)
class Hints:
    """What was measured to suit one model; None where nothing was. Stored in the model's metadata."""

    feature_block: int | None = None
    space: str | None = None
    directions: int | None = None
    step_size: float | None = None
    r1: float | None = None
    r2: float | None = None
    template: float | None = None
    stride: float | None = None
    mask_weight: float | None = None


NO_HINTS = Hints()
PRESETS = ("reference", "paper", "default")
OVERRIDES = (
    "space",
    "layers",
    "step_size",
    "r1",
    "r2",
    "mask_weight",
    "regularisation",
    "stop_distance",
    "max_steps",
)


def preset(name: str, size: Size, blocks: tuple[int, ...], hints: Hints = NO_HINTS, **overrides: Any) -> DragConfig:
    """A preset for a model of this picture size and these blocks; overrides that are None are ignored.

    Raises ValueError naming an unknown preset or override, or a value out of range.
    """
    if name not in PRESETS:
        raise ValueError(f"there is no preset {name!r}; the presets are {', '.join(PRESETS)}")
    unknown = sorted(set(overrides) - set(OVERRIDES))
    if unknown:
        raise ValueError(f"{', '.join(unknown)} cannot be set; what can is {', '.join(OVERRIDES)}")
    make = {"reference": _reference, "paper": _paper, "default": _default}[name]
    given = {key: value for key, value in overrides.items() if value is not None}
    config = replace(make(size, blocks, hints), **given)
    check(config, blocks)
    return config


def check(config: DragConfig, blocks: tuple[int, ...]) -> None:
    """Raises ValueError for what no drag of a model with these blocks can work with, whoever wrote it."""
    rows = 2 * len(blocks)
    if not Range(1, rows, whole=True).holds(config.layers):
        raise ValueError(
            f"{config.layers} layers cannot be edited; this model has {rows} rows of w, so choose 1 to {rows}"
        )
    if config.feature_block not in blocks:
        raise ValueError(f"this model has no block of {config.feature_block} px to read features from")
    for name, allowed in limits(config.size.height).items():
        value = getattr(config, name)
        unset = value is None and DragConfig.__dataclass_fields__[name].default is None
        if not (unset or allowed.holds(value)):
            raise ValueError(
                f"{name} is {value}; for pictures of this size it may be {allowed.low:g} to {allowed.high:g}"
            )


def _reference(size: Size, blocks: tuple[int, ...], hints: Hints) -> DragConfig:
    """The public implementation's arithmetic: reproduces recorded arrays to the digit."""
    scale = size.height / 512
    return DragConfig(
        preset="reference",
        size=size,
        layers=min(6, 2 * len(blocks)),
        step_size=1e-3,
        r1=float(round(3 * scale)),
        r2=float(round(12 * scale)),
        max_steps=100_000,  # it never stops by count
        feature_block=min(128, blocks[-1]),
        norm=Norm.L2,
        patch=Patch.LINSPACE,
        sampling=Sampling.RESIZED,
    )


def _paper(size: Size, blocks: tuple[int, ...], hints: Hints) -> DragConfig:
    """As printed in the later version: sums, radii scaled by size/512, L1 tracking, lambda 20, stop at 1 or 2 px."""
    scale = size.height / 512
    return DragConfig(
        preset="paper",
        size=size,
        layers=min(6, 2 * len(blocks)),
        r1=float(max(1, round(3 * scale))),
        r2=float(max(1, round(12 * scale))),
        feature_block=hints.feature_block or _default_block(blocks),
        reduction=Reduction.SUM,
    )


def _default(size: Size, blocks: tuple[int, ...], hints: Hints) -> DragConfig:
    """Ours. Departures from the paper, each with its reason:

    - means instead of sums: lambda means the same at every picture size and patch;
    - the mask term is the mean over the fixed feature pixels: a small fixed area counts as much as a large one;
    - features are read from the native map at the half-pixel position: nothing is upsampled;
    - border padding: a patch at the edge is not pulled towards zeros;
    - d_i shrinks with the last pixel: anchors and arrived handles are held instead of thrown about;
    - a handle is recognised by itself and its neighbours: a contour alone looks the same all along;
    - where the model's metadata says so, w moves along the principal directions of the model's own latents, in steps as
      long as they spread: the picture stays one that the model draws, where free coordinates of w leave it;
    - space, step size, feature block, radii and stride come from the model's metadata where they were measured;
    - a handle is pulled by the features that it had at first, not by those that it has become: what tracking gets wrong
      is pulled back instead of being pulled along;
    - a live pull takes longer steps: a hand does not wait;
    - a drag ends when its handles have settled at their targets: tracking says so some steps before the picture does;
    - stalled and lost end a drag that cannot arrive.
    """
    scale = size.height / 512
    return DragConfig(
        preset="default",
        size=size,
        space=Space.W_PLUS if hints.space is None else Space(hints.space),
        layers=min(6, 2 * len(blocks)),
        directions=hints.directions or 0,
        step_size=hints.step_size or 2e-3,
        live_speed=4.0,
        r1=hints.r1 or max(2.0, 3 * scale),
        r2=hints.r2 or max(4.0, 12 * scale),
        template=max(4.0, 8 * scale) if hints.template is None else hints.template,
        stride=hints.stride or 1.0,
        mask_weight=20.0 if hints.mask_weight is None else hints.mask_weight,
        feature_block=hints.feature_block or _default_block(blocks),
        source=Source.BEGINNING,
        settle=30,
        patience=80,
        lost_below=0.3,
    )


def _default_block(blocks: tuple[int, ...]) -> int:
    """A quarter of the output, within what the model has and at most 128: the paper's best block at 512 px."""
    return max(blocks[0], min(128, blocks[-1] // 4))
