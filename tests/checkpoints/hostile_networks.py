"""Files that are well-formed and hold something other than a StyleGAN2 generator the engine can compute."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from draglayer_engine.models import save_generator

from .formats import CLAMPED, SKIP
from .hostile_case import Hostile, of_bytes
from .networks import discriminator, network
from .writer_nvidia import arguments, with_filters, write_nvidia
from .writer_rosinality import rosinality_tensors
from .writer_tensorflow import write_tensorflow


def hostile_networks(canary: Path) -> Iterator[Hostile]:
    yield from _other_networks()
    yield from _wrong_generators(canary)
    yield from _wrong_settings(canary)
    yield from _wrong_tensorflow(canary)
    yield from _wrong_shapes(canary)
    yield from _wrong_folders()


def _saved(value: Any) -> bytes:
    stream = io.BytesIO()
    torch.save(value, stream)
    return stream.getvalue()


def _other_networks() -> Iterator[Hostile]:
    one = torch.zeros(2, 2)
    for label, names in {
        "StyleGAN3": ("synthesis.input.freqs", "synthesis.L0_36_512.weight", "mapping.fc0.weight"),
        "StyleGAN-XL": ("mapping.embed_proj.weight", "synthesis.input.freqs"),
        "lucidrains": ("G.initial_block", "S.net.0.weight"),
        "GFPGAN": ("stylegan_decoder.style_mlp.1.weight",),
        "diffusion": ("model.diffusion_model.time_embed.0.weight",),
        "LoRA": ("lora_unet_down.alpha",),
        "a classifier": ("conv1.weight", "fc.bias"),
        "unknown synthesis": ("synthesis.first.weight",),
        "long names": ("x" * 100_000 + "\n\x1b[31m",),
    }.items():
        yield of_bytes(f"network {label}", _saved(dict.fromkeys(names, one)))
    yield of_bytes("network discriminator only", _saved({"D": discriminator(SKIP)}))
    yield of_bytes("network one tensor", _saved(one))
    yield of_bytes("network list of tensors", _saved([one] * 20))
    encoder = {f"encoder.{i}.weight": one for i in range(3)}
    yield of_bytes("network encoder without decoder", _saved({"state_dict": encoder, "latent_avg": torch.zeros(18, 8)}))


def _changed(**changes: Tensor | None) -> dict[str, Tensor]:
    """The tiny generator's tensors, some replaced (or removed); `__` stands for a dot."""
    tensors = with_filters(network(SKIP).state_dict())
    for key, tensor in changes.items():
        if tensor is None:
            del tensors[key.replace("__", ".")]
        else:
            tensors[key.replace("__", ".")] = tensor
    return tensors


