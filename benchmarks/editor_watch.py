"""Runs inside an editor, through the tests' probe: when pointer, steps and pictures came, what held the event loop.

`Watch` wraps a document's tool from outside; `plain` gives what was seen since `clear` as plain values. Moments are
seconds of one clock.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

OVER = 0.05  # seconds: the longest that the event loop may be held


class Watch:
    """Of one tool.

    gesture   the hand on it
    probe     the tests' probe, whose timer sees the event loop being held
    own       what of the plugin is timed: an object, and its method's name
    """

    def __init__(self, tool: Any, gesture: Any, probe: Any, own: Sequence[tuple[Any, str]]) -> None:
        self.tool, self.probe = tool, probe
        self._steps: dict[int, int] = {}  # of pictures that were offered, by their identity
        self._kept: list[Any] = []  # so that an identity is not given again
        self._session: Any = None
        self._looking = 0.0  # seconds, so far
        self.clear()
        self._wrap(gesture, "move", self._moved)
        self._wrap(tool._answers, "_preview", self._previewed)
        self._draw = tool.layer.draw
        tool.layer.draw = self._drawn
        self._wrap(tool.drag, "_stepped", self._stepped)
        for owner, name in own:
            self._time(owner, name)

    def clear(self) -> None:
        if self._session is not self.tool.session:
            self._session = self.tool.session
            self._aim = self._session.move_targets
            self._session.move_targets = self._aimed
        self.began = 0.0
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
            "first": None if self.first is None else self.first - self.began,
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

        def timed() -> Any:
            began, looked = time.perf_counter(), self._looking
            answer = whole()
            self.own = max(self.own, time.perf_counter() - began - (self._looking - looked))
            return answer

        setattr(owner, name, timed)

    def _wrap(self, owner: Any, name: str, before: Any) -> None:
        whole = getattr(owner, name)

        def wrapped(*arguments: Any) -> Any:
            before(*arguments)
            return whole(*arguments)

        setattr(owner, name, wrapped)

    def pressed(self, *_: Any) -> None:
        """Call it when the button is let go, before the plugin hears of it."""
        self.began, self.first, self._before = time.perf_counter(), None, self._pixels()

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
        if self.first is None and self.began and self._pixels() != self._before:
            self.first = ended  # once: what the looking takes is in the figures of one picture only

    def _pixels(self) -> str:
        """A hash of what the layer shows. The time it takes is taken off the holds: it is not the plugin's."""
        began = time.perf_counter()
        shown = self._shown()
        took = time.perf_counter() - began
        self._looking += took
        self.probe.last += took
        return shown

    def _shown(self) -> str:
        layer, frame = self.tool.layer, self.tool.frame
        if layer.name is None:
            return ""
        box = type(self.tool.canvas.size())(*(round(value) for value in frame))
        return hashlib.sha256(self.tool.canvas.pixels(layer.name, box) or b"").hexdigest()


def memory(process: int | str = "self") -> float:
    """What a process has in memory, in MB."""
    for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system does not say how much memory a process has")
