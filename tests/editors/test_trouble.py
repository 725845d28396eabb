"""What goes wrong beside Krita or in a drawing is said in the docker; the drawing stays as it is, and Krita alive."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from .running import Running
from .screen import Screen, wait
from .story import READY, Artist

pytestmark = pytest.mark.editors
HANDLE, TARGET = (290.0, 262.0), (350.0, 262.0)


@pytest.fixture
def dragging(krita: Screen, artist: Artist) -> Iterator[str]:
    """A drag that goes on for long; the hash of the layer before it."""
    artist.new_document()
    artist.new_picture(3)
    before = artist.layer_hash()
    artist.pair_by_table(HANDLE, TARGET)
    artist.parameters(max_steps=2000, stop_distance=0.1)
    artist.press_button("_drag")
    wait(lambda: artist.ask("tool.history.step") >= 2, "the second step")
    yield before
    if artist.ask("tool.life.busy"):
        krita.ask("tool.drag.stop()")
        artist.until_ready("the stop")


def continues(krita: Screen, artist: Artist) -> None:
    """The docker's button takes the picture up again, and a drag goes on from there into the same layer."""
    wait(lambda: artist.ask("(panel.refresh(), panel._drag.text())[1]") == "Continue", "the button Continue")
    layers = artist.layers()
    artist.press_button("_drag")
    wait(lambda: bool(artist.ask(f"{READY} and not tool._jobs and tool.settling is None")), "the picture")
    before = artist.layer_hash()
    artist.press_button("_drag")
    wait(lambda: artist.layer_hash() != before, "a change of the layer")
    assert artist.layers() == layers


def test_a_worker_that_is_killed_in_a_drag_is_said_and_continue_goes_on(
    studio: Running, krita: Screen, artist: Artist, dragging: str
) -> None:
    studio.daemon.kill_worker()
    wait(lambda: artist.ask("tool.life.phase.value") == "lost", "the loss of the session")
    assert "worker" in artist.note()
    assert artist.light().startswith("●")
    krita.shot("worker-killed")
    continues(krita, artist)
    krita.shot("worker-continued")


def test_a_gateway_that_is_killed_in_a_drag_is_said_and_connects_again_by_itself(
    studio: Running, krita: Screen, artist: Artist, dragging: str
) -> None:
    studio.daemon.kill()
    try:
        wait(lambda: artist.light().startswith("○"), "the loss of the connection")
        wait(lambda: artist.ask("tool.life.phase.value") == "lost", "the loss of the session")
        assert artist.note()
        assert artist.ask("panel._start.isVisible()")
        krita.shot("gateway-killed")
    finally:
        studio.daemon.start()
    wait(lambda: artist.light().startswith("●"), "the connection")
    continues(krita, artist)
    krita.shot("gateway-continued")


def test_without_a_document_the_docker_asks_for_one(krita: Screen, artist: Artist) -> None:
    artist.new_document()
    artist.close_documents()
    wait(lambda: "document" in artist.note(), "the sentence")
    assert not artist.ask("panel._new.isEnabled()")
    assert not artist.ask("panel._drag.isEnabled()")
    krita.shot("no-document")


def test_a_drag_without_a_picture_or_with_a_selection_elsewhere_is_refused_in_a_sentence(
    krita: Screen, artist: Artist
) -> None:
    artist.new_document()
    artist.press_button("_drag")
    wait(lambda: "There is no picture to drag" in artist.note(), "the sentence about the picture")
    artist.new_picture(3)
    artist.pair_by_table(HANDLE, TARGET)
    artist.select(0, 0, 40, 40)  # the frame is 512 wide in the middle of 640
    artist.press_button("_drag")
    wait(lambda: "does not touch the frame" in artist.note(), "the sentence about the selection")
    assert artist.ask(READY)
    krita.shot("selection-elsewhere")


def test_a_deleted_result_layer_stops_the_drag_and_nothing_else_is_drawn_into(
    krita: Screen, artist: Artist, dragging: str
) -> None:
    krita.ask("tool.canvas._node(tool.layer.name).remove()")
    wait(lambda: not artist.ask("tool.life.busy"), "the end of the drag")
    assert "was deleted" in artist.note()
    assert artist.layers() == ["Background"]


def test_closing_the_document_in_a_drag_leaves_the_other_one_as_it_is(
    krita: Screen, artist: Artist, dragging: str
) -> None:
    krita.ask("first = doc")
    artist.new_document()
    pixels = "hash(bytes(doc.rootNode().projectionPixelData(0, 0, 640, 512)))"
    before = artist.ask(pixels)
    krita.ask("first.setBatchmode(True); first.setModified(False); first.close(); first = None")
    wait(lambda: artist.ask("len(app.documents())") == 1, "the closing")
    artist.new_picture(4)  # the docker works on, with the document that is left
    artist.ask("doc.topLevelNodes()[-1].remove()")
    krita.ask("doc.refreshProjection()")
    assert artist.ask(pixels) == before


def newer(data: bytes) -> bytes:
    return json.dumps(json.loads(data) | {"format": 99}).encode()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [(newer, "newer Draglayer"), (lambda data: data[: len(data) // 2], "damaged")],
    ids=["newer", "damaged"],
)
def test_a_drawing_whose_draglayer_data_cannot_be_used_opens_with_a_sentence(
    krita: Screen, artist: Artist, spoil: Callable[[bytes], bytes], says: str
) -> None:
    artist.new_document()
    artist.new_picture(3)
    dragged = artist.layer_hash()
    (name,) = artist.ask('[n for n in doc.annotationTypes() if n.startswith("draglayer/")]')
    data = spoil(bytes.fromhex(artist.ask(f"bytes(doc.annotation({name!r})).hex()")))
    krita.ask(f"doc.setAnnotation({name!r}, 'Draglayer', QtCore.QByteArray(bytes.fromhex('{data.hex()}')))")
    krita.ask("tool.unsaved = False")
    artist.save(f"{says[:5]}.kra")
    artist.close_documents()
    krita.ask(f'app.activeWindow().addView(app.openDocument("/draglayer/{says[:5]}.kra"))')
    artist.open_docker()
    krita.ask("doc.setActiveNode(doc.topLevelNodes()[-1])")
    wait(lambda: says in artist.note(), "the sentence")
    assert not artist.ask("panel._continue.isVisible()")
    krita.ask("node = doc.topLevelNodes()[-1]; import hashlib")
    assert artist.ask("hashlib.sha256(bytes(node.pixelData(0, 0, 640, 512))).hexdigest()") == dragged
    krita.shot(f"annotation-{says[:5]}")


@pytest.mark.parametrize(("width", "height"), [(16384, 256), (9, 9)])
def test_very_wide_and_very_small_canvases_are_dragged_on_or_refused_in_a_sentence(
    krita: Screen, artist: Artist, width: int, height: int
) -> None:
    artist.new_document(width=width, height=height)
    krita.ask("panel._seed.setValue(3)")
    artist.press_button("_new")
    wait(lambda: bool(artist.ask("tool.layer.name is not None or tool.note")), "a picture, or a sentence")
    if artist.ask("tool.layer.name is not None"):
        artist.until_ready("the picture")
        frame = artist.ask("list(tool.frame)")
        assert frame[0] >= 0
        assert frame[0] + frame[2] <= width
        assert frame[1] + frame[3] <= height
    krita.shot(f"canvas-{width}")
