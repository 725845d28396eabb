"""Layers and canvases of every kind under a real Krita: a picture, or one sentence; the drawing stays as it is."""

from __future__ import annotations

import pytest

from .screen import Screen, wait
from .story import READY, Artist

pytestmark = pytest.mark.editors
ACTIVE = {
    "locked": 'odd = doc.createNode("odd", "paintlayer"); odd.setLocked(True)',
    "hidden": 'odd = doc.createNode("odd", "paintlayer"); odd.setVisible(False)',
    "empty": 'odd = doc.createNode("odd", "paintlayer")',
    "vector": 'odd = doc.createVectorLayer("odd")',
    "group": 'odd = doc.createGroupLayer("odd")',
    "locked group": 'odd = doc.createGroupLayer("odd"); odd.setLocked(True)',
    "clone": 'odd = doc.createCloneLayer("odd", doc.topLevelNodes()[0])',
    "file": 'odd = doc.createFileLayer("odd", "/draglayer/nowhere.png", "None")',
    "mask": 'odd = doc.createTransparencyMask("odd")',
}


def drags_on(krita: Screen, artist: Artist) -> None:
    """A pair is dragged a little, and the layer shows it."""
    artist.pair_by_table((290.0, 262.0), (350.0, 262.0))
    artist.parameters(max_steps=2, stop_distance=0.1)
    before = artist.layer_hash()
    artist.press_button("_drag")
    wait(lambda: bool(artist.ask(f"{READY} and tool.history.step == 2")), "the drag")
    artist.until_ready("its end")
    assert artist.layer_hash() != before


@pytest.mark.parametrize("kind", ACTIVE)
def test_a_picture_comes_above_whatever_layer_is_active_and_is_dragged_and_continued(
    krita: Screen, artist: Artist, kind: str
) -> None:
    artist.new_document()
    parent = "doc.topLevelNodes()[0]" if kind == "mask" else "doc.rootNode()"
    krita.ask(f"{ACTIVE[kind]}; {parent}.addChildNode(odd, None); doc.waitForDone(); doc.setActiveNode(odd)")
    wait(lambda: artist.ask("doc.activeNode() is not None and doc.activeNode().name() == 'odd'"), "the active layer")
    below = "[other.type() + str(bytes(other.projectionPixelData(0, 0, 640, 512)).count(0)) for other in kept]"
    krita.ask("kept = doc.topLevelNodes()")
    before = artist.ask(below)
    artist.new_picture(3)
    drags_on(krita, artist)
    assert artist.ask(below) == before
    assert artist.ask("doc.topLevelNodes()[-1].uniqueId().toString() == tool.layer.name")
    krita.ask("result = doc.topLevelNodes()[-1]; first = tool; desktop.present(None); desktop._tools.clear()")
    krita.ask("desktop.present(doc); tool = desktop.tool(); doc.setActiveNode(odd)")
    wait(lambda: not artist.ask("(panel.refresh(), panel._continue.isVisible())[1]"), "no Continue for this layer")
    krita.ask("doc.setActiveNode(result)")
    wait(lambda: bool(artist.ask("(panel.refresh(), panel._continue.isVisible())[1]")), "the button Continue")
    artist.press_button("_continue")
    artist.until_ready("the picture again")
    krita.shot(f"layer-{kind.replace(' ', '-')}")


@pytest.mark.parametrize(
    ("does", "says"),
    [("result.setLocked(True)", "is locked"), ('doc.setColorSpace("CMYKA", "U8", "")', "was converted")],
    ids=["locked", "converted"],
)
def test_a_result_layer_that_is_locked_or_converted_in_a_drag_stops_it_with_a_sentence(
    krita: Screen, artist: Artist, does: str, says: str
) -> None:
    artist.new_document()
    artist.new_picture(3)
    artist.pair_by_table((290.0, 262.0), (350.0, 262.0))
    artist.parameters(max_steps=2000, stop_distance=0.1)
    krita.ask("result = doc.topLevelNodes()[-1]")
    artist.press_button("_drag")
    wait(lambda: artist.ask("tool.history.step") >= 2, "the second step")
    krita.ask(f"{does}; doc.waitForDone()")
    wait(lambda: not artist.ask("tool.life.busy"), "the end of the drag")
    assert says in artist.note()
    assert len(artist.layers()) == 2
    krita.ask("result.setLocked(False)")
    artist.parameters(max_steps=2, stop_distance=0.1)
    first = artist.ask("tool.history.step")
    artist.press_button("_drag")  # into a new layer
    wait(lambda: bool(artist.ask(f"{READY} and tool.history.step == {first} + 2")), "the next drag")
    artist.until_ready("its end")
    assert len(artist.layers()) == 3


