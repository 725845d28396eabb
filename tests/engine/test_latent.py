"""Moving a latent along principal directions."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from draglayer_engine.config import Space, preset
from draglayer_engine.session import DragSession
from draglayer_engine.state import StateError, loads
from tests.engine.golden import arrays, generator


def along(directions: int, space: Space = Space.W_PLUS) -> DragSession:
    g = generator("g64c")
    base = preset("default", g.size, g.architecture.blocks)
    cfg = replace(base, directions=directions, space=space, step_size=0.05, feature_block=16)
    session = DragSession(g, arrays("g64c.synthesis")["ws_psi07"][:1], cfg, "model")
    session.set_points(torch.tensor([[30.0, 30.0]]), torch.tensor([[36.0, 24.0]]))
    session.begin()
    return session


def test_directions_are_the_widest_first_orthogonal_and_as_long_as_w_spreads() -> None:
    g = generator("g64c")
    d = g.directions(8)
    lengths = d.norm(dim=1)
    assert bool((lengths.diff() <= 0).all())
    products = (d / lengths[:, None]) @ (d / lengths[:, None]).T
    assert torch.allclose(products, torch.eye(8), atol=1e-4)
    z = torch.randn(4096, g.architecture.z_dim, generator=torch.Generator().manual_seed(9))
    label = torch.eye(g.architecture.c_dim)[torch.arange(4096) % g.architecture.c_dim]
    spread = (g.mapping(z, label) @ (d / lengths[:, None]).T).std(dim=0)
    assert torch.allclose(spread, lengths, rtol=0.1)


@pytest.mark.parametrize("space", Space)
def test_a_drag_along_directions_moves_w_only_within_them(space: Space) -> None:
    session = along(3, space)
    before = session.ws
    for _ in range(3):
        session.step()
    moved = (session.ws - before)[0, : session.config.layers]
    d = session.generator.directions(3)
    unit = d / d.norm(dim=1, keepdim=True)
    assert float(moved.norm()) > 0
    assert torch.allclose(moved @ unit.T @ unit, moved, atol=1e-5)
    if space is Space.W:
        assert torch.allclose(moved, moved[:1].expand_as(moved), atol=1e-6)


def test_a_drag_along_directions_goes_on_from_its_state_as_if_nothing_had_been() -> None:
    session = along(5)
    session.step()
    again = DragSession.from_state(session.generator, session.export(), "model")
    again.begin()
    session.stop()
    session.begin()
    assert torch.equal(session.step().handles, again.step().handles)
    assert torch.equal(session.ws, again.ws)


def test_moments_of_another_number_of_directions_are_a_damaged_state() -> None:
    session = along(5)
    session.step()
    session.config = replace(session.config, directions=7)
    with pytest.raises(StateError, match="moments of shape"):
        loads(session.export(), "model", session.generator)


def test_changing_the_directions_in_a_session_keeps_the_picture() -> None:
    session = along(5)
    session.step()
    before = session.ws
    session.configure(replace(session.config, directions=0))
    assert torch.equal(session.ws, before)
    session.step()
    assert not torch.equal(session.ws, before)
