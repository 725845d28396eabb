"""Real Krita on a virtual screen, the plugin installed from the exported zip, the real daemon and the bundled model."""

from __future__ import annotations

import math

import pytest

from .screen import Screen, wait
from .story import READY, Artist

pytestmark = pytest.mark.editors
HANDLES = (((290.0, 262.0), (320.0, 262.0)), ((355.0, 330.0), (355.0, 300.0)))


def test_the_whole_story(krita: Screen, artist: Artist) -> None:
    """New from model, pairs on a turned canvas, drag, stop, one undo, redo, save, restart, continue."""
    a_new_picture_with_two_pairs(krita, artist)
    dragged = the_layer_changes_while_the_drag_runs(krita, artist)
    one_undo_removes_the_layer_and_redo_brings_it_back(krita, artist, dragged)
    saved_and_reopened_it_goes_on(krita, artist, dragged)


def a_new_picture_with_two_pairs(krita: Screen, artist: Artist) -> None:
    artist.new_document()
    artist.select(190, 150, 260, 300)
    artist.new_picture(3)
    assert len(artist.layers()) == 2
    assert artist.layers()[-1].startswith("Drag – ")
    assert "is selected may move" in artist.ask("(panel.refresh(), panel._mask.text())[1]")
    krita.shot("1-new")

    artist.view(1.2, 20.0)
    artist.edit_points(True)
    for handle, target in HANDLES:
        artist.pair(handle, target)
    pairs = artist.ask("[[list(p.handle), list(p.target)] for p in tool.pairs.items]")
    assert len(pairs) == 2
    for found, meant in zip(pairs, HANDLES, strict=True):
        for a, b in zip(found, meant, strict=True):
            assert math.dist(a, b) < 1.5, (found, meant)  # the pointer stands on whole screen pixels
    krita.shot("2-pairs")


def the_layer_changes_while_the_drag_runs(krita: Screen, artist: Artist) -> str:
    entries, before, seen = artist.undo_entries(), artist.layer_hash(), set[str]()
    krita.ask("probe.longest = 0.0; probe.holds = []")
    artist.press_button("_drag")

    def changes() -> bool:
        seen.add(artist.layer_hash())
        return len(seen - {before}) >= 5

    wait(changes, "five changes of the layer while the drag runs")
    krita.shot("3-dragging")
    if artist.ask("tool.life.busy"):
        artist.press_button("_drag")
    artist.until_ready("the stop")
    print("holds of the event loop over 50 ms:", artist.ask("probe.holds"), "longest:", artist.ask("probe.longest"))
    print("the drag:", artist.ask("[tool.life.sentence, tool.history.step, tool.drag.progress.speed()]"))
    dragged = artist.layer_hash()
    assert dragged != before
    assert artist.undo_entries() == entries  # no picture is an undo step
    krita.shot("4-stopped")
    return dragged


def one_undo_removes_the_layer_and_redo_brings_it_back(krita: Screen, artist: Artist, dragged: str) -> None:
    krita.key("Escape")
    wait(lambda: not artist.ask("desktop.editing()"), "the end of the mode")
    krita.key("ctrl+z")
    wait(lambda: len(artist.layers()) == 1, "the layer's going with one undo")
    krita.key("ctrl+shift+z")
    wait(lambda: len(artist.layers()) == 2, "the layer's coming back")
    assert artist.layer_hash() == dragged
    krita.shot("5-redone")


def saved_and_reopened_it_goes_on(krita: Screen, artist: Artist, dragged: str) -> None:
    pairs = artist.ask("[[list(p.handle), list(p.target)] for p in tool.pairs.items]")
    artist.save("story.kra")
    krita.end_krita()
    krita.start_krita("story.kra")
    wait(lambda: artist.ask("app.activeDocument() is not None"), "the reopened document")
    artist.open_docker()
    assert artist.ask("tool.life.phase.value") == "idle"
    wait(lambda: artist.ask("(panel.refresh(), panel._continue.isVisible())[1]"), "the button Continue")
    krita.shot("6-reopened")
    artist.press_button("_continue")
    wait(lambda: artist.ask(READY), "the session's going on")
    assert artist.ask("[[list(p.handle), list(p.target)] for p in tool.pairs.items]") == pairs
    assert artist.ask("[tool.history.step, tool.history.steps]") == [
        1,
        1,
    ]  # a state holds the beginning and the present
    assert artist.layer_hash() == dragged
    artist.press_button("_drag")
    wait(lambda: artist.layer_hash() != dragged, "a change after reopening")
    if artist.ask("tool.life.busy"):
        artist.press_button("_drag")
    artist.until_ready("the second stop")
    assert len(artist.layers()) == 2
    krita.shot("7-continued")


