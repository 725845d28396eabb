"""All steps as files: in order, once each, and with a sentence about what came of it."""

from __future__ import annotations

from draglayer_protocol.editor.exporting import Export
from draglayer_protocol.link import LinkDown
from draglayer_protocol.messages import Image, Render

from .fakes import Studio


def ready(steps: int) -> Studio:
    studio = Studio()
    studio.ready()
    studio.tool.history.steps = studio.tool.history.step = steps
    return studio


def answer(studio: Studio, value: int) -> None:
    asked = studio.line.last(Render)
    assert isinstance(asked, Render)
    assert asked.step is not None
    studio.rendered(value, asked.step)


def test_every_step_is_saved_and_nothing_is_drawn() -> None:
    studio, saved = ready(2), list[tuple[int, int]]()
    drawn = list(studio.canvas.drawn)
    Export(studio.tool, lambda step, image: saved.append((step, image.pixels[0])), "there").start()
    for value in (10, 11, 12):
        answer(studio, value)
    assert saved == [(0, 10), (1, 11), (2, 12)]
    assert studio.canvas.drawn == drawn
    assert studio.tool.note == "3 pictures were written to there."


def test_a_full_disk_ends_it_with_the_reason_and_the_number() -> None:
    def save(step: int, image: Image) -> None:
        if step == 1:
            raise OSError(28, "No space left on device")

    studio = ready(2)
    Export(studio.tool, save, "there").start()
    answer(studio, 10)
    answer(studio, 11)
    assert studio.tool.note == "there cannot be written (No space left on device). 1 pictures were written to there."
    assert len(studio.line.all(Render)) == 3  # the layer's own, and two steps


def test_a_drag_that_begins_meanwhile_ends_it() -> None:
    studio = ready(2)
    studio.tool.add_pair()
    Export(studio.tool, lambda step, image: None, "there").start()
    studio.tool.drag.start()
    answer(studio, 10)
    assert "not all steps were written" in studio.tool.note


def test_without_a_picture_or_a_connection_it_is_said() -> None:
    studio = Studio()
    Export(studio.tool, lambda step, image: None, "there").start()
    assert "no picture that stands still" in studio.tool.note
    studio = ready(2)
    Export(studio.tool, lambda step, image: None, "there").start()
    studio.bring(LinkDown("it ended", 0.1))
    assert not studio.tool.awaited
