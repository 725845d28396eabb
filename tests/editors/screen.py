"""A virtual screen in a room, with a real Krita on it: real mouse and keys by xdotool, questions through the probe."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .room import Room

PROBE = Path(__file__).with_name("probe")
SHARED = "/draglayer"  # the shared folder's name inside
PATIENCE = 120.0  # seconds; the machine may be busy with other things
SIZE = (1600, 1000)
KRITARC = "[python]\nenable_draglayer_probe=true\n{more}\n[MainWindow]\n[KisDocument]\n"
IMPORT = """
import builtins, runpy
builtins.i18n = str  # which Krita's own Python has
runpy.run_path("/usr/share/krita/pykrita/plugin_importer/plugin_importer.py", run_name="__main__")
"""
START = f"""
export DISPLAY DRAGLAYER_HOME={SHARED}/home HOME={SHARED}/user XDG_RUNTIME_DIR={SHARED}/run
export QT_LOGGING_RULES='*=false' QT_SCALE_FACTOR=$2
exec 3<>{SHARED}/number
Xvfb -displayfd 3 -screen 0 $1 -nolisten tcp >{SHARED}/xvfb.log 2>&1 &
read number <&3
export DISPLAY=:$number
(until openbox >>{SHARED}/openbox.log 2>&1; do sleep 0.2; done) &  # it was seen to die while it started
while IFS= read -r line; do eval "$line" 2>>{SHARED}/shell.log; echo "<<done $?>>"; done
"""


class ScreenError(AssertionError):
    """Something on the screen did not come as expected."""


class Screen:
    """One virtual screen; `folder` is shared with the room as /draglayer.

    scale   of its programs' windows, as on a screen whose pixels are so many times smaller; so many more it has then
    """

    def __init__(self, room: Room, folder: Path, scale: int = 1) -> None:
        self.room, self.folder = room, folder
        for name in ("home", "user/.config", "user/.local/share/krita", "run", "probe", "shots"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "run").chmod(0o700)
        number = folder / "number"
        if not number.exists():
            os.mkfifo(number)
        environment = os.environ | {"DRAGLAYER_BIND": f"{folder}={SHARED}"}
        pixels = f"{SIZE[0] * scale}x{SIZE[1] * scale}x24"
        self._log = (folder / "room.log").open("ab")
        self._process = subprocess.Popen(
            room.command("/bin/bash", "-c", START, "screen", pixels, str(scale)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=environment,
            text=True,
        )
        self.shell("true")

    def close(self) -> None:
        self._process.kill()  # unshare then kills the room's first process, and the system all others
        self._process.wait(30)
        self._log.close()

    def shell(self, line: str) -> str:
        """Run one line in the room; what it printed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        said: list[str] = []
        for answer in self._process.stdout:
            if answer.startswith("<<done "):
                return "".join(said)
            said.append(answer)
        raise ScreenError(f"the room ended while it ran {line!r}; see {self.folder / 'room.log'}")

    # Krita

    def install(self, archive: Path) -> None:
        """The zip through Krita's own importer, and what its dialog does when the user says yes: enable it."""
        shutil.copy(archive, self.folder / "plugin.zip")
        (self.folder / "import.py").write_text(IMPORT)
        said = self.shell(f"python3 {SHARED}/import.py {SHARED}/plugin.zip {SHARED}/user/.local/share/krita")
        if "Imported plugin: Draglayer" not in said:
            raise ScreenError(f"Krita's importer did not take {archive}: {said}")
        pykrita = self.folder / "user/.local/share/krita/pykrita"
        shutil.copytree(PROBE, pykrita, dirs_exist_ok=True)
        kritarc = KRITARC.format(more="enable_draglayer_krita=true")
        (self.folder / "user/.config/kritarc").write_text(kritarc)

    def start_krita(self, *documents: str) -> None:
        files = " ".join(f"{SHARED}/{name}" for name in documents)
        self.shell(f"dbus-run-session krita --nosplash {files} >{SHARED}/krita.log 2>&1 & krita=$!")
        wait(lambda: self.ask("answer = app.activeWindow() is not None", timeout=2.0) is True, "Krita's window")

    def end_krita(self) -> None:
        """As the user does; nothing unsaved may be left."""
        self.ask("QtCore.QTimer.singleShot(0, app.action('file_quit').trigger)")
        self.shell("for n in $(seq 600); do kill -0 $krita 2>/dev/null || break; sleep 0.2; done")
        if "ended" not in self.shell("kill -0 $krita 2>/dev/null || echo ended"):
            self.shot("krita-does-not-end")
            raise ScreenError(f"Krita does not end; see {self.folder}/shots/krita-does-not-end.png")

    def ask(self, code: str, timeout: float = PATIENCE) -> Any:
        """Run Python inside Krita; the value of its `answer`."""
        folder = self.folder / "probe"
        for name in ("ask", "answer"):
            (folder / name).unlink(missing_ok=True)
        (folder / "writing").write_text(textwrap.dedent(code))
        (folder / "writing").rename(folder / "ask")
        deadline = time.monotonic() + timeout
        while not (folder / "answer").exists():
            if time.monotonic() > deadline:
                (folder / "ask").unlink(missing_ok=True)
                return None
            time.sleep(0.02)
        said = json.loads((folder / "answer").read_text())
        if "error" in said:
            raise ScreenError(said["error"])
        return said["value"]

    # Hand and eye

    def move(self, x: float, y: float) -> None:
        self.shell(f"xdotool mousemove {round(x)} {round(y)}")

    def click(self, x: float, y: float) -> None:
        self.shell(f"xdotool mousemove {round(x)} {round(y)} sleep 0.1 click 1")

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        (a, b), (c, d) = start, end
        way = " ".join(
            f"mousemove {round(a + (c - a) * n / 6)} {round(b + (d - b) * n / 6)} sleep 0.05" for n in range(1, 7)
        )
        self.shell(f"xdotool mousemove {round(a)} {round(b)} sleep 0.1 mousedown 1 sleep 0.05 {way} mouseup 1")

    def key(self, keys: str) -> None:
        self.shell(f"xdotool key {keys}")

    def shot(self, name: str) -> Path:
        self.shell(f"import -window root {SHARED}/shots/{name}.png")
        return self.folder / "shots" / f"{name}.png"


def wait(that: Callable[[], bool], what: str, timeout: float = PATIENCE) -> None:
    """Look again and again, at most until the deadline."""
    deadline = time.monotonic() + timeout
    while not that():
        if time.monotonic() > deadline:
            raise ScreenError(f"{what} never came")
        time.sleep(0.05)


@contextmanager
def screen(room: Room, folder: Path, scale: int = 1) -> Iterator[Screen]:
    shown = Screen(room, folder, scale)
    try:
        yield shown
    finally:
        shown.close()
