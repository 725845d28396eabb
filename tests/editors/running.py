"""A Krita with the exported plugin on a virtual screen, and a daemon beside it that can be killed and started again."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.daemon.processes import DRAGLAYER, Home, end

from .room import find
from .screen import Screen, screen


class Daemon:
    """`draglayer serve` in a home folder of its own. `threads`: of the worker; None: as many as it takes by itself."""

    def __init__(self, folder: Path, threads: int | None = 1) -> None:
        self.home, self._threads = Home(folder), threads
        self._process: subprocess.Popen[str] | None = None

    @property
    def runs(self) -> bool:
        """Whether it was started and not killed."""
        return self._process is not None

    def start(self) -> None:
        """It serves when this returns."""
        environment = self.home.environment()
        environment.pop("OMP_NUM_THREADS")
        if self._threads is not None:
            environment["OMP_NUM_THREADS"] = str(self._threads)
        self._process = subprocess.Popen(
            [*DRAGLAYER, "serve"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        assert "serving at" in said, said

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        if self._process is not None:
            end(self._process.pid, number)
            self._process.wait()
            for pipe in (self._process.stdout, self._process.stderr):
                assert pipe is not None
                pipe.close()  # not read to its end: the worker may hold it for a moment longer
            self._process = None

    def kill_worker(self) -> None:
        with self.home.client() as client:
            worker = client.status().worker_pid
        assert worker is not None
        end(worker, signal.SIGKILL)

    def export(self, folder: Path) -> Path:
        """The zip as a person gets it."""
        command = [sys.executable, "-m", "draglayer_daemon", "plugins", "export", str(folder)]
        subprocess.run(command, env=self.home.environment(), check=True, timeout=120, stdout=subprocess.DEVNULL)
        return next(folder.glob("draglayer-krita-*.zip"))


class Running:
    """What a test drives."""

    def __init__(self, shown: Screen, daemon: Daemon) -> None:
        self.screen, self.daemon = shown, daemon


@contextmanager
def running(
    suite: str, folder: Path, threads: int | None = 1, *, opengl: bool = True, scale: int = 1
) -> Iterator[Running]:
    """Installed by Krita's own importer, started, and ended with the block. Raises RoomError without such a room.

    opengl   False: its canvas acceleration is switched off, as in Krita's settings on a machine without graphics card
    scale    of its windows, as for Screen
    """
    room = find(suite)
    daemon = Daemon(folder / "home", threads)
    with screen(room, folder, scale) as shown:
        try:
            daemon.start()
            shown.install(daemon.export(folder / "zip"))
            if not opengl:
                (folder / "user/.config/kritadisplayrc").write_text("OpenGLRenderer=none\n")
            shown.start_krita()
            yield Running(shown, daemon)
        finally:
            daemon.kill(signal.SIGTERM)
