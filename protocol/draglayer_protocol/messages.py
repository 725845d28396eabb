"""Every message between a client (editor, command line) and the gateway, as values that validate themselves.

A message that can be constructed is valid; an invalid one raises `InvalidMessage` with what, why and what next.
`bytes` fields travel as frames of their own, never inside msgpack (see wire.py). Positions are canvas pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Union

from .geometry import Frame, Point

VERSION = 1  # major version: a peer with another one is refused in words

MAX_POINTS = 256
MAX_SIDE = 4096  # of an image or a mask, in pixels
MAX_SEED = 2**32 - 1
MAX_TEXT = 4096  # characters of any string field
MAX_STATE = 256 << 20  # bytes
MAX_CREDIT = 1 << 30  # bytes
MAX_STEPS = 100_000
MAX_COORDINATE = 1e7


class InvalidMessage(ValueError):
    """The values do not make a message; the sentence says which value, why, and what would."""


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


class Load(Enum):
    """Whether a model is in the worker's memory."""

    COLD = "cold"
    LOADING = "loading"
    READY = "ready"


def require(condition: bool, sentence: str) -> None:
    if not condition:
        raise InvalidMessage(sentence)


def _text(value: str, what: str, *, empty: bool = False) -> None:
    require(len(value) <= MAX_TEXT, f"{what} has {len(value)} characters; at most {MAX_TEXT} are accepted")
    require(empty or bool(value), f"{what} is empty; it must name something")


def _finite(value: float, what: str) -> None:
    require(
        math.isfinite(value) and abs(value) <= MAX_COORDINATE,
        f"{what} is {value}; a finite number of at most {MAX_COORDINATE:g} is needed",
    )


def _point(point: Point, what: str) -> None:
    require(
        math.isfinite(point.x) and math.isfinite(point.y) and max(abs(point.x), abs(point.y)) <= MAX_COORDINATE,
        f"{what} is at ({point.x}, {point.y}); a position on the canvas in finite pixels is needed",
    )


def _between(value: float, low: float, high: float, what: str) -> None:
    require(low <= value <= high, f"{what} is {value}; it must lie between {low:g} and {high:g}")


def _frame(frame: Frame | None) -> None:
    if frame is None:
        return
    for value, name in zip(frame, frame._fields):  # noqa: B905 (Python 3.9 in some hosts; lengths are equal by type)
        _finite(value, f"the frame's {name}")
    require(
        frame.width > 0 and frame.height > 0,
        f"the frame is {frame.width} x {frame.height} pixels; both sides must be positive",
    )


@dataclass(frozen=True)
class Image:
    """8-bit sRGB picture: row-major, interleaved, no padding; channels 1 (grey), 3 (RGB) or 4 (RGBA)."""

    width: int
    height: int
    channels: int
    pixels: bytes

    def __post_init__(self) -> None:
        require(self.channels in (1, 3, 4), f"an image has {self.channels} channels; 1, 3 or 4 are known")
        _between(self.width, 1, MAX_SIDE, "an image's width")
        _between(self.height, 1, MAX_SIDE, "an image's height")
        need = self.width * self.height * self.channels
        require(
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
        _between(self.width, 1, MAX_SIDE, "a mask's width")
        _between(self.height, 1, MAX_SIDE, "a mask's height")
        need = self.width * self.height
        require(
            len(self.pixels) == need,
            f"{len(self.pixels)} bytes are not a {self.width}x{self.height} mask: {need} are",
        )
        require(
            any(self.pixels),
            "the mask is black everywhere, so nothing may move; paint white where the picture may move, or send none",
        )


@dataclass(frozen=True)
class PointPair:
    """A handle and where it shall go, in canvas pixels. Equal positions make an anchor: a point that must stay."""

    handle: Point
    target: Point

    def __post_init__(self) -> None:
        _point(self.handle, "a handle")
        _point(self.target, "a target")


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
            "max_steps": (1, MAX_STEPS),
        }
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if value is not None:
                _between(value, low, high, name)


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


@dataclass(frozen=True)
class SessionInfo:
    """One session of the daemon, as `Status` shows it. `client` is empty while nobody is attached to it."""

    session: str
    model: str
    client: str
    step: int
    running: bool


# Requests: client -> gateway


@dataclass(frozen=True)
class Hello:
    """First message of a connection. The token is in the connection file."""

    token: str
    client: str  # "krita", "gimp", "cli", ...
    client_version: str

    def __post_init__(self) -> None:
        _text(self.token, "the token", empty=True)
        _text(self.client, "the client's name")
        _text(self.client_version, "the client's version", empty=True)


@dataclass(frozen=True)
class ListModels:
    request: int


@dataclass(frozen=True)
class OpenSeed:
    """Open a session on the picture of a seed. `session` is chosen by the client: 32 hexadecimal digits."""

    boot: str
    session: str
    model: str
    seed: int
    label: int | None = None
    truncation: float = 1.0
    frame: Frame | None = None  # None: canvas pixels are model pixels

    def __post_init__(self) -> None:
        _session(self.session)
        _text(self.model, "the model's name")
        _between(self.seed, 0, MAX_SEED, "the seed")
        require(self.label is None or self.label >= 0, f"the label is {self.label}; labels count from 0")
        require(math.isfinite(self.truncation), f"the truncation is {self.truncation}; a finite number is needed")
        _between(self.truncation, 0.0, 2.0, "the truncation")
        _frame(self.frame)


