"""What an artist does with the whole document in real Krita: copies it, flattens it, animates it."""

from __future__ import annotations

import pytest

from .screen import Screen, wait
from .story import READY, Artist

pytestmark = pytest.mark.editors
PICTURE = "bytes({}.pixelData(0, 0, 640, 512))"  # of a document


def dragged(artist: Artist, steps: int) -> None:
    """So many steps on from where it stands."""
    first = artist.ask("tool.history.step")
    artist.parameters(max_steps=steps, stop_distance=0.1)
    artist.screen.ask("tool.drag.start()")
    wait(lambda: bool(artist.ask(f"{READY} and tool.history.step == {first + steps}")), "the drag")
    artist.until_ready("its end")


def test_a_copy_of_the_image_is_a_document_of_its_own(krita: Screen, artist: Artist) -> None:
    """Krita gives all layers of the copy the same ids."""
    artist.new_document()
    artist.new_picture(3)
    krita.ask("original, first = doc, tool; app.action('create_copy').trigger()")
    wait(lambda: artist.ask("len(app.documents()) == 2 and desktop.tool() not in (None, first)"), "the copy")
    krita.ask("doc, tool = app.activeDocument(), desktop.tool(); doc.setBatchmode(True)")
    krita.ask("doc.setActiveNode(doc.topLevelNodes()[-1])")
    wait(lambda: artist.ask("desktop.continues() and panel._continue.isVisible()"), "what it carries")
    artist.press_button("_continue")
    wait(lambda: artist.ask(f"tool.layer.name is not None and {READY}"), "its picture")
    before = artist.ask(f"__import__('hashlib').sha256({PICTURE.format('original')}).hexdigest()")
    changed = artist.layer_hash()
    artist.pair_by_table((290, 262), (350, 250))
    dragged(artist, 3)
    assert artist.layer_hash() != changed
    assert artist.ask(f"__import__('hashlib').sha256({PICTURE.format('original')}).hexdigest()") == before
    krita.ask("original.setBatchmode(True); original.setModified(False); original.close(); original = None")
    wait(lambda: artist.ask("len(app.documents()) == 1"), "the original's going")
    dragged(artist, 2)
    assert artist.ask("desktop.tool() is tool and len(desktop._tools) == 1")
    krita.ask("first = None")


def test_after_flattening_a_new_picture_can_be_made(krita: Screen, artist: Artist) -> None:
    artist.new_document()
    artist.new_picture(3)
    krita.ask("doc.flatten(); doc.waitForDone()")
    wait(lambda: "was deleted" in artist.note(), "the sentence")
    assert len(artist.layers()) == 1
    artist.press_button("_new")
    wait(lambda: len(artist.layers()) == 2, "another layer")
    artist.until_ready("its picture")
    artist.pair_by_table((290, 262), (350, 250))
    dragged(artist, 2)
    assert len(artist.layers()) == 2


def test_a_drag_stops_when_the_animation_goes_to_another_frame(krita: Screen, artist: Artist) -> None:
    artist.new_document()
    artist.new_picture(3)
    krita.ask("""
        result = doc.topLevelNodes()[-1]
        result.enableAnimation()
        doc.setCurrentTime(5)
    """)
    krita.ask("app.action('add_duplicate_frame').trigger(); doc.waitForDone()")
    wait(lambda: artist.ask("result.animated() and result.hasKeyframeAtTime(5)"), "the second keyframe")
    krita.ask("doc.setCurrentTime(0)")
    artist.pair_by_table((290, 262), (350, 250))
    artist.parameters(max_steps=2000, stop_distance=0.1)
    later = "__import__('hashlib').sha256(bytes(result.pixelDataAtTime(0, 0, 640, 512, 5))).hexdigest()"
    before = artist.ask(later)
    krita.ask("tool.drag.start()")
    wait(lambda: artist.ask("tool.history.step") >= 2, "the second step")
    krita.ask("doc.setCurrentTime(5)")
    wait(lambda: not artist.ask("tool.life.busy"), "the end of the drag")
    assert "another frame" in artist.note()
    assert artist.ask(later) == before
