"""What goes wrong beside GIMP's dialog is said in it; the image stays as it is, and GIMP alive."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from draglayer_protocol.editor.frame import Box
from draglayer_protocol.geometry import Point
from tests.daemon.processes import end

from .gimp_console import Console, plugin_process
from .gimp_window import GimpWindow, gimp_window
from .screen import ScreenError, wait

pytestmark = pytest.mark.editors

SIZE = Box(0, 0, 320, 300)
EYE, FAR = Point(160, 142), Point(100, 80)
READY = "tool.life.phase.value == 'ready' and not tool._jobs and tool.settling is None and tool.due() is None"


@pytest.fixture(scope="module")
def gimp(console: Console) -> Iterator[GimpWindow]:
    """The seed's picture above white."""
    assert console.tell("start") == {"status": "success"}
    console.install_probe()
    with gimp_window(console, "start.xcf") as window:
        yield window


@pytest.fixture
def dragging(gimp: GimpWindow) -> Iterator[GimpWindow]:
    """A long drag in the dialog, on the image as it was."""
    undone(gimp)
    gimp.open_dialog()
    wait(lambda: bool(ask(gimp, READY)), "the picture")
    gimp.drag(gimp.view(SIZE), EYE, FAR)
    gimp.screen.ask(
        "from dataclasses import replace\n"
        "tool.set_parameters(replace(tool.parameters, max_steps=5000, stop_distance=0.1))"
    )
    gimp.screen.key("ctrl+Return")
    wait(lambda: gimp.layers() == 3 and ask(gimp, "tool.history.step") >= 2, "the result")
    yield gimp
    if gimp.has_dialog():
        gimp.screen.ask("tool.drag.stop()")
        wait(lambda: not ask(gimp, "tool.life.busy"), "the stop")
        close(gimp)


def undone(gimp: GimpWindow) -> None:
    """The result of the drag before is gone, by one undo; what else a test did, it undoes itself."""
    if gimp.layers() == 3:
        gimp.front()
        gimp.press_until("ctrl+z", lambda: gimp.layers() == 2, "the image as it was")


def ask(gimp: GimpWindow, expression: str) -> Any:
    return gimp.screen.ask(f"answer = {expression}")


def note(gimp: GimpWindow) -> str:
    return str(ask(gimp, "tool.note or tool.life.sentence"))


def close(gimp: GimpWindow) -> None:
    gimp.screen.click(*ask(gimp, "probe.middle(probe.button('Close'))"))
    wait(lambda: not gimp.has_dialog() and not gimp.runs(), "the dialog's end", 30.0)


def press(gimp: GimpWindow, label: str, until: str) -> None:
    """A button, again if the dialog's lines moved it away under the pointer."""

    def pressed() -> bool:
        if not ask(gimp, until):
            gimp.screen.click(*ask(gimp, f"probe.middle(probe.button({label!r}))"))
        try:
            wait(lambda: bool(ask(gimp, until)), label, 3.0)
        except ScreenError:
            return False
        return True

    wait(pressed, label)


def continues(gimp: GimpWindow) -> None:
    """The button takes the picture up again, and a drag goes on from there into the same layer."""
    press(gimp, "Continue", "tool.life.phase.value != 'lost'")
    wait(lambda: bool(ask(gimp, READY)), "the picture")
    before = ask(gimp, "tool.history.step, tool.layer.name")
    press(gimp, "Drag", "tool.life.busy")
    wait(lambda: ask(gimp, "tool.history.step") > before[0] + 1, "further steps")
    assert ask(gimp, "tool.layer.name") == before[1]
    assert gimp.layers() == 3


def test_a_worker_that_is_killed_in_a_drag_is_said_and_continue_goes_on(console: Console, dragging: GimpWindow) -> None:
    console.daemon.kill_worker()
    wait(lambda: ask(dragging, "tool.life.phase.value") == "lost", "the loss of the session")
    assert "worker" in note(dragging)
    dragging.look("worker-killed")
    continues(dragging)


def test_a_daemon_that_is_killed_in_a_drag_is_said_and_connects_again_by_itself(
    console: Console, dragging: GimpWindow
) -> None:
    console.daemon.kill()
    try:
        wait(lambda: ask(dragging, "desk.light.value") == "disconnected", "the loss of the connection")
        wait(lambda: ask(dragging, "tool.life.phase.value") == "lost", "the loss of the session")
        assert note(dragging)
        dragging.look("daemon-killed")
    finally:
        console.daemon.start()
    wait(lambda: ask(dragging, "desk.light.value") == "connected", "the connection")
    continues(dragging)


def test_undo_in_a_drag_removes_the_layer_and_stops_it(dragging: GimpWindow) -> None:
    dragging.front()
    dragging.screen.key("ctrl+z")
    wait(lambda: dragging.layers() == 2, "the undo")
    wait(lambda: not ask(dragging, "tool.life.busy"), "the end of the drag")
    assert "was deleted" in note(dragging)
    dragging.look("undone-in-a-drag")


