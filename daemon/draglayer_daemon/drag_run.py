"""One drag of the command line: followed, measured, stopped with Ctrl-C."""

from __future__ import annotations

import argparse
import math
import signal
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from draglayer_protocol.client import NoConnection, RemoteSession, RequestFailed
from draglayer_protocol.messages import DragEnded, Failed, PointPair, Preview, StepDone

from .output import Progress, complain


@dataclass
class Report:
    """What a drag came to; lengths in canvas pixels, times from its Run on.

    first, last     steps of the session's history before and after the drag
    start, end      distance of every handle to its target
    """

    first: int
    last: int
    start: tuple[float, ...]
    end: tuple[float, ...]
    reason: str = ""
    sentence: str = ""
    milliseconds: list[float] = field(default_factory=list)
    first_preview_ms: float | None = None
    stop_latency_ms: float | None = None
    seconds: float = 0.0

    def ms_per_step(self) -> float | None:
        return statistics.median(self.milliseconds) if self.milliseconds else None

    def values(self, model: str, seed: int | None) -> dict[str, Any]:
        """For --json."""
        return {
            "model": model,
            "seed": seed,
            "steps": self.last - self.first,
            "reason": self.reason,
            "sentence": self.sentence,
            "start_distances": self.start,
            "end_distances": self.end,
            "ms_per_step": self.ms_per_step(),
            "first_preview_ms": self.first_preview_ms,
            "stop_latency_ms": self.stop_latency_ms,
            "seconds": self.seconds,
        }

    def words(self) -> str:
        ms = self.ms_per_step()
        speed = "" if ms is None else f", {ms:.0f} ms a step"
        return (
            f"{self.sentence}\n{self.last - self.first} steps in {self.seconds:.1f} s{speed}; farthest handle"
            f" {max(self.start, default=0.0):.1f} px before, {max(self.end, default=0.0):.1f} px after"
        )


def follow(session: RemoteSession, pairs: Sequence[PointPair], arguments: argparse.Namespace) -> Report:
    """Drag until it ends; Ctrl-C or --stop-after stop it and keep what there is. Raises RequestFailed.

    Nobody looks at previews here; with --json they are asked for as an editor does, because it tells when they come.
    """
    first = session.opened.step
    start = tuple(math.dist(pair.handle, pair.target) for pair in pairs)
    report = Report(first, first, start, start)
    progress = Progress(arguments.max_steps, quiet=arguments.quiet or arguments.json)
    began = time.monotonic()
    with _stopper(session) as stopper:
        for event in session.drag(previews=arguments.json):
            elapsed = 1000 * (time.monotonic() - began)
            if isinstance(event, StepDone):
                report.last, report.end = event.step, event.distances
                report.milliseconds.append(event.milliseconds)
                progress.step(event.step - first, statistics.fmean(event.distances))
                if arguments.stop_after is not None and event.step - first >= arguments.stop_after:
                    stopper.ask()
            elif isinstance(event, Preview) and report.first_preview_ms is None:
                report.first_preview_ms = elapsed
            elif isinstance(event, Failed):
                complain(f"draglayer drag: {event.sentence}")
            elif isinstance(event, DragEnded):
                report.last, report.reason, report.sentence = event.step, event.reason.value, event.sentence
                report.stop_latency_ms = stopper.latency_ms()
    report.seconds = time.monotonic() - began
    progress.end()
    return report


class _Stopper:
    """Stops a drag from a thread of its own: a signal handler must neither write nor wait for answers."""

    def __init__(self, session: RemoteSession) -> None:
        self._session = session
        self._asked, self._over = threading.Event(), False
        self._asked_at: float | None = None
        self._words = ""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def ask(self, words: str = "") -> None:
        """Stop the drag, and say so once the daemon has it; what was asked before stands."""
        if self._asked_at is None:
            self._asked_at, self._words = time.monotonic(), words
            self._asked.set()

    def latency_ms(self) -> float | None:
        """From the asking to now; None when nobody asked."""
        return None if self._asked_at is None else 1000 * (time.monotonic() - self._asked_at)

    def end(self) -> None:
        self._over = True
        self._asked.set()
        self._thread.join(10)

    def _run(self) -> None:
        self._asked.wait()
        if self._over:
            return
        with suppress(RequestFailed, NoConnection):  # whoever follows the drag is told as well
            self._session.stop()
            if self._words:
                complain(self._words)


@contextmanager
def _stopper(session: RemoteSession) -> Iterator[_Stopper]:
    """The first Ctrl-C stops the drag, the second one the program."""
    stopper = _Stopper(session)

    def interrupted(*_: object) -> None:
        signal.signal(signal.SIGINT, before)
        stopper.ask("\nstopping after the step in progress; Ctrl-C once more gives up")

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield stopper
    finally:
        signal.signal(signal.SIGINT, before)
        stopper.end()
