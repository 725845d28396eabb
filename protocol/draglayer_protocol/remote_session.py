"""A session of the blocking client: commands with their sequence numbers, and the events of a drag."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Protocol, TypeVar, Union, cast

from .connection import NoConnection
from .geometry import Frame, Mapping, Point
from .messages import (
    Close,
    Credit,
    DragEnded,
    Event,
    ExportState,
    Failed,
    Image,
    Mask,
    MoveTargets,
    Parameters,
    PointPair,
    Preview,
    Render,
    Rendered,
    Request,
    Run,
    Seek,
    SessionOpened,
    SetFrame,
    SetMask,
    SetParameters,
    SetPoints,
    Sought,
    State,
    Stop,
)
from .session_inbox import DragEvent, RequestFailed, SessionInbox

ANSWER = 30.0  # seconds
RENDERING = 120.0  # seconds that a picture, a state or a seek may take behind other sessions' steps

Pair = Union[PointPair, tuple[tuple[float, float], tuple[float, float]]]
SessionCommand = Union[SetPoints, MoveTargets, SetMask, SetFrame, SetParameters, Run, Stop, Seek, Close]
T = TypeVar("T")
E = TypeVar("E", bound=Event)


class Conversation(Protocol):
    """What a session needs of its client."""

    def send(self, request: Request) -> None: ...
    def ask(self, make: Callable[[int], Request], answer: type[E], timeout: float) -> E: ...
    def wait_for(self, look: Callable[[], T | None], timeout: float | None, what: str) -> T: ...


class RemoteSession:
    """A picture that is dragged in the daemon. Positions are canvas pixels (x, y); made by `Client.open_...`.

    Commands return when the daemon has taken them. What only shows when a command is carried out (a point outside the
    frame, say) is raised by the next command, or by the drag that relied on it, as RequestFailed.
    """

    def __init__(self, client: Conversation, boot: str, opened: SessionOpened, inbox: SessionInbox) -> None:
        self.id = opened.session
        self.opened = opened
        self._client, self._boot, self._inbox = client, boot, inbox
        self._frame = opened.frame
        self._lock = threading.Lock()  # so that sequence numbers are sent in order
        self._seq = opened.seq
        self._following = False  # somebody iterates over a drag, and is told there what failed
        self._credit = 0  # bytes of previews granted and not yet used

    def __enter__(self) -> RemoteSession:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._inbox.closed is not None:
            return
        if kind is None:
            self.close()
        else:  # the error is on its way up and does not wait; but an abandoned session should not stay behind
            with suppress(NoConnection), self._lock:
                self._seq += 1
                self._client.send(Close(self._boot, self.id, self._seq))

    @property
    def mapping(self) -> Mapping:
        """Between canvas pixels and the model's."""
        return Mapping(self._frame, self.opened.width, self.opened.height)

    def set_points(self, points: Iterable[Pair]) -> None:
        """New pairs ((handle x, y), (target x, y)); also while a drag runs. Equal positions make an anchor."""
        pairs = tuple(
            pair if isinstance(pair, PointPair) else PointPair(Point(*pair[0]), Point(*pair[1])) for pair in points
        )
        self._command(lambda seq: SetPoints(self._boot, self.id, seq, pairs))

    def move_targets(self, targets: Iterable[tuple[float, float]]) -> None:
        """New targets for the present points, in their order; for pulling while a drag runs."""
        positions = tuple(Point(*target) for target in targets)
        self._command(lambda seq: MoveTargets(self._boot, self.id, seq, positions))

    def set_mask(self, mask: Mask | None) -> None:
        """What may move (255) and what not (0), of the model's size; None: everything may."""
        self._command(lambda seq: SetMask(self._boot, self.id, seq, mask))

    def set_frame(self, frame: Frame) -> None:
        """Where the model's picture lies on the canvas."""
        self._command(lambda seq: SetFrame(self._boot, self.id, seq, frame))
        self._frame = frame

    def set_parameters(self, parameters: Parameters) -> None:
        """How to drag from the next step on."""
        self._command(lambda seq: SetParameters(self._boot, self.id, seq, parameters))

    def drag(self, *, previews: bool = False, hold: bool = False, timeout: float | None = None) -> Iterator[DragEvent]:
        """Run, and yield what happens: StepDone, Preview if wished, last DragEnded; Failed for commands sent meanwhile.

        hold      only `stop` ends the drag: targets go on moving until then
        timeout   seconds between two events; None waits as long as the daemon lives
        Leaving the loop early stops the drag. Raises RequestFailed when it cannot run.
        """
        self._client.wait_for(self._prepare, None, "")
        if previews:
            self._allow(max(0, 4 * self.opened.width * self.opened.height - self._credit))
        run = self._command(lambda seq: Run(self._boot, self.id, seq, hold))
        return self._follow(run, previews, timeout)

    def stop(self) -> None:
        """End the running drag; may be called from another thread than the one that follows it."""
        self._command(lambda seq: Stop(self._boot, self.id, seq))

    def seek(self, step: int, timeout: float = RENDERING) -> Sought:
        """Go to a step of the history; the next drag goes on from there."""
        self._client.wait_for(self._prepare, None, "")
        seq = self._command(lambda seq: Seek(self._boot, self.id, seq, step))
        return self._client.wait_for(lambda: self._inbox.sought(seq), timeout, f"step {step} was not reached")

    def render(self, step: int | None = None, timeout: float = RENDERING) -> Image:
        """The picture of a step; None: the present one."""
        return self._client.ask(lambda number: Render(number, self.id, step), Rendered, timeout).image

    def export_state(self, timeout: float = RENDERING) -> bytes:
        """The whole session by value, for `Client.open_state`."""
        return self._client.ask(lambda number: ExportState(number, self.id), State, timeout).state

    def close(self, timeout: float = RENDERING) -> None:
        """Free the session in the daemon."""
        self._command(lambda seq: Close(self._boot, self.id, seq))
        self._client.wait_for(lambda: self._inbox.closed, timeout, "the session was not closed")

    def _follow(self, run: int, previews: bool, timeout: float | None) -> Iterator[DragEvent]:
        running = self._following = True
        try:
            while running:
                event = self._next(timeout)
                running = not _ends(event, run)
                if isinstance(event, Failed) and (event.seq or 0) <= run:  # Run, or what it relied on
                    raise RequestFailed(event.sentence)
                if not isinstance(event, Preview):
                    yield event
                elif previews:
                    yield event
                    self._allow(len(event.image.pixels))  # only now: it was looked at
        except KeyboardInterrupt:
            running = False  # whoever gives up does not wait for the step in progress
            raise
        finally:
            if running:
                with suppress(RequestFailed, NoConnection):  # then nothing runs any more
                    self.stop()
                    while not _ends(self._next(RENDERING), run):  # the next drag must not take it for its own
                        pass
            self._following = False

    def _next(self, timeout: float | None) -> DragEvent:
        # mypy solves T of a union for the items' common base, so it is told
        event = cast(DragEvent, self._client.wait_for(self._inbox.next, timeout, "the drag did not go on"))
        if isinstance(event, Preview):
            self._credit = max(0, self._credit - len(event.image.pixels))
        return event

    def _prepare(self) -> bool:
        self._credit = max(0, self._credit - self._inbox.forget())
        return True

    def _told(self) -> bool:
        self._inbox.raise_failures()
        return True

    def _allow(self, amount: int) -> None:
        if amount:
            self._client.send(Credit(self.id, amount))
            self._credit += amount

    def _command(self, make: Callable[[int], SessionCommand]) -> int:
        """Send a command under the next sequence number and wait until the daemon has taken it."""
        with self._lock:
            seq = self._seq + 1
            command = make(seq)
            if not (self._following or isinstance(command, (Stop, Close))):  # these are sent whatever failed before
                self._client.wait_for(self._told, None, "")
            self._client.send(command)
            self._seq = seq
        self._client.wait_for(lambda: self._inbox.accepted(seq), ANSWER, f"{type(command).__name__} was not answered")
        return seq


def _ends(event: DragEvent, run: int) -> bool:
    """Whether the drag that the command `run` asked for is over, or never began."""
    return isinstance(event, DragEnded) or (isinstance(event, Failed) and event.seq == run)
