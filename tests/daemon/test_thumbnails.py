"""Strips of thumbnails: made once, between drags, kept, and told to everybody who asks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import PIL.Image
import pytest

from draglayer_daemon.clients import Client
from draglayer_daemon.registry import Entry, read_entry
from draglayer_daemon.thumbnails import SETTINGS, Strip, Strips, side_by_side
from draglayer_daemon.worker_torch import TorchEngine
from draglayer_protocol.messages import (
    AskThumbnails,
    Failed,
    Image,
    OpenSeed,
    SessionOpened,
    StepDone,
    Thumbnails,
)
from tests.daemon.conftest import describe
from tests.daemon.test_scheduler import BOOT, A, Worker
from tests.daemon.tiny import save_tiny

ONE, TWO = Client(b"one", "krita", "1"), Client(b"two", "gimp", "1")


@pytest.fixture
def entry(draglayer_home: Path) -> Entry:
    """`small`: 16 x 12 pixels."""
    return read_entry(draglayer_home / "models" / "small")


def picture(strip: Strip, value: int = 7) -> Image:
    width, height = strip.size
    width *= len(strip.settings.seeds)
    return Image(width, height, 3, bytes([value]) * (3 * width * height))


# On the disk


def test_a_strip_is_read_as_it_was_written(entry: Entry) -> None:
    strips, strip = Strips(), Strip(entry)
    assert (strips.has(strip), strips.read(strip)) == (False, None)
    strips.write(strip, picture(strip))
    assert strips.has(strip)
    assert strips.read(strip) == picture(strip)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_strips_are_grey_coloured_or_transparent_as_their_model(entry: Entry, channels: int) -> None:
    strips, strip = Strips(), Strip(entry)
    image = replace(picture(strip), channels=channels, pixels=picture(strip).pixels[: 16 * 8 * 12] * channels)
    strips.write(strip, image)
    assert strips.read(strip) == image


@pytest.mark.parametrize("damage", [b"", b"no picture", None])
def test_a_damaged_strip_is_as_none(entry: Entry, damage: bytes | None) -> None:
    strips, strip = Strips(), Strip(entry)
    strips.write(strip, picture(strip))
    if damage is None:
        PIL.Image.new("RGB", (3, 3)).save(strips.path(strip))
    else:
        strips.path(strip).write_bytes(damage)
    assert strips.read(strip) is None


def test_what_decides_how_a_strip_looks_decides_its_file(entry: Entry) -> None:
    other = replace(SETTINGS, side=64)
    files = {Strip(entry).file, Strip(entry, 1).file, Strip(entry, settings=other).file}
    files.add(Strip(replace(entry, sha256="0" * 64)).file)
    assert len(files) == 4
    assert Strip(replace(entry, name="renamed", title="Other")).file in files


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [(512, 512, (96, 96)), (512, 1024, (48, 96)), (1024, 512, (96, 48)), (32, 16, (32, 16)), (4096, 4, (96, 1))],
)
def test_thumbnails_keep_the_shape_of_the_picture_and_are_never_larger(
    entry: Entry, width: int, height: int, size: tuple[int, int]
) -> None:
    assert Strip(replace(entry, width=width, height=height)).size == size


def test_pictures_are_put_side_by_side() -> None:
    first, second = Image(1, 2, 3, b"aaabbb"), Image(1, 2, 3, b"cccddd")
    assert side_by_side((first, second)) == Image(2, 2, 3, b"aaacccbbbddd")


# In the worker


@pytest.fixture
def worker(draglayer_home: Path) -> Worker:
    return Worker(draglayer_home / "models")


def paint(worker: Worker) -> None:
    """Everything that is left to do."""
    while worker.scheduler.busy:
        worker.scheduler.turn()


def test_the_worker_paints_one_thumbnail_for_each_seed_and_keeps_the_strip(worker: Worker, entry: Entry) -> None:
    worker.scheduler.handle([AskThumbnails(5, "small")])
    paint(worker)
    answer = worker.said[-1]
    assert isinstance(answer, Thumbnails)
    assert (answer.request, answer.model, answer.model_sha256) == (5, "small", entry.sha256)
    assert (answer.seeds, answer.labels, answer.truncation) == (tuple(range(8)), (), 1.0)
    assert answer.image.pixels[: 3 * 16 * 8] == b"".join(bytes([seed]) * 48 for seed in range(8))
    assert Strips().read(Strip(entry)) == answer.image


def test_a_strip_that_two_wait_for_is_painted_once(worker: Worker) -> None:
    worker.scheduler.handle([AskThumbnails(5, "small"), AskThumbnails(6, "small")])
    paint(worker)
    assert [event.request for event in worker.said if isinstance(event, Thumbnails)] == [5, 6]
    assert len(worker.engine.painted) == 8


def test_drags_go_before_thumbnails(worker: Worker) -> None:
    worker.open(A)
    worker.run(A)
    worker.scheduler.handle([AskThumbnails(5, "small")])
    paint(worker)
    kinds = [type(event) for event in worker.said]
    assert max(i for i, kind in enumerate(kinds) if kind is StepDone) < kinds.index(Thumbnails)


def test_of_a_model_with_labels_one_follows_the_other_unless_one_is_asked_for(
    worker: Worker, draglayer_home: Path
) -> None:
    path = draglayer_home / "models" / "small" / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"labels": ["cat", "dog", "bird"]}))
    worker.scheduler.handle([AskThumbnails(5, "small"), AskThumbnails(6, "small", 2)])
    paint(worker)
    first, second = [event for event in worker.said if isinstance(event, Thumbnails)]
    assert first.labels == (0, 1, 2, 0, 1, 2, 0, 1)
    assert second.labels == (2,) * 8
    assert [label for _, _, label in worker.engine.painted] == [*first.labels, *second.labels]


def test_thumbnails_that_cannot_be_painted_are_told_and_the_next_are_painted(
    worker: Worker, draglayer_home: Path
) -> None:
    describe(draglayer_home / "models" / "unpaintable", "unpaintable", [3, 4])
    worker.scheduler.handle([AskThumbnails(5, "unpaintable"), AskThumbnails(6, "none"), AskThumbnails(7, "small")])
    paint(worker)
    failures = {event.request: event.sentence for event in worker.said if isinstance(event, Failed)}
    assert "the worker could not draw the thumbnails (MemoryError: not enough memory" in failures[5]
    assert "there is no model 'none'" in failures[6]
    assert isinstance(worker.said[-1], Thumbnails)


def test_a_strip_that_cannot_be_kept_is_told_all_the_same(worker: Worker, draglayer_home: Path) -> None:
    (draglayer_home / "thumbnails").write_text("a file where a folder should be")
    worker.scheduler.handle([AskThumbnails(5, "small")])
    paint(worker)
    assert isinstance(worker.said[-1], Thumbnails)


def test_a_model_with_labels_is_not_opened_without_one(worker: Worker, draglayer_home: Path) -> None:
    path = draglayer_home / "models" / "small" / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"labels": ["cat", "dog"]}))
    worker.scheduler.handle([OpenSeed(BOOT, A, "small", 1)])
    ((_, sentence),) = worker.failures()
    assert sentence == ("the model 'small' draws 2 kinds of pictures, so it needs a label; choose one of 0 cat, 1 dog")
    worker.scheduler.handle([OpenSeed(BOOT, A, "small", 1, 1)])
    assert isinstance(worker.said[-1], SessionOpened)


def test_the_real_engine_paints_what_a_session_shows(tmp_path: Path) -> None:
    save_tiny(tmp_path / "tiny")
    entry = read_entry(tmp_path / "tiny")
    engine = TorchEngine("cpu")
    engine.load(entry)
    whole = engine.from_seed(entry, 3, None, 0.7).render(None)
    assert engine.thumbnail(entry, 3, None, 0.7, (32, 32)) == whole
    small = engine.thumbnail(entry, 3, None, 0.7, (16, 16))
    assert (small.width, small.height, small.channels) == (16, 16, 3)
    with PIL.Image.frombytes("RGB", (32, 32), whole.pixels) as picture:
        expected = picture.reduce(2).tobytes()
    assert max(abs(a - b) for a, b in zip(small.pixels, expected, strict=True)) <= 2
