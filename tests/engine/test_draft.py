"""Pictures that are shown between two steps: sooner than exact ones, and nearly the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from draglayer_engine import session as session_module
from draglayer_engine.config import preset
from draglayer_engine.devices import quick_type
from draglayer_engine.models import BUNDLED, load_model
from draglayer_engine.session import DragSession
from tests.engine.worlds import points

CPU = torch.device("cpu")


def dragged(monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype) -> DragSession:
    """Three steps with the bundled model, on a device whose quick type is this one."""
    monkeypatch.setattr(session_module, "quick_type", lambda device: dtype)
    model = load_model(BUNDLED / "creatures-256", CPU)
    a = model.generator.architecture
    session = DragSession.from_seed(model.generator, 3, None, 0.7, preset("default", a.size, a.blocks, model.hints))
    session.set_points(*points((131, 145, 150, 200)))
    session.begin()
    for _ in range(3):
        session.step()
    return session


def test_a_draft_differs_from_the_picture_by_what_nobody_sees_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = dragged(monkeypatch, torch.bfloat16)
    draft, again = session.draft(), session.draft()
    picture = session.render()
    off = np.abs(draft.astype(int) - picture.astype(int))
    assert 0 < off.max() <= 12
    assert off.mean() < 0.5
    assert (draft == again).all()
    exact = DragSession(session.generator, session.ws, session.config).render()
    assert np.abs(picture.astype(int) - exact.astype(int)).max() <= 1
    session.step()  # the steps' own features were not touched


def test_where_nothing_is_faster_a_draft_is_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    session = dragged(monkeypatch, torch.float32)
    assert (session.draft() == session.render()).all()


@pytest.mark.parametrize(
    ("able", "dtype"),
    [
        ({"amx_bf16": True, "avx512_bf16": False}, torch.bfloat16),
        ({"avx512_bf16": True}, torch.bfloat16),
        ({"avx2": True}, torch.float32),
    ],
)
def test_processors_draft_in_bfloat16_when_they_multiply_it_faster(
    monkeypatch: pytest.MonkeyPatch, able: dict[str, bool], dtype: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    assert quick_type(CPU) is dtype
    assert quick_type(torch.device("cuda")) is torch.float32
