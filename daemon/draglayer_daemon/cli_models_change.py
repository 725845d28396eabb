"""`draglayer models verify`, `rename` and `remove`."""

from __future__ import annotations

import argparse

from draglayer_protocol.client import NoConnection
from draglayer_protocol.messages import SessionInfo

from .commands import Subparsers
from .output import complain, say, say_json
from .registry import Registry
from .shelf import CannotChange, Shelf
from .starting import running
from .verifying import Verdict, verify


def add_to(actions: Subparsers) -> None:
    checking = actions.add_parser("verify", help="look at every byte of every model (or of one)")
    checking.add_argument("name", nargs="?", metavar="NAME")
    checking.add_argument("--json", action="store_true", help="as one JSON object")
    checking.set_defaults(run=run_verify)
    renaming = actions.add_parser("rename", help="give a model another name; saved states still find it")
    renaming.add_argument("old", metavar="OLD")
    renaming.add_argument("new", metavar="NEW")
    renaming.add_argument("--json", action="store_true", help="print one JSON object")
    renaming.set_defaults(run=run_rename)
    removing = actions.add_parser("remove", help="delete models from this machine")
    removing.add_argument("names", nargs="+", metavar="NAME")
    removing.add_argument("--force", action="store_true", help="although somebody drags in it")
    removing.add_argument("--json", action="store_true", help="print one JSON object")
    removing.set_defaults(run=run_remove)


def run_verify(arguments: argparse.Namespace) -> int:
    """1 when something is wrong. Raises UnknownModel."""
    leftovers = Shelf().tidy()
    verdicts = verify(Registry(), arguments.name)
    bad = [verdict for verdict in verdicts if verdict.problem]
    if arguments.json:
        say_json({"models": [_values(v) for v in verdicts], "leftovers_removed": leftovers, "sound": not bad})
    else:
        if leftovers:
            say(f"removed what {leftovers} interrupted {'import' if leftovers == 1 else 'imports'} left behind")
        for verdict in verdicts:
            if not verdict.problem:
                say(f"ok       {verdict.name}")
            for note in verdict.notes:
                complain(f"draglayer models: ATTENTION, the model {verdict.name!r}: {note}")
        say(f"{len(verdicts) - len(bad)} of {len(verdicts)} are sound")
    for verdict in bad:
        complain(f"draglayer models: {verdict.name + ': ' if verdict.name else ''}{verdict.problem}")
    return 1 if bad else 0


def run_rename(arguments: argparse.Namespace) -> int:
    """Raises UnknownModel, CannotChange, CannotWrite."""
    entry = Shelf().rename(arguments.old, arguments.new)
    if arguments.json:
        say_json({"name": entry.name, "before": arguments.old, "sha256": entry.sha256})
    else:
        say(f"{arguments.old} is called {entry.name} now; states that were saved with it find it as before")
    return 0


def run_remove(arguments: argparse.Namespace) -> int:
    """Raises UnknownModel, CannotChange, CannotWrite: before anything is removed, as far as that can be known."""
    registry, shelf, sessions = Registry(), Shelf(), _sessions()
    entries = [registry.find(name) for name in dict.fromkeys(arguments.names)]
    for entry in entries:
        users = [session for session in sessions if session.model_sha256 == entry.sha256]
        if users and not arguments.force:
            who = ", ".join(sorted({session.client or "a client that is gone" for session in users}))
            raise CannotChange(
                f"the model {entry.name!r} is open in {len(users)} session{'s' if len(users) > 1 else ''} ({who});"
                " close the drawing there first, or say --force: what is open goes on, and cannot be opened again"
            )
    for entry in entries:
        shelf.remove(entry.name)
        if not arguments.json:
            say(f"{entry.name} is removed")
    if arguments.json:
        say_json({"removed": [{"name": entry.name, "sha256": entry.sha256} for entry in entries]})
    return 0


def _sessions() -> tuple[SessionInfo, ...]:
    """Of the running daemon; none where none runs."""
    try:
        with running("cli") as client:
            return client.status().sessions
    except NoConnection:
        return ()


def _values(verdict: Verdict) -> dict[str, object]:
    return {
        "name": verdict.name,
        "folder": str(verdict.folder),
        "sound": not verdict.problem,
        "problem": verdict.problem,
        "notes": verdict.notes,
    }
