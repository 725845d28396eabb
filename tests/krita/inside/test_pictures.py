"""The model's picture in the bytes of a layer."""

from __future__ import annotations

from pathlib import Path

import pytest

from draglayer_krita.pictures import bgra, rows_bgra, save_step
from draglayer_protocol.editor.canvas import Inside
from draglayer_protocol.editor.frame import Box
from draglayer_protocol.messages import Image


def test_red_green_blue_become_blue_green_red_and_opaque() -> None:
    assert bgra(Image(2, 1, 3, bytes([1, 2, 3, 4, 5, 6])), Box(0, 0, 2, 1), None) == bytes([3, 2, 1, 255, 6, 5, 4, 255])


def test_the_selection_becomes_the_opacity() -> None:
    picture = bgra(Image(2, 1, 3, bytes([1, 2, 3, 4, 5, 6])), Box(7, 8, 2, 1), Inside(Box(7, 8, 2, 1), bytes([0, 128])))
    assert picture[3::4] == bytes([0, 128])


def test_the_colours_are_not_multiplied_by_the_opacity() -> None:
    """A soft edge would have a dark halo otherwise."""
    area = Box(0, 0, 16, 16)
    picture = Image(16, 16, 3, bytes([71, 87, 89]) * 256)
    inside = Inside(area, bytes(range(256)))
    for rows in (range(16), range(4, 12)):
        pixels = rows_bgra(picture, area, inside, rows)
        assert pixels[3::4] == inside.pixels[16 * rows.start : 16 * rows.stop]
        assert {tuple(pixels[at : at + 3]) for at in range(0, len(pixels), 4)} == {(89, 87, 71)}


def test_odd_widths_have_no_padding() -> None:
    assert len(bgra(Image(5, 3, 3, bytes(45)), Box(0, 0, 7, 9), None)) == 7 * 9 * 4


def test_one_white_pixel_is_enlarged_around_where_the_half_pixel_rule_says() -> None:
    """Model pixel (2, 1) of 4 x 4 on 32 x 32 canvas pixels: its middle is at (2.5 * 8 - 0.5, 1.5 * 8 - 0.5)."""
    pixels = bytearray(48)
    pixels[3 * (1 * 4 + 2) : 3 * (1 * 4 + 2) + 3] = b"\xff\xff\xff"
    large = bgra(Image(4, 4, 3, bytes(pixels)), Box(0, 0, 32, 32), None)
    weights = [(large[4 * (y * 32 + x)], x, y) for y in range(32) for x in range(32)]
    total = sum(w for w, _, _ in weights)
    middle = (sum(w * x for w, x, _ in weights) / total, sum(w * y for w, _, y in weights) / total)
    assert abs(middle[0] - 19.5) < 0.1
    assert abs(middle[1] - 11.5) < 0.1


def test_a_step_is_saved_whole_under_its_number_or_not_at_all(tmp_path: Path) -> None:
    save_step(tmp_path, 7, Image(2, 1, 3, bytes([1, 2, 3, 4, 5, 6])))
    assert [file.name for file in tmp_path.iterdir()] == ["step-0007.png"]
    assert (tmp_path / "step-0007.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(OSError, match="folder"):
        save_step(tmp_path / "gone", 8, Image(2, 1, 3, bytes(6)))


def test_a_picture_in_portions_is_the_whole_picture() -> None:
    pixels = bytes(n * 37 % 256 for n in range(8 * 8 * 3))
    area = Box(3, 4, 64, 64)
    inside = Inside(area, bytes(n % 256 for n in range(64 * 64)))
    for cut in (None, inside):
        whole = bgra(Image(8, 8, 3, pixels), area, cut)
        parts = b"".join(rows_bgra(Image(8, 8, 3, pixels), area, cut, range(top, top + 16)) for top in range(0, 64, 16))
        assert len(parts) == len(whole)
        assert parts[3::4] == whole[3::4]
        assert max(abs(a - b) for a, b in zip(parts, whole, strict=True)) <= 3
