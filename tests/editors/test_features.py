"""The docker's other controls, in real Krita: lines, kept steps, the frame by hand, the strip of pictures."""

from __future__ import annotations

import math

import pytest

from .screen import Screen, wait
from .story import Artist

pytestmark = pytest.mark.editors


def test_points_become_line_shapes_and_come_back_where_they_were(krita: Screen, artist: Artist) -> None:
    artist.new_document()
    artist.new_picture(3)
    artist.pair_by_table((290, 262), (350.5, 250.25))
    artist.pair_by_table((200, 400), (180, 300))
    artist.press_button("_to")
    wait(lambda: "vectorlayer" in artist.ask("[node.type() for node in doc.topLevelNodes()]"), "the vector layer")
    shapes = "sum(len(node.shapes()) for node in doc.topLevelNodes() if node.type() == 'vectorlayer')"
    wait(lambda: artist.ask(shapes) == 2, "the shapes")
    krita.ask("doc.waitForDone()")
    krita.shot("lines")
    krita.ask("before = list(tool.pairs.items); tool.pairs.clear()")
    artist.press_button("_from")
    wait(lambda: artist.ask("len(tool.pairs.items)") == 2, "the points")
    ends = artist.ask("[[*pair.handle, *pair.target] for pair in tool.pairs.items]")
    for found, meant in zip(ends, artist.ask("[[*pair.handle, *pair.target] for pair in before]"), strict=True):
        assert math.dist(found, meant) < 0.1


def test_without_line_shapes_the_artist_is_told_and_the_points_stay(krita: Screen, artist: Artist) -> None:
    artist.new_document()
    artist.new_picture(3)
    artist.pair_by_table((290, 262), (350, 250))
    artist.press_button("_from")
    wait(lambda: "There are no line shapes" in artist.note(), "the sentence")
    assert artist.ask("len(tool.pairs.items)") == 1


def test_a_kept_step_lies_below_the_result_and_is_one_undo_entry(krita: Screen, artist: Artist) -> None:
    artist.new_document()
    artist.new_picture(3)
    entries = artist.undo_entries()
    artist.press_button("_keep")
    wait(lambda: len(artist.layers()) == 3, "the kept layer")
    assert artist.layers()[1].endswith("step 0")
    assert artist.undo_entries() == entries + 1
    wait(lambda: artist.ask("doc.activeNode().name()") == artist.layers()[2], "the result's being active again")
    pixels = "bytes(doc.topLevelNodes()[{}].pixelData(0, 0, 640, 512))"
    assert artist.ask(f"{pixels.format(1)} == {pixels.format(2)}")


def test_a_copy_of_a_result_can_be_continued_and_goes_its_own_way(krita: Screen, artist: Artist) -> None:
    artist.new_document()
    artist.new_picture(3)
    assert not artist.ask("desktop.continues()")
    krita.ask("app.action('duplicatelayer').trigger()")
    wait(lambda: len(artist.layers()) == 3, "the copy")
    wait(lambda: artist.ask("doc.activeNode().name()") == artist.layers()[2], "its being active")
    copy = artist.ask("doc.activeNode().uniqueId().toString()")
    wait(lambda: artist.ask("panel._continue.isVisible()"), "the button")
    artist.press_button("_continue")
    wait(lambda: artist.ask("tool.layer.name") == copy, "the copy's being in hand")
    artist.until_ready("its picture")
    pixels = "bytes(doc.topLevelNodes()[1].pixelData(0, 0, 640, 512))"
    krita.ask(f"first, kept = {pixels}, dict(tool.canvas.kept())")
    artist.pair_by_table((290, 262), (350, 250))
    artist.parameters(max_steps=3)
    krita.ask("tool.drag.start()")
    wait(lambda: artist.ask("tool.history.step") == 3, "the drag")
    artist.until_ready("its last picture")
    assert artist.ask(f"{pixels} == first")
    wait(lambda: artist.ask("len(tool.canvas.kept())") == 2, "a state for each")
    assert artist.ask("all(tool.canvas.kept()[name] == data for name, data in kept.items())")
    assert len(artist.layers()) == 3


