"""`draglayer models`: which models there are, and their coming and going."""

from __future__ import annotations

import argparse
from typing import Any

from draglayer_protocol.client import NoConnection, RequestFailed
from draglayer_protocol.messages import Load, ModelInfo

from . import cli_models_change, cli_models_import, cli_models_pull, cli_models_thumbnails
from .commands import Subparsers
from .output import complain, say, say_json, table
from .registry import DISCRIMINATOR, WEIGHTS, Entry, Registry, label_words, read_description
from .starting import running
from .thumbnails import Strip, Strips
from .verifying import broken_numbers


def add_to(commands: Subparsers) -> None:
    parser = commands.add_parser("models", help="models on this machine", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="every model, and whether it is in the worker's memory")
    listing.add_argument("--json", action="store_true", help="as one JSON array")
    listing.set_defaults(run=run_list)
    info = actions.add_parser("info", help="everything about one model")
    info.add_argument("name", metavar="NAME")
    info.add_argument("--json", action="store_true", help="as one JSON object")
    info.set_defaults(run=run_info)
    for module in (cli_models_import, cli_models_pull, cli_models_thumbnails, cli_models_change):
        module.add_to(actions)


def run_list(arguments: argparse.Namespace) -> int:
    registry = Registry()
    said = _said()
    entries = registry.entries()
    models = [_info(entry, said) for entry in entries]
    if arguments.json:
        say_json([_values(model) for model in models])
    elif models:
        head = ("NAME", "PICTURE", "LABELS", "LICENCE", "LOADED", "TITLE")
        rows = [(m.name, f"{m.width}x{m.height}", str(len(m.labels)), m.licence, _load(m), m.title) for m in models]
        say(table([head, *rows]))
    else:
        complain("there are no models: the bundled one is missing, so install Draglayer again")
    for entry in entries:
        if entry.unusable:
            complain(f"draglayer models: ATTENTION, the model {entry.name!r}: {broken_numbers(entry.unusable)}")
    for problem in registry.problems():
        complain(f"draglayer models: {problem}")
    return 0


def run_info(arguments: argparse.Namespace) -> int:
    """Raises UnknownModel, BrokenModel."""
    entry = Registry().find(arguments.name)
    info = _info(entry, _said())
    description = read_description(entry.folder)
    files = {
        name: (entry.folder / name).stat().st_size
        for name in (WEIGHTS, DISCRIMINATOR)
        if (entry.folder / name).exists()
    }
    if arguments.json:
        strip = str(Strips().path(Strip(entry))) if info.thumbnails else None
        say_json(description | _values(info) | {"folder": str(entry.folder), "files": files, "strip": strip})
        return 0
    source = description.get("source") or {}
    rows = [
        ("name", entry.name),
        ("title", entry.title),
        ("picture", f"{entry.width}x{entry.height}, {_channels(description)}"),
        ("labels", label_words(entry.labels) or "none"),
        ("licence", entry.licence),
        ("loaded", _load(info)),
        ("weights", f"{files.get(WEIGHTS, 0) / 1e6:.1f} MB, sha256 {entry.sha256}"),
        ("discriminator", "kept" if DISCRIMINATOR in files else "none"),
        ("folder", str(entry.folder)),
    ]
    if source:
        rows.append(("imported from", f"{source.get('file')} ({source.get('format')}), sha256 {source.get('sha256')}"))
    if source.get("address"):
        rows.append(("pulled from", str(source["address"])))
    rows += [("note", str(note)) for note in description.get("notes") or ()]
    say("\n".join(f"{name + ':':15}{value}" for name, value in rows))
    if entry.unusable:
        complain(f"draglayer models: ATTENTION, the model {entry.name!r}: {broken_numbers(entry.unusable)}")
    return 0


def _said() -> dict[str, ModelInfo]:
    """What the running daemon says of the models, by the hash of their weights.

    Nothing where none runs, or where it cannot tell them all in one message: the list is needed to remove some.
    """
    try:
        with running("cli") as client:
            return {model.sha256: model for model in client.models()}
    except (NoConnection, RequestFailed):
        return {}


def _info(entry: Entry, said: dict[str, ModelInfo]) -> ModelInfo:
    there = said.get(entry.sha256)
    thumbnails = Strips().has(Strip(entry))
    if there is None:
        return entry.info(Load.COLD, thumbnails=thumbnails)
    return entry.info(there.load, there.progress, thumbnails)


def _values(model: ModelInfo) -> dict[str, Any]:
    return {
        "name": model.name,
        "title": model.title,
        "sha256": model.sha256,
        "width": model.width,
        "height": model.height,
        "labels": model.labels,
        "licence": model.licence,
        "load": model.load.value,
        "progress": model.progress,
        "thumbnails": model.thumbnails,
    }


def _load(model: ModelInfo) -> str:
    return f"{model.load.value} {model.progress:.0%}" if 0 < model.progress < 1 else model.load.value


def _channels(description: dict[str, Any]) -> str:
    channels = description["architecture"].get("image_channels", 3)
    return {1: "grey", 3: "RGB", 4: "RGBA"}.get(channels, f"{channels} channels")
