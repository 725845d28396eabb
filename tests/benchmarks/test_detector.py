"""The judge of the benchmarks: positions between cells, disturbed pictures whose landmarks move along, and learning."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from benchmarks.detector import SIZE, Detector, DetectorError, load_detector, save_detector, soft_argmax
from training import factors, renderer
from training.detector import augment, landmark_loss, move


def _renders(count: int) -> tuple[Tensor, Tensor]:
    z = torch.randn(count, factors.NUM_FACTORS, generator=torch.Generator().manual_seed(5))
    values = factors.from_z(z)
    return renderer.render(values, SIZE), renderer.landmarks(values, SIZE)


def test_one_bright_cell_is_found_at_its_centre_and_two_alike_midway_between_them() -> None:
    logits = torch.zeros(1, 2, 64, 64)
    logits[0, 0, 3, 10] = 60
    logits[0, 1, 3, 10] = logits[0, 1, 4, 12] = 60
    expected = torch.tensor([[[13.5, 41.5], [15.5, 45.5]]])  # cells of 4 px: cell 3 covers pixels 12 to 15
    torch.testing.assert_close(soft_argmax(logits), expected, atol=1e-3, rtol=0)


def test_a_landmark_moves_with_the_picture_that_is_moved() -> None:
    point = torch.tensor([[[30.0, 44.0]], [[20.0, 17.0]]])
    grid = torch.arange(64.0)
    blobs = torch.exp(-(grid - point[..., None]).square() / 18)  # [B, 1, 2, S]
    pictures = blobs[:, :, 0, :, None] * blobs[:, :, 1, None, :]
    moved, points = move(
        pictures,
        point,
        angle=torch.tensor([0.3, -0.2]),
        scale=torch.tensor([0.9, 1.1]),
        shift=torch.tensor([[3.0, -4.0], [-2.5, 1.0]]),
    )
    assert float((points - point).norm(dim=2).min()) > 2
    share = moved / moved.sum(dim=(2, 3), keepdim=True)
    centroid = torch.stack([(share.sum(dim=3) @ grid), (share.sum(dim=2) @ grid)], dim=2)
    torch.testing.assert_close(centroid, points, atol=0.05, rtol=0)


def test_disturbed_pictures_stay_pictures_and_the_same_numbers_disturb_in_the_same_way() -> None:
    pictures, points = _renders(2)
    first = augment(pictures, points, torch.Generator().manual_seed(3))
    second = augment(pictures, points, torch.Generator().manual_seed(3))
    assert torch.equal(first[0], second[0]) and torch.equal(first[1], second[1])
    assert first[0].abs().max() <= 1
    assert not torch.equal(first[0], pictures)


def test_the_loss_is_least_where_the_heatmaps_peak_at_the_landmarks() -> None:
    points = torch.tensor([[[101.3, 77.0]]])
    cells = (torch.arange(64) + 0.5) * 4 - 0.5
    away = (cells - points[0, 0, :, None]).square() / 16
    exact = -0.5 * (away[0, :, None] + away[1, None, :])[None, None]
    beside = exact.roll(1, dims=3)
    assert landmark_loss(exact, points) < landmark_loss(beside, points) - 1


def test_a_few_steps_on_two_pictures_bring_the_landmarks_nearer() -> None:
    torch.manual_seed(0)
    detector = Detector().train()
    pictures, points = _renders(2)
    optimizer = torch.optim.Adam(detector.parameters(), lr=5e-3)
    losses, distances = [], []
    for _ in range(12):
        logits = detector(pictures)
        loss = landmark_loss(logits, points)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
        distances.append(float((soft_argmax(logits.detach()) - points).norm(dim=2).mean()))
    assert losses[-1] < 0.6 * losses[0]
    assert distances[-1] < 0.5 * distances[0]


def test_a_detector_that_was_stored_finds_what_it_found_before(tmp_path: Path) -> None:
    torch.manual_seed(0)
    detector, pictures = Detector().eval(), _renders(1)[0]
    save_detector(detector, tmp_path / "d.safetensors")
    assert (tmp_path / "d.safetensors").stat().st_size <= 3e6
    again = load_detector(tmp_path / "d.safetensors")
    torch.testing.assert_close(again.find(pictures), detector.find(pictures), atol=0.1, rtol=0)


def test_weights_that_are_missing_damaged_or_of_another_network_are_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "d.safetensors"
    with pytest.raises(
        DetectorError, match=r"there is no detector in .*; train one with `python -m training.detector`"
    ):
        load_detector(path)
    path.write_bytes(b"junk")
    with pytest.raises(DetectorError, match="cannot be read"):
        load_detector(path)
    save_file({"head.weight": torch.zeros(3)}, path)
    with pytest.raises(DetectorError, match="are of another network"):
        load_detector(path)


def test_pictures_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="it was trained on RGB pictures of 256x256 pixels, so scale them first"):
        Detector().eval().find(torch.zeros(1, 3, 128, 128))