@dataclass(frozen=True)
class OpenState:
    """Open a session from a state that `ExportState` returned, on this or another machine with the same model."""

    boot: str
    session: str
    state: bytes
    frame: Frame | None = None

    def __post_init__(self) -> None:
        _session(self.session)
        require(
            0 < len(self.state) <= MAX_STATE, f"the state has {len(self.state)} bytes; 1 to {MAX_STATE} are accepted"
        )
        _frame(self.frame)


@dataclass(frozen=True)
class OpenPixels:
    """Open a session on a layer's pixels. Needs inversion; a daemon without it refuses in words."""

    boot: str
    session: str
    model: str
    image: Image
    frame: Frame | None = None

    def __post_init__(self) -> None:
        _session(self.session)
        _text(self.model, "the model's name")
        _frame(self.frame)


@dataclass(frozen=True)
class Attach:
    """Take up a session again after the connection was lost."""

    boot: str
    session: str

    def __post_init__(self) -> None:
        _session(self.session)


@dataclass(frozen=True)
class Command:
    """Common to what changes a session. Repeating a `seq` is harmless; `seq` grows by one with every new command."""

    boot: str
    session: str
    seq: int

    def __post_init__(self) -> None:
        _session(self.session)
        require(self.seq >= 1, f"the sequence number is {self.seq}; a session's first is 1")


@dataclass(frozen=True)
class SetPoints(Command):
    """New pairs: the handles are looked up in the present picture. Allowed while a drag runs."""

    points: tuple[PointPair, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        count = len(self.points)
        require(count <= MAX_POINTS, f"{count} points were sent; at most {MAX_POINTS} are accepted, so remove some")
        seen: dict[Point, int] = {}
        for number, pair in enumerate(self.points, start=1):
            first = seen.setdefault(pair.handle, number)
            require(
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
        require(
            len(self.targets) <= MAX_POINTS, f"{len(self.targets)} targets were sent; at most {MAX_POINTS} are accepted"
        )
        for target in self.targets:
            _point(target, "a target")


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
        _frame(self.frame)


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
        require(self.step >= 0, f"step {self.step} does not exist; steps count from 0")


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
        _session(self.session)
        _between(self.amount, 1, MAX_CREDIT, "a credit")


@dataclass(frozen=True)
class Render:
    """The picture of a step (None = present), never dropped. Outside credit: one answer per request."""

    request: int
    session: str
    step: int | None = None

    def __post_init__(self) -> None:
        _session(self.session)
        require(self.step is None or self.step >= 0, f"step {self.step} does not exist; steps count from 0")


@dataclass(frozen=True)
class ExportState:
    """Ask for the whole state by value: latent, history, points, mask, parameters, model hash."""

    request: int
    session: str

    def __post_init__(self) -> None:
        _session(self.session)


@dataclass(frozen=True)
class AskStatus:
    """What the daemon is doing; answered with `Status`."""

    request: int


@dataclass(frozen=True)
class Ping:
    request: int


# Events: gateway -> client


@dataclass(frozen=True)
class Welcome:
    """The connection is open. `boot` changes whenever the daemon starts; commands carry it."""

    boot: str
    daemon_version: str
    device: str


@dataclass(frozen=True)
class Refused:
    """The connection is not accepted; the sentence says why and what to do."""

    sentence: str


@dataclass(frozen=True)
class Models:
    request: int
    models: tuple[ModelInfo, ...]


@dataclass(frozen=True)
class Status:
    """The daemon as it is now. `worker` says in words how the worker is; `worker_pid` is None while there is none."""

    request: int
    daemon_version: str
    pid: int
    uptime_seconds: float
    device: str
    worker: str
    worker_pid: int | None
    clients: int
    sessions: tuple[SessionInfo, ...]


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
    parameters: Parameters = Parameters()  # how it is dragged: as the client set, or as an imported state says


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
class Pong:
    request: int


@dataclass(frozen=True)
class Failed:
    """A request could not be done, and nothing has changed.

    `request`, `session`, `seq` name it as far as they were readable.
    """

    sentence: str
    request: int | None = None
    session: str | None = None
    seq: int | None = None


Request = Union[
    Hello,
    ListModels,
    OpenSeed,
    OpenState,
    OpenPixels,
    Attach,
    SetPoints,
    MoveTargets,
    SetMask,
    SetFrame,
    SetParameters,
    Run,
    Stop,
    Seek,
    Close,
    Credit,
    Render,
    ExportState,
    AskStatus,
    Ping,
]
Event = Union[
    Welcome,
    Refused,
    Models,
    Status,
    SessionOpened,
    Accepted,
    StepDone,
    DragEnded,
    Sought,
    Preview,
    Rendered,
    State,
    SessionClosed,
    Pong,
    Failed,
]


def _session(name: str) -> None:
    require(
        len(name) == 32 and all(c in "0123456789abcdef" for c in name),
        f"the session is named {name[:40]!r}; 32 lower-case hexadecimal digits are needed",
    )
