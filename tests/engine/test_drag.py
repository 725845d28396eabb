"""Equations 1 and 2 in worlds with known answers."""

from __future__ import annotations

import pytest
import torch

from draglayer_engine.config import Norm, Patch, Reduction, Sampling, Source, preset
from draglayer_engine.drag import confidence, direction, disk, mask_loss, motion_loss, templates, track
from draglayer_engine.sampling import sample, sample_resized, shrink, upsampled
from tests.engine.worlds import SIZE, config, points, shifted, texture


@pytest.mark.parametrize("norm", list(Norm))
def test_tracking_follows_the_content(norm: Norm) -> None:
    F_0, cfg = texture(), config(norm=norm)
    p = torch.tensor([[30.0, 34.0], [20.0, 44.0]])
    f = templates(F_0, p, cfg)
    assert track(shifted(F_0, torch.tensor([4.0, -6.0])), f, p, cfg).tolist() == [[34.0, 28.0], [24.0, 38.0]]


def test_tracking_never_leaves_the_picture() -> None:
    F_0, cfg = texture(), config()
    p = torch.tensor([[1.0, 62.0]])
    found = track(shifted(F_0, torch.tensor([-5.0, 5.0])), templates(F_0, p, cfg), p, cfg)
    assert float(found.min()) >= 0
    assert float(found.max()) <= 63


def test_tracking_many_points_in_parts_finds_what_each_finds_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    F_0, cfg = texture(), config()
    p = torch.rand(20, 2, generator=torch.Generator().manual_seed(1)) * 60
    F, f = shifted(F_0, torch.tensor([2.0, 3.0])), templates(F_0, p, cfg)
    whole = track(F, f, p, cfg)
    monkeypatch.setattr("draglayer_engine.drag.SEARCH_BYTES", 1)
    assert torch.equal(track(F, f, p, cfg), whole)


def test_the_gradient_of_the_motion_loss_moves_the_content_towards_the_target() -> None:
    F_0, cfg = texture(), config()
    w = torch.zeros(2, requires_grad=True)
    p, t = points((30, 30, 40, 20))
    motion_loss(shifted(F_0, w), F_0, p, t, None, cfg).backward()
    assert w.grad is not None
    assert w.grad[0] < 0 < w.grad[1]  # descending: down and to the left


def test_a_handle_that_has_arrived_is_not_pulled() -> None:
    F = texture().requires_grad_()
    p = torch.tensor([[30.0, 34.0]])
    motion_loss(F, F.detach(), p, p, None, config()).backward()
    assert F.grad is not None
    assert float(F.grad.abs().max()) == 0


def test_a_handle_that_was_tracked_wrongly_is_pulled_back_by_its_first_features_and_left_alone_by_present_ones() -> (
    None
):
    F_0 = texture()
    p_0, p = torch.tensor([[32.0, 32.0]]), torch.tensor([[32.0, 34.0]])  # 2 px off: the content has not moved
    pulls = {}
    for source in Source:
        w = torch.zeros(2, requires_grad=True)
        motion_loss(shifted(F_0, w), F_0, p, p, None, config(source=source), p_0).backward()
        assert w.grad is not None
        pulls[source] = w.grad
    assert float(pulls[Source.NOW].abs().max()) == 0
    assert float(pulls[Source.BEGINNING][1]) < 0  # downhill moves the content right, to where the handle is said to be


def test_what_the_mask_fixes_is_pulled_back() -> None:
    F_0, cfg = texture(), config()
    w = torch.tensor([2.0, 2.0], requires_grad=True)
    mask_loss(shifted(F_0, w), F_0, torch.zeros(SIZE), cfg).backward()
    assert w.grad is not None
    assert bool((w.grad > 0).all())


def test_the_mask_term_is_a_mean_over_what_is_fixed_so_a_small_area_counts_as_much() -> None:
    F_0, cfg = texture(), config()
    F = F_0 + 1
    all_fixed, few_fixed = torch.zeros(SIZE), torch.ones(SIZE)
    few_fixed[:4, :4] = 0
    assert float(mask_loss(F, F_0, all_fixed, cfg)) == pytest.approx(1.0)
    assert float(mask_loss(F, F_0, few_fixed, cfg)) == pytest.approx(1.0)


