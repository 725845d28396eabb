"""`draglayer drag`: drag points of a picture from the command line."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from draglayer_protocol.client import Client, RemoteSession
from draglayer_protocol.messages import MAX_SEED, MAX_STEPS, Load, ModelLoading, Parameters, Preset, Space

from .commands import Subparsers, ranged
from .drag_inputs import read_mask, read_pairs, read_state
from .drag_outputs import check_places, write_frames, write_gif, write_picture
from .drag_run import Report, follow
from .files import write_atomically
from .output import Transfer, Usage, complain, say, say_json
from .registry import BUNDLED, label_of
from .starting import connect

NUMBERS = (  # option, field of Parameters, type, least, most, help
    ("--max-steps", "max_steps", int, 1, MAX_STEPS, "give up after so many steps"),
    ("--layers", "layers", int, 1, 64, "first rows of w that may change"),
    ("--step-size", "step_size", float, 1e-6, 10, "Adam's learning rate"),
    ("--r1", "r1", float, 0.5, 512, "radius of the pulled disk, model pixels"),
    ("--r2", "r2", float, 1, 512, "half side of the search square, model pixels"),
    ("--mask-weight", "mask_weight", float, 0, 1e6, "lambda; its meaning belongs to the preset"),
    ("--regularisation", "regularisation", float, 0, 1e6, "weight of the latent's distance to the beginning"),
    ("--stop-distance", "stop_distance", float, 0.1, 512, "a handle this near has arrived, model pixels"),
)


def add_to(commands: Subparsers) -> None:
    parser = commands.add_parser(
        "drag",
        help="drag points of a picture",
        description="Drag points of a picture of a model. Uses the running daemon, or starts one.",
        epilog="Positions are pixels of the picture, x to the right and y down from the top left pixel's centre."
        " Write --drag=-1,2:3,4 when the first number is negative.",
    )
    source = parser.add_argument_group("the picture")
    source.add_argument("--model", metavar="NAME", help=f"default: {BUNDLED}")
    source.add_argument("--seed", type=ranged(int, 0, MAX_SEED), metavar="N")
    source.add_argument("--label", metavar="L", help="for a model with labels: its name, or its number from 0")
    source.add_argument("--truncation", type=ranged(float, 0, 2), metavar="T", help="psi; default: 1")
    source.add_argument("--state-in", type=Path, metavar="FILE", help="go on from a saved state instead of a seed")
    how = parser.add_argument_group("the drag", "A state goes on as it was dragged before, but for what is said here.")
    how.add_argument("--drag", action="append", default=[], metavar="X,Y:X,Y", help="handle:target; may be repeated")
    how.add_argument("--mask", type=Path, metavar="PNG", help="white = may move; of the picture's size")
    how.add_argument("--preset", choices=[p.value for p in Preset], help=f"default: {Preset.DEFAULT.value}")
    how.add_argument("--space", choices=[s.value for s in Space])
    for option, field, kind, low, high, words in NUMBERS:
        how.add_argument(option, dest=field, type=ranged(kind, low, high), metavar="N", help=words)
    how.add_argument("--stop-after", type=ranged(int, 1, MAX_STEPS), metavar="N", help="stop at step N")
    results = parser.add_argument_group("the results")
    results.add_argument("--out", type=Path, metavar="PNG", help="the picture after the drag")
    results.add_argument("--frames", type=Path, metavar="DIR", help="a picture of every step")
    results.add_argument("--gif", type=Path, metavar="FILE", help="the drag as an animation")
    results.add_argument("--state-out", type=Path, metavar="FILE", help="what --state-in goes on from")
    results.add_argument("--json", action="store_true", help="print one JSON object")
    results.add_argument("--quiet", action="store_true", help="no progress")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Everything that can be wrong without a daemon is found before one is asked."""
    pairs = read_pairs(arguments.drag)
    if arguments.state_in is None and arguments.seed is None:
        raise Usage("say which picture to drag: --seed N, or --state-in FILE")
    if arguments.state_in is not None:
        given = [
            f"--{name}" for name in ("model", "seed", "label", "truncation") if getattr(arguments, name) is not None
        ]
        if given:
            raise Usage(f"--state-in brings its own picture; leave {', '.join(given)} away, or leave --state-in away")
    elif not pairs:
        raise Usage("say what to drag: --drag X,Y:X,Y, a handle and its target in pixels")
    mask = None if arguments.mask is None else read_mask(arguments.mask)
    state = None if arguments.state_in is None else read_state(arguments.state_in)
    check_places([arguments.out, arguments.gif, arguments.state_out], arguments.frames)

    with ExitStack() as stack:
        reading = _Reading(quiet=arguments.quiet or arguments.json)
        client = stack.enter_context(connect("cli", reading))
        session = stack.enter_context(_open(client, arguments, state))
        reading.end()
        parameters = _parameters(arguments, session.opened.parameters)
        if parameters != session.opened.parameters:
            session.set_parameters(parameters)
        if mask is not None:
            session.set_mask(mask)
        if pairs:
            session.set_points(pairs)
        report = follow(session, pairs or session.opened.points, arguments)
        _write(session, arguments, report)
    if arguments.json:
        say_json(report.values(session.opened.model, arguments.seed))
    else:
        say(report.words())
    return 0


def _parameters(arguments: argparse.Namespace, present: Parameters) -> Parameters:
    """What was said on the command line, the rest as at present; a preset that is named begins anew."""
    if arguments.preset is not None:
        present = Parameters(Preset(arguments.preset))
    said = {field: getattr(arguments, field) for _, field, *_ in NUMBERS}
    said["space"] = None if arguments.space is None else Space(arguments.space)
    return replace(present, **{field: value for field, value in said.items() if value is not None})


def _open(client: Client, arguments: argparse.Namespace, state: bytes | None) -> RemoteSession:
    if state is not None:
        return client.open_state(state)
    truncation = 1.0 if arguments.truncation is None else arguments.truncation
    model = BUNDLED if arguments.model is None else arguments.model
    label = None if arguments.label is None else _label(client, model, arguments.label)
    return client.open_seed(model, arguments.seed, label=label, truncation=truncation)


def _label(client: Client, model: str, text: str) -> int | None:
    """Its number. Raises UnknownLabel; a model that is not there is complained of when it is opened."""
    labels = next((info.labels for info in client.models() if info.name == model), None)
    return None if labels is None else label_of(labels, model, text)


class _Reading:
    """How far a model has been read that the command waits for. Called on the client's thread."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._line: Transfer | None = None

    def __call__(self, event: ModelLoading) -> None:
        if event.load is Load.LOADING:
            self._line = self._line or Transfer(f"reading {event.model}", quiet=self._quiet)
            self._line.at(event.done, event.size)

    def end(self) -> None:
        if self._line is not None:
            self._line.end()


def _write(session: RemoteSession, arguments: argparse.Namespace, report: Report) -> None:
    if arguments.out is not None:
        write_picture(arguments.out, session.render())
    if arguments.state_out is not None:
        write_atomically(arguments.state_out, session.export_state())
    if arguments.frames is not None or arguments.gif is not None:
        if not arguments.quiet:
            complain(f"drawing {report.last - report.first + 1} pictures")
        if arguments.frames is not None:
            write_frames(arguments.frames, session, report.first, report.last)
        if arguments.gif is not None:
            write_gif(arguments.gif, session, report.first, report.last)
