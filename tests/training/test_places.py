"""What the feature block is taught, and how a network grows, shrinks and grows again."""

from __future__ import annotations

import torch

from draglayer_engine.layers import Noise
from training import places
from training.renderer import LANDMARKS
from training.train import grow

SIZE = 256


def landmarks() -> torch.Tensor:
    return 60 + 130 * torch.rand(2, len(LANDMARKS), 2, generator=torch.Generator().manual_seed(3))


def test_the_place_of_a_landmark_is_zero_there_and_grows_away_from_it() -> None:
    points = landmarks()
    points[0, 4] = torch.tensor([101.5, 81.5])  # the centre of feature pixel (25, 20)
    code = places.places(points, SIZE, places.BLOCK)[0]
    dy, dx = code[4], code[len(LANDMARKS) + 4]
    assert float(dy[25, 20]) == 0 and float(dx[25, 20]) == 0
    assert float(dy[26, 20]) > 0 > float(dy[24, 20])
    assert float(dx[25, 21]) > 0 > float(dx[25, 19])


def test_features_that_show_every_place_have_no_loss_and_moved_ones_have() -> None:
    points = landmarks()
    rows = places.readout(128)
    features = torch.einsum("kc,bkhw->bchw", rows, places.places(points, SIZE, places.BLOCK))
    assert float(places.place_loss(features, points, SIZE)) < 1e-5
    assert float(places.place_loss(features, points + 4, SIZE)) > 0.03


def test_features_differ_at_least_as_much_as_the_places_that_they_show() -> None:
    rows = places.readout(128)
    assert torch.allclose(rows @ rows.T, torch.eye(places.CODES), atol=1e-5)


def test_blocks_above_a_stage_wait_and_come_back() -> None:
    torch.manual_seed(1)
    known = grow({}, 32).state_dict()
    small = grow(known, 8).state_dict()
    again = grow(known | small, 32)
    ws = [torch.randn(1, 512) for _ in range(again.num_ws)]
    whole = grow(known, 32)
    assert torch.equal(again(ws, Noise.NONE), whole(ws, Noise.NONE))


def test_a_grown_network_paints_the_upsampled_picture_of_the_smaller_one() -> None:
    torch.manual_seed(2)
    small = grow({}, 8)
    for name, parameter in small.named_parameters():
        if name.endswith("torgb.weight"):
            torch.nn.init.normal_(parameter)
    grown = grow(small.state_dict(), 16)
    ws = [torch.randn(1, 512)] * grown.num_ws
    with torch.no_grad():
        low, high = small(ws, Noise.NONE), grown(ws, Noise.NONE)
    assert float(low.std()) > 0.1
    inner = torch.nn.functional.avg_pool2d(high, 2)[..., 1:-1, 1:-1]
    correlation = torch.corrcoef(torch.stack([inner.flatten(), low[..., 1:-1, 1:-1].flatten()]))[0, 1]
    assert float(correlation) > 0.9
