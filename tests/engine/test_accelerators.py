"""The engine on a CUDA or MPS device gives what it gives on the CPU: `pytest tests/engine/test_accelerators.py`.

Tolerances are ten to hundred times those of the CPU, with TF32 off: convolutions add up in another order there.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
import torch

from draglayer_engine.config import preset
from draglayer_engine.devices import choose_device
from draglayer_engine.drag import motion_loss
from draglayer_engine.layers import Noise
from draglayer_engine.plan import follow
from draglayer_engine.session import DragSession
from tests.engine.golden import GENERATORS, arrays, generator
from tests.engine.test_golden import largest
from tests.engine.test_windows import windows_for

pytestmark = pytest.mark.accelerator
HERE = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}


@pytest.fixture(params=HERE)
def device(request: pytest.FixtureRequest) -> Iterator[torch.device]:
    if not HERE[request.param]:
        pytest.skip(f"this machine has no {request.param} device; run these tests on one that has")
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    yield choose_device(request.param)
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


@pytest.mark.parametrize("name", GENERATORS)
def test_pictures_and_features_are_the_recorded_ones(name: str, device: torch.device) -> None:
    g, recorded = copy.deepcopy(generator(name)).to(device).freeze(), arrays(f"{name}.synthesis")
    ws = recorded["ws_psi07"].to(device)
    assert largest(g(ws, Noise.CONST).cpu(), recorded["image_const"]) <= 1e-3
    block = g.architecture.blocks[-1]
    x = g.features(ws, block).features[:, :, block // 2, block // 2]
    assert largest(x.cpu(), recorded[f"feature_b{block}_center"]) <= 1e-4


def test_a_drag_arrives_where_it_arrives_on_the_cpu_and_its_state_moves_between_them(device: torch.device) -> None:
    r = arrays("g256.drag.until_stop")
    there = copy.deepcopy(generator("g256")).to(device).freeze()
    ends = []
    for g in (generator("g256"), there):
        cfg = preset("reference", g.size, g.architecture.blocks, step_size=float(r["lr"]))
        session = DragSession(g, arrays("g256.synthesis")["ws_psi07"][:1], cfg)
        session.set_points(r["points"].float(), r["targets"].float())
        session.begin()
        while not session.arrived():
            session.step()
        ends.append(session)
    on_cpu, on_device = ends
    assert largest(on_device.handles.cpu(), on_cpu.handles) <= 1
    back = DragSession.from_state(generator("g256"), on_device.export())
    assert largest(back.ws, on_device.ws.cpu()) == 0


def test_windows_pull_the_latent_as_the_whole_map_does_on_the_cpu(device: torch.device) -> None:
    g = generator("g256")
    there = copy.deepcopy(g).to(device).freeze()
    cfg = preset("default", g.size, g.architecture.blocks)
    ws = arrays("g256.synthesis")["ws_psi07"][:1]
    p = torch.tensor([[120.0, 90.0], [0.0, 255.0]])
    rows = [row.clone().requires_grad_() for row in ws.unbind(1)]
    F = g.features(rows, cfg.feature_block).features[0]
    F_0 = F.detach() + 0.1
    motion_loss(F, F_0, p, p.flip(0), None, cfg).backward()
    near = [row.to(device).requires_grad_() for row in ws.unbind(1)]
    plan = follow(windows_for(there, p.to(device), cfg), g.architecture, 16, cfg.feature_block)
    F_near = there.features_within(near, plan)[1]
    motion_loss(F_near, F_0.to(device), p.to(device), p.flip(0).to(device), None, cfg).backward()
    for row, near_row in zip(rows, near, strict=True):
        assert (row.grad is None) == (near_row.grad is None)
        if row.grad is not None and near_row.grad is not None:
            assert largest(near_row.grad.cpu(), row.grad) <= 1e-3 * float(row.grad.abs().max())
