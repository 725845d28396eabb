"""The quality of a model: known answers, and a model without any error."""

from __future__ import annotations

import torch
from torch import Tensor

from benchmarks.detector import SIZE, Detector
from benchmarks.model import measure, psnr, unseen
from training import factors, renderer


class Painter:
    """A generator that paints what the renderer paints, moved to the right by some pixels."""

    device = torch.device("cpu")

    def __init__(self, shift: int) -> None:
        self.shift = shift

    def map(self, z: Tensor) -> Tensor:
        return z

    def __call__(self, ws: Tensor) -> Tensor:
        return renderer.render(factors.from_z(ws), SIZE).roll(self.shift, dims=3)


def test_an_error_of_a_tenth_of_the_range_everywhere_is_twenty_decibels() -> None:
    truth = torch.zeros(2, 3, 4, 4)
    torch.testing.assert_close(psnr(truth + 0.2, truth), torch.full((2,), 20.0))


def test_what_lies_outside_the_range_is_clamped_as_people_see_it() -> None:
    truth = torch.ones(1, 3, 4, 4)
    torch.testing.assert_close(psnr(truth * 5, truth - 0.2), torch.full((1,), 20.0))


def test_the_unseen_latents_are_the_same_for_everybody() -> None:
    assert torch.equal(unseen(3), unseen(3))
    assert unseen(3).shape == (3, factors.NUM_FACTORS)


def test_a_model_that_paints_like_the_renderer_has_no_error_of_its_own() -> None:
    torch.manual_seed(0)
    quality = measure(Painter(0), Detector().eval(), 2)  # type: ignore[arg-type]
    assert float(quality.decibels.min()) > 100
    assert torch.equal(quality.generated, quality.rendered)
    assert quality.values()["count"] == 2


def test_a_model_that_paints_everything_elsewhere_has_an_error() -> None:
    torch.manual_seed(0)
    quality = measure(Painter(32), Detector().eval(), 2)  # type: ignore[arg-type]
    assert float(quality.decibels.max()) < 30
    assert not torch.equal(quality.generated, quality.rendered)
    assert "median" in quality.words()
