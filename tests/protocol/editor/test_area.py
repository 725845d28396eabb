"""Averaging areas, against a slow and plain computation."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draglayer_protocol.editor.area import AreaDown


def plain(pixels: bytes, width: int, height: int, to_width: int, to_height: int) -> list[Fraction]:
    """The mean of the source over each output pixel's area, exactly."""

    def overlap(out: int, source: int, count: int, to_count: int) -> Fraction:
        low = max(Fraction(out * count, to_count), Fraction(source))
        high = min(Fraction((out + 1) * count, to_count), Fraction(source + 1))
        return max(Fraction(0), high - low) * to_count / count

    return [
        sum(
            (
                overlap(v, y, height, to_height) * overlap(u, x, width, to_width) * pixels[y * width + x]
                for y in range(height)
                for x in range(width)
            ),
            Fraction(0),
        )
        for v in range(to_height)
        for u in range(to_width)
    ]


def filtered(pixels: bytes, width: int, height: int, to_width: int, to_height: int, portion: int = 3) -> bytes:
    area = AreaDown(width, height, to_width, to_height)
    for top in range(0, height, portion):
        area.feed(pixels[top * width : (top + portion) * width])
    return area.result()


sizes = st.integers(1, 9)


@settings(max_examples=60, deadline=None)
@given(st.data(), sizes, sizes, sizes, sizes)
def test_every_output_pixel_is_the_mean_of_the_area_below_it(
    data: st.DataObject, width: int, height: int, to_width: int, to_height: int
) -> None:
    pixels = data.draw(st.binary(min_size=width * height, max_size=width * height))
    found = filtered(pixels, width, height, to_width, to_height)
    expected = plain(pixels, width, height, to_width, to_height)
    assert all(abs(a - b) < Fraction(52, 100) for a, b in zip(found, expected, strict=True))  # rounded to the nearest


@pytest.mark.parametrize("size", [(600, 400, 16, 16), (16, 16, 16, 16), (7, 5, 256, 256)])
def test_black_stays_black_and_white_white(size: tuple[int, int, int, int]) -> None:
    width, height, to_width, to_height = size
    for value in (b"\0", b"\xff"):
        assert filtered(value * (width * height), *size, portion=100) == value * (to_width * to_height)


def test_one_white_pixel_is_seen_where_the_half_pixel_rule_says() -> None:
    """Canvas pixel 5 of a frame at 0 that is twice as large as the model: model pixel 2 covers pixels 4 and 5."""
    row = bytearray(16)
    row[5] = 255
    assert filtered(bytes(row) * 2, 16, 2, 8, 1) == bytes([0, 0, 128, 0, 0, 0, 0, 0])
