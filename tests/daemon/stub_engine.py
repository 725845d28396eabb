"""An engine without torch: every step moves every handle one pixel towards its target. For the gateway's tests.

With $DRAGLAYER_TEST_GATE naming a folder with two FIFOs, every step says so in `entered` and waits for a byte in
`go`, until a file `free` lies there.
A drag of seed 13 fails in its second step, one of seed 14 kills its process there, one of seed 17 leaves what the model
can draw there; seed 15 is refused; seed 16 kills the process when it is opened.
"""

from __future__ import annotations

import json
import math
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from draglayer_daemon.registry import Entry
from draglayer_daemon.worker_drag import Drag, Progress, Refusal
from draglayer_protocol.geometry import Point
from draglayer_protocol.messages import EndReason, Image, Mask, Parameters, PointPair

FAILS, DIES, REFUSED, DIES_OPENING, DIVERGES = 13, 14, 15, 16, 17


class StubDrag:
    """Its history is nothing but a count; its picture shows the step's number in every byte."""

    def __init__(self, entry: Entry, seed: int) -> None:
        self.entry, self.seed = entry, seed
        self.width, self.height = entry.width, entry.height
        self.step_index = self.history_length = 0
        self.points: tuple[PointPair, ...] = ()
        self.mask: Mask | None = None
        self.parameters = Parameters()
        self.hold = False
        self.calls: list[str] = []
        self.rendered: list[int] = []
        self.drafts: list[int] = []

    def pairs(self) -> tuple[PointPair, ...]:
        return self.points

    def set_points(self, points: Sequence[PointPair]) -> None:
        self.calls.append(f"points {len(points)}")
        self.points = tuple(points)

    def move_targets(self, targets: Sequence[Point]) -> None:
        self.calls.append(f"targets {targets[0].x:g}")
        self.points = tuple(replace(pair, target=target) for pair, target in zip(self.points, targets, strict=True))

    def set_mask(self, mask: Mask | None) -> None:
        self.calls.append("mask none" if mask is None else "mask")
        self.mask = mask

    def configure(self, parameters: Parameters) -> None:
        self.calls.append(f"parameters {parameters.max_steps}")
        self.parameters = parameters

    @property
    def resting(self) -> bool:
        return self.hold and max(self._distances()) == 0

    def begin(self, hold: bool) -> None:
        if not self.points:
            raise Refusal("there is nothing to drag; set a handle and its target first")
        self.hold, self.began = hold, self.step_index

    def step(self) -> Progress:
        gate()
        if self.step_index == 1 and self.seed == FAILS:
            raise MemoryError("not enough memory for 7 GiB")
        if self.step_index == 1 and self.seed == DIES:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.step_index == 1 and self.seed == DIVERGES:
            raise Refusal("the loss is nan; go back some steps")
        self.step_index += 1
        self.history_length = self.step_index
        self.points = tuple(PointPair(_nearer(pair), pair.target) for pair in self.points)
        reason = None
        if self.hold:
            pass  # only `stop` ends it
        elif max(self._distances()) == 0:
            reason = EndReason.ARRIVED
        elif self.step_index - self.began >= (self.parameters.max_steps or 300):
            reason = EndReason.MAX_STEPS
        return self._progress(reason)

    def stop(self) -> Progress:
        return self._progress(EndReason.STOPPED)

    def abandon(self) -> None:
        self.calls.append("abandon")

    def seek(self, step: int) -> None:
        self.step_index = step

    def render(self, step: int | None) -> Image:
        shown = self.step_index if step is None else step
        self.rendered.append(shown)
        return Image(self.width, self.height, 3, bytes([shown % 256]) * (3 * self.width * self.height))

    def draft(self) -> Image:
        self.drafts.append(self.step_index)
        return self.render(None)

    def export(self) -> bytes:
        return json.dumps({"sha256": self.entry.sha256, "seed": self.seed, "step": self.step_index}).encode()

    def _distances(self) -> tuple[float, ...]:
        return tuple(math.dist(pair.handle, pair.target) for pair in self.points)

    def _progress(self, reason: EndReason | None) -> Progress:
        handles = tuple(pair.handle for pair in self.points)
        return Progress(self.step_index, handles, self._distances(), 0.5, (1.0,) * len(handles), reason)


class StubEngine:
    """Loads nothing."""

    def __init__(self) -> None:
        self.device = "stub"
        self.drags: list[StubDrag] = []
        self.loads: list[str] = []
        self.painted: list[tuple[str, int, int | None]] = []

    def load(self, entry: Entry, progress: Callable[[int, int], None] | None = None) -> None:
        self.loads.append(entry.name)
        if progress is not None:
            progress(50, 100)
            progress(100, 100)

    def unload(self, entry: Entry) -> None:
        self.loads.remove(entry.name)

    def model_of(self, state: bytes) -> str:
        try:
            return str(json.loads(state)["sha256"])
        except ValueError as error:
            raise Refusal("the state is damaged; open an older copy of it, or begin with a seed") from error

    def check(self, entry: Entry, parameters: Parameters) -> None:
        if parameters.layers is not None and parameters.layers > 8:
            raise Refusal(f"layers is {parameters.layers}, but this model has 8; choose 1 to 8")

    def from_seed(self, entry: Entry, seed: int, label: int | None, truncation: float) -> Drag:
        if seed == REFUSED:
            raise Refusal(f"seed {seed} is refused")
        if seed == DIES_OPENING:
            os.kill(os.getpid(), signal.SIGKILL)
        self.drags.append(StubDrag(entry, seed))
        return self.drags[-1]

    def from_state(self, entry: Entry, state: bytes) -> Drag:
        values = json.loads(state)
        drag = StubDrag(entry, values["seed"])
        drag.step_index = drag.history_length = values["step"]
        self.drags.append(drag)
        return drag

    def thumbnail(self, entry: Entry, seed: int, label: int | None, truncation: float, size: tuple[int, int]) -> Image:
        """Every byte tells the seed."""
        if entry.name == "unpaintable":
            raise MemoryError("not enough memory for a thumbnail")
        self.painted.append((entry.name, seed, label))
        return Image(*size, 3, bytes([seed]) * (3 * size[0] * size[1]))

    def fatal(self, error: Exception) -> bool:
        return False

    def relieve(self) -> None:
        pass  # it holds nothing


def gate() -> None:
    """Say that a step begins, and wait until the test lets it end."""
    folder = os.environ.get("DRAGLAYER_TEST_GATE")
    if folder is None or (Path(folder) / "free").exists():
        return
    with (Path(folder) / "entered").open("wb") as entered:
        entered.write(b".")
    with (Path(folder) / "go").open("rb") as go:
        go.read(1)


def _nearer(pair: PointPair) -> Point:
    distance = math.dist(pair.handle, pair.target)
    if distance <= 1:
        return pair.target
    (x, y), (tx, ty) = pair.handle, pair.target
    return Point(x + (tx - x) / distance, y + (ty - y) / distance)
