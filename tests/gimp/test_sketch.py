"""The selection in the preview: every so many pixels of it, read in portions."""

from __future__ import annotations

import itertools

import pytest

from draglayer_gimp.sketch import LOOK, Seen, Sketch
from draglayer_protocol.editor.frame import Box


class Selection:
    """Pixel (x, y) has the value 10 y + x, from the box's corner."""

    def __init__(self) -> None:
        self.asked: list[Box] = []

    def read(self, box: Box) -> bytes:
        self.asked.append(box)
        return bytes((10 * y + x) % 251 for y in range(box.y, box.y + box.height) for x in range(box.width))


@pytest.mark.parametrize(
    ("width", "height", "side", "columns", "rows"),
    [
        (4, 3, 10, [0, 1, 2, 3], [0, 1, 2]),
        (6, 6, 2, [1, 4], [1, 4]),
        (7, 7, 3, [1, 4, 6], [1, 4, 6]),  # the last pixel stands for itself
        (9, 2, 3, [1, 4, 7], [1]),
        (8, 8, 3, [1, 4, 7], [1, 4, 7]),
    ],
)
def test_one_pixel_stands_for_a_square(width: int, height: int, side: int, columns: list[int], rows: list[int]) -> None:
    found = Sketch(Box(0, 0, width, height), side, Selection().read).look()
    assert found == (len(columns), len(rows), bytes(10 * y + x for y in rows for x in columns))


def test_a_large_selection_is_read_in_portions_and_the_old_one_is_shown_meanwhile() -> None:
    selection, slow = Selection(), itertools.count()
    sketch = Sketch(Box(0, 0, 2048, 2048), 64, selection.read, clock=lambda: float(next(slow)))
    assert [sketch.look() for _ in range(4)] == [None] * 4  # 512 rows each
    first = sketch.look()
    assert first is not None
    assert first[:2] == (64, 64)
    assert [(box.y, box.height) for box in selection.asked] == [(0, 512), (512, 512), (1024, 512), (1536, 512)]
    assert sketch.look() is first
    sketch.begin()
    assert sketch.look() is first
    assert len(selection.asked) == 5


def test_the_selection_is_asked_for_now_and_then_and_forgotten_when_it_is_gone() -> None:
    selection, now, answers = Selection(), [0.0], [True, True, False]
    seen = Seen(lambda: answers.pop(0), selection.read, clock=lambda: now[0])
    box = Box(0, 0, 4, 3)
    assert seen.sketch(box, 10) is not None
    assert seen.sketch(box, 10) is not None
    assert (len(answers), len(selection.asked)) == (2, 1)
    now[0] += LOOK
    assert seen.anything()
    seen.sketch(box, 10)
    assert (len(answers), len(selection.asked)) == (1, 2)
    now[0] += LOOK
    assert seen.sketch(box, 10) is None
    assert not seen.anything()
