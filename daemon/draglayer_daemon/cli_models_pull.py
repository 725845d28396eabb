"""`draglayer models pull`: fetch a public model, after its licence was agreed to."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from .catalogue import People, Public, catalogue, find
from .cli_models_import import report
from .commands import Subparsers
from .downloading import CannotFetch
from .output import Transfer, Usage, complain, say, say_json, table
from .pulling import Pull
from .registry import Entry, Registry
from .shelf import Shelf, Wish


def add_to(actions: Subparsers) -> None:
    parser = actions.add_parser(
        "pull",
        help="fetch a public model",
        description=__doc__,
        epilog="A download that was interrupted goes on where it stood. A list of your own, catalogue.json in the home"
        " folder, adds to the models that are known.",
    )
    parser.add_argument("public", nargs="?", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="show what can be fetched, under which licence")
    parser.add_argument("--yes", action="store_true", help="the licence is agreed to, do not ask")
    parser.add_argument("--name", metavar="N", help="how it is called here; default: NAME")
    parser.add_argument(
        "--accept-change", action="store_true", help="although the file was replaced since the last time"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Raises UnknownPublic, CannotRead, CannotFetch, CannotImport, CannotChange, CannotWrite."""
    if arguments.list:
        return _list(json=arguments.json)
    if arguments.public is None:
        raise Usage("say which model to fetch: NAME, or --list to see which there are")
    model = find(arguments.public)
    shelf, show = Shelf(), _Show(model.name, quiet=arguments.quiet or arguments.json)
    pull = Pull(model, show, shelf)
    here = pull.present()
    if here is not None:
        if arguments.json:
            say_json(_here(here))
        else:
            say(f"{model.name} is here already, as {here.name}")
        return 0
    shelf.check_name(arguments.name or model.name)
    wish = Wish(
        arguments.name,
        model.title,
        model.licence,
        model.labels,
        model.address,
        called=PurePosixPath(unquote(urlsplit(model.address).path)).name or None,
        fallback=model.name,
    )
    try:
        added = pull.run(_Ask(arguments.yes), wish, accept_change=arguments.accept_change)
    except KeyboardInterrupt:
        show.end()
        complain("draglayer models: interrupted; what has come is kept, and the next pull goes on from there")
        return 1
    finally:
        show.end()
    report(added, json=arguments.json)
    return 0


def terms(model: Public) -> str:
    """What a person should know before fetching it."""
    people = {
        People.NO: "its pictures show no people",
        People.SOMETIMES: "some of its pictures show people",
        People.YES: "its pictures show people; whoever publishes them should say that they are made up",
    }[model.people]
    return (
        f"{model.title}: {model.width}x{model.height}, {model.size / 1e6:.0f} MB from {model.address}\n"
        f"licence: {model.licence} ({model.terms})\n{people}"
    )


@dataclass(frozen=True)
class _Ask:
    """Once per model and licence."""

    yes: bool

    def __call__(self, model: Public) -> None:
        complain(terms(model))
        if self.yes:
            return
        if not sys.stdin.isatty():
            raise CannotFetch(
                f"the licence of {model.name} must be agreed to, and there is no terminal to ask at;"
                f" read {model.terms}, then say --yes"
            )
        sys.stderr.write("Do you agree to the licence, and shall it be fetched? [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise CannotFetch(f"the licence of {model.name} was not agreed to, so nothing was fetched")


class _Show:
    """Progress on standard error."""

    def __init__(self, name: str, *, quiet: bool) -> None:
        self._line = Transfer(name, quiet=quiet)

    def at(self, done: int, size: int | None) -> None:
        self._line.at(done, size)

    def say(self, sentence: str) -> None:
        self._line.end()
        complain(f"draglayer models: {sentence}")

    def end(self) -> None:
        self._line.end()


def _list(*, json: bool) -> int:
    sources = {entry.source_sha256: entry.name for entry in Registry().entries() if entry.source_sha256}
    models = list(catalogue().values())
    if json:
        say_json([_values(model, sources.get(model.sha256 or "")) for model in models])
        return 0
    head = ("NAME", "PICTURE", "SIZE", "PEOPLE", "HERE", "TITLE", "LICENCE")
    rows = [
        (
            model.name,
            f"{model.width}x{model.height}",
            f"{model.size / 1e6:.0f} MB",
            model.people.value,
            sources.get(model.sha256 or "", ""),
            model.title,
            model.licence,
        )
        for model in models
    ]
    say(table([head, *rows]))
    return 0


def _values(model: Public, here: str | None) -> dict[str, object]:
    return {
        "name": model.name,
        "title": model.title,
        "address": model.address,
        "size": model.size,
        "sha256": model.sha256,
        "width": model.width,
        "height": model.height,
        "licence": model.licence,
        "terms": model.terms,
        "people": model.people.value,
        "labels": model.labels,
        "here": here,
    }


def _here(entry: Entry) -> dict[str, object]:
    return {"name": entry.name, "new": False, "sha256": entry.sha256, "folder": str(entry.folder)}
