"""States by value: what is written is read back, and nothing else is accepted."""

from __future__ import annotations

import hashlib

import pytest
import torch

from draglayer_engine.config import preset
from draglayer_engine.session import DragSession
from draglayer_engine.state import StateError, model_of
from tests.engine.golden import generator

SHA = "a" * 64


@pytest.fixture(scope="module")
def data() -> bytes:
    g = generator("g64c")
    s = DragSession.from_seed(g, 3, 1, 0.7, preset("default", g.size, g.architecture.blocks), SHA)
    s.set_points(torch.tensor([[30.0, 30.0]]), torch.tensor([[40.0, 20.0]]))
    mask = torch.ones(64, 64)
    mask[:, :9] = 0.5
    s.set_mask(mask)
    s.begin()
    s.step()
    s.step()
    return s.export()


def test_a_state_names_its_model_and_fits_into_a_document(data: bytes) -> None:
    assert model_of(data) == SHA
    assert len(data) < 60_000


def test_a_state_brings_back_latent_points_mask_and_configuration(data: bytes) -> None:
    s = DragSession.from_state(generator("g64c"), data, SHA)
    assert s.export() == data
    assert s.targets.tolist() == [[40, 20]]
    assert s.mask is not None
    assert float(s.mask[0, 0]) == pytest.approx(0.5, abs=0.003)


def test_a_state_of_another_model_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(StateError, match="belongs to the model aaaaaaaaaaaa, not to bbbbbbbbbbbb; open it with"):
        DragSession.from_state(generator("g64c"), data, "b" * 64)


def test_every_flipped_byte_and_every_truncation_is_noticed(data: bytes) -> None:
    g = generator("g64c")
    for at in range(0, len(data), 997):
        damaged = bytearray(data)
        damaged[at] ^= 0x41
        with pytest.raises(StateError):
            DragSession.from_state(g, bytes(damaged), SHA)
        with pytest.raises(StateError):
            DragSession.from_state(g, data[:at], SHA)


def test_a_newer_format_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(StateError, match="has format 9, this Draglayer reads 1; update it"):
        DragSession.from_state(generator("g64c"), data.replace(b"state 1\n", b"state 9\n", 1), SHA)


@pytest.mark.parametrize("body", [b"", b"x" * 100, b"\xff" * 8 + b"{}", (2).to_bytes(8, "little") + b"{}"])
def test_a_rightly_signed_body_of_nonsense_is_refused_too(body: bytes) -> None:
    forged = b"draglayer-state 1\n" + hashlib.sha256(body).hexdigest().encode() + b"\n" + body
    with pytest.raises(StateError, match="cannot be read"):
        DragSession.from_state(generator("g64c"), forged, SHA)
