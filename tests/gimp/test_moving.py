"""The frame follows what the artist does with image and layer, as far as GIMP lets it be told."""

from __future__ import annotations

import pytest

from draglayer_gimp.moving import told
from draglayer_protocol.editor.following import Change, Moved, Other, Place, Scaled
from draglayer_protocol.editor.frame import Box

WAS = Place((640, 512), (100, 50), Box(100, 50, 400, 400))


def place(size: tuple[int, int], x: int, y: int, width: int, height: int) -> Place:
    return Place(size, (x, y), Box(x, y, width, height))


@pytest.mark.parametrize(
    ("now", "done"),
    [
        (WAS, Other.NOTHING),
        (place((640, 512), 113, 57, 400, 400), Moved(13, 7)),  # the move tool
        (place((700, 600), 120, 80, 400, 400), Moved(20, 30)),  # a larger canvas
        (place((800, 600), 100, 50, 400, 400), Other.NOTHING),  # larger to the right and below
        (place((640, 512), 0, 0, 640, 512), Other.NOTHING),  # the layer's boundary to the image's
        (place((640, 512), 130, 60, 200, 300), Other.NOTHING),  # cropped to what is in it
        (place((1280, 1024), 200, 100, 800, 800), Scaled(2.0, 2.0)),
        (place((320, 256), 50, 25, 200, 200), Scaled(0.5, 0.5)),
        (place((300, 300), 0, 0, 300, 300), Other.UNKNOWN),  # cropped through the picture on all sides
        (place((590, 482), 0, 20, 350, 400), Moved(-150, -30)),  # cut off at the left
        (place((300, 300), 60, 20, 240, 280), Moved(-40, -30)),  # at the right and below
        (place((300, 480), 0, 0, 300, 420), Other.UNKNOWN),  # at the left and at the right
        (place((512, 640), 62, 100, 400, 400), Other.UNKNOWN),  # turned
    ],
)
def test_what_was_done_is_told_from_where_the_layer_lies(now: Place, done: Change) -> None:
    assert told(WAS, now) == done
