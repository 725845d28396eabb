"""The drag benchmark in a world where a picture says where everything is."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from benchmarks import drag_report
from benchmarks.drag import OPTIONS, configuration, drag, frozen, hold, run
from benchmarks.drag_report import Judged, Outcome
from benchmarks.pairs import Pair
from draglayer_engine.architecture import Architecture
from draglayer_engine.config import EndReason, Hints, Norm
from draglayer_engine.generator import Activations
from draglayer_engine.session import DragSession
from tests.engine.worlds import SIZE, TranslatingGenerator, config, session

UNIT = 100.0  # pixels that a picture value of 1 stands for


class Signed(TranslatingGenerator):
    """The translating world, but its picture states the shift in its first two channels; z is a tenth of it."""

    def map(self, z: Tensor, label: Tensor | None, psi: float) -> Tensor:
        return torch.stack([10 * z, 0 * z], dim=1)

    def image(self, activations: Activations, rows: list[Tensor]) -> Tensor:
        shift = torch.cat([rows[0][0], torch.zeros(1)]) / UNIT
        return shift[None, :, None, None].expand(1, 3, *SIZE)


class Reader:
    """The detector of that world: every landmark lies where the texture's middle went."""

    def find(self, pictures: Tensor) -> Tensor:
        shift = pictures[:, :2].mean(dim=(2, 3)) * UNIT
        return (32 + shift)[:, None].expand(-1, 14, -1)


def _pair(length: float = 6.0) -> Pair:
    return Pair(0, 0, torch.tensor([30.0, 30.0]), torch.tensor([30.0, 30.0 + length]))


def _judged(error: float, steps: int = 10, reason: str = "arrived") -> Judged:
    return Judged(torch.zeros(2), error, steps, reason, torch.zeros(2), error)


def _outcome(length: float, error: float, without: float | None) -> Outcome:
    picture = torch.zeros(64, 64, 3, dtype=torch.uint8).numpy()
    other = None if without is None else _judged(without)
    return Outcome(_pair(length), _judged(error), other, 0.5, picture, picture)


def _asked(**given: object) -> argparse.Namespace:
    return argparse.Namespace(**{name: given.get(name) for _, name, _ in OPTIONS})


def _model() -> SimpleNamespace:
    a = Architecture(z_dim=4, c_dim=0, w_dim=4, mapping_layers=1, channels=(4, 4, 4))
    return SimpleNamespace(generator=SimpleNamespace(architecture=a), hints=Hints(r1=2.5), sha256="")


def test_with_tracking_the_content_arrives_and_stops_without_it_the_handle_stays_and_the_content_does_not() -> None:
    tracked, blind = session(), session()
    end = drag(tracked, _pair())
    blind.configure(frozen(blind.config))
    other = hold(blind, _pair(), 2 * end.step)
    assert end.ended is EndReason.ARRIVED
    assert float((tracked.ws[0, 0] - torch.tensor([0.0, 6.0])).norm()) < 1.5
    assert other.ended is EndReason.STOPPED and other.step == 2 * end.step
    assert other.handles.tolist() == [[30.0, 30.0]]
    assert float((blind.ws[0, 0] - torch.tensor([0.0, 6.0])).norm()) > 1.5


def test_drags_are_judged_by_where_the_landmark_is_seen_afterwards() -> None:
    model = SimpleNamespace(generator=Signed(), sha256="")
    settings = config(max_steps=300)
    outcomes = list(run(model, Reader(), settings, 2, 0, compare=True))  # type: ignore[arg-type]
    for o in outcomes:
        assert o.tracked.reason == "arrived"
        assert o.tracked.error < 3 and o.tracked.error < 0.4 * o.pair.length
        assert o.frozen is not None and o.frozen.steps == o.tracked.steps
    again = list(run(model, Reader(), settings, 2, 0, compare=False))  # type: ignore[arg-type]
    assert [o.pair.k for o in again] == [o.pair.k for o in outcomes]
    assert [o.tracked.error for o in again] == [o.tracked.error for o in outcomes]
    assert again[0].frozen is None


def test_a_session_is_judged_from_its_seed_anew_for_the_comparison() -> None:
    generator = Signed()
    start = DragSession.from_seed(generator, 3, None, 1.0, config())  # type: ignore[arg-type]
    again = DragSession.from_seed(generator, 3, None, 1.0, frozen(config()))  # type: ignore[arg-type]
    assert torch.equal(start.ws, again.ws)


def test_options_change_the_default_preset_and_what_is_not_given_comes_from_the_model() -> None:
    chosen = configuration(_model(), _asked(r2=9.0, norm=Norm.L2, feature_block=8))  # type: ignore[arg-type]
    assert (chosen.preset, chosen.r1, chosen.r2, chosen.norm) == ("default", 2.5, 9.0, Norm.L2)
    assert (chosen.feature_block, chosen.max_steps) == (8, 300)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [({"feature_block": 128}, "there is no block of 128 px"), ({"layers": 7}, "7 layers cannot be edited")],
)
def test_options_that_the_model_cannot_follow_are_refused(given: dict[str, int], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        configuration(_model(), _asked(**given))  # type: ignore[arg-type]


def test_the_summary_weighs_errors_by_the_distance_before_the_drag() -> None:
    outcomes = [_outcome(10, 1, 10), _outcome(30, 3, 2), _outcome(60, 26, 48)]
    v = drag_report.summary(outcomes)
    assert v["arrived"] == pytest.approx(2 / 3)
    assert v["error_share"] == pytest.approx(0.30)
    assert v["no_tracking_arrived"] == pytest.approx(1 / 3)
    assert v["no_tracking_error_share"] == pytest.approx(0.60)
    assert (v["steps_median"], v["reasons"]) == (10, {"arrived": 3})
    assert "66.7%" in drag_report.words(outcomes, v)


def test_the_report_has_a_row_for_every_pair_and_a_picture_of_what_did_not_arrive(tmp_path: Path) -> None:
    outcomes = [_outcome(10, 1, None), _outcome(30, 9, None)]
    drag_report.write(outcomes, tmp_path)
    rows = (tmp_path / "pairs.csv").read_text().splitlines()
    assert len(rows) == 3 and rows[0].startswith("k,landmark,handle,target")
    assert (tmp_path / "failures.png").exists()
    drag_report.write(outcomes[:1], tmp_path)
    assert not (tmp_path / "failures.png").exists()


def test_the_comparison_without_tracking_changes_nothing_but_the_search() -> None:
    """It is held so that only the number of steps ends it; a held drag's longer steps are taken out again."""
    assert frozen(config()).live_speed == 1
    assert replace(frozen(config()), r2=config().r2, live_speed=config().live_speed) == config()