def test_the_brush_paints_again_as_soon_as_the_mode_has_ended(krita: Screen, artist: Artist) -> None:
    artist.new_document()
    artist.new_picture(4)
    artist.edit_points(True)
    before = artist.layer_hash()
    artist.pair((300, 250), (340, 250))
    assert artist.layer_hash() == before  # it set a pair and painted nothing
    assert len(artist.ask("tool.pairs.items")) == 1
    krita.key("Escape")
    wait(lambda: not artist.ask("desktop.editing()"), "the end of the mode")
    krita.ask("app.action('KritaShape/KisToolBrush').trigger()")
    krita.drag(artist.on_canvas(300, 250), artist.on_canvas(340, 300))
    wait(lambda: artist.layer_hash() != before, "paint on the layer")
    assert len(artist.ask("tool.pairs.items")) == 1
    krita.shot("8-painted")


def test_a_live_pull_follows_the_hand_and_escape_takes_it_back(krita: Screen, artist: Artist) -> None:
    artist.new_document()
    artist.new_picture(3)
    before = artist.layer_hash()
    krita.ask("panel._live.setChecked(True)")
    artist.edit_points(True)
    start, there = artist.on_canvas(290, 262), artist.on_canvas(330, 262)
    krita.shell(f"xdotool mousemove {start.x:.0f} {start.y:.0f} sleep 0.2 mousedown 1")
    krita.shell(f"xdotool mousemove {there.x:.0f} {there.y:.0f}")
    wait(lambda: artist.ask("tool.life.phase.value") == "pulling", "the pull")
    wait(lambda: artist.layer_hash() != before, "a picture that follows")
    krita.shot("9-pulling")
    krita.key("Escape")
    krita.shell("xdotool mouseup 1")
    artist.until_ready("the way back")
    wait(lambda: artist.ask("tool.history.step") == 0, "the step before the pull")
    assert artist.layer_hash() == before
    krita.ask("panel._live.setChecked(False)")


