"""`draglayer serve`: be the daemon."""

from __future__ import annotations

import argparse
from pathlib import Path

from .commands import Subparsers, ranged
from .output import say
from .settings import Settings


def add_to(commands: Subparsers) -> None:
    parser = commands.add_parser("serve", help="run the daemon until Ctrl-C", description=__doc__)
    port = ranged(int, 0, 65535)
    parser.add_argument("--port", type=port, default=0, help="port on 127.0.0.1 (default: any free one)")
    parser.add_argument("--device", help="cuda, cuda:1, mps or cpu (default: the best there is)")
    idle = ranged(float, 0.01, 1e9)
    parser.add_argument("--stop-when-idle", type=idle, metavar="SECONDS", help="end after so long without clients")
    parser.add_argument("--log", type=Path, metavar="FILE", help="where to log (default: in the home folder)")
    parser.add_argument("--session-grace", type=ranged(float, 0, 1e9), default=120.0, help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from .serving import serve

    settings = Settings(
        port=arguments.port,
        device=arguments.device,
        stop_when_idle=arguments.stop_when_idle,
        grace=arguments.session_grace,
    )
    serve(settings, lambda endpoint: say(f"serving at {endpoint}; Ctrl-C ends it"), arguments.log)
    return 0
