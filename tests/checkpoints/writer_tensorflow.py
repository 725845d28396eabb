"""Writes generators as the TensorFlow version of StyleGAN2 pickles them: (G, D, Gs)."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from draglayer_engine.generator import Generator

from .networks import discriminator
from .public_modules import EasyDict, Network, public_modules, source_with_canary

Variables = dict[str, NDArray[np.float32]]


def write_tensorflow(
    generator: Generator,
    canary: Path,
    *,
    version: int = 4,
    protocol: int = 4,
    old_numpy: bool = False,
    lr_multiplier: float = 0.01,
    settings: Mapping[str, Any] | None = None,
    rename: Mapping[str, str] | None = None,
    replace: Variables | None = None,
) -> bytes:
    """`rename` and `replace` change variables; `old_numpy` names numpy's parts as numpy 1 did (protocol 2 only)."""
    source = source_with_canary(canary)

    def make(name: str, own: Variables, components: Mapping[str, Network], static: Mapping[str, Any]) -> Network:
        changed = {(rename or {}).get(n, n): v for n, v in own.items()}
        return Network(
            version=version,
            name=name,
            static_kwargs=EasyDict(static),
            components=dict(components),
            build_module_src=source,
            build_func_name=f"{name}_main",
            variables=list(changed.items()),
        )

    mapping, synthesis = _mapping(generator, lr_multiplier), _synthesis(generator) | (replace or {})
    static = {"resolution": generator.size.height, "resample_kernel": [1, 3, 3, 1]} | dict(settings or {})
    settings_of_mapping = {"mapping_lrmul": lr_multiplier, "mapping_nonlinearity": "lrelu"}

    def whole(name: str, shift: float) -> Network:
        shifted = {n: v + np.float32(shift) if n.endswith("/bias") else v for n, v in synthesis.items()}
        parts = {
            "mapping": make("mapping", mapping, {}, settings_of_mapping),
            "synthesis": make("synthesis", shifted, {}, static),
        }
        own = {"lod": np.zeros((), np.float32), "dlatent_avg": generator.mapping.w_avg.numpy()}
        return make(name, own, parts, static)

    networks = (whole("G", 0.5), make("D", _discriminator(generator), {}, static), whole("Gs", 0.0))
    with public_modules():
        data = pickle.dumps(networks, protocol)
    return data.replace(b"numpy._core.multiarray\n", b"numpy.core.multiarray\n") if old_numpy else data


def _mapping(generator: Generator, lr_multiplier: float) -> Variables:
    own = {n: t.numpy() for n, t in generator.state_dict().items()}
    names: Variables = {}
    for i in range(generator.architecture.mapping_layers):
        scale = np.float32(0.01 / lr_multiplier)
        names[f"Dense{i}/weight"] = own[f"mapping.fc{i}.weight"].T * scale
        names[f"Dense{i}/bias"] = own[f"mapping.fc{i}.bias"] * scale
    if generator.architecture.c_dim:
        names["LabelEmbed/weight"], names["LabelEmbed/bias"] = own["mapping.embed.weight"].T, own["mapping.embed.bias"]
    return names


def _synthesis(generator: Generator) -> Variables:
    own = {n: t.numpy() for n, t in generator.state_dict().items()}
    names: Variables = {"4x4/Const/const": own["synthesis.b4.const"][None]}
    noise = 0
    for block in generator.architecture.blocks:
        layers = {"conv1": "Conv"} if block == 4 else {"conv0": "Conv0_up", "conv1": "Conv1"}
        for ours, theirs in layers.items():
            layer, name = f"synthesis.b{block}.{ours}", f"{block}x{block}/{theirs}"
            _add_layer(names, own, layer, name, turn=theirs == "Conv0_up")
            names[f"{name}/noise_strength"] = own[f"{layer}.noise_strength"]
            names[f"noise{noise}"] = own[f"{layer}.noise_const"][None, None]
            noise += 1
        if f"synthesis.b{block}.torgb.weight" in own:
            _add_layer(names, own, f"synthesis.b{block}.torgb", f"{block}x{block}/ToRGB", turn=False)
        if f"synthesis.b{block}.skip.weight" in own:
            weight = own[f"synthesis.b{block}.skip.weight"].transpose(2, 3, 1, 0)
            names[f"{block}x{block}/Skip/weight"] = weight[::-1, ::-1]
    return names


def _add_layer(names: Variables, own: Variables, layer: str, name: str, *, turn: bool) -> None:
    weight = own[f"{layer}.weight"].transpose(2, 3, 1, 0)
    names[f"{name}/weight"] = weight[::-1, ::-1] if turn else weight
    names[f"{name}/bias"] = own[f"{layer}.bias"]
    names[f"{name}/mod_weight"] = own[f"{layer}.affine.weight"].T
    names[f"{name}/mod_bias"] = own[f"{layer}.affine.bias"] - 1


def _discriminator(generator: Generator) -> Variables:
    own = {n: t.numpy() for n, t in discriminator(generator.architecture).items()}
    theirs = {"fromrgb": "FromRGB", "conv0": "Conv0", "conv1": "Conv1_down", "skip": "Skip", "conv": "Conv"}
    names: Variables = {}
    for name, array in own.items():
        block, layer, part = name.split(".")
        size = block.removeprefix("b")
        if layer in theirs:
            value = array.transpose(2, 3, 1, 0) if array.ndim == 4 else array
            names[f"{size}x{size}/{theirs[layer]}/{part}"] = value
        else:
            names[f"{'Output' if layer == 'out' else '4x4/Dense0'}/{part}"] = array.T
    return names
