"""`draglayer demo`: drag the bundled model and look at it."""

from __future__ import annotations

import argparse
from pathlib import Path

from .commands import Subparsers


def add_to(commands: Subparsers) -> None:
    parser = commands.add_parser("demo", help="five drags of the bundled model, as pictures", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/demo"), metavar="DIR", help="default: %(default)s")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from .demo import main

    return main(arguments)
