"""The result layer: how often the host is given a picture."""

from __future__ import annotations

from draglayer_protocol.editor.canvas import Inside
from draglayer_protocol.editor.frame import Box
from draglayer_protocol.editor.layer import BREATH, Layer
from draglayer_protocol.geometry import Frame
from draglayer_protocol.messages import Image

from .fakes import WORDS, FakeCanvas, picture

FRAME = Frame(0, 0, 16, 16)


class SlowCanvas(FakeCanvas):
    """Needs half a second for a picture."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0

    def draw(self, layer: str, box: Box, picture: Image, inside: Inside | None) -> None:
        super().draw(layer, box, picture, inside)
        self.now += 0.5


def test_a_host_that_draws_slowly_is_left_alone_for_longer_than_it_draws() -> None:
    canvas = SlowCanvas()
    layer = Layer(canvas, WORDS, lambda picture: None, lambda sentence: None, lambda: canvas.now)
    layer.draw(picture(1), FRAME)  # it is there
    layer.offer(picture(2), FRAME)
    assert layer.due() == 0.0
    layer.work()
    layer.offer(picture(3), FRAME)
    assert layer.due() == 0.5 * BREATH
    layer.work()
    assert canvas.drawn == [1, 2]  # not yet
    canvas.now += 0.5 * BREATH
    layer.work()
    assert canvas.drawn == [1, 2, 3]
