"""How closely a handle follows a moving hand, through a real daemon.

    python -m benchmarks.live

Uses the running daemon or starts one, opens a seed, pulls a landmark to a circle of 12 px around its place, and then
sends the target round that circle, 30 updates a second. What is printed is what a client sees: where the handle is said
to be, when that arrives here, against where the target is at that moment.
"""

from __future__ import annotations

import argparse
import json
import math
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.detector import SIZE, WEIGHTS, DetectorError, load_detector
from benchmarks.lag import Circle, Lag, Seen
from benchmarks.sheets import as_tensor
from draglayer_daemon.registry import BUNDLED
from draglayer_daemon.starting import CannotStart, connect
from draglayer_protocol.client import NoConnection, RemoteSession, RequestFailed
from draglayer_protocol.geometry import Point
from draglayer_protocol.messages import DragEnded, EndReason, Failed, InvalidMessage, Parameters, Preview, StepDone
from training.renderer import LANDMARKS

NEAR = 2.0  # pixels from the circle's first point at which the hand begins to move
APPROACH = 10.0  # seconds that coming there may take
ENDLESS = 100_000  # steps: the hand ends the drag, not their number


@dataclass
class Watched:
    """What a client saw; times in seconds of the monotonic clock."""

    steps: list[Seen] = field(default_factory=list)
    previews: list[float] = field(default_factory=list)
    ended: float = math.nan
    reason: str = ""
    sentence: str = ""


class Hand(threading.Thread):
    """Moves the target: waits at the circle's first point until the handle came near, goes round, and stops the drag.

    A thread of its own, because the drag's events are followed on the caller's.
    """

    def __init__(self, session: RemoteSession, circle: Circle, seconds: float, rate: float) -> None:
        super().__init__(daemon=True)
        self.session, self.circle, self.seconds, self.rate = session, circle, seconds, rate
        self.near = threading.Event()
        self.began = self.asked_to_stop = math.nan
        self.updates = 0
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            self.near.wait(APPROACH)
            self.began = time.monotonic()
            while (elapsed := time.monotonic() - self.began) < self.seconds:
                self.session.move_targets([self.circle.at(elapsed)])
                self.updates += 1
                time.sleep(max(0.0, self.began + self.updates / self.rate - time.monotonic()))
            self.asked_to_stop = time.monotonic()
        except (RequestFailed, NoConnection) as error:
            self.failure = error
        with suppress(RequestFailed, NoConnection):  # then the drag is over
            self.session.stop()


def follow(session: RemoteSession, circle: Circle, hand: Hand) -> Watched:
    """Run with hold from the landmark's own place until the hand stops the drag."""
    watched = Watched()
    session.set_points([(circle.centre, circle.at(0.0))])
    events = session.drag(previews=True, hold=True)
    hand.start()
    for event in events:
        now = time.monotonic()
        if isinstance(event, StepDone):
            watched.steps.append(Seen(now, event.handles[0]))
            if event.distances[0] <= NEAR:
                hand.near.set()
        elif isinstance(event, Preview):
            watched.previews.append(now)
        elif isinstance(event, DragEnded):
            watched.ended, watched.reason, watched.sentence = now, event.reason.value, event.sentence
        elif isinstance(event, Failed):
            raise RequestFailed(event.sentence)
    hand.join()
    if hand.failure is not None:
        raise hand.failure
    return watched


def place_of(landmark: str, session: RemoteSession, weights: Path) -> Point:
    """Where the detector finds a landmark in the session's picture, in canvas pixels."""
    image = session.render()
    pixels = np.frombuffer(image.pixels, np.uint8).reshape(image.height, image.width, image.channels)
    torch.set_num_threads(1)  # the daemon's worker needs the others
    y, x = load_detector(weights).find(as_tensor(pixels[:, :, :3]))[0, LANDMARKS.index(landmark)].tolist()
    return session.mapping.to_canvas(Point(x, y))


def report(watched: Watched, hand: Hand) -> dict[str, Any]:
    """Lengths in canvas pixels; rates over the time in which the hand moved. Ends the program without such a time."""
    if watched.reason != EndReason.STOPPED.value:
        raise SystemExit(
            f"the drag ended before the hand stopped it ({watched.reason}: {watched.sentence}),"
            " so nothing was measured; look at the daemon's log, and try again"
        )
    moving = [seen for seen in watched.steps if hand.began <= seen.at <= hand.asked_to_stop]
    if not moving:
        raise SystemExit(
            "no step came while the hand moved; give the daemon a quieter machine, or move for longer with --seconds"
        )
    span = hand.asked_to_stop - hand.began
    lag = Lag.of([Seen(seen.at - hand.began, seen.handle) for seen in moving], hand.circle)
    return {
        "radius_px": hand.circle.radius,
        "seconds": span,
        "lag_mean_px": lag.mean,
        "lag_95_percent_px": lag.high,
        "lag_ms": 1000 * lag.delay if lag.rest <= hand.circle.radius / 2 else None,
        "beside_the_path_px": lag.rest,
        "updates_per_second": hand.updates / span,
        "steps_per_second": len(moving) / span,
        "previews_per_second": sum(hand.began <= at <= hand.asked_to_stop for at in watched.previews) / span,
        "approach_seconds": hand.began - watched.steps[0].at,
        "stop_latency_ms": 1000 * (watched.ended - hand.asked_to_stop),
    }


def words(v: dict[str, Any]) -> str:
    late = (
        "the handle goes where the target was {lag_ms:.0f} ms before, give or take {beside_the_path_px:.1f} px\n"
        if v["lag_ms"] is not None
        else "the handle does not follow: whatever the delay, it is {beside_the_path_px:.1f} px beside the path\n"
    )
    return (
        "circle of {radius_px:g} px for {seconds:.1f} s, {updates_per_second:.1f} target updates/s\n"
        "handle behind the target: {lag_mean_px:.1f} px on average, {lag_95_percent_px:.1f} px at 95 %\n"
        + late
        + "{steps_per_second:.1f} steps/s, {previews_per_second:.1f} previews/s; stop latency {stop_latency_ms:.0f} ms"
    ).format(**v)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=BUNDLED, help="name of a model that the daemon has")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--landmark", choices=LANDMARKS, default="nose")
    parser.add_argument("--detector", type=Path, default=WEIGHTS)
    parser.add_argument("--radius", type=float, default=12.0, help="pixels")
    parser.add_argument("--turn", type=float, default=5.0, help="seconds for one turn")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long the hand moves")
    parser.add_argument("--rate", type=float, default=30.0, help="target updates a second")
    parser.add_argument("--step-size", type=float, help="Adam's learning rate, instead of the preset's")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if min(arguments.turn, arguments.seconds, arguments.rate) <= 0:
        parser.error("a turn, the seconds and the rate must be greater than 0")
    try:
        with connect("live benchmark") as client, client.open_seed(arguments.model, arguments.seed) as session:
            if (session.opened.width, session.opened.height) != (SIZE, SIZE):
                raise SystemExit(f"{arguments.model} is no {SIZE} px model, which the detector needs; choose another")
            session.set_parameters(Parameters(step_size=arguments.step_size, max_steps=ENDLESS))
            centre = place_of(arguments.landmark, session, arguments.detector)
            circle = Circle(centre, arguments.radius, arguments.turn)
            hand = Hand(session, circle, arguments.seconds, arguments.rate)
            values = report(follow(session, circle, hand), hand)
    except (CannotStart, NoConnection, RequestFailed, InvalidMessage, DetectorError) as error:
        raise SystemExit(str(error)) from error
    print(json.dumps(values) if arguments.json else words(values))


if __name__ == "__main__":
    main()
