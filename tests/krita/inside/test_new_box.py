"""Model, kind, seed, and the strip of a model's pictures."""

from __future__ import annotations

from dataclasses import replace

from draglayer_krita.new_box import NewBox
from draglayer_protocol.link import LinkDown, LinkUp
from draglayer_protocol.messages import (
    AskThumbnails,
    Failed,
    Image,
    ListModels,
    ModelInfo,
    Models,
    Thumbnails,
    Welcome,
)
from tests.protocol.editor.fakes import BOOT, MODEL, Studio

KINDS = replace(MODEL, name="kinds", title="Kinds", sha256="cd" * 32, labels=("cat", "dog"))


def shown(studio: Studio) -> tuple[NewBox, list[tuple[str, int, int | None]]]:
    made: list[tuple[str, int, int | None]] = []

    def make(model: ModelInfo, seed: int, label: int | None) -> None:
        made.append((model.name, seed, label))

    box = NewBox(studio.desk, make)
    studio.desk.changed = lambda: box.show_desk(True)
    box.show_desk(True)
    return box, made


def strip(studio: Studio, model: ModelInfo, labels: tuple[int, ...] = ()) -> Thumbnails:
    asked = studio.line.last(AskThumbnails)
    assert isinstance(asked, AskThumbnails)
    image = Image(12, 4, 3, bytes(12 * 4 * 3))
    return Thumbnails(asked.request, model.name, model.sha256, (5, 6, 7), labels, 0.7, image)


def test_a_model_without_kinds_is_made_without_one() -> None:
    studio = Studio()
    box, made = shown(studio)
    assert box.label.isHidden()
    box.seed.setValue(9)
    box.button.click()
    assert made == [("small", 9, None)]


def test_the_chosen_kind_goes_with_the_seed() -> None:
    studio = Studio()
    box, made = shown(studio)
    studio.bring(Models(2, (MODEL, KINDS)))
    box.model.setCurrentIndex(1)
    assert not box.label.isHidden()
    box.label.setCurrentIndex(1)
    box.button.click()
    assert made == [("kinds", 0, 1)]


def test_the_list_of_models_is_asked_for_when_it_is_opened_and_keeps_what_is_chosen() -> None:
    studio = Studio()
    box, _ = shown(studio)
    other = replace(MODEL, name="other", title="A first one", sha256="cc" * 32)
    asked = len(studio.line.all(ListModels))
    box.model.showPopup()
    box.model.hidePopup()
    assert len(studio.line.all(ListModels)) == asked + 1
    studio.bring(Models(2, (other, MODEL)))
    assert box.model.currentText() == MODEL.title


def test_a_picture_of_the_strip_chooses_its_seed_and_enter_makes_it() -> None:
    studio = Studio()
    box, made = shown(studio)
    assert not studio.line.all(AskThumbnails)  # it costs time: only when asked for
    box.ask.click()
    studio.bring(strip(studio, MODEL))
    assert box.strip.count() == 3
    assert not box.strip.isHidden()
    assert box.ask.isHidden()
    box.strip.setCurrentRow(1)
    assert box.seed.value() == 6
    box.strip.itemActivated.emit(box.strip.item(1))
    assert made == [("small", 6, None)]


def test_a_strip_that_is_made_already_is_asked_for_once() -> None:
    studio = Studio()
    shown(studio)
    studio.bring(Models(2, (replace(MODEL, thumbnails=True),)))
    studio.bring(Models(3, (replace(MODEL, thumbnails=True),)))
    assert len(studio.line.all(AskThumbnails)) == 1


def test_a_strip_that_was_refused_or_lost_can_be_asked_for_again_on_the_next_connection() -> None:
    studio = Studio()
    box, _ = shown(studio)
    box.ask.click()
    asked = studio.line.last(AskThumbnails)
    assert isinstance(asked, AskThumbnails)
    studio.bring(Failed("the model is gone", request=asked.request))
    assert studio.desk.sentence == "the model is gone"
    studio.bring(LinkDown("it ended", 0.1), LinkUp(Welcome(BOOT, "0.1", "cpu")), Models(4, (MODEL,)))
    box.ask.click()
    studio.bring(strip(studio, MODEL))
    assert box.strip.count() == 3


def test_models_whose_pictures_are_made_show_one_in_the_list_and_the_others_none() -> None:
    studio = Studio()
    box, _ = shown(studio)
    known = replace(MODEL, name="known", title="Known", sha256="ee" * 32, thumbnails=True)
    studio.bring(Models(2, (MODEL, known)))
    asked = studio.line.all(AskThumbnails)
    assert [(a.model, a.label) for a in asked if isinstance(a, AskThumbnails)] == [("known", None)]
    studio.bring(strip(studio, known))
    assert box.model.itemIcon(0).isNull()
    assert not box.model.itemIcon(1).isNull()
    studio.bring(Models(3, (known,)))
    assert not box.model.itemIcon(0).isNull()  # after the list has changed, without asking again
    assert len(studio.line.all(AskThumbnails)) == 1