def _wrong_generators(canary: Path) -> Iterator[Hostile]:
    zero = torch.zeros
    six = torch.tensor([1.0, 2.0, 2.0, 1.0])
    cases: dict[str, Mapping[str, Tensor]] = {
        "a missing bias": _changed(synthesis__b8__conv1__bias=None),
        "a missing constant": {n: t for n, t in _changed().items() if not n.endswith("const")},
        "no mapping": {n: t for n, t in _changed().items() if not n.startswith("mapping")},
        "a gap in the mapping": _changed(mapping__fc0__weight=None),
        "a gap in the blocks": {n: t for n, t in _changed().items() if ".b8." not in n},
        "a wrong shape": _changed(synthesis__b8__conv1__affine__weight=zero(8, 17)),
        "a wrong kernel": _changed(synthesis__b8__conv1__weight=zero(8, 8, 5, 5)),
        "a flat constant": _changed(synthesis__b4__const=zero(8)),
        "a huge constant": _changed(synthesis__b4__const=zero(8, 2000, 1)),
        "an empty constant": _changed(synthesis__b4__const=zero(0, 4, 4)),
        "a scalar weight": _changed(synthesis__b8__conv1__weight=zero(())),
        "two image channels": _changed(
            **{
                f"synthesis__b{b}__torgb__{p}": zero(*s, *([1, 1] if p == "weight" else []))
                for b, c in ((4, 8), (8, 8), (16, 4))
                for p, s in (("weight", (2, c)), ("bias", (2,)))
            }
        ),
        "96 image channels, as EG3D": _changed(synthesis__b16__torgb__weight=zero(96, 4, 1, 1)),
        "average w per class": _changed(mapping__w_avg=zero(3, 16)),
        "another filter": _changed(synthesis__b8__conv0__resample_filter=six[:, None] * six[None] / 36),
        "a long filter": _changed(synthesis__b8__conv0__resample_filter=zero(12)),
        "attention": _changed(synthesis__b8__attention__weight=zero(4, 4)),
        "neither skip nor resnet": _changed(
            **{
                f"synthesis__b{b}__torgb__{p}": None
                for b in (4, 8)
                for p in ("weight", "bias", "affine__weight", "affine__bias")
            }
        ),
        "wrong noise": _changed(synthesis__b8__conv0__noise_const=zero(7, 7)),
    }
    for label, tensors in cases.items():
        yield of_bytes(f"generator with {label}", write_nvidia(network(SKIP), canary, tensors=tensors, keys=("G_ema",)))
    names = rosinality_tensors(network(SKIP))
    yield of_bytes("rosinality with attention", _saved({"g_ema": names | {"convs.0.query.weight": zero(4, 4)}}))
    yield of_bytes("rosinality without style", _saved({"g_ema": {n: t for n, t in names.items() if "style" not in n}}))
    yield of_bytes(
        "rosinality with another kernel", _saved({"g_ema": names | {"convs.0.conv.blur.kernel": zero(4, 4)}})
    )
    yield of_bytes(
        "rosinality with convolution 999", _saved({"g_ema": names | {"convs.999.conv.weight": zero(1, 4, 4, 3, 3)}})
    )
    yield of_bytes("rosinality with a wrong average", _saved({"g_ema": names, "latent_avg": zero(7)}))


def _wrong_shapes(canary: Path) -> Iterator[Hostile]:
    """One tensor of another shape, in every naming, at seeded random."""
    choose = random.Random(3)
    shapes: list[tuple[int, ...]] = [
        (),
        (0,),
        (1,),
        (7,),
        (0, 16),
        (3, 0),
        (2, 8),
        (0, 8, 4, 4),
        (2, 1, 8, 8),
        (1, 0, 1, 1),
    ]
    shapes += [(2, 8, 8, 3, 3), (0, 0, 0, 0, 0), (1, 1, 1, 1, 1, 1)]
    generator = network(SKIP)
    state, names = dict(generator.state_dict()), rosinality_tensors(generator)
    names["latent_avg"] = generator.mapping.w_avg
    for shape in shapes * 3:
        odd = torch.zeros(shape)
        own, theirs = choose.choice(sorted(state)), choose.choice(sorted(names))
        data = write_nvidia(generator, canary, tensors=state | {own: odd}, keys=("G_ema",))
        yield of_bytes(f"shape {list(shape)} of {own}", data, refused=state[own].shape != shape)
        changed = {**names, theirs: odd}
        average = changed.pop("latent_avg")
        # an average that cannot be one is computed anew; one number may stand for a strength
        loose = theirs == "latent_avg" or odd.numel() == names[theirs].numel()
        yield of_bytes(
            f"shape {list(shape)} of {theirs}", _saved({"g_ema": changed, "latent_avg": average}), refused=not loose
        )
        variable = choose.choice(
            ["4x4/Const/const", "8x8/Conv0_up/weight", "noise1", "8x8/ToRGB/mod_bias", "8x8/Conv1/bias"]
        )
        data = write_tensorflow(generator, canary, replace={variable: odd.numpy()})
        yield of_bytes(f"shape {list(shape)} of {variable}", data)


