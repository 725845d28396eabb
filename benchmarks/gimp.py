"""What an artist feels in a real GIMP, on the bundled model: waits, rates, holds of the dialog's main loop, memory.

    python -m benchmarks.gimp [trixie] [forky] [--json]

Needs the folders that `make editors` makes. Real mouse input on a virtual screen. Nothing else should run beside it.
The probe that looks at the plug-in from inside is in this benchmark's own copy only.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path
from typing import Any

from draglayer_protocol.editor.frame import Box
from draglayer_protocol.geometry import Point
from tests.editors.gimp_console import gimp_console
from tests.editors.gimp_window import GimpWindow, gimp_window
from tests.editors.screen import Screen, wait

from .editor_figures import EVERY, RADIUS, ROUND, drag_figures, parser, pull_figures, run

WATCH = Path(__file__).with_name("editor_watch.py")
SIZE = Box(0, 0, 640, 512)
SEED, HANDLE, TARGET = 3, Point(290, 262), Point(430, 300)
LONG = 100  # steps of a drag
READY = (
    "tool.life.phase.value == 'ready' and not tool._jobs and tool.settling is None"
    " and tool.due() is None and not workshop._apart and not tool.history.seeking"
)


def measure(gimp: GimpWindow, drags: int) -> dict[str, Any]:
    shown = gimp.screen
    gimp.open_dialog()
    shown.ask("workshop, panel = probe.one('Workshop'), probe.one('Panel'); gesture = workshop.gesture")
    wait(lambda: bool(shown.ask("answer = bool(desk.models)")), "the models")
    shown.ask(WATCH.read_text(encoding="utf-8"))
    shown.ask("timed = [(workshop._waker, '_pump'), (panel, 'refresh'), (workshop, '_look_again')]")
    shown.ask("watched = Watch(tool, gesture, probe, timed)")
    shown.ask(f"desk.models and workshop.new(desk.models[0], {SEED}, None)")
    until_ready(shown)
    values: dict[str, Any] = {"gimp": shown.ask("answer = Gimp.version()")}
    shown.ask("drag = probe.button('Drag'); drag.connect('released', watched.pressed)")  # before `clicked`
    gimp.drag(gimp.view(SIZE), HANDLE, TARGET)
    values |= one_drag(shown)
    values |= one_pull(gimp)
    shown.ask("image.select_ellipse(Gimp.ChannelOps.REPLACE, 150, 80, 330, 350); tool.seek(0); tool.pairs.clear()")
    until_ready(shown)
    gimp.drag(gimp.view(SIZE), HANDLE, TARGET)
    values |= {f"with a selection: {name}": value for name, value in one_drag(shown).items()}
    values |= many_drags(shown, drags)
    return values


def one_drag(shown: Screen) -> dict[str, Any]:
    """With the dialog's button."""
    parameters(shown, LONG)
    shown.ask("watched.clear()")
    shown.click(*shown.ask("answer = probe.middle(drag)"))
    wait(lambda: bool(shown.ask("answer = bool(watched.steps)")), "the first step", 30.0)
    until_ready(shown)
    return drag_figures(shown.ask("answer = watched.plain()"))


def one_pull(gimp: GimpWindow) -> dict[str, Any]:
    """The pointer holds a handle in the preview and goes round a small circle."""
    shown, view = gimp.screen, gimp.view(SIZE)
    parameters(shown, None)
    shown.ask("tool.pairs.clear(); live = probe.button('Live')")
    shown.click(*shown.ask("answer = probe.middle(live)"))
    circle = (2 * math.pi * n / ROUND for n in range(2 * ROUND))
    x, y = HANDLE
    way = [
        view.to_widget(Point(x - RADIUS + RADIUS * math.cos(angle), y + RADIUS * math.sin(angle))) for angle in circle
    ]
    shown.shell(f"xdotool mousemove {way[0][0]:.0f} {way[0][1]:.0f} sleep 0.3 mousedown 1")
    shown.move(*way[ROUND // 8])  # a handle that is held where it stands rests
    wait(lambda: shown.ask("answer = tool.life.phase.value") == "pulling", "the pull")
    shown.ask("watched.clear()")
    shown.shell("xdotool " + " ".join(f"mousemove {left:.0f} {top:.0f} sleep {EVERY}" for left, top in way))
    seen = shown.ask("answer = watched.plain()")
    shown.shell("xdotool mouseup 1")
    until_ready(shown)
    shown.click(*shown.ask("answer = probe.middle(live)"))
    return pull_figures(seen)


def many_drags(shown: Screen, count: int) -> dict[str, Any]:
    """Drags of one step."""
    parameters(shown, 1)
    before = (0.0, 0.0)
    for number in range(count + 10):
        if number == 10:  # what is taken once is no leak
            before = memories(shown)
        shown.ask("tool.drag.start()")
        until_ready(shown)
    after = memories(shown)
    return {
        "drags": count,
        "memory MB more": after[0] - before[0],
        "of GIMP itself MB more": after[1] - before[1],
        "memory MB": after[0],
    }


def memories(shown: Screen) -> tuple[float, float]:
    """MB of the plug-in's process, without what the probe keeps, and of GIMP's."""
    own, host = shown.ask("import os; watched.clear(); answer = memory(), memory(os.getppid())")
    return float(own), float(host)


def parameters(shown: Screen, most: int | None) -> None:
    stop = None if most is None else 0.1
    shown.ask("from dataclasses import replace")
    shown.ask(f"tool.set_parameters(replace(tool.parameters, max_steps={most}, stop_distance={stop}))")


def until_ready(shown: Screen) -> None:
    wait(lambda: bool(shown.ask(f"answer = {READY}")), "the end of the drag")


def one_gimp(suite: str, arguments: argparse.Namespace) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory() as folder,
        gimp_console(suite, Path(folder), arguments.threads) as console,
    ):
        console.tell("paper", DRAGLAYER_SIZE=f"{SIZE.width} {SIZE.height}")
        console.install_probe()
        with gimp_window(console, "paper.xcf") as window:
            return measure(window, arguments.drags)


def main() -> None:
    run(parser(__doc__, drags=50), one_gimp)


if __name__ == "__main__":
    main()
