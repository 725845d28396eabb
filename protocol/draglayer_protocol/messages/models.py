"""Models: what can be opened, how far it has been read, and what it looks like."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from . import checks
from .values import Image


class Load(Enum):
    """Whether a model is in the worker's memory."""

    COLD = "cold"
    LOADING = "loading"
    READY = "ready"


@dataclass(frozen=True)
class ModelInfo:
    """A model that the daemon can open. `labels` is empty for an unconditional model; `sha256` names its weights."""

    name: str
    title: str
    sha256: str
    width: int
    height: int
    labels: tuple[str, ...]
    licence: str
    load: Load
    progress: float = 0.0  # of its weights, the part that has been read: 1 when it is ready
    thumbnails: bool = False  # its strip is made already, so that AskThumbnails costs nothing


@dataclass(frozen=True)
class ListModels:
    """Answered with `Models`."""

    request: int


@dataclass(frozen=True)
class AskThumbnails:
    """What a model looks like; answered with `Thumbnails`. The first time, the worker makes them between drags."""

    request: int
    model: str
    label: int | None = None  # None: of a model with labels, one after the other

    def __post_init__(self) -> None:
        checks.text(self.model, "the model's name")
        checks.label(self.label)


@dataclass(frozen=True)
class Models:
    """What can be opened."""

    request: int
    models: tuple[ModelInfo, ...]


@dataclass(frozen=True)
class ModelLoading:
    """A model comes into the worker's memory, or left it; every client is told. `done` of `size` bytes were read."""

    model: str
    model_sha256: str
    load: Load
    done: int
    size: int


@dataclass(frozen=True)
class Thumbnails:
    """Small pictures of seeds side by side, all of one width. OpenSeed with seed, label and truncation draws them."""

    request: int
    model: str
    model_sha256: str
    seeds: tuple[int, ...]
    labels: tuple[int, ...]  # one for each seed; empty for a model without labels
    truncation: float
    image: Image

    def __post_init__(self) -> None:
        count = len(self.seeds)
        checks.require(
            count > 0 and self.image.width % count == 0,
            f"{self.image.width} pixels are not the width of {count} equal pictures",
        )
        checks.require(
            len(self.labels) in (0, count), f"{len(self.labels)} labels came for {count} pictures; each needs one"
        )
