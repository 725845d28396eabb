"""The frame by hand and in numbers, with the picture and the points in it; and a step that is kept."""

from __future__ import annotations

import pytest

from draglayer_protocol.editor.canvas import Inside
from draglayer_protocol.editor.frame import Box, Grip, gripped, stretched
from draglayer_protocol.editor.gesture import Gesture
from draglayer_protocol.editor.placing import keep_step, move_frame
from draglayer_protocol.editor.scene import scene
from draglayer_protocol.geometry import Frame, Point
from draglayer_protocol.link import LinkDown
from draglayer_protocol.messages import Render

from .fakes import FakeCanvas, Studio, picture

FRAME = Frame(10, 20, 40, 40)


def test_corners_edges_and_the_inside_of_a_frame_are_told_apart() -> None:
    assert gripped(FRAME, Point(49, 59), 3) == Grip(True, True, True)
    assert gripped(FRAME, Point(10, 59), 3) == Grip(False, True, True)
    assert gripped(FRAME, Point(30, 19), 3) == Grip()
    assert gripped(FRAME, Point(30, 30), 3) is None
    assert gripped(FRAME, Point(30, 10), 3) is None  # beside it


@pytest.mark.parametrize("corner", [Grip(x, y, True) for x in (True, False) for y in (True, False)])
def test_a_corner_is_pulled_and_the_one_opposite_stays(corner: Grip) -> None:
    outwards = (8 if corner.right else -8, 8 if corner.bottom else -8)
    new = stretched(FRAME, corner, *outwards, 16, 16)
    assert (new.width, new.height) == (48, 48)
    stays = (new.x if corner.right else new.x + new.width, new.y if corner.bottom else new.y + new.height)
    assert stays == (10 if corner.right else 50, 20 if corner.bottom else 60)


def test_a_moved_frame_takes_the_picture_and_the_points_along() -> None:
    studio = Studio(FakeCanvas(100, 100))
    studio.tool.frame = FRAME
    studio.ready(7)
    studio.tool.pairs.add(Point(10, 20), Point(30, 40))
    move_frame(studio.tool, Frame(30, 20, 80, 80))
    studio.pump()
    assert studio.canvas.cleared == [Box(10, 20, 40, 40)]
    studio.rendered(8)
    assert studio.canvas.drawn[-1] == 8
    assert len(studio.canvas.layers) == 1
    pair = studio.tool.pairs.items[0]
    assert pair.handle == Point(30.5, 20.5)  # the middle of a pixel twice as large
    assert pair.target == Point(70.5, 60.5)
    assert not studio.tool.note


def test_a_layer_that_was_painted_on_stays_where_it_is_when_the_frame_moves() -> None:
    studio = Studio(FakeCanvas(100, 100))
    studio.tool.frame = FRAME
    studio.ready(7)
    assert studio.tool.layer.name is not None
    studio.canvas.layers[studio.tool.layer.name] = picture(99)  # the artist
    move_frame(studio.tool, Frame(50, 20, 40, 40))
    studio.pump()
    studio.rendered(8)
    assert studio.canvas.cleared == []
    assert sorted(p.pixels[0] for p in studio.canvas.layers.values()) == [8, 99]


@pytest.mark.parametrize(("there", "cut"), [(Frame(30, 20, 40, 40), 16), (Frame(10, 20, 80, 80), 32)])
def test_what_the_layer_is_cut_to_goes_along_whatever_is_selected_by_then(there: Frame, cut: int) -> None:
    studio = Studio(FakeCanvas(100, 100))
    studio.tool.frame = FRAME
    studio.ready(7)
    left = (bytes([255] * 16) + bytes(24)) * 40  # of the frame's 40 columns
    studio.tool.layer.inside = Inside(Box(10, 20, 40, 40), left)
    studio.canvas.selected = bytes(100 * 100)  # by now
    move_frame(studio.tool, there)
    studio.pump()
    studio.rendered(8)
    inside = studio.canvas.insides[-1]
    assert inside is not None
    assert inside.box == Box(*map(round, there))
    row = inside.pixels[: inside.box.width]
    assert row == bytes([255] * cut) + bytes(inside.box.width - cut)
    assert inside.pixels == row * inside.box.height


def test_the_frame_stays_while_its_picture_is_lost() -> None:
    studio = Studio(FakeCanvas(100, 100))
    studio.tool.frame = FRAME
    studio.ready(7)
    studio.bring(LinkDown("it ended", 0.2))
    move_frame(studio.tool, Frame(50, 20, 40, 40))
    assert studio.tool.frame == FRAME
    assert "press “Continue” first" in studio.tool.note


def test_the_hand_moves_the_frame_by_its_edge_and_escape_leaves_it() -> None:
    studio = Studio(FakeCanvas(100, 100))
    studio.tool.frame = FRAME
    studio.ready()
    gesture = Gesture(studio.tool)
    assert gesture.press(Point(30, 20), 3)
    gesture.move(Point(35, 30))
    assert scene(studio.tool, gesture).frame == Frame(15, 30, 40, 40)
    assert gesture.escape()
    assert studio.tool.frame == FRAME
    gesture.press(Point(30, 20), 3)
    gesture.release(Point(31, 22), 3)
    assert studio.tool.frame == Frame(11, 22, 40, 40)
    assert not studio.tool.pairs.items


def test_while_a_drag_runs_the_frame_stays_and_the_artist_is_told() -> None:
    studio = Studio(FakeCanvas(100, 100))
    studio.tool.frame = FRAME
    studio.ready()
    studio.tool.pairs.add(Point(20, 30), Point(30, 40))
    studio.tool.drag.start()
    studio.pump()
    move_frame(studio.tool, Frame(0, 0, 40, 40))
    assert studio.tool.frame == FRAME
    assert "stop it before you move the frame" in studio.tool.note


def test_a_kept_step_is_a_copy_named_after_it() -> None:
    studio = Studio()
    keep_step(studio.tool)
    assert "no picture that stands still" in studio.tool.note
    studio.ready(7)
    asked = len(studio.line.all(Render))
    keep_step(studio.tool)
    assert [name for name in studio.canvas.layers if name.endswith("step 0")]
    assert len(studio.line.all(Render)) == asked  # the document has it already


def test_the_result_is_cut_to_the_selection_unless_the_whole_frame_is_wanted() -> None:
    for whole in (False, True):
        studio = Studio()
        studio.canvas.selected = bytes(range(64)) * 64
        studio.ready()
        studio.canvas.layers.clear()  # the drag makes a new one
        studio.tool.show_whole(whole)
        studio.tool.pairs.add(Point(10, 10), Point(20, 10))
        studio.tool.drag.start()
        studio.pump()
        assert (studio.tool.layer.inside is None) == whole


def test_a_rate_of_pictures_becomes_a_pause_and_none_means_no_pause() -> None:
    studio = Studio()
    studio.tool.set_preview_rate(5)
    assert studio.tool.layer.pause == 0.2
    studio.tool.set_preview_rate(0)
    assert studio.tool.layer.pause == 0.0
