"""What the artist does to the image and its layers between two drags, in real Krita: the frame goes along."""

from __future__ import annotations

import pytest

from .screen import Screen, wait
from .story import Artist

pytestmark = pytest.mark.editors
ALPHA = "bytes(node.pixelData(0, 0, doc.width(), doc.height()))[3::4]"


def dragged(artist: Artist, steps: int = 3) -> None:
    """One drag of so many steps, to its end."""
    artist.parameters(max_steps=steps, stop_distance=0.1)
    first = artist.ask("tool.history.step")
    artist.press_button("_drag")
    wait(lambda: artist.ask("tool.history.step") == first + steps, "the last step")
    artist.until_ready("the end of the drag")


@pytest.fixture
def drawn(artist: Artist) -> list[float]:
    """A picture and a pair that was dragged a little; its frame."""
    artist.new_document()
    artist.new_picture(3)
    artist.pair_by_table((290.0, 262.0), (350.0, 262.0))
    dragged(artist)
    return list(artist.ask("list(tool.frame)"))


def bounds(artist: Artist) -> list[float]:
    """Of the result layer's pixels."""
    found = artist.screen.ask("""
        b = tool.canvas._node(tool.layer.name).bounds()
        answer = [b.x(), b.y(), b.width(), b.height()]
    """)
    return [float(number) for number in found]


def test_a_layer_that_showed_only_the_selection_does_so_after_continue_and_one_more_drag(
    krita: Screen, artist: Artist, drawn: list[float]
) -> None:
    krita.ask("""
        node = tool.canvas._node(tool.layer.name)
        node.setPixelData(QtCore.QByteArray(bytes(4 * 20 * 20)), 300, 300, 20, 20)  # the artist erases something
    """)
    artist.select(200, 150, 240, 300)
    dragged(artist)
    assert len(artist.layers()) == 3
    krita.ask("node = tool.canvas._node(tool.layer.name)")
    selected = artist.ask("(lambda s: [[s.x(), s.y(), s.width(), s.height()]])(node.bounds())")
    assert selected == [[200, 150, 240, 300]]
    artist.save("cut.kra")
    artist.close_documents()
    krita.ask('app.activeWindow().addView(app.openDocument("/draglayer/cut.kra"))')
    artist.open_docker()
    krita.ask("""
        node = [node for node in doc.topLevelNodes() if node.type() == "paintlayer"][-1]
        doc.setActiveNode(node)
        doc.setSelection(None)
    """)
    wait(lambda: artist.ask("doc.activeNode().uniqueId() == node.uniqueId()"), "the layer's being active")
    before, alpha = artist.ask("hash(bytes(node.pixelData(0, 0, 640, 512)))"), artist.ask(f"hash({ALPHA})")
    wait(lambda: artist.ask("(panel.refresh(), panel._continue.isVisible())[1]"), "the button Continue")
    artist.press_button("_continue")
    artist.until_ready("the session's going on")
    dragged(artist)
    krita.shot("continued-cut")
    assert len(artist.layers()) == 3
    assert artist.ask("hash(bytes(node.pixelData(0, 0, 640, 512)))") != before
    assert artist.ask(f"hash({ALPHA})") == alpha


@pytest.mark.parametrize(
    ("does", "by"),
    [
        ("tool.canvas._node(tool.layer.name).move(24, -8)", (24, -8)),
        ("doc.resizeImage(-20, -30, 700, 600)", (20, 30)),
        ("doc.crop(10, 0, 600, 512)", (-10, 0)),
    ],
    ids=["moved", "resized", "cropped"],
)
def test_the_frame_goes_with_a_layer_that_is_moved_and_an_image_that_is_cropped(
    krita: Screen, artist: Artist, drawn: list[float], does: str, by: tuple[int, int]
) -> None:
    handle = artist.ask("list(tool.pairs.items[0].handle)")
    krita.ask(f"{does}; doc.waitForDone()")
    dragged(artist)  # at once: the frame is looked after when it is needed
    frame = artist.ask("list(tool.frame)")
    assert frame == [drawn[0] + by[0], drawn[1] + by[1], *drawn[2:]]
    moved = artist.ask("list(tool.pairs.items[0].handle)")
    assert abs(moved[0] - handle[0] - by[0]) < 20  # it has been dragged on, too
    assert abs(moved[1] - handle[1] - by[1]) < 20
    assert len(artist.layers()) == 2, artist.note()
    assert bounds(artist) == frame


def test_a_scaled_image_takes_the_frame_along_and_a_turned_one_is_said(
    krita: Screen, artist: Artist, drawn: list[float]
) -> None:
    krita.ask("doc.scaleImage(1280, 1024, 300, 300, 'Bicubic'); doc.waitForDone()")
    wait(lambda: "was scaled" in artist.note(), "the sentence about scaling")  # by itself
    assert artist.ask("list(tool.frame)") == [2 * number for number in drawn]
    dragged(artist)
    assert len(artist.layers()) == 3
    assert bounds(artist) == [2 * number for number in drawn]
    krita.shot("scaled")
    krita.ask("doc.rotateImage(1.5707963267948966); doc.waitForDone()")
    wait(lambda: "turned, mirrored or stretched" in artist.note(), "the sentence about turning")


def test_a_transformed_layer_is_left_alone_and_the_result_goes_into_a_new_one(
    krita: Screen, artist: Artist, drawn: list[float]
) -> None:
    krita.ask("node = tool.canvas._node(tool.layer.name); node.rotateNode(0.3); doc.waitForDone()")
    turned = artist.ask("hash(bytes(node.pixelData(0, 0, 640, 512)))")
    dragged(artist)
    assert "painted on or transformed" in artist.note()
    assert len(artist.layers()) == 3
    assert artist.ask("hash(bytes(node.pixelData(0, 0, 640, 512)))") == turned


def test_a_layer_that_is_moved_in_a_drag_stops_it_and_the_next_one_is_where_the_layer_is(
    krita: Screen, artist: Artist, drawn: list[float]
) -> None:
    artist.parameters(max_steps=2000, stop_distance=0.1)
    artist.press_button("_drag")
    wait(lambda: artist.ask("tool.life.phase.value") == "dragging", "the drag")
    krita.ask("tool.canvas._node(tool.layer.name).move(24, 0); doc.waitForDone()")
    wait(lambda: not artist.ask("tool.life.busy"), "the end of the drag")
    assert "was moved or resized" in artist.note()
    wait(lambda: artist.ask("list(tool.frame)") == [drawn[0] + 24, *drawn[1:]], "the frame's following")
    dragged(artist)
    assert bounds(artist) == [drawn[0] + 24, *drawn[1:]]
