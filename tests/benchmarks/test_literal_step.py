"""The literal step that ours is measured against computes the same thing, so that a ratio of times means something."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from benchmarks.literal_drag import LiteralDrag, disk, motion_loss, resized, track
from benchmarks.literal_synthesis import LiteralSynthesis
from benchmarks.step import table
from benchmarks.step_child import Measurement
from benchmarks.step_configurations import FFHQ_512, Configuration
from benchmarks.step_memory import MIB, LargestTensor
from benchmarks.step_variants import Bench, Variant, task
from draglayer_engine import drag as engine
from draglayer_engine.architecture import Architecture, Size
from draglayer_engine.config import preset
from draglayer_engine.generator import Generator
from tests.engine.golden import arrays, generator

DRAGS = ("g256.drag.one_point", "g256.drag.two_points_mask", "g256.drag.edge_points", "g64c.drag.small")
CPU = torch.device("cpu")


def tiny() -> Generator:
    """64 px, with noise that shows, biases and a mean latent that are not zero, and a clamp that is reached."""
    torch.manual_seed(3)
    a = Architecture(z_dim=8, c_dim=0, w_dim=16, mapping_layers=2, channels=(24, 24, 16, 12, 8), conv_clamp=2.0)
    g = Generator(a)
    with torch.no_grad():
        for name, tensor in g.named_parameters():
            if name.endswith("noise_strength"):
                tensor.fill_(0.3)
            elif name.endswith("bias"):
                tensor.add_(0.2 * torch.randn_like(tensor))
    return g.freeze()


def largest(a: Tensor, b: Tensor) -> float:
    return float((a - b).abs().max().detach())


@pytest.mark.parametrize("trainable", [False, True])
def test_the_literal_synthesis_gives_our_picture_and_our_features(trainable: bool) -> None:
    g = tiny()
    ws = g.map(torch.randn(2, 8))  # two pictures: every one is a group of its own
    image, features = LiteralSynthesis(g.architecture, g.state_dict(), trainable=trainable)(ws)
    assert largest(image, g(ws)) <= 1e-4
    assert list(features) == [4, 8, 16, 32, 64]
    for block, x in features.items():
        assert largest(x, g.features(ws, block).features) <= 1e-4


def test_the_architecture_that_it_does_not_know_is_refused() -> None:
    a = Architecture(z_dim=8, c_dim=0, w_dim=16, mapping_layers=2, channels=(8, 8), kind="resnet")
    with pytest.raises(ValueError, match="knows the skip architecture only, not 'resnet'"):
        LiteralSynthesis(a, Generator(a).state_dict(), trainable=False)


@pytest.mark.parametrize("masked", [False, True])
def test_the_literal_loss_and_its_gradient_are_those_of_the_reference_preset(masked: bool) -> None:
    """Both read the same bilinear values, once from a resized map and once from the native one.

    They round differently: an interpolated feature of size |F| is off by a few ulps, about 4 x 6e-8 x |F|, and so is a
    mean of absolute differences of such features. |F| is at most 5 here (asserted), so an error of 1e-6 is to be
    expected, and 1e-5 of a loss of about 1 is ten times that; a patch off by one pixel changes the loss by percents.
    """
    size = Size(64, 64)
    F = torch.randn(12, 32, 32, generator=torch.Generator().manual_seed(1))
    F_0 = F + 0.3 * torch.randn(12, 32, 32, generator=torch.Generator().manual_seed(2))
    assert float(F.abs().max()) < 5
    p = torch.tensor([[20.0, 31.0], [2.0, 61.0], [40.0, 12.0]])  # the second's disk leaves the picture
    t = torch.tensor([[33.0, 40.0], [-9.0, 75.0], [40.5, 12.0]])  # the third is within a pixel of its target
    M = torch.ones(64, 64)
    M[:, 40:] = 0
    cfg = preset("reference", size, (4, 8, 16, 32, 64), r1=3.0, r2=6.0)
    ours, theirs = F.clone().requires_grad_(), F.clone().requires_grad_()
    large, large_0 = resized(theirs[None], size), resized(F_0[None], size)
    a = engine.motion_loss(ours, F_0, p, t, M if masked else None, cfg)
    b = motion_loss(large, large_0, p, t, 1 - M if masked else None, cfg)
    assert float(a.detach()) > 0.1
    assert largest(a, b) <= 1e-5 * float(a.detach())
    a.backward()
    b.backward()
    assert ours.grad is not None and theirs.grad is not None
    assert float(ours.grad.abs().max()) > 1e-3
    assert largest(ours.grad, theirs.grad) <= 1e-5


def test_the_literal_tracking_finds_the_pixels_that_ours_finds_at_the_border_too() -> None:
    size = Size(64, 64)
    cfg = preset("reference", size, (4, 8, 16, 32, 64), r1=3.0, r2=6.0)
    F = torch.randn(12, 32, 32, generator=torch.Generator().manual_seed(5))
    p = torch.tensor([[20.0, 31.0], [1.0, 62.0], [63.0, 0.0]])
    true = torch.tensor([[25.0, 26.0], [0.0, 58.0], [60.0, 5.0]])
    f = engine.templates(F, true, cfg)
    assert f.shape == (3, 1, 12)  # the reference preset knows a handle by one pixel, as the paper does
    assert torch.equal(track(resized(F[None], size), f[:, 0], p, cfg), true)
    assert torch.equal(engine.track(F, f, p, cfg), true)


def test_the_literal_disk_has_the_pixels_of_ours() -> None:
    cfg = preset("reference", Size(64, 48), (4, 8, 16, 32, 64), r1=3.0)
    for centre in ([20.0, 31.0], [0.0, 0.0], [63.0, 47.0]):
        p = torch.tensor([centre])
        q, counts = engine.disk(p, cfg)
        expected = {tuple(pixel) for pixel in q[0][counts[0] == 1].long().tolist()}
        assert {tuple(pixel) for pixel in disk(p[0], cfg).tolist()} == expected


@pytest.mark.parametrize(("case", "trainable"), [*((case, False) for case in DRAGS), ("g64c.drag.small", True)])
def test_the_literal_step_drags_as_recorded(case: str, trainable: bool) -> None:
    """The tolerance of the latent is that of the recorded arrays: 2e-5."""
    name, r = case.split(".", maxsplit=1)[0], arrays(case)
    g = generator(name)
    scale = g.size.height / 512
    cfg = preset(
        "reference",
        g.size,
        g.architecture.blocks,
        step_size=float(r["lr"]),
        r1=float(round(int(r["r1"]) * scale)),
        r2=float(round(int(r["r2"]) * scale)),
        mask_weight=float(r["lambda_mask"]),
    )
    synthesis = LiteralSynthesis(g.architecture, g.state_dict(), trainable=trainable)
    M = 1 - r["mask_fixed"].float() if r["mask_fixed"].numel() else None
    ws = arrays(f"{name}.synthesis")["ws_psi07"][:1]
    drag = LiteralDrag(synthesis, ws, r["points"].float(), r["targets"].float(), M, cfg)
    for tracked, w_after in list(zip(r["tracked"], r["w_after"], strict=True))[:3]:
        F = drag.look()
        drag.follow(F)
        drag.pull(F)
        assert torch.equal(drag.p.long(), tracked)
        assert largest(drag.ws, w_after) <= 2e-5


def test_weights_take_gradients_only_where_they_are_left_on() -> None:
    g = tiny()
    cfg = preset("reference", g.size, g.architecture.blocks)
    for trainable in (False, True):
        synthesis = LiteralSynthesis(g.architecture, g.state_dict(), trainable=trainable)
        p = torch.tensor([[30.0, 30.0]])
        drag = LiteralDrag(synthesis, g.map(torch.randn(1, 8)), p, p + 20, None, cfg)
        drag.pull(drag.look())
        graded = [name for name, tensor in synthesis.weights.items() if tensor.grad is not None]
        assert bool(graded) is trainable
        assert drag.w.grad is not None
        synthesis.forget_gradients()
        assert all(tensor.grad is None for tensor in synthesis.weights.values())


def test_the_largest_tensor_of_a_backward_pass_is_seen() -> None:
    x = torch.randn(1000, 4, requires_grad=True)
    forward, backward = LargestTensor(), LargestTensor()
    with forward:
        one = x[:1].sum()
    assert 0 < forward.bytes < 16_000  # a view is no tensor of its own
    with backward:
        one.backward()
    assert backward.bytes == 16_000


def test_our_step_makes_no_tensor_of_the_size_of_an_upsampled_map_and_the_literal_step_does() -> None:
    channels = (8, 8, 8, 32, 4, 4)  # features of b32, resized to 128: 32 x 128 x 128 floats
    a = Architecture(z_dim=8, c_dim=0, w_dim=16, mapping_layers=2, channels=channels)
    tiny_one = Configuration("tiny", a, feature_block=32, noise_strength=0.1)
    upsampled = 32 * 128 * 128 * 4 / MIB
    for variant in Variant:
        bench = Bench(tiny_one, tiny_one.weights(), variant, CPU, masked=True)
        drag = bench.begin()
        largest_made = LargestTensor()
        with largest_made:
            forward = drag.step()
        assert forward > 0
        assert (largest_made.bytes / MIB >= upsampled) is variant.literal


def test_more_handles_are_spread_over_the_picture_around_the_first() -> None:
    cfg = preset("default", Size(512, 256), (4, 8, 16, 32, 64, 128))
    alone, p = task(cfg, 1, CPU)[0], task(cfg, 5, CPU)[0]
    assert torch.equal(p[:1], alone)
    assert len(p) == 5
    assert bool((p >= 0).all() and (p < torch.tensor(cfg.size)).all())
    assert float(torch.pdist(p).min()) > 64


def test_every_variant_starts_from_the_same_picture() -> None:
    a = Architecture(z_dim=8, c_dim=0, w_dim=16, mapping_layers=2, channels=(8, 8, 8, 8, 4))
    tiny_one = Configuration("tiny", a, feature_block=32, noise_strength=0.1)
    benches = [Bench(tiny_one, tiny_one.weights(), variant, CPU, masked=False) for variant in Variant]
    assert all(torch.equal(bench.ws, benches[0].ws) for bench in benches)
    for bench in benches:
        if bench.difference is not None:
            assert bench.difference <= 1e-4


def measurement(seconds: float, processor: float) -> Measurement:
    return Measurement([seconds], [seconds / 2], [processor], 100.0, 16.0, 1e-6, "cpu", 1, "random weights", "")


@pytest.mark.parametrize(
    ("literal", "verdict"),
    [
        (measurement(4.0, 4.0), "frozen weights: met."),
        (measurement(2.9, 2.9), "frozen weights: NOT met."),
        (measurement(50.0, 4.0), "frozen weights: not judged, the run was disturbed."),
    ],
)
def test_the_requirement_is_judged_by_the_ratio_and_not_at_all_when_a_step_was_starved(
    literal: Measurement, verdict: str
) -> None:
    lines = table(FFHQ_512, {Variant.LITERAL_FROZEN: literal, Variant.OURS: measurement(1.0, 1.0)}, masked=False)
    assert lines[-1].endswith(verdict)
    assert any(line.startswith("Disturbed: ") for line in lines) is literal.starved


def test_a_variant_that_failed_leaves_its_sentence_and_the_others_their_rows() -> None:
    lines = table(FFHQ_512, {Variant.LITERAL_FROZEN: "no memory", Variant.OURS: measurement(1.0, 1.0)}, masked=False)
    assert any("no memory" in line for line in lines)
    assert any(line.startswith("ours, no preview") and "1000.0" in line for line in lines)
    assert not any(line.startswith("Required") for line in lines)
