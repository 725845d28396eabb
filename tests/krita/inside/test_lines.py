"""Line shapes as Krita writes them, and pairs as the lines that it reads."""

from __future__ import annotations

import pytest

from draglayer_krita.lines import drawing, way
from draglayer_protocol.editor.pairs import Pair
from draglayer_protocol.geometry import Point


@pytest.mark.parametrize(
    ("svg", "ends"),
    [
        (
            '<path id="shape0" transform="matrix(0.24 0 0 0.24 69.6 60)" d="M0 12L60 0" sodipodi:nodetypes="cc"/>',
            (Point(0, 12), Point(60, 0)),
        ),  # as Krita 5.2 writes it
        ('<path d="M-1.5 2e1 L3 4 L5 6.25"/>', (Point(-1.5, 20), Point(5, 6.25))),  # the last corner is meant
        ('<path d="M0 0L72 24L3 3Z"/>', None),
        ('<rect width="3" height="4"/>', None),
        ("<path", None),
        ("", None),
    ],
)
def test_an_open_path_has_two_ends_and_everything_else_is_left_out(svg: str, ends: tuple[Point, Point] | None) -> None:
    assert way(svg) == ends


def test_anchors_are_no_lines_and_pixels_become_points() -> None:
    svg = drawing([Pair(Point(9.5, 9.5), Point(19.5, 9.5)), Pair(Point(1, 1), Point(1, 1), locked=True)], 300, 150, 300)
    assert 'width="72pt" height="36pt" viewBox="0 0 300 150"' in svg
    assert svg.count("<path") == 1
    assert "M10 10 L20 10" in svg
