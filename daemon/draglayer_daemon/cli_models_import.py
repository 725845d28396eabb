"""`draglayer models import`: any StyleGAN2 checkpoint becomes a model, and nothing of it is run."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .commands import Subparsers
from .output import complain, say, say_json
from .shelf import Added, Shelf, Wish
from .verifying import broken_numbers


def add_to(actions: Subparsers) -> None:
    parser = actions.add_parser(
        "import",
        help="make a model of a StyleGAN2 checkpoint",
        description=__doc__,
        epilog="Reads .pkl of stylegan2-ada-pytorch, stylegan3's StyleGAN2, StyleGAN-Human and TensorFlow, .pt of"
        " rosinality's port (also inside e4e and pSp files) and of PTI, and safetensors; told apart by content.",
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--name", metavar="N", help="how it is called here; default: as the file")
    parser.add_argument("--title", metavar="T", help="what people read in lists; default: the name")
    parser.add_argument("--licence", metavar="L", help="under which its pictures may be used, for your own memory")
    parser.add_argument("--labels", type=words, metavar="A,B,...", help="what its labels are called, in their order")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Raises CannotImport, CannotChange, CannotWrite."""
    wish = Wish(arguments.name, arguments.title, arguments.licence, arguments.labels)
    report(Shelf().add(arguments.file, wish), json=arguments.json)
    return 0


def words(text: str) -> tuple[str, ...]:
    """An argparse type: names between commas."""
    names = tuple(name.strip() for name in text.split(","))
    if not all(name and name.isprintable() for name in names):
        raise argparse.ArgumentTypeError(f"{text!r} was given; names between commas are needed, as in cat,dog")
    return names


def report(added: Added, *, json: bool) -> None:
    """What an import came to; what is wrong with the model is said loudly."""
    entry, imported = added.entry, added.imported
    if json:
        say_json(_values(added))
    elif added.new:
        labels = f", {len(entry.labels)} labels" if entry.labels else ""
        say(
            f"{entry.name} is imported: {entry.width}x{entry.height}{labels}, {imported.origin};"
            f" licence {entry.licence}\n"
            f"try it: draglayer drag --model {entry.name} --seed 1{' --label 0' if entry.labels else ''}"
            f" --drag {_example(entry.width, entry.height)} --out out.png"
        )
    else:
        say(f"{entry.name} is here already, with the same weights; licence {entry.licence}")
    for note in imported.notes:
        complain(f"note: {note}")
    if entry.unusable:
        tensors = ", ".join(list(imported.unusable)[:3])
        complain(
            f"draglayer models: ATTENTION, the model {entry.name!r}: {broken_numbers(entry.unusable)} (in {tensors});"
            " get it from its source again, or take an earlier snapshot of the training"
        )


def _values(added: Added) -> dict[str, Any]:
    entry, imported = added.entry, added.imported
    return {
        "name": entry.name,
        "new": added.new,
        "title": entry.title,
        "sha256": entry.sha256,
        "width": entry.width,
        "height": entry.height,
        "labels": entry.labels,
        "licence": entry.licence,
        "format": imported.origin,
        "source_sha256": imported.source_sha256,
        "discriminator": imported.discriminator,
        "unusable": dict(imported.unusable),
        "notes": imported.notes,
        "left_alone": imported.foreign,
        "isolation": imported.isolation,
        "peak_bytes": imported.peak_bytes,
        "folder": str(entry.folder),
    }


def _example(width: int, height: int) -> str:
    """A short drag in the middle, as X,Y:X,Y."""
    return f"{width // 2},{height // 2}:{width // 2 + width // 10},{height // 2}"
