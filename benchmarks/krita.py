"""What an artist feels in a real Krita, on the bundled model: waits, rates, holds of the event loop, memory.

    python -m benchmarks.krita [trixie] [forky] [--no-opengl] [--json]

Needs the folders that `make editors` makes. Real mouse input on a virtual screen. Without a graphics card Krita's
OpenGL canvas is drawn by the processor, which then has little time for anything else; `--no-opengl` switches canvas
acceleration off in Krita's settings, as one does there. Nothing else should run beside it.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path
from typing import Any

from tests.editors.running import running
from tests.editors.screen import Screen, wait
from tests.editors.story import READY, Artist

from .editor_figures import EVERY, RADIUS, ROUND, drag_figures, parser, pull_figures, run

WATCH = Path(__file__).with_name("editor_watch.py")
SEED, HANDLE, TARGET = 3, (290.0, 262.0), (430.0, 300.0)
LONG = 100  # steps of the drag after which the undo stack is looked at
CANVAS = "desktop._qwindow() and __import__('sys').modules['draglayer_krita.host'].canvas_widget(desktop._qwindow())"


def measure(shown: Screen, drags: int) -> dict[str, Any]:
    artist = Artist(shown)
    artist.new_document()
    artist.new_picture(SEED)
    shown.ask(WATCH.read_text(encoding="utf-8"))
    shown.ask("tool, gesture, _ = desktop._tools[desktop._key]")
    shown.ask("watched = Watch(tool, gesture, probe, [(desktop._waker, '_pump'), (desktop.panel, 'refresh')])")
    shown.ask("desktop.panel._drag.released.connect(watched.pressed)")  # before `clicked`, which the docker listens to
    values: dict[str, Any] = {
        "krita": artist.ask("app.version().split()[0]"),
        "canvas": artist.ask(f"{CANVAS}.metaObject().className()"),
    }
    values |= one_drag(shown, artist)
    values |= one_pull(shown, artist)
    values |= many_drags(shown, artist, drags)
    return values


def one_drag(shown: Screen, artist: Artist) -> dict[str, Any]:
    """A drag of 100 steps with the docker's button."""
    entries = artist.undo_entries()
    artist.pair_by_table(HANDLE, TARGET)
    artist.parameters(max_steps=LONG, stop_distance=0.1)
    shown.ask("watched.clear()")
    artist.press_button("_drag")
    wait(lambda: bool(artist.ask("watched.steps")), "the first step")
    artist.until_ready("the end of the drag")
    seen = artist.ask("watched.plain()")
    return drag_figures(seen) | {
        "undo entries more": artist.undo_entries() - entries,
    }


def one_pull(shown: Screen, artist: Artist) -> dict[str, Any]:
    """The pen holds a handle and goes round a small circle."""
    shown.ask("panel._live.setChecked(True); tool.pairs.clear()")
    artist.parameters()
    artist.edit_points(True)
    x, y = HANDLE
    way = [
        artist.on_canvas(x - RADIUS + RADIUS * math.cos(angle), y + RADIUS * math.sin(angle))
        for angle in (2 * math.pi * n / ROUND for n in range(2 * ROUND))
    ]
    shown.shell(f"xdotool mousemove {way[0].x:.0f} {way[0].y:.0f} sleep 0.3 mousedown 1")
    shown.move(*way[ROUND // 8])  # a handle that is held where it stands rests
    wait(lambda: artist.ask("tool.life.phase.value") == "pulling", "the pull")
    shown.ask("watched.clear()")
    shown.shell("xdotool " + " ".join(f"mousemove {spot.x:.0f} {spot.y:.0f} sleep {EVERY}" for spot in way))
    seen = artist.ask("watched.plain()")
    shown.shell("xdotool mouseup 1")
    artist.until_ready("the end of the pull")
    shown.ask("panel._live.setChecked(False)")
    artist.edit_points(False)
    return pull_figures(seen)


def many_drags(shown: Screen, artist: Artist, count: int) -> dict[str, Any]:
    """Drags of one step, there and back."""
    shown.ask("tool.pairs.clear()")
    artist.pair_by_table(HANDLE, TARGET)
    artist.parameters(max_steps=1)
    before = 0.0
    for number in range(count + 10):
        if number == 10:  # what Krita takes once is no leak
            before = float(artist.ask("(watched.clear(), memory())[1]"))
        shown.ask("tool.drag.start()")
        wait(lambda: bool(artist.ask(f"{READY} and not tool._jobs and tool.settling is None")), "the end of the drag")
    return {"drags": count, "memory MB more": float(artist.ask("(watched.clear(), memory())[1]")) - before}


def one_krita(suite: str, arguments: argparse.Namespace) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory() as folder,
        running(suite, Path(folder), arguments.threads, opengl=not arguments.no_opengl) as works,
    ):
        return measure(works.screen, arguments.drags)


def main() -> None:
    asked = parser(__doc__, drags=200)
    asked.add_argument("--no-opengl", action="store_true", help="switch Krita's canvas acceleration off")
    run(asked, one_krita)


if __name__ == "__main__":
    main()
