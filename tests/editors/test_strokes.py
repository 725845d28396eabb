"""The artist paints while a drag runs: strokes are whole, and what was painted on the result is not drawn over."""

from __future__ import annotations

import pytest

from .screen import Screen, wait
from .story import Artist

pytestmark = pytest.mark.editors

LEFT, RIGHT, ROW = 100.0, 500.0, 60.0
SLOWLY = 24  # positions of a stroke, 60 ms apart


def dragging(artist: Artist) -> None:
    artist.new_document()
    artist.new_picture(3)
    artist.pair_by_table((290.0, 262.0), (430.0, 300.0))
    artist.parameters(max_steps=5000, stop_distance=0.1)
    artist.press_button("_drag")
    wait(lambda: artist.ask("tool.history.step") > 2, "some steps")


def paint(krita: Screen, artist: Artist) -> None:
    """A brush stroke from left to right."""
    krita.ask("app.action('KritaShape/KisToolBrush').trigger()")
    first, last = artist.on_canvas(LEFT, ROW), artist.on_canvas(RIGHT, ROW)
    way = " ".join(
        f"mousemove {first.x + (last.x - first.x) * n / SLOWLY:.0f} {first.y:.0f} sleep 0.06"
        for n in range(1, SLOWLY + 1)
    )
    krita.shell(f"xdotool mousemove {first.x:.0f} {first.y:.0f} sleep 0.1 mousedown 1 sleep 0.05 {way} mouseup 1")


def test_a_stroke_on_another_layer_is_whole_and_pictures_go_on_after_it(krita: Screen, artist: Artist) -> None:
    dragging(artist)
    krita.ask("""
        other = doc.createNode("other", "paintlayer")
        doc.rootNode().addChildNode(other, None)
        doc.waitForDone()
        doc.setActiveNode(other)
    """)
    wait(lambda: artist.ask("doc.activeNode().name()") == "other", "the other layer")
    paint(krita, artist)

    def painted() -> bool:
        bounds = krita.ask("b = other.bounds(); answer = (b.left(), b.right())")
        return bool(bounds[0] < LEFT + 10 and bounds[1] > RIGHT - 10)

    wait(painted, "the whole stroke")
    krita.shot("stroke-in-a-drag")
    before = artist.layer_hash()
    wait(lambda: artist.layer_hash() != before, "further pictures")
    artist.press_button("_drag")
    artist.until_ready("the stop")


def test_a_stroke_on_the_result_layer_stops_the_drag_and_stays(krita: Screen, artist: Artist) -> None:
    dragging(artist)
    layer = artist.ask("tool.layer.name")
    paint(krita, artist)
    wait(lambda: not artist.ask("tool.life.busy"), "the end of the drag")
    assert "painted on the result layer" in artist.note()
    with_stroke = f"""
        node = tool.canvas._node({layer!r})
        answer = bytes(node.pixelData({int(RIGHT - 40)}, {int(ROW)}, 1, 1)).hex()
    """
    kept = krita.ask(with_stroke)
    artist.press_button("_drag")
    wait(lambda: artist.ask("tool.layer.name") not in (None, layer), "a layer of its own")
    artist.press_button("_drag")
    artist.until_ready("the stop")
    assert krita.ask(with_stroke) == kept
