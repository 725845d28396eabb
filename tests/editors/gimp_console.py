"""A real gimp-console in its room, with the plug-in as `draglayer plugins install` puts it there, and a daemon."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .room import find
from .running import Daemon
from .screen import PROBE

INSIDE = Path(__file__).with_name("inside_gimp")
SHARED = "/draglayer"  # the shared folder's name inside
PATIENCE = 600.0  # seconds; the machine may be busy with other things


class Console:
    """`folder` is shared with the room as /draglayer. Raises RoomError without a room."""

    def __init__(self, suite: str, folder: Path, daemon: Daemon) -> None:
        self.room, self.folder, self.daemon = find(suite, "gimp"), folder, daemon
        (folder / "user").mkdir()
        command = [
            sys.executable,
            "-m",
            "draglayer_daemon",
            "plugins",
            "install",
            "gimp",
            "--dir",
            str(folder / "gimp"),
        ]
        subprocess.run(command, env=daemon.home.environment(), check=True, timeout=120, stdout=subprocess.DEVNULL)

    def install_probe(self) -> None:
        """Into this copy of the plug-in: `Screen.ask` asks it then, as long as the dialog is open."""
        plugin = self.folder / "gimp" / "plug-ins" / "draglayer"
        for file in (INSIDE / "gimp_probe.py", PROBE / "draglayer_probe" / "listening.py"):
            shutil.copy(file, plugin)
        launcher = plugin / "draglayer.py"
        said = launcher.read_text()
        launcher.write_text(said.replace("if __name__", "import gimp_probe\n\nif __name__", 1))

    def shell(self, command: str, **environment: str) -> subprocess.Popen[str]:
        """One line of a shell in the room, as a user of it would type it."""
        fixed = {"DRAGLAYER_HOME": f"{SHARED}/home", "GIMP3_DIRECTORY": f"{SHARED}/gimp", "HOME": f"{SHARED}/user"}
        named = [f"{name}={value}" for name, value in (fixed | environment).items()]
        return subprocess.Popen(
            self.room.command("/usr/bin/env", "-C", SHARED, *named, "/bin/sh", "-c", command),
            env=os.environ | {"DRAGLAYER_BIND": f"{self.folder}={SHARED}"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def start(self, script: str, **environment: str) -> subprocess.Popen[str]:
        """A script of `inside_gimp` in a gimp-console without a display."""
        return self.shell(self.command(script), **environment)

    def command(self, script: str) -> str:
        """What a shell runs for that."""
        shutil.copy(INSIDE / f"{script}.py", self.folder)
        (self.folder / "told.json").unlink(missing_ok=True)
        code = f"exec(open('{SHARED}/{script}.py').read())"
        return f'exec gimp-console -i --quit --batch-interpreter=python-fu-eval -b "{code}"'

    def tell(self, script: str, **environment: str) -> dict[str, Any]:
        """What a script told in the end."""
        return self.told(self.start(script, **environment))

    def told(self, console: subprocess.Popen[str]) -> dict[str, Any]:
        said, _ = console.communicate(timeout=PATIENCE)
        try:
            found: dict[str, Any] = json.loads((self.folder / "told.json").read_text())
        except FileNotFoundError:
            raise AssertionError(f"the script did not come to its end: {said}") from None
        return found


@contextmanager
def gimp_console(suite: str, folder: Path, threads: int | None = 1) -> Iterator[Console]:
    """With a daemon that serves, until the block ends; `threads`: of its worker. Raises RoomError."""
    daemon = Daemon(folder / "home", threads)
    works = Console(suite, folder, daemon)
    try:
        daemon.start()
        yield works
    finally:
        daemon.kill(signal.SIGTERM)


def plugin_process(console: Console) -> int | None:
    """Of the process that GIMP started for the drag: the one that holds our folder's launcher."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().split(b"\0")
            inside = (entry / "root" / SHARED[1:]).samefile(console.folder)  # others may use the same room
        except OSError:
            continue
        if inside and any(part.endswith(b"/draglayer/draglayer.py") for part in command) and b"-run" in command:
            return int(entry.name)
    return None
