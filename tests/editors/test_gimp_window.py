"""The dialogs in a real GIMP, with its real mouse and keys: a drag from points to one undo, and every other control."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PIL import ImageChops

from draglayer_protocol.editor.frame import Box
from draglayer_protocol.geometry import Point

from .gimp_console import SHARED, Console
from .gimp_window import GimpWindow, gimp_window
from .screen import wait

pytestmark = pytest.mark.editors

ZOOM = 1.25  # of one notch of the wheel, in the preview
ANTS = 1500  # pixels; the selection's outline moves some hundred of them all the time
SIZE = Box(0, 0, 320, 300)
EYE, LEFT = Point(160, 142), Point(144, 142)
NOSE, DOWN = Point(203, 180), Point(203, 196)


@pytest.fixture(scope="module")
def gimp(console: Console) -> Iterator[GimpWindow]:
    assert console.tell("start") == {"status": "success"}
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
    wait(lambda: _changed(before, gimp.canvas("dragging")) > ANTS, "another picture in the image's window")
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


def test_points_become_a_path_and_come_back(console: Console, gimp: GimpWindow) -> None:
    _save(gimp)
    gimp.open_dialog()
    wait(lambda: _open(console), "the picture's session")
    view = gimp.view(SIZE)
    gimp.drag(view, EYE, LEFT)
    gimp.drag(view, NOSE, DOWN)
    gimp.look("two-pairs")
    with_points = gimp.preview_of(view, SIZE, "placed")
    gimp.screen.key("alt+t")  # To path
    wait(lambda: gimp.title().startswith("*"), "the path")
    for _ in range(2):
        gimp.screen.key("ctrl+z")  # of the points, not of the image
    wait(lambda: _changed(with_points, gimp.preview_of(view, SIZE, "taken-back")) > 500, "no points")
    gimp.screen.key("alt+f")  # From path
    wait(lambda: _changed(with_points, gimp.preview_of(view, SIZE, "come-back")) < 100, "the same points")
    gimp.close_dialog()
    told = _saved(console, gimp)
    assert len(told["paths"]) == 2
    for (x, y, to_x, to_y), (handle, target) in zip(told["paths"], ((EYE, LEFT), (NOSE, DOWN)), strict=True):
        for found, meant in ((x, handle.x), (y, handle.y), (to_x, target.x), (to_y, target.y)):
            assert abs(found - 0.5 - meant) <= 1  # within what the screen's pixels can say


def test_with_the_keyboard_alone(console: Console, gimp: GimpWindow) -> None:
    """A pair, its place in numbers, a drag, an earlier step, that as a layer, all of them as files: never a mouse."""
    gimp.open_dialog()
    wait(lambda: _open(console), "the picture's session")
    gimp.screen.key("Tab Tab Tab space")  # from the preview past what is folded and the table to the first button
    gimp.screen.key("shift+Tab")
    gimp.screen.key("Insert End Delete ctrl+z")  # a second pair, deleted and brought back
    gimp.look("two-rows")
    gimp.screen.key("End Delete Home")
    for number in (100, 110, 112, 110):  # in the columns of the row that is left
        gimp.screen.key("Right Return ctrl+a")
        gimp.screen.shell(f"xdotool type {number}")
        gimp.screen.key("Return")
    gimp.look("one-row")
    gimp.screen.key("ctrl+Return")
    wait(lambda: _steps(console) >= 6, "some steps")
    gimp.screen.key("ctrl+Return")
    wait(lambda: not _running(console), "the end of the drag")
    gimp.press_until("alt+e Home Right Right", lambda: _steps(console) == 2, "an earlier step")
    gimp.look("earlier")
    wait(lambda: gimp.layers() == 3, "the result")
    gimp.press_until("alt+k", lambda: gimp.layers() == 4, "the kept step")
    gimp.press_until("alt+e Home", lambda: _steps(console) == 0, "the beginning")
    folder = console.folder / "steps"
    folder.mkdir()
    gimp.press_until("alt+x", lambda: gimp.names("^Every step") != "", "the question which folder")
    gimp.screen.shell(f"xdotool key ctrl+l sleep 0.5 key ctrl+a type {SHARED}/steps")
    gimp.screen.key("Return")
    wait((folder / "step-0006.png").exists, "the steps as files")
    gimp.close_dialog()
    told = _saved(console, gimp)
    assert told["layers"][1][0].endswith("step 2")
    (point,) = told["carries"]["points"]
    assert point["target"] == [112, 110]
    assert told["carries"]["step"] == 0
    for layers in (3, 2):
        gimp.screen.key("ctrl+z")
        wait(lambda n=layers: gimp.layers() == n, "one undo for each layer")  # type: ignore[misc]


def test_a_pair_lies_where_the_hand_put_it_however_the_view_was_zoomed_and_moved(
    console: Console, gimp: GimpWindow
) -> None:
    gimp.open_dialog()
    wait(lambda: _open(console), "the picture's session")
    view = gimp.view(SIZE)
    x, y = (round(value) for value in view.to_widget(EYE))
    gimp.screen.shell(f"xdotool mousemove {x} {y} click --repeat 6 --delay 50 4")
    gimp.screen.shell(f"xdotool mousedown 2 mousemove {x + 30} {y - 20} sleep 0.1 mouseup 2")
    seen = view.zoomed(ZOOM**6, x, y).moved(30, -20)
    gimp.drag(seen, EYE, Point(150, 146))
    gimp.look("zoomed")
    gimp.screen.key("ctrl+Return")
    wait(lambda: _steps(console) >= 2, "some steps")
    gimp.screen.key("ctrl+Return")
    wait(lambda: not _running(console), "the end of the drag")
    gimp.close_dialog()
    told = _saved(console, gimp)
    (point,) = told["carries"]["points"]
    assert abs(point["target"][0] - 150) <= 0.5 / seen.scale + 0.1  # half a pixel of the screen
    assert abs(point["target"][1] - 146) <= 0.5 / seen.scale + 0.1
    gimp.screen.key("ctrl+z")
    wait(lambda: gimp.layers() == 2, "the layers as they were")


def test_live_the_picture_follows_the_hand_and_escape_takes_it_back(console: Console, gimp: GimpWindow) -> None:
    gimp.open_dialog()
    wait(lambda: _open(console), "the picture's session")
    view = gimp.view(SIZE)
    gimp.screen.key("alt+v")  # Live
    before = gimp.canvas("live-before")
    gimp.hold(view, NOSE, Point(190, 190))
    wait(lambda: _changed(before, gimp.canvas("live-held")) > ANTS, "another picture while the hand holds it")
    assert _running(console)
    gimp.screen.key("Escape")
    wait(lambda: not _running(console), "the end of the pull")
    wait(lambda: _changed(before, gimp.canvas("live-back")) < 50, "the picture as it was")
    assert gimp.has_dialog()
    gimp.let_go()
    gimp.close_dialog()
    gimp.front()
    gimp.screen.key("ctrl+z")
    wait(lambda: gimp.layers() == 2, "the layers as they were")


def test_settings_and_new_pictures_have_dialogs_of_their_own(console: Console, gimp: GimpWindow) -> None:
    gimp.open("ctrl+alt+s")
    gimp.look("settings")
    gimp.close_dialog()
    gimp.open("ctrl+alt+n")
    gimp.look("new")
    gimp.screen.shell("xdotool type 5")
    gimp.screen.key("Return")
    wait(lambda: gimp.layers() == 3, "a layer with the picture")
    told = _saved(console, gimp)
    gimp.look("made")
    assert told["layers"][0][0].endswith("256 px, 5")
    assert told["carries"]["seed"] == 5


def _open(console: Console) -> bool:
    """Somebody's session is open. A client that only asks has none."""
    with console.daemon.home.client() as client:
        return any(session.client for session in client.status().sessions)


def _changed(one: object, other: object) -> int:
    """How many pixels of two pictures differ clearly."""
    difference = ImageChops.difference(one, other).convert("L")  # type: ignore[arg-type]
    return sum(difference.histogram()[25:])


def _saved(console: Console, gimp: GimpWindow) -> dict[str, Any]:
    """What is in the image's file now."""
    wait(lambda: not _open(console), "the end of the session")  # what was under way is drawn and kept
    _save(gimp)
    return console.tell("look")


def _save(gimp: GimpWindow) -> None:
    gimp.front()
    gimp.screen.key("ctrl+s")
    wait(lambda: not gimp.title().startswith("*"), "the saved image")
