"""Real daemons and real command lines, each in a home folder of its own."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from draglayer_daemon.cli import main
from draglayer_protocol.client import Client, NoConnection
from draglayer_protocol.connection import Connection, read_connection

DEADLINE = 180.0  # seconds; a machine may be busy with other things
DRAGLAYER = (sys.executable, "-m", "draglayer_daemon")


class Said(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


def draglayer(*arguments: object) -> Said:
    """The command line in this process, which is much faster than in one of its own."""
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:  # argparse's
            code = int(end.code or 0)
    return Said(code, out.getvalue(), err.getvalue())


@dataclass(frozen=True)
class Home:
    """A home folder, and the command line that uses it."""

    folder: Path

    def environment(self) -> dict[str, str]:
        # one thread for torch: tests share two cores with others
        return os.environ | {"DRAGLAYER_HOME": str(self.folder), "OMP_NUM_THREADS": "1"}

    def run(self, *arguments: object, path: Path | None = None) -> subprocess.CompletedProcess[str]:
        """One command, to its end. `path`: a folder whose Python modules hide others."""
        return subprocess.run(
            [*DRAGLAYER, *map(str, arguments)],
            env=self.environment() | ({} if path is None else {"PYTHONPATH": str(path)}),
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )

    def spawn(self, *arguments: object, start_new_session: bool = False) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*DRAGLAYER, *map(str, arguments)],
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=start_new_session,
        )

    def connection(self) -> Connection:
        return read_connection(self.folder / "connection.json")

    def client(self) -> Client:
        connection = self.connection()
        return Client.connect(connection.endpoint, connection.token, name="test")

    def end_daemon(self) -> None:
        """End whatever daemon was started here, and wait until it has withdrawn its connection file."""
        try:
            pid = self.connection().pid
        except NoConnection:
            return
        end(pid)


def wait_until(that: Callable[[], bool], what: str) -> None:
    """Look again and again, at most until the deadline."""
    deadline = time.monotonic() + DEADLINE
    while not that():
        assert time.monotonic() < deadline, f"{what} never happened"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def end(pid: int, number: signal.Signals = signal.SIGTERM) -> None:
    if is_alive(pid):
        os.kill(pid, number)
        wait_until(lambda: not is_alive(pid), f"the end of process {pid}")
