"""`draglayer status`: what the daemon is doing."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from draglayer_protocol.client import NoConnection
from draglayer_protocol.messages import Status

from .commands import Subparsers
from .output import say, say_json, table
from .starting import running


def add_to(commands: Subparsers) -> None:
    parser = commands.add_parser("status", help="what the daemon is doing", description=__doc__)
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Raises NoConnection when no daemon runs; with --json that is said on standard output as well."""
    try:
        client = running("cli")
    except NoConnection as error:
        if arguments.json:
            say_json({"running": False, "sentence": error.sentence})
        raise
    with client:
        status = client.status()
    if arguments.json:
        say_json({"running": True} | {name: value for name, value in asdict(status).items() if name != "request"})
    else:
        say(_words(status))
    return 0


def _words(status: Status) -> str:
    worker = status.worker if status.worker_pid is None else f"{status.worker}, process {status.worker_pid}"
    lines = [
        f"Draglayer {status.daemon_version}, process {status.pid}, up for {_duration(status.uptime_seconds)}",
        f"device: {status.device}; worker: {worker}",
        f"clients: {status.clients} (this one included); sessions: {len(status.sessions)}",
    ]
    if status.sessions:
        head = ("SESSION", "MODEL", "CLIENT", "STEP", "")
        rows = [
            (s.session[:8], s.model, s.client or "(gone)", str(s.step), "dragging" if s.running else "idle")
            for s in status.sessions
        ]
        lines.append(table([head, *rows]))
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
