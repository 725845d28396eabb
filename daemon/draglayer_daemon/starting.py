"""Reach the running daemon, or start one and wait for it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from draglayer_protocol.client import Client
from draglayer_protocol.connection import NoConnection, home
from draglayer_protocol.messages import ModelLoading

from .files import make_folder, tail
from .version import version

STARTING = 30.0  # seconds until a daemon that was started must answer; it does not wait for its worker
OTHERS = 5.0  # seconds until another one answers that was faster than ours
PAUSE = 0.05  # seconds between two looks for the connection file
IDLE = 600.0  # seconds without clients after which a daemon that was started here ends


Watch = Callable[[ModelLoading], None]


class CannotStart(Exception):
    """No daemon could be started; the sentence says why, and the log's end follows."""


def connect(name: str, watch: Watch | None = None) -> Client:
    """The daemon that runs, or else a fresh one. Raises CannotStart, CannotWrite.

    watch  see Client.connect
    """
    try:
        return running(name, watch)
    except NoConnection:
        return start(name, watch)


def running(name: str, watch: Watch | None = None) -> Client:
    """The daemon of the connection file. Raises NoConnection: there is none, or a killed one left its file behind."""
    return Client.connect(name=name, version=version(), watch=watch)


def start(name: str, watch: Watch | None = None, arguments: Sequence[str] = ()) -> Client:
    """Start a daemon that outlives this process and ends when nobody needs it; connect to it. Raises CannotStart.

    When two do this at once, one of the two daemons finds the lock taken and ends, and both connect to the other.
    """
    log = make_folder(home() / "logs") / "start.log"
    process = _spawn(log, ["--stop-when-idle", str(IDLE), *arguments])
    deadline, alive, why = time.monotonic() + STARTING, True, "there was no time to connect"
    while time.monotonic() < deadline:
        try:
            return running(name, watch)
        except NoConnection as error:
            why = error.sentence
        if alive and process.poll() is not None:
            alive, deadline = False, time.monotonic() + OTHERS
        time.sleep(PAUSE)
    how = "ended" if not alive else f"did not answer within {STARTING:g} s"
    raise CannotStart(
        f"the daemon was started but {how} ({why}); run `draglayer serve` to watch it start."
        f" {log} ends with:\n{tail(log)}"
    )


def _spawn(log: Path, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "draglayer_daemon", "serve", *arguments]
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    try:
        with log.open("ab") as output:
            output.truncate(0)
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=os.name == "posix",  # Ctrl-C in this terminal is not meant for the daemon
                creationflags=flags,
            )
    except OSError as error:
        raise CannotStart(f"the daemon cannot be started: {error}; check the permissions of {log.parent}") from error
