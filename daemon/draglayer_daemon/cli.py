"""The command `draglayer`. Exit codes: 0 done, 1 a sentence on standard error says why not, 2 wrong usage."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from draglayer_protocol.client import RequestFailed
from draglayer_protocol.connection import NoConnection, home
from draglayer_protocol.messages import InvalidMessage

from . import cli_demo, cli_doctor, cli_drag, cli_gif, cli_models, cli_plugins, cli_serve, cli_status
from .catalogue import UnknownPublic
from .downloading import CannotFetch
from .drag_inputs import CannotRead
from .files import CannotWrite, make_folder
from .front import PortTaken
from .lock import AlreadyRunning
from .output import Usage, complain
from .plugin_bundle import IncompleteError
from .registry import BrokenModel, UnknownLabel, UnknownModel
from .shelf import CannotChange, CannotImport
from .starting import CannotStart
from .version import version

COMMANDS = (cli_serve, cli_drag, cli_gif, cli_models, cli_status, cli_plugins, cli_demo, cli_doctor)
SENTENCES = (
    AlreadyRunning,
    BrokenModel,
    CannotChange,
    CannotFetch,
    CannotImport,
    CannotRead,
    CannotStart,
    CannotWrite,
    IncompleteError,
    InvalidMessage,
    NoConnection,
    PortTaken,
    RequestFailed,
    UnknownLabel,
    UnknownModel,
    UnknownPublic,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    parsed = parser().parse_args(arguments)
    try:
        code: int = parsed.run(parsed)
        return code
    except Usage as usage:
        complain(f"draglayer {parsed.command}: {usage}")
        return 2
    except SENTENCES as error:
        complain(f"draglayer {parsed.command}: {error}")
        return 1
    except BrokenPipeError:  # the reader of our output, `head` say, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        complain(f"draglayer {parsed.command}: interrupted; nothing more was written")
        return 1
    except Exception as error:  # noqa: BLE001 (the last resort: the traceback goes to a log, not to the user)
        complain(f"draglayer {parsed.command}: {unforeseen(error)}")
        return 1


def parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    top = argparse.ArgumentParser(prog="draglayer", description="Drag points of pictures on a generator's manifold.")
    top.add_argument("--version", action="version", version=f"draglayer {version()}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add_to(commands)
    return top


def unforeseen(error: Exception) -> str:
    """Keep the traceback for a report; a sentence for the user."""
    what = f"an error of Draglayer's own: {type(error).__name__}: {error}"
    try:
        log = make_folder(home() / "logs") / "cli.log"
        handler = logging.FileHandler(log, encoding="utf-8")
    except (CannotWrite, OSError) as unwritable:
        return f"{what} (and it could not be logged: {unwritable}); please report it"
    logger = logging.getLogger(__name__)
    logger.addHandler(handler)
    logger.propagate = False
    logger.error("%s", what, exc_info=error)
    handler.close()
    return f"{what}; the details are at the end of {log}, please report them"


if __name__ == "__main__":
    sys.exit(main())
