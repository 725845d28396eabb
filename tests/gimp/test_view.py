"""Where the preview looks: image pixels on the widget, and back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from draglayer_gimp.view import LARGEST, SMALLEST, View, fitting
from draglayer_protocol.editor.frame import Box
from draglayer_protocol.geometry import Point


def test_a_pixels_centre_lies_half_a_pixel_inside_of_its_edge() -> None:
    """A known answer: at four widget pixels each, the first pixel spans 10 to 14."""
    assert View(4.0, 10.0, 20.0).to_widget(Point(0, 0)) == (12.0, 22.0)
    assert View(4.0, 10.0, 20.0).to_image(12.0, 22.0) == Point(0, 0)


def test_a_fitted_image_lies_in_the_middle_with_room_around() -> None:
    view = fitting(Box(10, 0, 320, 300), 640, 640, margin=0)
    assert view.scale == 2.0
    assert view.to_widget(Point(9.5, -0.5)) == (0.0, 20.0)  # its corner
    assert view.to_widget(Point(329.5, 299.5)) == (640.0, 620.0)


@pytest.mark.parametrize("factor", [1.25, 0.5, 1e9, 1e-9])
def test_what_lies_under_the_pointer_stays_there(factor: float) -> None:
    view = View(1.5, 7.0, -3.0)
    zoomed = view.zoomed(factor, 100.0, 50.0)
    before, after = view.to_image(100.0, 50.0), zoomed.to_image(100.0, 50.0)
    assert after.x == pytest.approx(before.x)
    assert after.y == pytest.approx(before.y)
    assert SMALLEST <= zoomed.scale <= LARGEST


def test_moving_moves_everything() -> None:
    view = View(2.0, 0.0, 0.0)
    assert view.moved(5.0, -4.0) == replace(view, left=5.0, top=-4.0)
