"""What the drag benchmark says: a summary, a table of pairs, and pictures of the drags that failed."""

from __future__ import annotations

import csv
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from benchmarks.pairs import Pair
from benchmarks.sheets import Picture, before_and_after, save, tiled
from training.renderer import LANDMARKS

CLOSE = 3.0  # image pixels from the target within which the detector must find the landmark
ARRIVAL_GOAL, ERROR_GOAL = 0.95, 0.25
SHOWN = 40  # failures on the sheet


@dataclass(frozen=True)
class Judged:
    """After a drag: `found` [2] by the detector, `tracked` [2] by the engine, and their distances to the target."""

    found: Tensor
    error: float
    steps: int
    reason: str
    tracked: Tensor
    tracked_error: float

    @property
    def arrived(self) -> bool:
        return self.error <= CLOSE


@dataclass(frozen=True)
class Outcome:
    """One pair, dragged with tracking and, unless left out, without; seconds of the drag with tracking."""

    pair: Pair
    tracked: Judged
    frozen: Judged | None
    seconds: float
    before: Picture
    after: Picture

    def caption(self) -> str:
        t = self.tracked
        return (
            f"k={self.pair.k} {LANDMARKS[self.pair.landmark]} {self.pair.length:.0f} px: {t.reason} after {t.steps}"
            f" steps, tracked {t.tracked_error:.1f}, found {t.error:.1f} px away"
        )

    def row(self) -> dict[str, Any]:
        """For CSV and JSON; positions are x, y as people write them."""
        t, f = self.tracked, self.frozen
        return {
            "k": self.pair.k,
            "landmark": LANDMARKS[self.pair.landmark],
            "handle": _xy(self.pair.handle),
            "target": _xy(self.pair.target),
            "length_px": round(self.pair.length, 2),
            "arrived": t.arrived,
            "reason": t.reason,
            "steps": t.steps,
            "error_px": round(t.error, 2),
            "tracked_error_px": round(t.tracked_error, 2),
            "found": _xy(t.found),
            "tracked": _xy(t.tracked),
            "no_tracking_error_px": None if f is None else round(f.error, 2),
            "seconds": round(self.seconds, 3),
        }


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Shares in [0, 1]; the landmark error is the mean distance after the drags by the mean distance before them."""
    steps = [o.tracked.steps for o in outcomes]
    seconds = [o.seconds for o in outcomes]
    frozen = [o.frozen for o in outcomes if o.frozen is not None]
    undragged = sum(o.pair.length for o in outcomes)
    values: dict[str, Any] = {
        "count": len(outcomes),
        "arrived": statistics.fmean(o.tracked.arrived for o in outcomes),
        "error_share": sum(o.tracked.error for o in outcomes) / undragged,
        "error_px": statistics.fmean(o.tracked.error for o in outcomes),
        "undragged_px": undragged / len(outcomes),
        "steps_median": statistics.median(steps),
        "steps_max": max(steps),
        "reasons": dict(Counter(o.tracked.reason for o in outcomes).most_common()),
        "seconds_median": statistics.median(seconds),
        "seconds_max": max(seconds),
        "seconds": sum(seconds),
        "ms_per_step": 1000 * sum(seconds) / sum(steps),
    }
    if frozen:
        values["no_tracking_arrived"] = statistics.fmean(f.arrived for f in frozen)
        values["no_tracking_error_share"] = sum(f.error for f in frozen) / undragged
    return values


def words(outcomes: Sequence[Outcome], v: dict[str, Any]) -> str:
    """The summary for people, and a table by landmark."""
    lines = [
        f"{v['count']} drags of one point, {v['undragged_px']:.1f} px long on average, default preset",
        f"arrived (detector within {CLOSE:g} px): {v['arrived']:.1%} (goal {ARRIVAL_GOAL:.0%})",
        f"landmark error after the drag: {v['error_px']:.2f} px, {v['error_share']:.1%} of the undragged error"
        f" (goal {ERROR_GOAL:.0%})",
    ]
    if "no_tracking_arrived" in v:
        lines.append(
            f"without tracking, after as many steps: {v['no_tracking_arrived']:.1%} arrived,"
            f" landmark error {v['no_tracking_error_share']:.1%} of the undragged error"
        )
    reasons = ", ".join(f"{reason} {count}" for reason, count in v["reasons"].items())
    lines += [
        f"ended: {reasons}; steps: median {v['steps_median']:g}, most {v['steps_max']}",
        f"seconds a drag: median {v['seconds_median']:.2f}, most {v['seconds_max']:.2f};"
        f" {v['ms_per_step']:.0f} ms a step; {v['seconds']:.0f} s in all",
        "",
        f"{'landmark':20s} drags  arrived  mean error / undragged px",
    ]
    for i, name in enumerate(LANDMARKS):
        of = [o for o in outcomes if o.pair.landmark == i]
        if of:
            error, length = (statistics.fmean(x) for x in ([o.tracked.error for o in of], [o.pair.length for o in of]))
            arrived = sum(o.tracked.arrived for o in of)
            lines.append(f"{name:20s} {len(of):5d}  {arrived:7d}  {error:10.2f} / {length:.1f}")
    return "\n".join(lines)


def write(outcomes: Sequence[Outcome], folder: Path) -> None:
    """pairs.csv, and failures.png when some drags did not arrive: the worst first."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [o.row() for o in outcomes]
    with (folder / "pairs.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    failed = sorted((o for o in outcomes if not o.tracked.arrived), key=lambda o: -o.tracked.error)[:SHOWN]
    sheet = folder / "failures.png"
    if failed:
        save(tiled([_shown(o) for o in failed], min(4, len(failed))), sheet)
    else:
        sheet.unlink(missing_ok=True)  # of an earlier run


def _shown(o: Outcome) -> Picture:
    t = o.tracked
    return before_and_after(o.before, o.after, o.pair.handle, o.pair.target, t.tracked, t.found, o.caption())


def _xy(point: Tensor) -> str:
    y, x = point.tolist()
    return f"{x:.1f},{y:.1f}"