def test_the_frame_is_moved_by_its_edge_and_the_picture_goes_with_it(krita: Screen, artist: Artist) -> None:
    artist.new_document()
    artist.new_picture(3)
    artist.pair_by_table((290, 262), (350, 250))
    old = artist.ask("list(tool.frame)")
    artist.view(0.8, 0.0)
    artist.edit_points(True)
    right = old[0] + old[2] - 0.5
    krita.drag(artist.on_canvas(right, 256), artist.on_canvas(right + 40, 256))
    wait(lambda: artist.ask("list(tool.frame)") != old, "the frame's moving")
    artist.until_ready("the picture at its new place")
    new = artist.ask("list(tool.frame)")
    krita.shot("frame-moved")
    assert abs(new[0] - old[0] - 40) <= 2
    assert new[1:] == old[1:]
    assert len(artist.ask("tool.pairs.items")) == 1
    assert artist.ask("tool.pairs.items[0].handle.x") == 290 + new[0] - old[0]
    bounds = artist.ask("(lambda b: [b.x(), b.y(), b.width(), b.height()])(doc.activeNode().bounds())")
    assert bounds == new
    assert len(artist.layers()) == 2


def test_a_picture_of_the_models_strip_is_chosen_and_made(krita: Screen, artist: Artist) -> None:
    artist.new_document()
    krita.ask("box = panel._new_box")
    if not artist.ask("box.strip.isVisible()"):
        artist.press_button("_new_box.ask")
    wait(lambda: bool(artist.ask("box.strip.isVisible() and box.strip.count() > 1")), "the strip")
    seed = artist.ask("box.strip.item(1).data(256)")
    at = krita.ask("""
        where = box.strip.visualItemRect(box.strip.item(1)).center()
        where = box.strip.viewport().mapToGlobal(where)
        answer = (where.x(), where.y())
    """)
    krita.click(*at)
    wait(lambda: artist.ask("panel._seed.value()") == seed, "the choice")
    krita.shot("strip")
    artist.press_button("_new")
    wait(lambda: artist.ask("tool.layer.name is not None"), "the layer")
    artist.until_ready("the picture")
    assert artist.ask("tool.seed") == seed


def test_points_that_change_in_a_drag_count_at_once(krita: Screen, artist: Artist) -> None:
    artist.new_document()
    artist.new_picture(3)
    artist.pair_by_table((290.0, 262.0), (430.0, 300.0))
    artist.pair_by_table((350.0, 322.0), (350.0, 200.0))
    artist.parameters(max_steps=5000)
    artist.press_button("_drag")
    wait(lambda: artist.ask("tool.history.step") > 2, "some steps")
    before = krita.ask("answer = tuple(tool.pairs.items[1].handle); tool.pairs.delete(0)")
    step = artist.ask("tool.history.step")
    wait(lambda: artist.ask("tool.history.step") > step + 3, "further steps")
    (left,) = artist.ask("[tuple(pair.handle) for pair in tool.pairs.items]")
    assert math.dist(left, before) < 30  # it is not the deleted one's
    krita.ask("""
        from draglayer_protocol.editor.pairs import End
        handle = tool.pairs.items[0].handle
        tool.pairs.move(0, End.TARGET, handle._replace(y=handle.y - 6))
        tool.pairs.seal()
    """)
    artist.until_ready("the arrival at the new target")
    assert "reached" in artist.note() or "lies" in artist.note(), artist.note()
    (pair,) = artist.ask("[(tuple(pair.handle), tuple(pair.target)) for pair in tool.pairs.items]")
    assert math.dist(*pair) < 6
    krita.shot("points-changed-in-a-drag")
