"""`draglayer models thumbnails`: what models look like."""

from __future__ import annotations

import argparse
from pathlib import Path

from .commands import Subparsers
from .files import CannotWrite, write_atomically
from .output import complain, say, say_json
from .registry import Entry, Registry, label_of
from .starting import connect
from .thumbnails import Strip, Strips


def add_to(actions: Subparsers) -> None:
    parser = actions.add_parser("thumbnails", help="a strip of small pictures of each model", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: every model")
    parser.add_argument("--label", metavar="L", help="of a model with labels, only this one; its name or number")
    parser.add_argument("--out", type=Path, metavar="DIR", help="copies of the strips, named as the models")
    parser.add_argument("--json", action="store_true", help="as one JSON array")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Raises UnknownModel, UnknownLabel, RequestFailed, CannotStart, CannotWrite."""
    registry, strips = Registry(), Strips()
    entries = [registry.find(name) for name in arguments.names] or registry.entries()
    wanted = [Strip(entry, _label(entry, arguments.label)) for entry in entries]
    if arguments.out is not None and not arguments.out.is_dir():
        raise CannotWrite(f"there is no folder {arguments.out}; make it, or choose another place")
    missing = [strip for strip in wanted if strips.read(strip) is None]
    if missing:
        with connect("cli") as client:
            for strip in missing:
                if not arguments.json:
                    complain(f"drawing {strip.entry.name}")
                answer = client.thumbnails(strip.entry.name, strip.label)
                if strips.read(strip) is None:  # a daemon with another home folder, or its disk is full
                    strips.write(strip, answer.image)
    files = [_placed(strips.path(strip), strip, arguments.out) for strip in wanted]
    if arguments.json:
        rows = zip(wanted, files, strict=True)
        say_json(
            [
                {
                    "name": strip.entry.name,
                    "sha256": strip.entry.sha256,
                    "seeds": strip.settings.seeds,
                    "labels": strip.labels,
                    "truncation": strip.settings.truncation,
                    "file": str(file),
                }
                for strip, file in rows
            ]
        )
    else:
        for file in files:
            say(str(file))
    return 0


def _label(entry: Entry, text: str | None) -> int | None:
    return None if text is None else label_of(entry.labels, entry.name, text)


def _placed(file: Path, strip: Strip, out: Path | None) -> Path:
    if out is None:
        return file
    place = out / f"{strip.entry.name}.png"
    try:
        write_atomically(place, file.read_bytes())
    except OSError as error:
        raise CannotWrite(f"{file} cannot be read: {error.strerror}; run this once more") from error
    return place