@pytest.mark.parametrize(("model", "depth"), [("CMYKA", "U16"), ("GRAYA", "U8"), ("RGBA", "F32")])
def test_in_other_kinds_of_documents_the_picture_looks_as_it_is(
    krita: Screen, artist: Artist, model: str, depth: str
) -> None:
    artist.new_document(model, depth)
    entries = artist.undo_entries()
    artist.new_picture(3)
    added = artist.undo_entries() - entries
    differences = krita.ask("""
        doc.waitForDone()
        shown = doc.projection(0, 0, doc.width(), doc.height())
        node = tool.canvas._node(tool.layer.name)
        pixels = bytes(node.projectionPixelData(0, 0, doc.width(), doc.height()))
        answer = []
        for x in range(100, 540, 40):
            for y in range(40, 480, 40):
                at = 4 * (y * doc.width() + x)
                blue, green, red = pixels[at:at + 3]
                light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
                colour = QtGui.QColor(shown.pixel(x, y))
                seen = 0.2126 * colour.red() + 0.7152 * colour.green() + 0.0722 * colour.blue()
                answer.append(abs(light - seen))
    """)
    krita.shot(f"kind-{model}-{depth}")
    assert sorted(differences)[len(differences) // 2] < 12, differences  # CMYK has not all of these colours
    print(model, depth, "undo entries for the new layer:", added, "median difference:", sorted(differences)[60])
    assert added == 1


def test_both_shortcuts_work_in_every_window_also_after_another_was_closed(krita: Screen, artist: Artist) -> None:
    artist.new_document()
    artist.new_picture(3)
    both_shortcuts_work(krita, artist)
    krita.ask("first = main; other = app.openWindow().qwindow(); other.activateWindow()")
    wait(lambda: krita.ask("answer = len(app.windows())") == 2, "a second window")
    krita.ask("other.close(); other = None; first.activateWindow()")
    wait(lambda: krita.ask("answer = len(app.windows())") == 1, "the second window's going")
    both_shortcuts_work(krita, artist)


def both_shortcuts_work(krita: Screen, artist: Artist) -> None:
    krita.key("ctrl+alt+d")
    wait(lambda: artist.ask("desktop.editing()"), "the mode by its shortcut")
    krita.key("ctrl+alt+d")
    wait(lambda: not artist.ask("desktop.editing()"), "the mode's end by its shortcut")
    krita.ask("tool.pairs.clear(); tool.say('')")
    krita.key("ctrl+alt+shift+d")
    wait(lambda: "nothing to drag" in artist.ask("tool.note"), "the answer to the other shortcut")


def test_one_document_in_two_windows_has_the_mode_in_each(krita: Screen, artist: Artist) -> None:
    """Also in the one that is not in front, by whatever it was asked for there."""
    artist.new_document()
    artist.new_picture(3)
    krita.ask("""
        first, two = main, app.openWindow()
        second = two.qwindow()
        second.show()
        two.addView(doc)
        there = [d for d in second.findChildren(QtWidgets.QDockWidget) if d.objectName() == "draglayer"][0]
        there.setVisible(True)
        there.raise_()
        edit = [act for act in second.actions() if act.objectName() == "draglayer_edit_points"][0]
    """)
    wait(lambda: artist.ask("there.desktop.tool() is not None"), "the document in the second window's docker")
    krita.ask("edit.trigger()")
    krita.shot("two-windows")
    assert artist.ask("there.desktop.editing()"), artist.ask("there.desktop.tool().note")
    assert not artist.ask("desktop.editing()")
    krita.ask("desktop.edit_points(True)")
    assert artist.ask("desktop.editing()")
    krita.ask("there.desktop.edit_points(False); desktop.edit_points(False); second.close()")
    wait(lambda: krita.ask("answer = len(app.windows())") == 1, "the second window's going")
    krita.ask("there = edit = second = two = None; first.activateWindow()")


def test_points_are_kept_while_the_docker_is_hidden(krita: Screen, artist: Artist) -> None:
    artist.new_document()
    artist.new_picture(3)
    artist.edit_points(True)
    artist.pair((300, 250), (340, 250))
    before = artist.ask("{name: hash(data) for name, data in tool.canvas.kept().items()}")
    krita.ask("docker.setVisible(False)")
    wait(lambda: artist.ask("not tool.unsaved and not desktop.editing()"), "the saving")
    assert artist.ask("len(tool.canvas.kept())") == len(before)
    krita.ask("docker.setVisible(True)")
    assert "340" in artist.ask("str([bytes(data) for data in tool.canvas.kept().values()])")


def test_a_soft_selection_keeps_the_colours_and_a_hidden_result_is_said(krita: Screen, artist: Artist) -> None:
    """Into a second layer, which a drag makes of what lies below it where nothing is fully selected."""
    artist.new_document()
    artist.new_picture(3)
    krita.ask("""
        soft = krita.Selection()
        soft.select(0, 0, doc.width(), doc.height(), 124)
        doc.setSelection(soft)
        tool.layer.take_up(None, "", None)
    """)
    artist.pair_by_table((300, 250), (330, 250))
    krita.ask("tool.set_parameters(__import__('draglayer_protocol.messages').messages.Parameters(max_steps=5))")
    krita.ask("panel._drag.click()")  # by no mouse: *Continue this layer* comes and moves it away
    wait(lambda: len(artist.layers()) == 3, "the second layer")
    artist.until_ready("the drag")
    colours = krita.ask("""
        from draglayer_protocol.editor.frame import box
        below, above = [node for node in doc.topLevelNodes() if node.type() == "paintlayer"][-2:]
        area = box(tool.frame)
        corner = (area.x + 4, area.y + 4, 8, 8)
        answer = [list(bytes(node.pixelData(*corner))) for node in (above, below)]
    """)
    assert set(colours[0][3::4]) == {124}
    assert max(abs(a - b) for at, (a, b) in enumerate(zip(*colours, strict=True)) if at % 4 < 3) < 40
    krita.ask("above.setVisible(False)")
    artist.press_button("_drag")
    wait(lambda: "hidden" in artist.note() or not artist.ask("tool.life.busy"), "the sentence")
    assert artist.ask("tool.canvas.hidden(tool.layer.name)")


def test_a_docker_that_is_hidden_in_a_live_pull_lets_go_of_it(krita: Screen, artist: Artist) -> None:
    artist.new_document()
    artist.new_picture(3)
    krita.ask("panel._live.setChecked(True)")
    artist.edit_points(True)
    start, there = artist.on_canvas(290, 262), artist.on_canvas(330, 262)
    krita.shell(f"xdotool mousemove {start.x:.0f} {start.y:.0f} sleep 0.2 mousedown 1")
    krita.shell(f"xdotool mousemove {there.x:.0f} {there.y:.0f}")
    wait(lambda: artist.ask("tool.life.phase.value") == "pulling", "the pull")
    krita.key("ctrl+z")
    krita.key("Delete")
    assert artist.ask("[len(tool.pairs.items), tool.drag.pulling]") == [1, True]
    krita.ask("docker.setVisible(False)")
    wait(lambda: not artist.ask("tool.drag.pulling or desktop.editing()"), "the letting go")
    krita.shell("xdotool mouseup 1")
    artist.until_ready("the settling")
    assert artist.ask("desktop._tools[desktop._key][1].held is None")
    krita.ask("docker.setVisible(True); panel._live.setChecked(False)")
