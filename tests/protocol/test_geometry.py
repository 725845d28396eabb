"""Canvas and model pixels: known answers, because a round trip alone cannot see half a pixel."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from draglayer_protocol.geometry import Frame, Mapping, Point

HALVED = Mapping(Frame(100, 40, 512, 512), 256, 256)  # two canvas pixels make one model pixel
DOUBLED = Mapping(Frame(0, 0, 128, 128), 256, 256)


def test_a_model_pixel_lies_in_the_middle_of_its_canvas_pixels() -> None:
    # Canvas pixels 100 and 101 make model pixel 0: their common middle is 100.5.
    assert HALVED.to_model(Point(100.5, 40.5)) == (0.0, 0.0)
    assert HALVED.to_model(Point(100, 40)) == (-0.25, -0.25)
    assert HALVED.to_model(Point(101, 41)) == (0.25, 0.25)
    assert HALVED.to_model(Point(610.5, 550.5)) == (255.0, 255.0)
    assert HALVED.to_canvas(Point(0, 0)) == (100.5, 40.5)
    assert HALVED.to_canvas(Point(255, 255)) == (610.5, 550.5)


def test_a_canvas_pixel_covers_several_model_pixels_when_the_frame_is_smaller() -> None:
    assert DOUBLED.to_model(Point(0, 0)) == (0.5, 0.5)
    assert DOUBLED.to_model(Point(127, 127)) == (254.5, 254.5)
    assert DOUBLED.to_canvas(Point(0, 255)) == (-0.25, 127.25)


def test_equal_sizes_only_shift() -> None:
    mapping = Mapping(Frame(-7, 3, 256, 256), 256, 256)
    assert mapping.to_model(Point(-7, 3)) == (0.0, 0.0)
    assert mapping.to_canvas(Point(10.25, 20.5)) == (3.25, 23.5)


def test_a_white_pixel_painted_on_the_canvas_is_found_at_its_place_in_the_model() -> None:
    canvas = [[0.0] * 16 for _ in range(16)]
    canvas[6][9] = 1.0  # row 6, column 9
    # Area-filter 16 x 16 -> 8 x 8 by its definition: each model pixel is the mean of 2 x 2 canvas pixels.
    model = [
        [sum(canvas[2 * y + j][2 * x + i] for i in (0, 1) for j in (0, 1)) / 4 for x in range(8)] for y in range(8)
    ]
    (brightest,) = [(x, y) for y in range(8) for x in range(8) if model[y][x] > 0]
    found = Mapping(Frame(0, 0, 16, 16), 8, 8).to_model(Point(9, 6))
    assert (round(found.x), round(found.y)) == brightest
    assert found == (4.25, 2.75)


def test_each_axis_has_its_own_scale_and_lengths_take_their_geometric_mean() -> None:
    mapping = Mapping(Frame(0, 0, 400, 100), 100, 100)
    assert mapping.to_model(Point(399.5, 99.5)) == (99.5, 99.5)
    assert mapping.length_to_canvas(3) == pytest.approx(6)
    assert HALVED.length_to_canvas(1) == pytest.approx(2)


def test_a_frame_contains_its_outer_pixels_and_half_a_pixel_around_their_centres() -> None:
    frame = Frame(10, 20, 4, 2)
    assert frame.contains(Point(9.5, 19.5))
    assert frame.contains(Point(13.5, 21.5))
    assert not frame.contains(Point(9.49, 20))
    assert not frame.contains(Point(13.51, 20))
    assert not frame.contains(Point(math.nan, 20))


coordinates = st.floats(-1e5, 1e5)
sides = st.floats(1, 16384)


@given(st.builds(Frame, coordinates, coordinates, sides, sides), st.builds(Point, coordinates, coordinates))
def test_there_and_back_again(frame: Frame, point: Point) -> None:
    mapping = Mapping(frame, 256, 512)
    assert mapping.to_canvas(mapping.to_model(point)) == pytest.approx(point, rel=1e-9, abs=1e-6)
