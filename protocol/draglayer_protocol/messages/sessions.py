"""Requests that open a session, change it, or ask it something."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..geometry import Frame, Point
from . import checks
from .values import Image, Mask, Parameters, PointPair


@dataclass(frozen=True)
class OpenSeed:
    """Open a session on the picture of a seed. `session` is chosen by the client: 32 hexadecimal digits."""

    boot: str
    session: str
    model: str
    seed: int
    label: int | None = None  # of a model with labels, one of them
    truncation: float = 1.0
    frame: Frame | None = None  # None: canvas pixels are model pixels

    def __post_init__(self) -> None:
        checks.session(self.session)
        checks.text(self.model, "the model's name")
        checks.between(self.seed, 0, checks.MAX_SEED, "the seed")
        checks.label(self.label)
        checks.require(
            math.isfinite(self.truncation), f"the truncation is {self.truncation}; a finite number is needed"
        )
        checks.between(self.truncation, 0.0, 2.0, "the truncation")
        checks.frame(self.frame)


@dataclass(frozen=True)
class OpenState:
    """Open a session from a state that `ExportState` returned, on this or another machine with the same model."""

    boot: str
    session: str
    state: bytes
    frame: Frame | None = None

    def __post_init__(self) -> None:
        checks.session(self.session)
        checks.require(
            0 < len(self.state) <= checks.MAX_STATE,
            f"the state has {len(self.state)} bytes; 1 to {checks.MAX_STATE} are accepted",
        )
        checks.frame(self.frame)


@dataclass(frozen=True)
class OpenPixels:
    """Open a session on a layer's pixels. Needs inversion; a daemon without it refuses in words."""

    boot: str
    session: str
    model: str
    image: Image
    frame: Frame | None = None

    def __post_init__(self) -> None:
        checks.session(self.session)
        checks.text(self.model, "the model's name")
        checks.frame(self.frame)


@dataclass(frozen=True)
class Attach:
    """Take up a session again after the connection was lost."""

    boot: str
    session: str

    def __post_init__(self) -> None:
        checks.session(self.session)


@dataclass(frozen=True)
class Command:
    """Common to what changes a session. Repeating a `seq` is harmless; `seq` grows by one with every new command."""

    boot: str
    session: str
    seq: int

    def __post_init__(self) -> None:
        checks.session(self.session)
        checks.require(self.seq >= 1, f"the sequence number is {self.seq}; a session's first is 1")


@dataclass(frozen=True)
class SetPoints(Command):
    """New pairs: the handles are looked up in the present picture. Allowed while a drag runs."""

    points: tuple[PointPair, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        count = len(self.points)
        checks.require(
            count <= checks.MAX_POINTS,
            f"{count} points were sent; at most {checks.MAX_POINTS} are accepted, so remove some",
        )
        seen: dict[Point, int] = {}
        for number, pair in enumerate(self.points, start=1):
            first = seen.setdefault(pair.handle, number)
            checks.require(
                first == number,
                f"points {first} and {number} have the same handle ({pair.handle.x:g}, {pair.handle.y:g});"
                " remove or move one of them",
            )


@dataclass(frozen=True)
class MoveTargets(Command):
    """New targets for the present points, in their order; handles go on being tracked. For live pulling."""

    targets: tuple[Point, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.require(
            len(self.targets) <= checks.MAX_POINTS,
            f"{len(self.targets)} targets were sent; at most {checks.MAX_POINTS} are accepted",
        )
        for target in self.targets:
            checks.point(target, "a target")


@dataclass(frozen=True)
class SetMask(Command):
    """What may move from now on; None = everything. Allowed while a drag runs."""

    mask: Mask | None


@dataclass(frozen=True)
class SetFrame(Command):
    """The model's rectangle moved on the canvas; points sent before keep their place in the picture."""

    frame: Frame

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.frame(self.frame)


@dataclass(frozen=True)
class SetParameters(Command):
    """How to drag from the next step on."""

    parameters: Parameters


@dataclass(frozen=True)
class Run(Command):
    """Drag from the present picture until an EndReason. With `hold`, only `Stop` ends it: a live pull."""

    hold: bool = False


@dataclass(frozen=True)
class Stop(Command):
    """End the running drag after the step in progress; answered with `Accepted` at once."""


@dataclass(frozen=True)
class Seek(Command):
    """Go to a step of the history (0 = where the session began).

    The next drag goes on from there and drops later steps.
    """

    step: int

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.require(self.step >= 0, f"step {self.step} does not exist; steps count from 0")


@dataclass(frozen=True)
class Close(Command):
    """Free the session."""


@dataclass(frozen=True)
class Credit:
    """Allow so many more bytes of previews.

    Newest wins: without credit none is made, and the next one shows the newest step.
    """

    session: str
    amount: int

    def __post_init__(self) -> None:
        checks.session(self.session)
        checks.between(self.amount, 1, checks.MAX_CREDIT, "a credit")


@dataclass(frozen=True)
class Render:
    """The picture of a step (None = present), never dropped. Outside credit: one answer per request."""

    request: int
    session: str
    step: int | None = None

    def __post_init__(self) -> None:
        checks.session(self.session)
        checks.require(self.step is None or self.step >= 0, f"step {self.step} does not exist; steps count from 0")


@dataclass(frozen=True)
class ExportState:
    """Ask for the whole state by value: latent, history, points, mask, parameters, model hash."""

    request: int
    session: str

    def __post_init__(self) -> None:
        checks.session(self.session)
