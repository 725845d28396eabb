"""One example of every message, with every field away from its default."""

from __future__ import annotations

from draglayer_protocol.geometry import Frame, Point
from draglayer_protocol.messages import (
    Accepted,
    AskStatus,
    AskThumbnails,
    Attach,
    Close,
    Credit,
    DragEnded,
    EndReason,
    Event,
    ExportState,
    Failed,
    Hello,
    Image,
    ListModels,
    Load,
    Mask,
    ModelInfo,
    ModelLoading,
    Models,
    MoveTargets,
    OpenPixels,
    OpenSeed,
    OpenState,
    Parameters,
    Ping,
    PointPair,
    Pong,
    Preset,
    Preview,
    Refused,
    Render,
    Rendered,
    Request,
    Run,
    Seek,
    SessionClosed,
    SessionInfo,
    SessionOpened,
    SetFrame,
    SetMask,
    SetParameters,
    SetPoints,
    Sought,
    Space,
    State,
    Status,
    StepDone,
    Stop,
    Thumbnails,
    Welcome,
)

BOOT = "b00" * 10
SESSION = "0123456789abcdef" * 2
FRAME = Frame(100.0, -20.5, 512.0, 384.0)
PAIRS = (PointPair(Point(120.0, 130.5), Point(140.0, 130.0)), PointPair(Point(1.0, 2.0), Point(1.0, 2.0)))
IMAGE = Image(2, 1, 3, b"abcdef")
PARAMETERS = Parameters(
    preset=Preset.PAPER,
    space=Space.W,
    layers=8,
    step_size=0.01,
    r1=3.5,
    r2=12.0,
    mask_weight=20.0,
    regularisation=0.5,
    stop_distance=2.0,
    max_steps=100,
)

SESSION_INFO = SessionInfo(SESSION, "creatures-256", "gimp", 3, True, "ab" * 32)
INFO = ModelInfo(
    "creatures-256", "Creatures", "ab" * 32, 256, 256, ("cat", "dog"), "CC0", Load.READY, progress=1.0, thumbnails=True
)

REQUESTS: tuple[Request, ...] = (
    Hello("token", "krita", "5.3.4"),
    ListModels(1),
    AskThumbnails(6, "creatures-256", 1),
    OpenSeed(BOOT, SESSION, "creatures-256", 7, 3, 0.7, FRAME),
    OpenState(BOOT, SESSION, b"a state", FRAME),
    OpenPixels(BOOT, SESSION, "creatures-256", IMAGE, FRAME),
    Attach(BOOT, SESSION),
    SetPoints(BOOT, SESSION, 1, PAIRS),
    MoveTargets(BOOT, SESSION, 2, (Point(3.0, 4.25), Point(-5.0, 6.0))),
    SetMask(BOOT, SESSION, 3, Mask(3, 1, b"\x00\x80\xff")),
    SetFrame(BOOT, SESSION, 4, FRAME),
    SetParameters(BOOT, SESSION, 5, PARAMETERS),
    Run(BOOT, SESSION, 6, True),
    Stop(BOOT, SESSION, 7),
    Seek(BOOT, SESSION, 8, 12),
    Close(BOOT, SESSION, 9),
    Credit(SESSION, 196608),
    Render(2, SESSION, 12),
    ExportState(3, SESSION),
    AskStatus(4),
    Ping(5),
)

EVENTS: tuple[Event, ...] = (
    Welcome(BOOT, "0.1.0", "cuda:0"),
    Refused("the token is not this daemon's"),
    Models(1, (INFO,)),
    ModelLoading("creatures-256", "ab" * 32, Load.LOADING, 4096, 8192),
    Thumbnails(6, "creatures-256", "ab" * 32, (0, 1), (1, 0), 0.7, IMAGE),
    Status(4, "0.1.0", 4711, 12.5, "cpu", "ready", 4712, 2, (SESSION_INFO,)),
    SessionOpened(SESSION, "creatures-256", "ab" * 32, 256, 256, FRAME, 4, 12, 9, PAIRS, True, PARAMETERS),
    Accepted(SESSION, 6),
    StepDone(SESSION, 13, (Point(121.5, 130.0), Point(1.0, 2.0)), (18.5, 0.0), 0.25, (0.9, 1.0), 33.0),
    DragEnded(SESSION, 13, EndReason.ARRIVED, "every handle reached its target"),
    Sought(SESSION, 12, 13),
    Preview(SESSION, 13, IMAGE),
    Rendered(2, SESSION, 12, IMAGE),
    State(3, SESSION, 12, b"a state"),
    SessionClosed(SESSION, "the session was closed"),
    Pong(5),
    Failed("there is no session of that name", 2, SESSION, 8),
)
