"""The real engine behind the worker's seam: coordinates, masks, and a step that breaks."""

from __future__ import annotations

import pytest
import torch

import draglayer_engine.session
from draglayer_daemon.registry import Entry, read_entry
from draglayer_daemon.worker_drag import Refusal
from draglayer_daemon.worker_torch import TorchEngine, to_points, to_rows, to_weights
from draglayer_protocol.geometry import Point
from draglayer_protocol.messages import EndReason, Mask, Parameters, PointPair, Preset, Space
from tests.daemon.tiny import save_tiny

POINTS = (PointPair(Point(10, 12), Point(20, 14)), PointPair(Point(5, 6), Point(5, 6)))


@pytest.fixture(scope="module")
def entry(tmp_path_factory: pytest.TempPathFactory) -> Entry:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_tiny(folder)
    return read_entry(folder)


@pytest.fixture(scope="module")
def engine(entry: Entry) -> TorchEngine:
    engine = TorchEngine("cpu")
    engine.load(entry)
    return engine


def test_points_turn_into_rows_of_y_and_x_and_back() -> None:
    points = (Point(1.5, 2), Point(3, 4))
    assert to_rows(points).tolist() == [[2, 1.5], [4, 3]]
    assert to_points(to_rows(points)) == points
    assert to_rows(()).shape == (0, 2)


def test_a_mask_is_read_row_by_row() -> None:
    assert to_weights(Mask(3, 2, bytes([0, 255, 0, 0, 0, 51]))).tolist() == [[0, 1, 0], [0, 0, pytest.approx(0.2)]]


def test_a_description_tells_the_pictures_size_without_torch(entry: Entry) -> None:
    assert (entry.name, entry.width, entry.height) == ("tiny", 32, 32)


def test_points_are_the_same_after_the_engine_had_them(engine: TorchEngine, entry: Entry) -> None:
    drag = engine.from_seed(entry, 1, None, 1.0)
    drag.set_points(POINTS)
    assert drag.pairs() == POINTS


def test_a_state_opens_to_the_same_picture_and_exports_the_same(engine: TorchEngine, entry: Entry) -> None:
    drag = engine.from_seed(entry, 1, None, 1.0)
    drag.set_points(POINTS)
    drag.set_mask(Mask(32, 32, b"\xff" * 512 + bytes(512)))
    drag.begin(False)
    for _ in range(3):
        drag.step()
    drag.stop()
    state = drag.export()
    assert engine.model_of(state) == entry.sha256
    again = engine.from_state(entry, state)
    assert again.render(None) == drag.render(None)
    assert again.pairs() == drag.pairs()
    assert again.export() == state


def test_parameters_are_checked_against_the_model(engine: TorchEngine, entry: Entry) -> None:
    engine.check(entry, Parameters(preset=Preset.PAPER, space=Space.W, layers=8))
    with pytest.raises(Refusal, match="this model has 8 rows of w"):
        engine.check(entry, Parameters(layers=9))


def test_a_label_that_the_model_does_not_have_is_refused(engine: TorchEngine, entry: Entry) -> None:
    with pytest.raises(Refusal, match="this model has no labels"):
        engine.from_seed(entry, 1, 3, 1.0)


def test_after_a_step_that_broke_the_picture_is_that_of_the_last_good_step(
    engine: TorchEngine, entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    drag = engine.from_seed(entry, 1, None, 1.0)
    drag.set_points(POINTS)
    drag.begin(False)
    drag.step()
    good = drag.render(None)

    def broken(*_: object) -> torch.Tensor:
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")

    with monkeypatch.context() as patch:
        patch.setattr(draglayer_engine.session, "track", broken)  # after the latent was updated
        with pytest.raises(RuntimeError, match="allocate") as caught:
            drag.step()
    assert not engine.fatal(caught.value)
    drag.abandon()
    assert drag.step_index == drag.history_length == 1
    assert drag.render(None) == good
    drag.begin(False)
    assert drag.step().step == 2


def test_only_an_error_that_costs_the_device_is_fatal(engine: TorchEngine) -> None:
    assert engine.fatal(RuntimeError("CUDA error: an illegal memory access was encountered"))
    assert not engine.fatal(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 7 GiB"))
    assert not engine.fatal(ValueError("anything else"))


def test_a_device_that_is_not_there_is_refused_in_words() -> None:
    with pytest.raises(Refusal, match="there is no device 'warp'"):
        TorchEngine("warp")


def test_a_drag_ends_with_the_same_reasons_on_both_sides() -> None:
    import draglayer_engine.config

    engine = {reason.value for reason in draglayer_engine.config.EndReason}
    assert engine | {EndReason.FAILED.value} == {reason.value for reason in EndReason}
