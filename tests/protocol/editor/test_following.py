"""The image is cropped or scaled, the layer moved: the frame goes along, and the points with it."""

from __future__ import annotations

import pytest

from draglayer_protocol.editor.canvas import Inside
from draglayer_protocol.editor.following import Change, Following, Moved, Other, Place, Scaled, change
from draglayer_protocol.editor.frame import Box
from draglayer_protocol.geometry import Frame, Point
from draglayer_protocol.messages import DragEnded, EndReason, Preview, SetFrame

from .fakes import FakeCanvas, Studio, picture

WAS = Place((640, 512), (0, 0), Box(100, 50, 400, 400))


@pytest.mark.parametrize(
    ("now", "done"),
    [  # as Krita 5.2.9 and 5.3.4 tell it
        (WAS, Other.NOTHING),
        (Place((640, 512), (13, 7), Box(113, 57, 400, 400)), Moved(13, 7)),  # the move tool
        (Place((700, 600), (20, 30), Box(120, 80, 400, 400)), Moved(20, 30)),  # a larger canvas
        (Place((800, 600), (0, 0), WAS.bounds), Other.NOTHING),  # larger to the right and below
        (Place((300, 300), (-150, -100), Box(0, 0, 300, 300)), Moved(-150, -100)),  # cropped through the picture
        (Place((1280, 1024), (0, 0), Box(200, 100, 800, 800)), Scaled(2.0, 2.0)),
        (Place((213, 171), (0, 0), Box(33, 16, 134, 134)), Scaled(213 / 640, 171 / 512)),  # whole pixels
        (Place((1280, 512), (0, 0), Box(200, 50, 800, 400)), Other.UNKNOWN),  # stretched
        (Place((512, 640), (-1, 0), Box(61, 100, 402, 401)), Other.UNKNOWN),  # turned
        (Place((640, 512), (0, 0), Box(50, 25, 200, 200)), Other.NOTHING),  # the layer alone; its pixels tell
    ],
)
def test_what_was_done_to_a_layer_is_told_from_where_it_lies(now: Place, done: Change) -> None:
    assert change(WAS, now) == done


class PlacedCanvas(FakeCanvas):
    """Its layers lie where the test says."""

    def __init__(self, place: Place | None) -> None:
        super().__init__(640, 512)
        self.now = place

    def place(self, layer: str) -> Place | None:
        return self.now


def studio() -> tuple[Studio, PlacedCanvas]:
    """A picture on the frame (100, 50, 400, 400), and a pair."""
    canvas = PlacedCanvas(WAS)
    made = Studio(canvas)
    made.tool.frame = Frame(100, 50, 400, 400)
    made.tool.follow = Following(made.tool, canvas).look
    made.ready()
    made.tool.pairs.add(Point(200, 100), Point(300, 150))
    made.tool.follow()
    return made, canvas


def test_a_moved_layer_takes_the_frame_the_points_and_what_it_is_cut_to_along() -> None:
    made, canvas = studio()
    made.tool.layer.inside = Inside(Box(100, 50, 400, 400), bytes(400 * 400))
    canvas.now = Place((640, 512), (13, 7), Box(113, 57, 400, 400))
    layer = made.tool.layer.name
    made.tool.drag.start()
    made.pump()
    sent = made.line.last(SetFrame)
    assert isinstance(sent, SetFrame)
    assert sent.frame == Frame(113, 57, 400, 400)
    assert made.tool.pairs.items[0].handle == Point(213, 107)
    assert made.tool.pairs.items[0].target == Point(313, 157)
    assert made.tool.layer.inside.box == Box(113, 57, 400, 400)
    assert made.tool.layer.name == layer
    assert not made.tool.note


def test_a_scaled_image_scales_the_frame_and_the_result_goes_into_a_new_layer() -> None:
    made, canvas = studio()
    canvas.now = Place((1280, 1024), (0, 0), Box(200, 100, 800, 800))
    made.tool.follow()
    assert made.tool.frame == Frame(200, 100, 800, 800)
    assert made.tool.pairs.items[0].handle == Point(400.5, 200.5)  # the middle of a pixel twice as large
    assert made.tool.layer.name is None
    assert "was scaled" in made.tool.note


@pytest.mark.parametrize(
    "halfway", [Place((1280, 1024), (0, 0), WAS.bounds), Place((640, 512), (0, 0), Box(200, 100, 800, 800))]
)
def test_a_look_at_an_image_that_is_half_way_scaled_does_no_harm(halfway: Place) -> None:
    made, canvas = studio()
    for now in (halfway, Place((1280, 1024), (0, 0), Box(200, 100, 800, 800))):
        canvas.now = now
        made.tool.follow()
    assert made.tool.frame == Frame(200, 100, 800, 800)
    assert "was scaled" in made.tool.note


def test_a_turned_image_is_said_and_the_frame_stays() -> None:
    made, canvas = studio()
    canvas.now = Place((512, 640), (-1, 0), Box(61, 100, 402, 401))
    made.tool.follow()
    assert made.tool.frame == Frame(100, 50, 400, 400)
    assert made.tool.layer.name is None
    assert "turned, mirrored or stretched" in made.tool.note
    made.tool.say("")
    made.tool.follow()
    assert not made.tool.note  # once


def test_a_layer_that_is_gone_moves_nothing() -> None:
    made, canvas = studio()
    canvas.now = None
    made.tool.follow()
    assert made.tool.frame == Frame(100, 50, 400, 400)
    assert not made.tool.note


def test_also_when_that_drag_made_the_layer() -> None:
    made, canvas = studio()
    canvas.layers = {"another": picture(), "one more": picture()}  # the next drag makes one of another name
    made.tool.drag.start()
    made.pump()
    made.accept()
    made.bring(Preview(made.session, 1, picture(8)))
    made.pump()
    canvas.now = Place((640, 512), (13, 7), Box(113, 57, 400, 400))
    canvas.refuses = "the layer was moved"
    made.bring(Preview(made.session, 2, picture(9)))
    made.pump()
    made.bring(DragEnded(made.session, 2, EndReason.STOPPED, "stopped"))
    made.tool.follow()
    assert made.tool.frame == Frame(113, 57, 400, 400)


def test_a_layer_that_was_moved_while_a_drag_ran_takes_the_frame_along_afterwards() -> None:
    made, canvas = studio()
    made.tool.drag.start()
    made.pump()
    made.accept()
    canvas.now = Place((640, 512), (13, 7), Box(113, 57, 400, 400))
    made.tool.follow()
    assert made.tool.frame == Frame(100, 50, 400, 400)  # not in the middle of it
    canvas.refuses = "the layer was moved"
    made.bring(Preview(made.session, 1, picture(8)))
    made.pump()
    assert made.tool.layer.given_up
    made.bring(DragEnded(made.session, 1, EndReason.STOPPED, "stopped"))
    made.tool.follow()
    assert made.tool.frame == Frame(113, 57, 400, 400)
