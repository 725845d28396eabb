"""Five drags of the bundled model through the daemon, as pictures, animations and a table."""

from __future__ import annotations

import argparse
import math
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFilter
import PIL.ImageOps

from draglayer_protocol.client import Client, RemoteSession
from draglayer_protocol.geometry import Point
from draglayer_protocol.messages import DragEnded, Mask, Parameters, PointPair, StepDone

from . import demo_pictures
from .demo_pictures import Panel, change
from .drag_outputs import to_pil, write_gif, write_png
from .files import make_folder
from .output import complain, say, table
from .registry import BUNDLED
from .starting import connect

SIZE = 256  # of the bundled model's pictures


@dataclass(frozen=True)
class Drag:
    """One drag: a picture (or the end of an earlier drag), pairs, and the ellipse that may move (None: everything).

    ellipse: left, top, right, bottom in pixels
    """

    name: str
    caption: str
    seed: int
    pairs: tuple[tuple[tuple[float, float], tuple[float, float]], ...]
    ellipse: tuple[float, float, float, float] | None = None
    after: str | None = None  # name of the drag whose saved state this one opens

    def points(self) -> tuple[PointPair, ...]:
        return tuple(PointPair(Point(*handle), Point(*target)) for handle, target in self.pairs)

    def mask(self) -> PIL.Image.Image | None:
        """White inside the ellipse, with an edge of a few pixels."""
        if self.ellipse is None:
            return None
        mask = PIL.Image.new("L", (SIZE, SIZE))
        PIL.ImageDraw.Draw(mask).ellipse(self.ellipse, fill=255)
        return mask.filter(PIL.ImageFilter.GaussianBlur(2))


# Places of the bundled model's pictures, found by looking at them.
DRAGS = (
    Drag("1-point", "1 point: the nose turns the head", 3, (((142, 165), (112, 168)),)),
    Drag(
        "2-mask",
        "1 point, masked: the mouth opens",
        15,
        (((115, 169), (115, 169)), ((116, 193), (116, 201))),
        (72, 156, 160, 232),
    ),
    Drag("3-ears", "2 points: the ears", 20, (((47, 30), (38, 52)), ((182, 34), (196, 54)))),
    Drag(
        "4-anchor",
        "5 points, one an anchor: brows and jaw",
        12,
        (
            ((123, 159), (123, 159)),
            ((98, 112), (98, 104)),
            ((142, 113), (142, 105)),
            ((121, 189), (121, 195)),
            ((118, 206), (118, 212)),
        ),
    ),
    Drag("5-continued", "1 point: saved, reopened, dragged on", 3, (((112, 168), (132, 150)),), after="1-point"),
)


@dataclass(frozen=True)
class Result:
    """What a drag came to; distances in pixels, changes in levels of 255."""

    drag: Drag
    steps: int
    start: float
    end: float
    milliseconds: float
    seconds: float
    inside: float
    outside: float | None
    reason: str
    panel: Panel
    state: bytes

    def row(self) -> list[str]:
        return [
            self.drag.name,
            str(len(self.drag.pairs)),
            str(self.steps),
            f"{self.start:.1f} px",
            f"{self.end:.1f} px",
            f"{self.milliseconds:.0f}",
            f"{self.seconds:.1f}",
            f"{self.inside:.1f}",
            "-" if self.outside is None else f"{self.outside:.1f}",
            self.reason,
        ]


HEAD = ["drag", "points", "steps", "start", "end", "ms/step", "seconds", "change inside", "outside", "ended"]


def main(arguments: argparse.Namespace) -> int:
    """Run every drag and write `arguments.out`. Raises what the command line turns into sentences."""
    out = make_folder(arguments.out)
    results: dict[str, Result] = {}
    with connect("demo") as client:
        complain(f"daemon {client.welcome.daemon_version}, model {BUNDLED}")
        for drag in DRAGS:
            complain(f"{drag.name}: {drag.caption}")
            results[drag.name] = _drag(client, drag, out, results)
        device = client.status().device
    contact = demo_pictures.sheet([result.panel for result in results.values()])
    write_png(out / "contact-sheet.png", contact)
    say(table([HEAD, *(result.row() for result in results.values())]))
    say(f"Device: {device}.")
    say("Distances: mean over the points. Change: mean absolute difference of the picture in levels of 255.")
    say(f"Look at {out / 'contact-sheet.png'} and the animations beside it.")
    return 0


def _drag(client: Client, drag: Drag, out: Path, earlier: dict[str, Result]) -> Result:
    if drag.after is not None:
        session = client.open_state(earlier[drag.after].state)
    else:
        session = client.open_seed(BUNDLED, drag.seed)
    with session:
        return _follow(session, drag, out)


def _follow(session: RemoteSession, drag: Drag, out: Path) -> Result:
    mask, points = drag.mask(), drag.points()
    if drag.after is not None:
        session.set_mask(None)
        session.set_parameters(Parameters())
    if mask is not None:
        session.set_mask(Mask(mask.width, mask.height, mask.tobytes()))
    session.set_points(points)
    first = session.opened.step
    before = to_pil(session.render())
    trails = [[pair.handle] for pair in points]
    start = end = statistics.fmean(math.dist(pair.handle, pair.target) for pair in points)
    times: list[float] = []
    last, reason, began = first, "", time.monotonic()
    for event in session.drag(previews=True):
        if isinstance(event, StepDone):
            last, end = event.step, statistics.fmean(event.distances)
            times.append(event.milliseconds)
            for trail, handle in zip(trails, event.handles, strict=True):
                trail.append(handle)
        elif isinstance(event, DragEnded):
            reason = event.reason.value
    seconds = time.monotonic() - began
    after = to_pil(session.render())
    write_gif(out / f"{drag.name}.gif", session, first, last)
    drawn = demo_pictures.before(before, points, mask), demo_pictures.after(after, points, trails, mask)
    plain: dict[str, PIL.Image.Image] = {"before": before, "after": after}
    for name, picture in {**plain, "before-drawn": drawn[0], "after-drawn": drawn[1]}.items():
        write_png(out / f"{drag.name}-{name}.png", picture)
    fixed = None if mask is None else PIL.ImageOps.invert(mask)
    steps = last - first
    return Result(
        drag=drag,
        steps=steps,
        start=start,
        end=end,
        milliseconds=statistics.median(times) if times else 0.0,
        seconds=seconds,
        inside=change(before, after, mask),
        outside=None if fixed is None else change(before, after, fixed),
        reason=reason,
        panel=Panel(*drawn, drag.caption, f"{steps} steps, {start:.1f} px to {end:.1f} px, {seconds:.1f} s"),
        state=session.export_state(),
    )
