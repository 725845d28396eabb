"""What the worker asks of an engine, in plain values: no torch here, and positions as Point(x, y) in model pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from draglayer_protocol.geometry import Point
from draglayer_protocol.messages import EndReason, Image, Mask, Parameters, PointPair

from .registry import Entry


class Refusal(Exception):
    """What a client asked for cannot be done; the sentence says what, why and what next. Nothing has changed."""


class Progress(NamedTuple):
    """A drag after one update of the latent; lengths in model pixels."""

    step: int
    handles: tuple[Point, ...]
    distances: tuple[float, ...]
    loss: float
    confidences: tuple[float, ...]
    ended: EndReason | None


class Drag(Protocol):
    """One picture on its manifold. Every method may raise Refusal."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    @property
    def step_index(self) -> int:
        """Where the picture stands in its history."""

    @property
    def history_length(self) -> int:
        """Last step of the history."""

    @property
    def parameters(self) -> Parameters:
        """How it is dragged: what a client set, or what an imported state says."""

    def pairs(self) -> tuple[PointPair, ...]:
        """The present points, in model pixels."""

    def set_points(self, points: Sequence[PointPair]) -> None: ...

    def move_targets(self, targets: Sequence[Point]) -> None: ...

    def set_mask(self, mask: Mask | None) -> None: ...

    def configure(self, parameters: Parameters) -> None: ...

    @property
    def resting(self) -> bool:
        """Whether a held drag has nothing to do until something changes."""

    def begin(self, hold: bool) -> None: ...

    def step(self) -> Progress: ...

    def stop(self) -> Progress: ...

    def abandon(self) -> None:
        """Leave a drag whose step failed, so that another may begin from the last good step."""

    def seek(self, step: int) -> None: ...

    def render(self, step: int | None) -> Image: ...

    def draft(self) -> Image:
        """The present picture as it is shown between steps: sooner than `render`, and some of 255 levels off."""

    def export(self) -> bytes: ...


class Engine(Protocol):
    """Makes drags. Models are in memory after `load`."""

    @property
    def device(self) -> str: ...

    def load(self, entry: Entry, progress: Callable[[int, int], None] | None = None) -> None:
        """Have a model in memory. `progress` is called with the bytes read so far, and with how many there are."""

    def unload(self, entry: Entry) -> None: ...

    def model_of(self, state: bytes) -> str:
        """The hash of the weights that a state belongs to. Raises Refusal when it is damaged or too new."""

    def check(self, entry: Entry, parameters: Parameters) -> None:
        """Raises Refusal when the parameters do not fit the model."""

    def from_seed(self, entry: Entry, seed: int, label: int | None, truncation: float) -> Drag: ...

    def from_state(self, entry: Entry, state: bytes) -> Drag: ...

    def thumbnail(self, entry: Entry, seed: int, label: int | None, truncation: float, size: tuple[int, int]) -> Image:
        """The picture of a seed in this size (width, height), which is not larger than the model's."""

    def fatal(self, error: Exception) -> bool:
        """Whether the device is unusable after this error, so that only a fresh process helps."""

    def relieve(self) -> None:
        """Give back memory that is held in reserve, after an error that may be for want of it."""
