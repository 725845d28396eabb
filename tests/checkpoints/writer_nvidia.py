"""Writes generators as stylegan2-ada-pytorch, the stylegan3 repository and PTI leave them."""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from draglayer_engine.generator import Generator

from .networks import discriminator
from .public_modules import EasyDict, Gadget, Persistent, public_modules, source_with_canary

_CLASSES = {
    "": "Generator",
    "mapping": "MappingNetwork",
    "synthesis": "SynthesisNetwork",
    "conv0": "SynthesisLayer",
    "conv1": "SynthesisLayer",
    "torgb": "ToRGBLayer",
    "skip": "Conv2dLayer",
    "affine": "FullyConnectedLayer",
    "embed": "FullyConnectedLayer",
}
_BUFFERS = ("noise_const", "w_avg", "resample_filter")


def filter_tensor() -> Tensor:
    row = torch.tensor([1.0, 3.0, 3.0, 1.0])
    return row[:, None] * row[None] / 64.0


def with_filters(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """As in NVIDIA's state dicts: blocks and their convolutions carry the resampling filter."""
    result = dict(tensors)
    for name in tensors:
        if name.endswith(".noise_const"):
            layer = name.removesuffix(".noise_const")
            result[f"{layer}.resample_filter"] = filter_tensor()
            result[f"{layer.rpartition('.')[0]}.resample_filter"] = filter_tensor()
        elif name.endswith(".skip.weight"):
            result[name.replace("weight", "resample_filter")] = filter_tensor()
    return result


def arguments(generator: Generator, *, flat: bool) -> dict[str, Any]:
    """`_init_kwargs`, nested as in stylegan2-ada-pytorch or flat as in the stylegan3 repository."""
    a = generator.architecture
    synthesis: dict[str, Any] = {
        "channel_base": 32768,
        "channel_max": 512,
        "num_fp16_res": 4,
        "conv_clamp": a.conv_clamp,
    }
    synthesis["architecture"] = a.kind
    common = EasyDict(z_dim=a.z_dim, w_dim=a.w_dim, mapping_kwargs=EasyDict(num_layers=a.mapping_layers))
    common["c_dim"], common["img_resolution"], common["img_channels"] = a.c_dim, a.size.height, a.image_channels
    common.update(synthesis if flat else {"synthesis_kwargs": EasyDict(synthesis)})
    return common


def persistent(
    tensors: Mapping[str, Tensor],
    canary: Path,
    *,
    kwargs: Mapping[str, Any] | None = None,
    layer: Mapping[str, Any] | None = None,
    root: str = "Generator",
    override: Mapping[str, Mapping[str, Any]] | None = None,
) -> Persistent:
    """A tree of persistent objects for these dotted names; `layer` is what every convolution carries beside."""
    source = source_with_canary(canary)

    def build(prefix: str) -> Persistent:
        inside = {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
        own = {n: t for n, t in inside.items() if "." not in n}
        children = list(dict.fromkeys(n.split(".")[0] for n in inside if "." in n))
        name = prefix.rstrip(".").rpartition(".")[2]
        state: dict[str, Any] = {
            "training": False,
            "_parameters": OrderedDict((n, torch.nn.Parameter(t)) for n, t in own.items() if n not in _BUFFERS),
            "_buffers": OrderedDict((n, t) for n, t in own.items() if n in _BUFFERS),
            "_non_persistent_buffers_set": set(),
            "_backward_hooks": OrderedDict(),
            "_modules": OrderedDict((child, build(f"{prefix}{child}.")) for child in children),
            "_init_args": (),
            "_init_kwargs": EasyDict(kwargs if kwargs is not None and not prefix else {}),
        }
        if name in ("conv0", "conv1", "torgb"):
            state |= {"activation": "lrelu" if name != "torgb" else "linear", "act_gain": np.sqrt(2)} | dict(
                layer or {}
            )
        if name.startswith("fc"):
            state |= {"activation": "lrelu", "bias_gain": 0.01, "weight_gain": 0.01 / np.sqrt(8)}
        state |= dict((override or {}).get(prefix.rstrip("."), {}))
        default = "FullyConnectedLayer" if name.startswith("fc") else "SynthesisBlock"
        return Persistent(root if not prefix else _CLASSES.get(name, default), state, source)

    return build("")


def write_nvidia(
    generator: Generator,
    canary: Path,
    *,
    flat: bool = False,
    layer_settings: bool = True,
    keys: tuple[str, ...] = ("G", "D", "G_ema"),
    bare: bool = False,
    protocol: int = 4,
    tensors: Mapping[str, Tensor] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    override: Mapping[str, Mapping[str, Any]] | None = None,
) -> bytes:
    """A training snapshot: {G, D, G_ema, training_set_kwargs, augment_pipe}; `bare` pickles G_ema alone.

    G differs from G_ema, so that taking the wrong one shows.
    """
    own = with_filters(generator.state_dict()) if tensors is None else dict(tensors)
    clamp = {"conv_clamp": generator.architecture.conv_clamp} if layer_settings else {}
    stated = arguments(generator, flat=flat) if kwargs is None else kwargs
    average = persistent(own, canary, kwargs=stated, layer=clamp, override=override)
    if bare:
        snapshot: Any = average
    else:
        latest = {name: tensor + 0.5 if name.endswith("bias") else tensor for name, tensor in own.items()}
        parts = {
            "G": persistent(latest if "G_ema" in keys else own, canary, kwargs=stated, layer=clamp),
            "D": persistent(discriminator(generator.architecture), canary, root="Discriminator", layer=clamp),
            "G_ema": average,
        }
        snapshot = {key: parts[key] for key in keys} | {
            "training_set_kwargs": EasyDict(class_name="training.dataset.ImageFolderDataset", gadget=Gadget(canary)),
            "augment_pipe": None,
        }
    with public_modules():
        return pickle.dumps(snapshot, protocol)


def write_pti(generator: Generator, canary: Path, *, legacy: bool = False) -> bytes:
    """torch.save of the whole generator."""
    module = persistent(with_filters(generator.state_dict()), canary, kwargs=arguments(generator, flat=False))
    stream = io.BytesIO()
    with public_modules():
        torch.save(module, stream, _use_new_zipfile_serialization=not legacy)
    return stream.getvalue()


def write_state_dict(generator: Generator, prefix: str = "") -> bytes:
    """torch.save of a state dict, as scripts that prune a snapshot do."""
    stream = io.BytesIO()
    torch.save(OrderedDict((prefix + n, t) for n, t in with_filters(generator.state_dict()).items()), stream)
    return stream.getvalue()
