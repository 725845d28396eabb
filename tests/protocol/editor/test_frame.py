"""The frame, and the known answer of the mapping through it."""

from __future__ import annotations

import pytest

from draglayer_protocol.editor.area import AreaDown
from draglayer_protocol.editor.frame import Box, as_frame, box, fitted, moved, resized
from draglayer_protocol.geometry import Frame, Mapping, Point


@pytest.mark.parametrize(
    ("canvas", "model", "expected"),
    [
        ((0, 0, 1000, 800), (256, 256), (100, 0, 800, 800)),
        ((0, 0, 100, 100), (512, 256), (0, 25, 100, 50)),
        ((-50, 10, 200, 100), (256, 256), (0, 10, 100, 100)),  # a layer that begins left of the document
        ((0, 0, 1, 1), (256, 256), (0, 0, 1, 1)),
    ],
)
def test_the_largest_frame_that_fits_lies_in_the_middle(
    canvas: tuple[int, int, int, int], model: tuple[int, int], expected: tuple[int, int, int, int]
) -> None:
    assert box(fitted(Box(*canvas), *model)) == expected


def test_resizing_keeps_the_models_aspect_and_moving_goes_by_whole_pixels() -> None:
    frame = resized(Frame(10, 20, 512, 256), 300.4, 512, 256)
    assert frame == (10, 20, 300, 150)
    assert moved(frame, 0.6, -1.4) == (11, 19, 300, 150)
    assert resized(frame, 1, 512, 256).width == 8
    assert as_frame(box(frame)) == frame


def test_boxes_have_in_common_what_lies_in_both() -> None:
    assert Box(0, 0, 10, 10).common(Box(5, -5, 10, 10)) == (5, 0, 5, 5)
    assert Box(0, 0, 10, 10).common(Box(10, 0, 5, 5)) is None


def test_points_and_pixels_go_through_the_same_mapping() -> None:
    """One white canvas pixel, scaled down, has its centre of mass where the mapping sends its position."""
    frame, size = Frame(30, 10, 60, 60), 20
    for x, y in ((37, 20), (31, 11), (88, 68)):
        plane = bytearray(60 * 60)
        plane[(y - 10) * 60 + (x - 30)] = 255
        area = AreaDown(60, 60, size, size)
        area.feed(bytes(plane))
        found = area.result()
        brightest = max(range(size * size), key=found.__getitem__)
        p = Mapping(frame, size, size).to_model(Point(x, y))
        assert (brightest % size, brightest // size) == (round(p.x), round(p.y))
        assert abs(p.x - (x - 30 + 0.5) / 3 + 0.5) < 1e-9
