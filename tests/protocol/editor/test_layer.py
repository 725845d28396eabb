"""The result layer: how often the host is given a picture."""

from __future__ import annotations

from draglayer_protocol.editor.canvas import Inside, joined
from draglayer_protocol.editor.frame import Box
from draglayer_protocol.editor.layer import BREATH, HELD, Layer
from draglayer_protocol.geometry import Frame
from draglayer_protocol.messages import Image

from .fakes import WORDS, FakeCanvas, Studio, picture

FRAME = Frame(0, 0, 16, 16)


class SlowCanvas(FakeCanvas):
    """Needs half a second for a picture."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0

    def draw(self, layer: str, box: Box, picture: Image, inside: Inside | None, rows: range) -> None:
        super().draw(layer, box, picture, inside, rows)
        self.now += 0.5


def test_a_host_that_draws_slowly_is_left_alone_for_longer_than_it_draws() -> None:
    canvas = SlowCanvas()
    layer = Layer(canvas, WORDS, lambda picture: None, lambda sentence: None, lambda: canvas.now)
    list(layer.draw(picture(1), FRAME))  # it is there
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


def test_a_large_picture_is_drawn_in_portions_and_shown_once_all_have_come() -> None:
    canvas, paid, now = FakeCanvas(4096, 1024), list[int](), [0.0]
    layer = Layer(canvas, WORDS, lambda image: paid.append(image.pixels[0]), lambda sentence: None, lambda: now[0])
    large = Frame(0, 0, 4096, 1024)
    for number in (1, 2):  # the first one into a new layer
        layer.offer(picture(number), large)
        now[0] += 10.0
        for done in range(4):
            assert layer.due() == 0.0
            assert (canvas.shows, len(paid)) == (number - 1, number - 1)
            layer.work()
            assert canvas.rows[-1] == range(256 * done, 256 * (done + 1))
            assert len(canvas.layers) == 1
        assert (canvas.shows, paid[-1]) == (number, number)


def test_a_large_picture_that_is_dropped_half_way_is_paid_for_and_goes_no_further() -> None:
    canvas, paid = FakeCanvas(4096, 1024), list[int]()
    layer = Layer(canvas, WORDS, lambda image: paid.append(image.pixels[0]), lambda sentence: None)
    large = Frame(0, 0, 4096, 1024)
    list(layer.draw(picture(1), large))
    canvas.rows.clear()
    layer.offer(picture(2), large)
    layer.work()
    layer.drop()
    assert (layer.due(), paid) == (None, [2])
    layer.work()
    assert len(canvas.rows) == 1


def test_nothing_is_drawn_while_the_artist_paints_and_what_was_painted_elsewhere_does_not_matter() -> None:
    studio = Studio()
    studio.ready()
    layer, canvas = studio.tool.layer, studio.canvas
    painting = [True]
    layer.held = lambda: painting[0]
    layer.stroke()
    drawn = list(canvas.drawn)
    layer.offer(picture(9), FRAME)
    studio.tool.work()
    assert (canvas.drawn, studio.tool.due()) == (drawn, HELD)
    painting[0] = False
    studio.tool.work()
    assert canvas.drawn == [*drawn, 9]
    assert layer.name is not None


def test_a_result_layer_that_was_painted_on_in_a_drag_is_given_up_and_the_drag_stops() -> None:
    studio = Studio()
    studio.ready()
    layer, canvas = studio.tool.layer, studio.canvas
    assert layer.name is not None
    layer.stroke()
    canvas.layers[layer.name] = picture(77)  # the artist's
    drawn = list(canvas.drawn)
    layer.offer(picture(9), FRAME)
    studio.tool.work()
    assert layer.name is None
    assert "painted on the result layer" in studio.tool.note
    assert layer.given_up
    assert canvas.drawn[: len(drawn)] == drawn


def test_two_selections_are_joined_and_everywhere_stays_everywhere() -> None:
    def both(one: Inside | None, other: Inside | None) -> Inside | None:
        portions = joined(one, other)
        while True:
            try:
                next(portions)
            except StopIteration as done:
                return done.value

    one, other = (Inside(Box(0, 0, 2, 2), bytes(pixels)) for pixels in ([0, 9, 255, 0], [7, 3, 0, 0]))
    assert both(one, other) == Inside(Box(0, 0, 2, 2), bytes([7, 9, 255, 0]))
    assert both(one, None) is None
    assert both(None, one) is None
    elsewhere = Inside(Box(5, 5, 2, 2), bytes(4))
    assert both(one, elsewhere) == elsewhere
