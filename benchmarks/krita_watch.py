"""Runs inside Krita, through the tests' probe: when pointer, steps and pictures came, and what held the event loop.

`watch` wraps a document's tool from outside; `plain` gives what was seen since `clear` as plain values. Moments are
seconds of one clock.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OVER = 0.05  # seconds: the longest that the event loop may be held


class Watch:
    """Of one tool.

    desktop   the docker's
    probe     the tests' probe, whose timer sees the event loop being held
    """

    def __init__(self, desktop: Any, probe: Any) -> None:
        tool, gesture, _ = desktop._tools[desktop._key]
        self.tool, self.probe = tool, probe
        self._steps: dict[int, int] = {}  # of pictures that were offered, by their identity
        self._kept: list[Any] = []  # so that an identity is not given again
        self.clear()
        desktop.panel._drag.released.connect(self._pressed)  # before `clicked`, which the docker listens to
        self._wrap(gesture, "move", self._moved)
        self._wrap(tool._answers, "_preview", self._previewed)
        self._draw = tool.layer.draw
        tool.layer.draw = self._drawn
        self._wrap(tool.drag, "_stepped", self._stepped)
        self._aim = tool.session.move_targets
        tool.session.move_targets = self._aimed
        self._time(desktop._waker, "_pump")
        self._time(desktop.panel, "refresh")

    def clear(self) -> None:
        self.pressed = 0.0
        self.moves: list[float] = []
        self.aims: list[tuple[float, int]] = []  # when targets were sent, and the number of that command
        self.aimed: dict[int, int] = {}  # for every step, the last command that it took into account
        self.draws: list[tuple[float, int, float]] = []  # when it was done, the step, and how long it took
        self.steps: list[float] = []
        self.first: float | None = None  # the layer's first other pixels after the button
        self.own = 0.0  # the longest time in the plugin's own code
        self._before = ""
        self._kept.clear()
        self._steps.clear()
        self.probe.longest, self.probe.holds = 0.0, []

    def plain(self) -> dict[str, Any]:
        return {
            "first": None if self.first is None else self.first - self.pressed,
            "moves": self.moves,
            "aims": self.aims,
            "aimed": list(self.aimed.items()),
            "draws": self.draws,
            "steps": self.steps,
            "longest": self.probe.longest,
            "holds": self.probe.holds,
            "own": self.own,
        }

    def _time(self, owner: Any, name: str) -> None:
        whole = getattr(owner, name)

        def timed() -> None:
            began = time.perf_counter()
            whole()
            self.own = max(self.own, time.perf_counter() - began)

        setattr(owner, name, timed)

    def _wrap(self, owner: Any, name: str, before: Any) -> None:
        whole = getattr(owner, name)

        def wrapped(*arguments: Any) -> Any:
            before(*arguments)
            return whole(*arguments)

        setattr(owner, name, wrapped)

    def _pressed(self) -> None:
        self.pressed, self.first, self._before = time.perf_counter(), None, self._pixels()

    def _moved(self, *_: Any) -> None:
        self.moves.append(time.perf_counter())

    def _aimed(self, targets: Any) -> int:
        began = time.perf_counter()
        seq = int(self._aim(targets))
        self.aims.append((began, seq))
        return seq

    def _stepped(self, done: Any) -> None:
        self.aimed[done.step] = done.seq
        self.steps.append(time.perf_counter())

    def _previewed(self, preview: Any) -> None:
        self._kept.append(preview.image)
        self._steps[id(preview.image)] = preview.step

    def _drawn(self, picture: Any, frame: Any) -> Iterator[None]:
        took, portions = 0.0, self._draw(picture, frame)
        while True:
            began = time.perf_counter()
            more = next(portions, self) is None  # it yields None while there is more
            ended = time.perf_counter()
            took += ended - began
            if not more:
                break
            yield
        self.draws.append((ended, self._steps.get(id(picture), -1), took))
        if self.first is None and self.pressed and self._pixels() != self._before:
            self.first = ended  # once: what the looking takes is in the figures of one picture only

    def _pixels(self) -> str:
        layer, frame = self.tool.layer, self.tool.frame
        box = type(self.tool.canvas.size())(*(round(value) for value in frame))
        return hashlib.sha256(self.tool.canvas.pixels(layer.name, box) or b"").hexdigest()


def memory() -> float:
    """What this process has in memory, in MB."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system does not say how much memory a process has")
