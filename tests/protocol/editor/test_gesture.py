"""The hand on the canvas, without live pulling (which test_tool.py has)."""

from __future__ import annotations

from draglayer_protocol.editor.gesture import Gesture
from draglayer_protocol.geometry import Point
from draglayer_protocol.messages import Stop

from .fakes import Studio

A, B = Point(10, 10), Point(30, 10)


def desk() -> tuple[Studio, Gesture]:
    studio = Studio()
    studio.ready()
    return studio, Gesture(studio.tool)


def test_press_sets_a_handle_and_release_its_target() -> None:
    studio, gesture = desk()
    assert gesture.press(A, 3)
    gesture.move(Point(20, 12))
    assert gesture.release(B, 3)
    (pair,) = studio.tool.pairs.items
    assert (pair.handle, pair.target, pair.locked) == (A, B, False)


def test_a_click_without_a_way_is_an_anchor() -> None:
    studio, gesture = desk()
    gesture.press(A, 3)
    gesture.release(Point(10.5, 10), 3)
    assert studio.tool.pairs.items[0].locked


def test_a_new_pair_is_one_undo_step_with_its_way_or_as_an_anchor() -> None:
    studio, gesture = desk()
    for way in ((Point(20, 12), B), (Point(10.2, 10),)):
        gesture.press(A, 3)
        for at in way:
            gesture.move(at)
        gesture.release(way[-1], 3)
        assert len(studio.tool.pairs.items) == 1
        studio.tool.pairs.undo()
        assert studio.tool.pairs.items == ()
        assert not studio.tool.pairs.undo()


def test_escape_leaves_nothing_of_a_pair_that_was_being_set() -> None:
    studio, gesture = desk()
    gesture.press(A, 3)
    gesture.move(Point(20, 12))
    assert gesture.escape()
    assert studio.tool.pairs.items == ()


def test_either_end_can_be_dragged_elsewhere_in_one_undo_step() -> None:
    studio, gesture = desk()
    studio.tool.pairs.add(A, B)
    gesture.press(Point(29, 11), 3)
    for x in range(31, 40):
        gesture.move(Point(x, 20))
    gesture.release(Point(40, 20), 3)
    assert studio.tool.pairs.items[0].target == Point(40, 20)
    gesture.press(A, 3)
    gesture.release(Point(5, 5), 3)
    assert studio.tool.pairs.items[0].handle == Point(5, 5)
    studio.tool.pairs.undo()
    studio.tool.pairs.undo()
    assert studio.tool.pairs.items[0].target == B


def test_outside_of_the_frame_nothing_is_set_and_the_artist_is_told() -> None:
    studio, gesture = desk()
    assert not gesture.press(Point(-20, 3), 3)
    assert studio.tool.pairs.items == ()
    assert "inside the frame" in studio.tool.note


def test_what_lies_under_the_hand_can_be_removed_and_nothing_else() -> None:
    studio, gesture = desk()
    studio.tool.pairs.add(A, B)
    assert not gesture.remove(Point(50, 50), 3)
    assert gesture.remove(B, 3)
    assert studio.tool.pairs.items == ()
    assert not gesture.delete()


def test_escape_takes_back_a_pair_that_is_being_set_and_then_leaves() -> None:
    _, gesture = desk()
    gesture.press(A, 3)
    gesture.move(B)
    assert gesture.escape()
    assert not gesture.move(Point(40, 40))
    assert not gesture.escape()  # the host leaves the mode


def test_a_pair_that_is_deleted_in_the_table_while_the_hand_holds_it_is_let_go() -> None:
    studio, gesture = desk()
    gesture.press(A, 3)
    studio.tool.pairs.clear()
    assert not gesture.move(B)
    assert not gesture.release(B, 3)


def test_letting_go_is_a_release_where_the_hand_was_last() -> None:
    studio, gesture = desk()
    gesture.press(A, 3)
    gesture.move(B)
    assert gesture.let_go()
    assert not gesture.let_go()
    gesture.press(Point(40, 40), 3)
    gesture.let_go()
    way, anchor = studio.tool.pairs.items
    assert (way.handle, way.target, way.locked) == (A, B, False)
    assert anchor.locked


def test_while_something_is_held_points_are_not_undone_redone_or_deleted() -> None:
    studio, gesture = desk()
    studio.tool.pairs.add(A, B)
    gesture.press(B, 3)
    assert not gesture.undo()
    assert not gesture.redo()
    assert not gesture.delete()
    assert not gesture.remove(A, 3)
    gesture.release(B, 3)
    assert gesture.undo()
    assert gesture.redo()


def test_a_pull_whose_pair_is_deleted_in_the_table_stops() -> None:
    studio, gesture = desk()
    gesture.live = True
    gesture.press(A, 3)
    gesture.move(B)
    studio.pump()
    assert studio.tool.drag.pulling
    studio.tool.pairs.clear()
    gesture.move(Point(20, 20))
    assert studio.line.all(Stop)
    assert gesture.held is None
