"""What a session says."""

from __future__ import annotations

from dataclasses import dataclass

from ..geometry import Frame, Point
from .values import EndReason, Image, Parameters, PointPair


@dataclass(frozen=True)
class SessionOpened:
    """A session is ready. `points`, `step` (present) and `steps` (last of the history) come from an imported state."""

    session: str
    model: str
    model_sha256: str
    width: int
    height: int
    frame: Frame
    step: int
    steps: int
    seq: int  # last sequence number that was applied
    points: tuple[PointPair, ...]
    running: bool
    # how it is dragged: as the client set, or as an imported state says
    parameters: Parameters = Parameters()  # noqa: RUF009 (it is frozen)


@dataclass(frozen=True)
class Accepted:
    """The gateway has this command (or had it before)."""

    session: str
    seq: int


@dataclass(frozen=True)
class StepDone:
    """One update of the latent. Handles are tracked on the latent *after* it; distances in canvas pixels."""

    session: str
    step: int
    handles: tuple[Point, ...]
    distances: tuple[float, ...]
    loss: float
    confidences: tuple[float, ...]  # 1 = the handle's features look as at the start, 0 = nothing alike
    milliseconds: float
    seq: int = 0  # of the last command that this step took into account


@dataclass(frozen=True)
class DragEnded:
    session: str
    step: int
    reason: EndReason
    sentence: str


@dataclass(frozen=True)
class Sought:
    """The session stands at this step of its history now."""

    session: str
    step: int
    steps: int


@dataclass(frozen=True)
class Preview:
    """The picture of a step, under credit."""

    session: str
    step: int
    image: Image


@dataclass(frozen=True)
class Rendered:
    request: int
    session: str
    step: int
    image: Image


@dataclass(frozen=True)
class State:
    request: int
    session: str
    step: int
    state: bytes


@dataclass(frozen=True)
class SessionClosed:
    """The session is gone: closed, or lost with its worker. The sentence says why and what to do."""

    session: str
    sentence: str


@dataclass(frozen=True)
class Failed:
    """A request could not be done, and nothing has changed.

    `request`, `session`, `seq` name it as far as they were readable.
    """

    sentence: str
    request: int | None = None
    session: str | None = None
    seq: int | None = None
