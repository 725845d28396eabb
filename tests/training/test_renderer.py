"""The renderer paints continuous, framed, resolution-independent pictures whose landmarks are exact."""

from __future__ import annotations

import torch
from torch import Tensor

from training import factors, renderer
from training.sheet import contact_sheet


def _random_z(count: int, seed: int = 0) -> Tensor:
    return torch.randn(count, factors.NUM_FACTORS, generator=torch.Generator().manual_seed(seed))


def _middle(**shares: float) -> Tensor:
    """Middling factors, with the named ones at a share of their range."""
    values = [f.low + (f.high - f.low) * shares.get(f.name, 0.5) for f in factors.FACTORS]
    return torch.tensor([values])


def _psnr(first: Tensor, second: Tensor) -> float:
    return float(10.0 * torch.log10(4.0 / (first - second).square().mean()))


def test_there_are_between_28_and_32_factors_with_distinct_names() -> None:
    assert 28 <= factors.NUM_FACTORS <= 32
    assert len({factor.name for factor in factors.FACTORS}) == factors.NUM_FACTORS


def test_factors_stay_within_their_ranges_for_any_latent() -> None:
    values = factors.from_z(_random_z(500) * 40.0)
    for column, factor in enumerate(factors.FACTORS):
        assert values[:, column].min() >= factor.low
        assert values[:, column].max() <= factor.high


def test_the_length_of_the_latent_does_not_matter() -> None:
    z = _random_z(4)
    torch.testing.assert_close(factors.from_z(z), factors.from_z(z * 7.0), atol=1e-5, rtol=1e-5)


def test_mix_takes_geometry_from_the_first_and_appearance_from_the_second() -> None:
    first, second = factors.from_z(_random_z(2, 1)), factors.from_z(_random_z(2, 2))
    mixed = factors.mix(first, second)
    for column, factor in enumerate(factors.FACTORS):
        assert torch.equal(mixed[:, column], (first if factor.geometry else second)[:, column])


def test_appearance_does_not_move_landmarks() -> None:
    first, second = factors.from_z(_random_z(3, 1)), factors.from_z(_random_z(3, 2))
    mixed = factors.mix(first, second)
    assert torch.equal(renderer.landmarks(mixed, 256), renderer.landmarks(first, 256))


def test_pictures_have_the_asked_size_and_lie_between_minus_one_and_one() -> None:
    values = factors.from_z(_random_z(2))
    for size in (8, 16, 32, 64, 96):
        picture = renderer.render(values, size)
        assert picture.shape == (2, 3, size, size)
        assert picture.dtype == torch.float32
        assert torch.isfinite(picture).all()
        assert picture.min() >= -1.0
        assert picture.max() <= 1.0


def test_rendering_is_deterministic_and_independent_of_the_batch() -> None:
    values = factors.from_z(_random_z(3))
    together = renderer.render(values, 64)
    assert torch.equal(together, renderer.render(values, 64))
    torch.testing.assert_close(together[1:2], renderer.render(values[1:2], 64), atol=1e-5, rtol=0.0)


def test_small_pictures_look_like_averaged_large_pictures() -> None:
    values = factors.from_z(_random_z(3))
    large = renderer.render(values, 256)
    for size in (8, 16, 32, 64):
        averaged = torch.nn.functional.avg_pool2d(large, 256 // size)
        assert _psnr(averaged, renderer.render(values, size)) > 35.0


def test_a_small_step_in_the_latent_changes_the_picture_little() -> None:
    z = _random_z(4)
    step = 1e-3 * _random_z(4, 9)
    before = renderer.render(factors.from_z(z), 96)
    after = renderer.render(factors.from_z(z + step), 96)
    assert (before - after).abs().max() < 0.15
    assert (before - after).abs().mean() < 0.003


def test_landmarks_keep_five_percent_away_from_the_border() -> None:
    positions = (renderer.landmarks(factors.from_z(_random_z(20000)), 256) + 0.5) / 256.0
    assert positions.min() >= 0.05
    assert positions.max() <= 0.95


def test_landmarks_scale_with_pixel_centres_at_integers() -> None:
    values = factors.from_z(_random_z(2))
    small, large = renderer.landmarks(values, 64), renderer.landmarks(values, 256)
    assert small.shape == (2, len(renderer.LANDMARKS), 2)
    torch.testing.assert_close((small + 0.5) * 4.0, large + 0.5, atol=1e-3, rtol=0.0)


def test_turning_the_head_moves_the_nose_more_than_the_ears() -> None:
    left, right = renderer.landmarks(_middle(yaw=0.3), 256), renderer.landmarks(_middle(yaw=0.7), 256)
    motion = (right - left)[0, :, 1]
    names = renderer.LANDMARKS
    assert motion[names.index("nose")] > 15.0
    assert motion[names.index("nose")] > 3.0 * motion[names.index("left_ear_tip")].abs()


def test_the_nose_and_the_pupils_are_dark_where_the_landmarks_say() -> None:
    values = _middle(mouth_open=1.0, yaw=0.7, roll=0.8, size=1.0)
    picture = renderer.render(values, 256)[0].mean(dim=0)
    points = renderer.landmarks(values, 256)[0].round().long()
    for name in ("nose", "left_pupil", "right_pupil", "left_mouth_corner", "right_mouth_corner"):
        y, x = points[renderer.LANDMARKS.index(name)].tolist()
        assert picture[y, x] < -0.2, name


def test_opening_the_mouth_lowers_the_lower_lip_and_the_chin_only() -> None:
    motion = (renderer.landmarks(_middle(mouth_open=1.0), 256) - renderer.landmarks(_middle(mouth_open=0.0), 256))[0]
    names = renderer.LANDMARKS
    assert motion[names.index("lower_lip"), 0] > 10.0
    assert motion[names.index("chin"), 0] > 10.0
    assert motion[names.index("nose")].abs().max() < 1.0


def test_gradients_reach_every_geometry_factor() -> None:
    values = factors.from_z(_random_z(1)).requires_grad_()
    weights = torch.linspace(0.5, 1.5, 64)[:, None] * torch.linspace(1.0, 2.0, 64)
    (renderer.render(values, 64) * weights).sum().backward()
    assert values.grad is not None
    assert torch.isfinite(values.grad).all()
    assert (values.grad[0] != 0.0).all()


def test_a_contact_sheet_tiles_pictures_row_by_row() -> None:
    sheet = contact_sheet(factors.from_z(_random_z(6)), 2, 3, 32, with_landmarks=True)
    assert sheet.size == (96, 64)