def _wrong_settings(canary: Path) -> Iterator[Hostile]:
    generator = network(CLAMPED)
    layer = "synthesis.b8.conv1"
    overrides: dict[str, dict[str, dict[str, Any]]] = {
        "another activation": {layer: {"activation": "relu"}},
        "an activation that is a list": {layer: {"activation": ["lrelu"]}},
        "clamps that differ": {layer: {"conv_clamp": 7.0}},
        "a clamp that is text": {layer: {"conv_clamp": "256"}},
        "a clamp that is infinite": {layer: {"conv_clamp": float("inf")}},
        "a clamp that is a list": {layer: {"conv_clamp": [256]}},
        "a rate that is NaN": {"mapping.fc0": {"bias_gain": float("nan")}},
        "a rate that is huge": {"mapping.fc0": {"bias_gain": 1e30}},
        "a rate that is text": {"mapping.fc0": {"bias_gain": "0.01"}},
    }
    for label, override in overrides.items():
        yield of_bytes(f"settings {label}", write_nvidia(generator, canary, override=override, keys=("G_ema",)))
    for label, clamp in {"negative": -1, "zero": 0, "a truth": True}.items():
        stated = arguments(generator, flat=True) | {"conv_clamp": clamp}
        data = write_nvidia(generator, canary, kwargs=stated, layer_settings=False)
        yield of_bytes(f"settings a clamp that is {label}", data)


def _wrong_tensorflow(canary: Path) -> Iterator[Hostile]:
    generator = network(SKIP)
    yield of_bytes("tensorflow version 3", write_tensorflow(generator, canary, version=3))
    changes: dict[str, dict[str, Any]] = {
        "with another filter": {"resample_kernel": [1, 2, 1]},
        "with a filter that is text": {"resample_kernel": "1331"},
        "with another activation": {"nonlinearity": "relu"},
        "with a clamp that is text": {"conv_clamp": "a"},
        "with a negative clamp": {"conv_clamp": -1},
    }
    for label, settings in changes.items():
        yield of_bytes(f"tensorflow {label}", write_tensorflow(generator, canary, settings=settings))
    for label, rename in {
        "of the first StyleGAN": {"4x4/Conv/mod_weight": "4x4/StyleMod/weight"},
        "with labels joined": {"Dense1/weight": "LabelConcat/weight"},
        "with a missing layer": {"8x8/Conv1/weight": "8x8/Conv1/weight_of_old"},
        "with attention": {"8x8/Conv1/bias": "8x8/Attention/weight"},
        "without a constant": {"4x4/Const/const": "4x4/Dense/weight"},
    }.items():
        yield of_bytes(f"tensorflow {label}", write_tensorflow(generator, canary, rename=rename))


def _wrong_folders() -> Iterator[Hostile]:
    def folder(change: Mapping[str, Any] | None, *, weights: bool = True, damage: bool = False) -> Any:
        def make(path: Path) -> None:
            save_generator(network(SKIP), path, name="a", title="A", licence="x")
            description = json.loads((path / "model.json").read_text())
            text = json.dumps(description | change).replace("Infinity", "1e999") if change is not None else "{"
            (path / "model.json").write_text(text)
            if damage:
                data = bytearray((path / "model.safetensors").read_bytes())
                data[-1] ^= 1
                (path / "model.safetensors").write_bytes(data)
            if not weights:
                (path / "model.safetensors").unlink()

        return make

    resized = SKIP.to_json() | {"w_dim": 32}
    yield Hostile("folder with broken model.json", folder(None))
    yield Hostile("folder with another sha256", folder({"sha256": "0" * 64}))
    yield Hostile("folder with a sha256 that is a list", folder({"sha256": []}))
    yield Hostile("folder with damaged weights", folder({}, damage=True))
    yield Hostile("folder without weights", folder({}, weights=False))
    yield Hostile("folder with another architecture", folder({"architecture": resized}))
    yield Hostile("folder with infinite latents", folder({"architecture": SKIP.to_json() | {"z_dim": float("inf")}}))
    yield Hostile(
        "folder with an infinite clamp", folder({"architecture": SKIP.to_json() | {"conv_clamp": float("inf")}})
    )
    yield Hostile("folder with many blocks", folder({"architecture": SKIP.to_json() | {"channels": [1] * 100_000}}))
    yield Hostile("folder with no architecture", folder({"architecture": None}))
    yield Hostile("folder with an architecture of text", folder({"architecture": {"z_dim": "x"}}))
