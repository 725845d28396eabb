"""States by value: what is written is read back, and nothing else is accepted."""

from __future__ import annotations

import hashlib
import json
import math

import pytest
import torch
from safetensors.torch import load, save

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


def rewritten(data: bytes, changes: dict[str, object], p: torch.Tensor | None = None) -> bytes:
    """A state as somebody else might write it: its checksum fits."""
    magic, _, body = data.split(b"\n", 2)
    tensors, length = load(body), int.from_bytes(body[:8], "little")
    head = json.loads(json.loads(body[8 : 8 + length])["__metadata__"]["session"])
    head["config"] |= changes
    if p is not None:
        tensors["p"] = p
    body = save(tensors, {"session": json.dumps(head)})
    return magic + b"\n" + hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def test_a_state_rewritten_as_it_was_opens(data: bytes) -> None:
    DragSession.from_state(generator("g64c"), rewritten(data, {"r1": 5.0}), SHA)


@pytest.mark.parametrize(
    "changes",
    [
        {"stride": math.inf},
        {"stride": math.nan},
        {"step_size": math.nan},
        {"r1": 1e9},
        {"r2": -5},
        {"r2": 512},
        {"layers": 0},
        {"layers": 99},
        {"feature_block": 77},
        {"max_steps": "x"},
        {"max_steps": True},
        {"template": 1e6},
        {"patience": -1},
        {"size": [10**9, 10**9]},
    ],
)
def test_a_state_with_a_configuration_that_nobody_can_set_is_refused(data: bytes, changes: dict[str, object]) -> None:
    with pytest.raises(StateError):
        DragSession.from_state(generator("g64c"), rewritten(data, changes), SHA)


@pytest.mark.parametrize("y", [-1.0, 64.0, 1e9])
def test_a_state_with_a_handle_outside_its_picture_is_refused(data: bytes, y: float) -> None:
    with pytest.raises(StateError, match="outside"):
        DragSession.from_state(generator("g64c"), rewritten(data, {}, torch.tensor([[y, 30.0]])), SHA)
