"""`draglayer models list`: what can be opened."""

from __future__ import annotations

import argparse

from draglayer_protocol.client import NoConnection
from draglayer_protocol.messages import Load

from .commands import Subparsers
from .output import complain, say, say_json, table
from .registry import Registry
from .starting import running


def add_to(commands: Subparsers) -> None:
    parser = commands.add_parser("models", help="models on this machine", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="every model, and whether it is in the worker's memory")
    listing.add_argument("--json", action="store_true", help="as one JSON array")
    listing.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    registry = Registry()
    loads = _loads()
    models = [entry.info(loads.get(entry.name, Load.COLD)) for entry in registry.entries()]
    if arguments.json:
        say_json(
            [
                {
                    "name": m.name,
                    "title": m.title,
                    "sha256": m.sha256,
                    "width": m.width,
                    "height": m.height,
                    "labels": m.labels,
                    "licence": m.licence,
                    "load": m.load.value,
                }
                for m in models
            ]
        )
    elif models:
        head = ("NAME", "PICTURE", "LABELS", "LICENCE", "LOADED", "TITLE")
        rows = [(m.name, f"{m.width}x{m.height}", str(len(m.labels)), m.licence, m.load.value, m.title) for m in models]
        say(table([head, *rows]))
    else:
        complain("there are no models: the bundled one is missing, so install Draglayer again")
    for problem in registry.problems():
        complain(f"draglayer models: {problem}")
    return 0


def _loads() -> dict[str, Load]:
    """As the running daemon says; nothing is loaded where none runs."""
    try:
        with running("cli") as client:
            return {model.name: model.load for model in client.models()}
    except NoConnection:
        return {}
