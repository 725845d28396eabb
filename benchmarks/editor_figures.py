"""What `editor_watch.py` saw inside an editor, as figures, and figures as a table."""

from __future__ import annotations

import argparse
import json
import math
import statistics
from collections.abc import Callable, Sequence
from typing import Any

from tests.editors.room import SUITES, RoomError

ROUND = 216  # positions of the pointer on its circle
RADIUS = 14.0  # canvas pixels
EVERY = 0.033  # seconds from one position to the next


def drag_figures(seen: dict[str, Any]) -> dict[str, Any]:
    """Of one drag that was begun with the button."""
    steps, draws = seen["steps"], [draw for draw in seen["draws"] if draw[1] >= 0]
    return {
        "first changed pixel ms": 1000 * seen["first"],
        "steps": len(steps),
        "steps per second": (len(steps) - 1) / (steps[-1] - steps[0]),
        "previews per second": (len(draws) - 1) / (draws[-1][0] - draws[0][0]),
        "one picture into the layer ms": 1000 * statistics.median(draw[2] for draw in draws),
        **_holds(seen),
    }


def pull_figures(seen: dict[str, Any]) -> dict[str, Any]:
    """Of one live pull."""
    aimed = dict(seen["aimed"])
    waits = []
    for at in seen["moves"]:
        seq = next((seq for sent, seq in seen["aims"] if sent >= at), math.inf)  # of the command that brought it there
        shows = [done for done, step, _ in seen["draws"] if aimed.get(step, -1) >= seq]
        if shows:
            waits.append(min(shows) - at)
    first, last = seen["moves"][0], seen["moves"][-1]
    moved = last - first
    pictures = [done for done, step, _ in seen["draws"] if step >= 0 and first <= done <= last]
    return {
        "live: pointer to picture ms": 1000 * statistics.median(waits),
        "live: pointer to picture, 95 % ms": 1000 * sorted(waits)[int(0.95 * (len(waits) - 1))],
        "live: pictures per second": len(pictures) / moved,
        **{f"live: {name}": value for name, value in _holds(seen).items()},
    }


def _holds(seen: dict[str, Any]) -> dict[str, Any]:
    return {
        "longest hold ms": 1000 * seen["longest"],
        "of it in the plugin, at most ms": 1000 * seen["own"],
        "holds over 50 ms": len(seen["holds"]),
    }


def table(results: Sequence[dict[str, Any]]) -> str:
    names = list(results[0])
    wide = max(len(name) for name in names)
    rows = []
    for name in names:
        cells = [row[name] for row in results]
        rows.append(
            f"{name:{wide}}" + "".join(f"{c:>12.1f}" if isinstance(c, float) else f"{c!s:>12.12}" for c in cells)
        )
    return "\n".join(rows)


def parser(about: str | None, drags: int) -> argparse.ArgumentParser:
    """What both benchmarks are asked with. `drags`: after which memory is looked at, if nothing else is said."""
    made = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("suites", nargs="*", metavar="suite", help=f"of {', '.join(SUITES)}; all of them without one")
    made.add_argument("--drags", type=int, default=drags, help="after which the memory is looked at")
    made.add_argument("--threads", type=int, help="of the daemon's worker, instead of its own choice")
    made.add_argument("--json", action="store_true")
    return made


def run(parser: argparse.ArgumentParser, measure: Callable[[str, argparse.Namespace], dict[str, Any]]) -> None:
    """Measure every suite that was asked for, and print what came."""
    arguments = parser.parse_args()
    unknown = set(arguments.suites) - set(SUITES)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: there is {' and '.join(SUITES)}")
    if arguments.drags < 1:
        parser.error("at least one drag is needed")
    try:
        results = [measure(suite, arguments) for suite in arguments.suites or SUITES]
    except RoomError as error:
        raise SystemExit(str(error)) from error
    print(json.dumps(results) if arguments.json else table(results))
