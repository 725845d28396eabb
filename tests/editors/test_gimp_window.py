"""The dialog in a real GIMP: two pairs set with the mouse, a drag that is seen in the image, and one undo."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import ImageChops

from draglayer_protocol.editor.frame import Box
from draglayer_protocol.geometry import Point

from .gimp_console import Console
from .gimp_window import GimpWindow, gimp_window, shots
from .room import SUITES, RoomError
from .running import Daemon
from .screen import wait

pytestmark = pytest.mark.editors

SIZE = Box(0, 0, 320, 300)
EYE, LEFT = Point(160, 142), Point(144, 142)
NOSE, DOWN = Point(203, 180), Point(203, 196)


@pytest.fixture(scope="module", params=SUITES)
def console(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp(f"window-{request.param}")
    daemon = Daemon(folder / "home")
    try:
        works = Console(str(request.param), folder, daemon)
    except RoomError as error:
        pytest.skip(str(error))
    try:
        daemon.start()
        assert works.tell("start") == {"status": "success"}
        yield works
    finally:
        daemon.kill(signal.SIGTERM)
        keep = os.environ.get("DRAGLAYER_SHOTS")
        if keep and shots(works).exists():
            shutil.copytree(shots(works), Path(keep) / f"gimp-{request.param}", dirs_exist_ok=True)


@pytest.fixture(scope="module")
def gimp(console: Console) -> Iterator[GimpWindow]:
    with gimp_window(console, "start.xcf") as window:
        yield window


def _running(console: Console) -> bool:
    with console.daemon.home.client() as client:
        return any(session.running for session in client.status().sessions)


def _steps(console: Console) -> int:
    with console.daemon.home.client() as client:
        return max((session.step for session in client.status().sessions), default=0)


def test_two_pairs_a_drag_that_is_seen_stop_close_and_one_undo(console: Console, gimp: GimpWindow) -> None:
    assert gimp.layers() == 2
    gimp.open_dialog()
    wait(lambda: _open(console), "the picture's session")
    view = gimp.view(SIZE)
    before = gimp.canvas("opened")
    gimp.drag(view, EYE, LEFT)
    gimp.drag(view, NOSE, DOWN)
    gimp.look("points")
    gimp.screen.key("ctrl+Return")
    wait(lambda: gimp.layers() == 3, "the result's layer")
    wait(lambda: _changed(before, gimp.canvas("dragging")) > 500, "another picture in the image's window")
    wait(lambda: _steps(console) >= 8, "some steps")
    gimp.look("dragged")
    gimp.screen.key("ctrl+Return")
    wait(lambda: not _running(console), "the end of the drag")
    gimp.screen.key("Escape")
    wait(lambda: not gimp.has_dialog(), "the dialog's end")
    wait(lambda: not _open(console), "the end of its session")  # what was under way is drawn and kept
    gimp.front()
    gimp.screen.key("ctrl+s")
    wait(lambda: not gimp.title().startswith("*"), "the saved image")
    gimp.look("closed")
    gimp.screen.key("ctrl+z")
    wait(lambda: gimp.layers() == 2, "one undo that removes the layer")
    wait(lambda: _changed(before, gimp.canvas("undone")) < 50, "the image as it was")
    told = console.tell("look")
    assert [name for name, _ in told["layers"]][1:] == ["Drag – Creatures, 256 px, 7", "Background"]
    assert told["layers"][0][1] == [10, 0]
    carried = told["carries"]
    assert carried["step"] >= 8
    targets = [point["target"] for point in carried["points"]]
    for target, meant in zip(targets, (LEFT, DOWN), strict=True):  # within what the screen's pixels can say
        assert abs(target[0] - meant.x) <= 1
        assert abs(target[1] - meant.y) <= 1
    assert carried["points"][0]["handle"] != [EYE.x, EYE.y]
    assert len(carried["state"]) > 10_000


def _open(console: Console) -> bool:
    """Somebody's session is open. A client that only asks has none."""
    with console.daemon.home.client() as client:
        return any(session.client for session in client.status().sessions)


def _changed(one: object, other: object) -> int:
    """How many pixels of two pictures differ clearly."""
    difference = ImageChops.difference(one, other).convert("L")  # type: ignore[arg-type]
    return sum(difference.histogram()[25:])
