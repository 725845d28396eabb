"""Which landmark of which two pictures is dragged."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from benchmarks.pairs import FAR, NEAR, choose, pairs


def _found(seed: int) -> Tensor:
    return 128 + 30 * torch.randn(14, 2, generator=torch.Generator().manual_seed(seed))


def test_the_same_pictures_give_the_same_pairs_and_all_are_eight_to_sixty_pixels_long() -> None:
    first, second = list(pairs(_found, 40)), list(pairs(_found, 40))
    assert len(first) == 40
    assert [(p.k, p.landmark) for p in first] == [(p.k, p.landmark) for p in second]
    assert all(NEAR <= pair.length <= FAR for pair in first)
    for pair in first:
        assert torch.equal(pair.handle, _found(2 * pair.k)[pair.landmark])
        assert torch.equal(pair.target, _found(2 * pair.k + 1)[pair.landmark])


def test_every_suitable_landmark_has_its_turn() -> None:
    here = torch.zeros(4, 2)
    there = torch.tensor([[0.0, 10.0], [0.0, 7.0], [30.0, 0.0], [61.0, 0.0]])
    assert [choose(k, here, there) for k in range(4)] == [0, 2, 0, 2]


def test_pictures_whose_landmarks_are_too_near_or_too_far_apart_are_passed_over() -> None:
    def find(seed: int) -> Tensor:
        return torch.full((2, 2), 20.0 if seed in (3, 7) else 0.0)

    assert [pair.k for pair in pairs(find, 2)] == [1, 3]


def test_later_pairs_can_be_asked_for_so_that_settings_are_chosen_on_others_than_are_reported() -> None:
    whole = [pair.k for pair in pairs(_found, 10)]
    assert [pair.k for pair in pairs(_found, 5, first=whole[5])] == whole[5:]


def test_pictures_that_are_all_alike_end_in_words() -> None:
    with pytest.raises(
        ValueError, match="only 0 of 30 pairs of pictures have a landmark 8 to 60 px apart, 3 were wanted"
    ):
        list(pairs(lambda _: torch.zeros(14, 2), 3))