def test_a_sum_grows_with_the_fixed_area_as_the_paper_prints_it() -> None:
    F_0, cfg = texture(), config(reduction=Reduction.SUM)
    mask = torch.ones(SIZE)
    mask[:8, :8] = 0
    assert float(mask_loss(F_0 + 1, F_0, mask, cfg)) == pytest.approx(8 * 8 * F_0.shape[0])


def test_sampling_at_whole_pixels_equals_the_upsampled_map() -> None:
    F = texture()
    q = torch.cartesian_prod(torch.arange(64.0), torch.arange(64.0))
    whole = upsampled(F, SIZE).flatten(1).T
    assert torch.allclose(sample(F, q, SIZE), whole, atol=1e-6)
    assert torch.allclose(sample_resized(F, q, SIZE), whole, atol=1e-6)


def test_resized_sampling_fades_to_zero_outside_and_native_sampling_keeps_the_border() -> None:
    F, q = texture(), torch.tensor([[-1.0, 10.0]])
    assert float(sample_resized(F, q, SIZE).abs().max()) == 0
    assert torch.allclose(sample(F, q, SIZE), sample(F, torch.tensor([[0.0, 10.0]]), SIZE))


def test_the_disk_holds_the_pixels_within_r1() -> None:
    q, counts = disk(torch.tensor([[30.0, 30.0]]), config(r1=3.0))
    assert q.shape[1] == 29
    assert float(counts.sum()) == 29
    assert float((q - 30).norm(dim=2).max()) == 3


def test_the_public_implementations_disk_drifts_with_the_grid() -> None:
    cfg = preset("reference", SIZE, (4, 8, 16, 32, 64), r1=3.0)
    assert cfg.patch is Patch.LINSPACE
    q, counts = disk(torch.tensor([[60.0, 60.0]]), cfg)
    kept = q[counts.bool()]
    assert float(kept.mean()) < 60 - 0.5


def test_a_direction_is_a_stride_long_and_shrinks_with_the_last_pixel() -> None:
    p, t = points((10, 10, 10, 30), (10, 10, 10.5, 10), (10, 10, 10, 10))
    assert direction(p, t, config()).tolist() == [[0, 1], [0.5, 0], [0, 0]]
    assert direction(p, t, config(stride=2.0))[0].tolist() == [0, 2]


def test_confidence_is_one_for_the_same_and_falls_with_difference() -> None:
    F_0, cfg = texture(), config()
    p = torch.tensor([[30.0, 34.0]])
    f = templates(F_0, p, cfg)
    assert float(confidence(F_0, f, p, cfg)) == pytest.approx(1.0)
    assert float(confidence(-F_0, f, p, cfg)) == pytest.approx(0.0, abs=1e-6)


def test_a_mask_shrinks_to_area_means() -> None:
    mask = torch.zeros(SIZE)
    mask[:2, :1] = 1
    assert float(shrink(mask, 32, 32)[0, 0]) == pytest.approx(0.5)


def test_presets_scale_the_radii_with_the_picture_and_name_what_they_do_not_know() -> None:
    blocks = (4, 8, 16, 32, 64, 128, 256, 512)
    for name in ("reference", "paper"):
        cfg = preset(name, SIZE._replace(height=512, width=512), blocks)
        assert (cfg.r1, cfg.r2) == (3, 12)
    assert preset("reference", SIZE, (4, 8)).sampling is Sampling.RESIZED
    with pytest.raises(ValueError, match="no preset 'fast'; the presets are reference, paper, default"):
        preset("fast", SIZE, blocks)
    with pytest.raises(ValueError, match="17 layers cannot be edited; this model has 16 rows"):
        preset("default", SIZE, blocks, layers=17)
    with pytest.raises(ValueError, match="speed cannot be set"):
        preset("default", SIZE, blocks, speed=2)


def test_a_handle_has_arrived_at_one_pixel_up_to_five_points_and_two_beyond() -> None:
    cfg = preset("default", SIZE, (4,))
    assert (cfg.stop(1), cfg.stop(5), cfg.stop(6)) == (1.0, 1.0, 2.0)
    assert preset("default", SIZE, (4,), stop_distance=3.0).stop(1) == 3.0