def test_a_result_layer_that_is_deleted_in_a_drag_stops_it_and_none_is_made_anew(dragging: GimpWindow) -> None:
    dragging.screen.ask("image.remove_layer(canvas.layer(tool.layer.name))")
    wait(lambda: not ask(dragging, "tool.life.busy"), "the end of the drag")
    assert "was deleted" in note(dragging)
    assert dragging.layers() == 2


def test_the_frame_follows_a_result_layer_that_was_moved(dragging: GimpWindow) -> None:
    dragging.screen.ask("tool.drag.stop()")
    wait(lambda: bool(ask(dragging, READY)) and bool(ask(dragging, "tool.layer.written")), "the stop")
    frame, pair = ask(dragging, "tuple(tool.frame)"), ask(dragging, "tuple(tool.pairs.items[0].target)")
    dragging.screen.ask(
        "moved = canvas.layer(tool.layer.name); _, x, y = moved.get_offsets(); moved.set_offsets(x + 9, y - 5)"
    )
    wait(lambda: ask(dragging, "tuple(tool.frame)") == [frame[0] + 9, frame[1] - 5, *frame[2:]], "the frame")
    assert ask(dragging, "tuple(tool.pairs.items[0].target)") == [pair[0] + 9, pair[1] - 5]
    before = ask(dragging, "tool.history.step, tool.layer.name")
    press(dragging, "Drag", "tool.life.busy")
    wait(lambda: ask(dragging, "tool.history.step") > before[0] + 1, "further steps")
    assert ask(dragging, "tool.layer.name") == before[1]
    assert dragging.layers() == 3
    dragging.look("moved")
    dragging.screen.ask("tool.drag.stop()")
    wait(lambda: bool(ask(dragging, READY)), "the stop")
    close(dragging)
    dragging.front()
    dragging.screen.key("ctrl+z")  # the move; the layer's own step is before it


@pytest.mark.parametrize(
    ("does", "frame"),
    [
        ("image.resize(420, 400, 50, 60)", (50, 60, 1.0)),
        ("image.scale(640, 600)", (0, 0, 2.0)),
        ("moved = canvas.layer(tool.layer.name); moved.set_offsets(25, 5)", (15, 5, 1.0)),
    ],
    ids=["resized", "scaled", "moved"],
)
def test_what_changes_the_image_or_the_layer_in_a_drag_stops_it_and_the_frame_follows(
    dragging: GimpWindow, does: str, frame: tuple[int, int, float]
) -> None:
    x, y, width, height = ask(dragging, "tuple(tool.frame)")
    dragging.screen.ask(does)
    wait(lambda: not ask(dragging, "tool.life.busy"), "the end of the drag")
    dx, dy, scale = frame
    there = [x * scale + dx, y * scale + dy, width * scale, height * scale]
    wait(lambda: ask(dragging, "tuple(tool.frame)") == there, "the frame")
    assert "drag again" in note(dragging) or "was scaled" in note(dragging)
    dragging.look("changed-in-a-drag")
    close(dragging)
    dragging.front()
    dragging.screen.key("ctrl+z")  # the change


def test_an_image_that_becomes_indexed_in_a_drag_stops_it_with_a_sentence(dragging: GimpWindow) -> None:
    dragging.screen.ask(
        "image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.MONO, 2, False, False, '')"
    )
    wait(lambda: not ask(dragging, "tool.life.busy"), "the end of the drag")
    assert "indexed colours" in note(dragging)
    close(dragging)
    dragging.front()
    dragging.screen.key("ctrl+z")  # the conversion


def test_a_plug_in_that_is_killed_in_a_drag_leaves_gimp_and_the_layer_so_far(
    console: Console, dragging: GimpWindow
) -> None:
    killed = plugin_process(console)
    assert killed is not None
    with console.daemon.home.client() as client:
        (before,) = [s for s in client.status().sessions if s.running]
        end(killed, signal.SIGKILL)
        wait(lambda: not any(s.running for s in client.status().sessions), "the end of the drag")
        assert [s for s in client.status().sessions if s.session == before.session]  # it is kept
    wait(lambda: not dragging.has_dialog(), "the dialog's end")
    assert dragging.layers() == 3
    dragging.look("plug-in-killed")
    dragging.screen.key("Escape")  # what GIMP says of it


def test_an_image_that_is_closed_in_a_drag_ends_it_with_a_sentence(dragging: GimpWindow) -> None:
    dragging.screen.ask("[shown.delete() for shown in [Gimp.Display.get_by_id(1)] if shown is not None]")
    wait(lambda: "closed" in note(dragging) and not ask(dragging, "tool.life.busy"), "the sentence")
    dragging.look("image-closed")
    close(dragging)
