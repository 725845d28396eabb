"""Whether drags arrive, as a detector judges that knows nothing of tracking.

    python -m benchmarks.drag --pairs 200 --out out/drag

A pair is one landmark, found by the detector in the pictures of seeds 2k and 2k + 1. Seed 2k's picture is dragged from
the one place to the other, with the default preset, for at most 300 steps. Then the detector looks where the landmark
is. Beside it the same number of steps without tracking: the handle stays frozen where it began, so that motion
supervision goes on pulling whatever lies there.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from benchmarks import drag_report, subject
from benchmarks.detector import Detector
from benchmarks.drag_report import Judged, Outcome
from benchmarks.pairs import Pair, pairs
from benchmarks.sheets import as_tensor
from draglayer_engine.config import DragConfig, Norm, Space, preset
from draglayer_engine.models import Model
from draglayer_engine.moments import Step
from draglayer_engine.session import DragSession

MAX_STEPS = 300
OPTIONS: tuple[tuple[str, str, Any], ...] = (
    ("--step-size", "step_size", float),
    ("--r1", "r1", float),
    ("--r2", "r2", float),
    ("--block", "feature_block", int),
    ("--layers", "layers", int),
    ("--stride", "stride", float),
    ("--mask-weight", "mask_weight", float),
    ("--regularisation", "regularisation", float),
    ("--stop-distance", "stop_distance", float),
    ("--patience", "patience", int),
    ("--norm", "norm", Norm),
    ("--space", "space", Space),
)


def configuration(model: Model, arguments: argparse.Namespace) -> DragConfig:
    """The default preset with what the options say. Raises ValueError for what the model does not have."""
    a = model.generator.architecture
    config = preset("default", a.size, a.blocks, model.hints, max_steps=MAX_STEPS)
    given = {name: getattr(arguments, name) for _, name, _ in OPTIONS}
    config = replace(config, **{name: value for name, value in given.items() if value is not None})
    if config.feature_block not in a.blocks:
        raise ValueError(f"there is no block of {config.feature_block} px; this model has {a.blocks}")
    if not 1 <= config.layers <= a.num_ws:
        raise ValueError(f"{config.layers} layers cannot be edited; this model has {a.num_ws} rows of w")
    return config


def frozen(config: DragConfig) -> DragConfig:
    """The same without tracking: the square Omega_2 that is searched is the handle's own pixel; steps stay as long."""
    return replace(config, r2=0.0, live_speed=1.0)


def run(
    model: Model, detector: Detector, config: DragConfig, count: int, first: int, compare: bool
) -> Iterator[Outcome]:
    """Drag pair after pair, each as it is asked for; with `compare` also without tracking."""

    def begin(seed: int, config: DragConfig) -> DragSession:
        return DragSession.from_seed(model.generator, seed, None, 1.0, config, model.sha256)

    def find(seed: int) -> Tensor:
        return look(detector, begin(seed, config))

    for pair in pairs(find, count, first):
        session = begin(2 * pair.k, config)
        before = session.render()
        began = time.perf_counter()
        end = drag(session, pair)
        seconds = time.perf_counter() - began
        with_tracking = judge(detector, session, pair, end)
        without = None
        if compare:
            other = begin(2 * pair.k, frozen(config))
            without = judge(detector, other, pair, hold(other, pair, end.step))
        yield Outcome(pair, with_tracking, without, seconds, before, session.render())


def drag(session: DragSession, pair: Pair) -> Step:
    """Until it ends."""
    session.set_points(pair.handle[None], pair.target[None])
    session.begin()
    while True:
        step = session.step()
        if step.ended is not None:
            return step


def hold(session: DragSession, pair: Pair, steps: int) -> Step:
    """So many steps, whatever they lead to."""
    session.set_points(pair.handle[None], pair.target[None])
    session.begin(hold=True)
    for _ in range(steps):
        session.step()
    return session.stop()


def judge(detector: Detector, session: DragSession, pair: Pair, end: Step) -> Judged:
    """Where the landmark is now, by the detector, and where the engine believes the handle to be."""
    found = look(detector, session)[pair.landmark]
    assert end.ended is not None
    error = float((found - pair.target).norm())
    return Judged(found, error, end.step, end.ended.value, end.handles[0].cpu(), float(end.distances[0]))


def look(detector: Detector, session: DragSession) -> Tensor:
    """Landmarks [L, 2] in the session's present picture."""
    picture = as_tensor(session.render()).to(session.generator.device)
    return detector.find(picture)[0].cpu()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    subject.add_to(parser)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="first k; for choosing settings on other pairs")
    parser.add_argument("--only-tracked", action="store_true", help="leave the comparison without tracking out")
    parser.add_argument("--out", type=Path, help="folder for pairs.csv and pictures of what did not arrive")
    how = parser.add_argument_group("instead of what the default preset and the model say")
    for option, name, kind in OPTIONS:
        how.add_argument(option, dest=name, type=kind, metavar="N")
    arguments = parser.parse_args()
    if arguments.pairs < 1 or arguments.first < 0:
        parser.error(f"{arguments.pairs} pairs from k = {arguments.first} cannot be dragged; ask for at least one")
    model, detector = subject.load(arguments)
    try:
        config = configuration(model, arguments)
        outcomes = []
        for outcome in run(
            model, detector, config, arguments.pairs, arguments.first, compare=not arguments.only_tracked
        ):
            outcomes.append(outcome)
            print(f"{len(outcomes)} of {arguments.pairs}: {outcome.caption()}", file=sys.stderr, flush=True)
    except ValueError as error:
        raise SystemExit(str(error)) from error
    if arguments.out is not None:
        drag_report.write(outcomes, arguments.out)
    summary = drag_report.summary(outcomes)
    if arguments.json:
        settings = {f.name: str(getattr(config, f.name)) for f in fields(config)}
        rows = [outcome.row() for outcome in outcomes]
        print(json.dumps({"model_sha256": model.sha256, "config": settings, **summary, "pairs": rows}))
    else:
        print(drag_report.words(outcomes, summary))


if __name__ == "__main__":
    main()
