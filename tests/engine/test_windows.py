"""Windows around handles hold what the whole map holds there, and pull the latent as it does."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from draglayer_engine.architecture import Architecture, Size
from draglayer_engine.config import DragConfig, Source, preset
from draglayer_engine.drag import confidence, motion_loss, templates, track
from draglayer_engine.generator import Activations, Generator
from draglayer_engine.layers import Noise, SynthesisLayer
from draglayer_engine.look import Look, reach_of
from draglayer_engine.models import BUNDLED, load_model
from draglayer_engine.plan import Plan, follow, plan_for
from draglayer_engine.sampling import sample
from draglayer_engine.session import DragSession
from draglayer_engine.windows import Box, FeatureMap, WindowedMap, Windows, boxes_around, whole

BLOCK = 32
HANDLES = {  # as parts of the picture's height and width
    "middle": [(0.5, 0.47)],
    "top border": [(0.0, 0.4)],
    "right border": [(0.6, 1.0)],
    "corners": [(0.0, 0.0), (1.0, 1.0)],
    "far apart": [(0.2, 0.25), (0.8, 0.7)],
    "side by side": [(0.5, 0.5), (0.53, 0.45)],
}


def tiny(kind: str = "skip", base: Size = Size(4, 4)) -> Generator:  # noqa: B008 (a NamedTuple cannot change)
    """16 x base pixels, with noise that shows, biases, and a clamp that is reached."""
    torch.manual_seed(7)
    a = Architecture(
        z_dim=8, c_dim=0, w_dim=16, mapping_layers=2, channels=(12, 12, 10, 8, 6), base=base, kind=kind, conv_clamp=2.0
    )
    g = Generator(a)
    with torch.no_grad():
        for name, tensor in g.named_parameters():
            if name.endswith("noise_strength"):
                tensor.fill_(0.3)
            elif name.endswith("bias"):
                tensor.add_(0.3 * torch.randn_like(tensor))
    return g.freeze()


def config(g: Generator) -> DragConfig:
    """Reaches 5 pixels of the picture, which is 2.5 of the feature map: little enough for a tiny picture."""
    cfg = preset("default", g.size, g.architecture.blocks, r1=2.0, r2=2.0)
    return replace(cfg, template=2.0, feature_block=BLOCK)


def handles(g: Generator, where: str) -> Tensor:
    height, width = g.size
    return torch.tensor([[y * (height - 1), x * (width - 1)] for y, x in HANDLES[where]]).round()


def reached(cfg: DragConfig) -> float:
    return math.floor(cfg.r2) + reach_of(cfg)


def windows_for(g: Generator, p: Tensor, cfg: DragConfig) -> Windows:
    """One window for each handle, whether that is worth it or not."""
    extent = g.architecture.block_size(cfg.feature_block)
    boxes = boxes_around(p, reached(cfg), g.size, extent)
    size = Size(max(b.size.height for b in boxes), max(b.size.width for b in boxes))
    return Windows.placed(extent, size, [(b.top, b.left) for b in boxes])


def largest(x: Tensor) -> float:
    return float(x.detach().abs().max())


@pytest.mark.parametrize("after", [4, 8, 16])
@pytest.mark.parametrize("where", HANDLES)
@pytest.mark.parametrize(
    ("kind", "base"), [("skip", Size(4, 4)), ("resnet", Size(4, 4)), ("skip", Size(3, 5)), ("resnet", Size(5, 4))]
)
def test_windows_give_the_features_the_loss_and_the_gradient_of_the_whole_map(
    kind: str, base: Size, where: str, after: int
) -> None:
    g = tiny(kind, base)
    cfg, p = config(g), handles(g, where)
    ws = g.map(torch.randn(1, 8, generator=torch.Generator().manual_seed(1)))
    plan = follow(windows_for(g, p, cfg), g.architecture, after, BLOCK)
    assert plan.windows[-1].size < plan.windows[-1].extent
    F_0 = g.features(g.map(torch.randn(1, 8, generator=torch.Generator().manual_seed(2))), BLOCK).features[0]
    f = templates(F_0, p, cfg)
    results = []
    for windowed in (False, True):
        rows = [row.clone().requires_grad_() for row in ws.unbind(1)]
        F: FeatureMap = g.features_within(rows, plan)[1] if windowed else g.features(rows, BLOCK).features[0]
        square = torch.cartesian_prod(*2 * [torch.linspace(-reached(cfg), reached(cfg), 23)])
        read = sample(F, p[:, None] + square, cfg.size)
        losses = [motion_loss(F, F_0, p, p.flip(0) + 9, None, replace(cfg, source=source)) for source in Source]
        assert losses[0] != losses[1]
        loss = losses[0] + losses[1]
        loss.backward()
        gradients = torch.cat([row.grad for row in rows if row.grad is not None])
        results.append((read, loss, gradients, track(F, f, p, cfg), confidence(F, f, p, cfg)))
    (read, loss, gradients, tracked, sure), (near_read, near_loss, near_gradients, near_tracked, near_sure) = results
    assert largest(read) > 1
    assert largest(read - near_read) <= 1e-5
    assert float(near_loss.detach()) == pytest.approx(float(loss.detach()), rel=1e-5)
    assert largest(gradients) > 0
    assert largest(gradients - near_gradients) <= 1e-4 * largest(gradients)
    assert torch.equal(tracked, near_tracked)
    assert torch.allclose(sure, near_sure, atol=1e-5)


def test_what_no_window_holds_cannot_be_read() -> None:
    g = tiny()
    cfg, p = config(g), handles(g, "middle")
    plan = follow(windows_for(g, p, cfg), g.architecture, 8, BLOCK)
    F = g.features_within(g.map(torch.randn(1, 8)), plan)[1]
    sample(F, p + reached(cfg) - 0.01, cfg.size)
    with pytest.raises(IndexError, match=r"of a 32x32 map are read, but only windows of \dx\d around handles"):
        sample(F, torch.cat([p, p + reached(cfg) + 2]), cfg.size)
    with pytest.raises(IndexError, match="are read"):
        sample(F, p * 0, cfg.size)
    with pytest.raises(IndexError, match="all of a feature map is needed"):
        motion_loss(F, torch.zeros(8, 32, 32), p, p + 5, torch.zeros(cfg.size), cfg)
    assert F.covers(p, reached(cfg), cfg.size)
    assert not F.covers(p + 2, reached(cfg), cfg.size)


def test_noise_that_is_drawn_anew_is_the_same_in_windows() -> None:
    g = tiny()
    cfg, p = config(g), handles(g, "far apart")
    plan = follow(windows_for(g, p, cfg), g.architecture, 4, BLOCK)
    ws = g.map(torch.randn(1, 8))
    drawn = [torch.Generator().manual_seed(5) for _ in range(2)]
    F = g.features(ws, BLOCK, Noise.RANDOM, drawn[0]).features[0]
    near = g.features_within(ws, plan, Noise.RANDOM, drawn[1])[1]
    assert largest(sample(F, p, cfg.size) - sample(near, p, cfg.size)) <= 1e-5
    assert largest(F - g.features(ws, BLOCK).features[0]) > 0.1


def test_a_gradient_is_nowhere_but_in_the_windows() -> None:
    """The reason why windows are enough."""
    g = tiny()
    cfg, p = config(g), handles(g, "middle")
    rows = [row.clone().requires_grad_() for row in g.map(torch.randn(1, 8)).unbind(1)]
    xs = g.features(rows, BLOCK).xs
    (gradient,) = torch.autograd.grad(motion_loss(xs[-1][0], xs[-1][0], p, p + 9, None, cfg), xs[-2])
    source = windows_for(g, p, cfg).source()
    (top, left), (height, width) = source.corners[0], source.size
    inside = gradient[0, :, top : top + height, left : left + width].abs().sum()
    assert float(inside) == pytest.approx(float(gradient.abs().sum()))


LARGE = Architecture(
    z_dim=8, c_dim=0, w_dim=16, mapping_layers=2, channels=(512, 512, 512, 512, 512, 256, 128, 64)
)  # as FFHQ at 512 px


def plan_around(*centres: tuple[int, int], half: int = 6) -> Plan | None:
    return plan_for(LARGE, 128, [Box(y - half, x - half, y + half, x + half) for y, x in centres])


def test_one_handle_gets_a_window_that_grows_by_its_margins_from_block_to_block() -> None:
    plan = plan_around((60, 50))
    assert plan is not None
    assert [w.size.height for w in plan.windows[-4:]] == [8, 9, 10, 13]
    assert [w.extent.height for w in plan.windows[-4:]] == [16, 32, 64, 128]
    assert plan.windows[0].extent == LARGE.block_size(plan.whole)


@pytest.mark.parametrize(
    ("centres", "windows"),
    [
        (((20, 20), (100, 100)), 2),
        (((60, 50), (64, 54)), 1),
        (((20, 20), (22, 26), (100, 100), (104, 98)), 2),
        (((60, 50), (60, 50)), 1),
    ],
)
def test_near_handles_share_a_window_and_far_ones_do_not(centres: tuple[tuple[int, int], ...], windows: int) -> None:
    plan = plan_around(*centres)
    assert plan is not None
    assert len(plan.windows[-1].corners) == windows
    assert all(plan.windows[-1].hold(Box(y - 6, x - 6, y + 6, x + 6)) for y, x in centres)


def test_handles_all_over_the_picture_take_the_whole_map() -> None:
    everywhere = [(y, x) for y in range(10, 128, 20) for x in range(10, 128, 20)]
    assert plan_around(*everywhere) is None
    assert plan_around((64, 64), half=60) is None
    assert plan_around() is None


def test_many_near_handles_share_one_window() -> None:
    plan = plan_around(*((60 + i, 60 + i % 5) for i in range(12)))
    assert plan is not None
    assert len(plan.windows[-1].corners) == 1


def test_the_first_block_is_never_windowed() -> None:
    assert plan_for(LARGE, 4, [Box(0, 0, 1, 1)]) is None


class WholeMaps(Generator):
    """A generator that always computes whole maps."""

    def features_near(
        self,
        ws: Tensor | list[Tensor],  # type: ignore[override]
        block: int,
        p: Tensor,
        reach: float,
        noise: Noise = Noise.CONST,
        generator: torch.Generator | None = None,
    ) -> tuple[Activations, FeatureMap]:
        activations = self.features(ws, block, noise, generator)
        return activations, activations.features[0]


@pytest.fixture(scope="module")
def bundled() -> tuple[Generator, Generator, DragConfig]:
    model = load_model(BUNDLED / "creatures-256", torch.device("cpu"))
    g = model.generator
    every = WholeMaps.from_tensors(g.architecture, g.state_dict())
    return g, every, preset("default", g.size, g.architecture.blocks, model.hints)


def test_the_bundled_model_steps_in_windows_as_it_does_on_whole_maps(
    bundled: tuple[Generator, Generator, DragConfig],
) -> None:
    """Every step is made twice from the same state, so that rounding errors do not add up over the steps.

    What changes between two steps makes other windows necessary, or the whole map: handles, mask, radii.
    """
    near, every, cfg = bundled
    session = DragSession.from_seed(near, 3, None, 0.7, cfg)
    session.set_points(torch.tensor([[150.0, 128.0]]), torch.tensor([[150.0, 150.0]]))
    for number in range(7):
        if number == 2:
            session.set_points(
                torch.tensor([[150.0, 128.0], [40.0, 60.0], [0.0, 255.0]]),
                torch.tensor([[140.0, 128.0], [45.0, 70.0], [0.0, 255.0]]),
            )
        elif number == 4:
            M = torch.zeros(cfg.size)
            M[100:200, 80:180] = 1
            session.set_mask(M)
        elif number == 5:
            session.set_mask(None)
        elif number == 6:
            session.configure(replace(cfg, r1=6.0, r2=11.0))
        if not session.running:
            session.begin(hold=True)
        session._look()  # makes the anchor of new points, which belongs to the state
        other = DragSession.from_state(every, session.export())
        other.begin(hold=True)
        step, expected = session.step(), other.step()
        assert torch.equal(step.handles, expected.handles), number
        assert step.loss == pytest.approx(expected.loss, rel=1e-4)
        assert torch.allclose(step.confidences, expected.confidences, atol=1e-3)
        mine, theirs = session._latent.offset.grad, other._latent.offset.grad
        assert mine is not None and theirs is not None
        assert largest(theirs) > 0
        assert largest(mine - theirs) <= 1e-3 * largest(theirs), number


def test_a_step_computes_no_large_map_and_a_preview_after_it_only_what_is_missing(
    bundled: tuple[Generator, Generator, DragConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    near, every, cfg = bundled
    session = DragSession.from_seed(near, 3, None, 0.7, cfg)
    session.set_points(torch.tensor([[150.0, 128.0]]), torch.tensor([[150.0, 150.0]]))
    session.begin()
    made: list[tuple[int, int, bool]] = []  # layer, pixels, whether with gradient
    forward = SynthesisLayer.forward

    def noted(self: SynthesisLayer, *args: Tensor) -> Tensor:
        y = forward(self, *args)
        made.append((self.size.height, y.shape[2], y.requires_grad))
        return y

    monkeypatch.setattr(SynthesisLayer, "forward", noted)
    session.step()
    assert max(layer for layer, _, _ in made) == cfg.feature_block
    assert max(pixels for _, pixels, _ in made) <= 16
    assert all(graded for _, _, graded in made)
    made.clear()
    picture = session.render()
    assert all(layer == pixels for layer, pixels, _ in made)
    assert not any(graded for _, _, graded in made)
    assert len({layer for layer, _, _ in made}) * 2 >= len(made)  # no layer twice
    assert abs(picture.astype(int) - DragSession(every, session.ws, cfg).render().astype(int)).max() <= 1


def test_a_look_computes_again_only_when_a_handle_is_looked_for_where_nothing_was_computed() -> None:
    g = tiny()
    cfg, p = config(g), handles(g, "middle")
    look = Look(g, g.map(torch.randn(1, 8)).unbind(1))
    calls = 0

    def features_near(rows: list[Tensor], block: int, p: Tensor, reach: float) -> tuple[Activations, WindowedMap]:
        nonlocal calls
        calls += 1
        return g.features_within(rows, follow(windows_for(g, p, cfg), g.architecture, 8, BLOCK))

    g.features_near = features_near  # type: ignore[assignment,method-assign]
    first = look.near(p, None, cfg)
    assert look.near(p + math.floor(cfg.r2), None, cfg) is first  # wherever eq. 2 leads
    assert calls == 1
    assert look.near(p + 9, None, cfg) is not first
    assert calls == 2
    masked = look.near(p, torch.zeros(cfg.size), cfg)
    assert whole(masked).shape == (8, 32, 32)
    assert look.near(p, None, cfg) is masked  # the whole map serves everything
    assert calls == 2