def test_points_outside_on_top_of_each_other_or_none_are_said(krita: Screen, artist: Artist) -> None:
    artist.new_document()
    artist.new_picture(3)
    before = artist.layer_hash()

    def refused(says: str, *pairs: tuple[tuple[float, float], tuple[float, float]]) -> None:
        krita.ask("tool.pairs.clear()")
        for handle, target in pairs:
            artist.pair_by_table(handle, target)
        artist.press_button("_drag")
        wait(lambda: says in artist.note(), says)
        assert artist.ask(READY)

    refused("There is nothing to drag")
    refused("outside the frame", ((290.0, 262.0), (5.0, 262.0)))
    refused("outside the frame", ((-900.0, 1e6), (290.0, 262.0)))
    refused("have the same handle", ((290.0, 262.0), (300.0, 262.0)), ((290.0, 262.0), (280.0, 262.0)))
    krita.ask("tool.pairs.clear()")
    artist.pair_by_table((290.0, 262.0), (300.0, 262.0))
    krita.ask("tool.pairs.lock(0, True)")
    artist.press_button("_drag")
    wait(lambda: "All points are locked" in artist.note(), "the sentence about anchors")
    krita.shot("points-refused")
    assert artist.layer_hash() == before


def test_on_a_canvas_of_one_pixel_there_is_a_picture_or_a_sentence(krita: Screen, artist: Artist) -> None:
    artist.new_document(width=1, height=1)
    krita.ask("panel._seed.setValue(3)")
    artist.press_button("_new")
    wait(lambda: bool(artist.ask("tool.layer.name is not None or tool.note")), "a picture, or a sentence")
    if artist.ask("tool.layer.name is not None"):
        artist.until_ready("the picture")
    print("1 x 1:", artist.note(), artist.ask("[tool.frame, len(doc.topLevelNodes())]"))
    krita.ask("tool.add_pair()")
    artist.press_button("_drag")
    wait(lambda: not artist.ask("tool.life.busy"), "an end")
    print("1 x 1, dragged:", artist.note())
    assert artist.note()
    krita.shot("canvas-1")


def test_a_full_disk_costs_neither_the_drawing_nor_its_points(krita: Screen, artist: Artist) -> None:
    """A folder of 64 KiB in Krita's own mounts, which end with it."""
    krita.shell("mkdir -p /draglayer/full && mount -t tmpfs -o size=64k tmpfs /draglayer/full")
    try:
        artist.new_document()
        artist.new_picture(3)
        drags_on(krita, artist)
        drawn, pairs = artist.layer_hash(), artist.ask("len(tool.pairs.items)")
        krita.shell("head -c 60000 /dev/zero > /draglayer/full/rest")
        said = artist.ask('(doc.saveAs("/draglayer/full/story.kra"), doc.waitForDone())[0]')
        listed = krita.shell("ls -a /draglayer/full").split()
        print("Krita's own saveAs on a full disk says", said, "and leaves", listed)
        krita.ask("""
            from draglayer_krita.panel import Export, partial, save_step, Path
            Export(tool, partial(save_step, Path("/draglayer/full")), "/draglayer/full").start()
        """)
        wait(lambda: "cannot be written" in artist.note(), "the sentence about the steps")
        krita.shot("disk-full")
        assert "step" not in krita.shell("ls -a /draglayer/full")  # nothing half-written
        assert (artist.layer_hash(), artist.ask("len(tool.pairs.items)")) == (drawn, pairs)
    finally:
        krita.shell("umount /draglayer/full")
    artist.save("after-full.kra")  # with room it works
    assert artist.layer_hash() == drawn


def test_in_a_locked_group_there_is_a_picture_or_a_sentence(krita: Screen, artist: Artist) -> None:
    artist.new_document()
    krita.ask("""
        group, odd = doc.createGroupLayer("group"), doc.createNode("odd", "paintlayer")
        doc.rootNode().addChildNode(group, None)
        group.addChildNode(odd, None)
        group.setLocked(True)
        doc.waitForDone()
        doc.setActiveNode(odd)
    """)
    wait(lambda: artist.ask("doc.activeNode() is not None and doc.activeNode().name() == 'odd'"), "the active layer")
    krita.ask("panel._seed.setValue(3)")
    artist.press_button("_new")
    wait(lambda: bool(artist.ask("tool.layer.name is not None or 'unlock the group' in tool.note")), "an answer")
    artist.until_ready("an end")
    inside = artist.ask("[node.name() for node in group.childNodes()]")
    assert len(inside) == (2 if artist.ask("tool.layer.name is not None") else 1)
    print("in a locked group:", inside, artist.note())
