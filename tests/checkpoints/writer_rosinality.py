"""Writes generators under the names of rosinality's port: training files, converted files, encoders' decoders."""

from __future__ import annotations

import argparse
import io
from collections import OrderedDict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from draglayer_engine.architecture import Architecture
from draglayer_engine.generator import Generator

from .networks import discriminator
from .public_modules import Gadget, public_modules
from .writer_nvidia import filter_tensor


def rosinality_tensors(generator: Generator) -> OrderedDict[str, Tensor]:
    """Every tensor of a skip generator but the average w."""
    own = generator.state_dict()
    names: OrderedDict[str, Tensor] = OrderedDict()
    for i in range(generator.architecture.mapping_layers):
        for part in ("weight", "bias"):
            names[f"style.{i + 1}.{part}"] = own[f"mapping.fc{i}.{part}"]
    names["input.input"] = own["synthesis.b4.const"][None]
    _add_layer(names, own, "conv1", "synthesis.b4.conv1")
    _add_paint(names, own, "to_rgb1", "synthesis.b4.torgb")
    names["noises.noise_0"] = own["synthesis.b4.conv1.noise_const"][None, None]
    for k, block in enumerate(generator.architecture.blocks[1:]):
        for j in (0, 1):
            layer = f"synthesis.b{block}.conv{j}"
            _add_layer(names, own, f"convs.{2 * k + j}", layer)
            names[f"noises.noise_{2 * k + j + 1}"] = own[f"{layer}.noise_const"][None, None]
        names[f"convs.{2 * k}.conv.blur.kernel"] = filter_tensor() * 4
        names[f"to_rgbs.{k}.upsample.kernel"] = filter_tensor() * 4
        _add_paint(names, own, f"to_rgbs.{k}", f"synthesis.b{block}.torgb")
    return names


def _add_layer(names: dict[str, Tensor], own: dict[str, Tensor], name: str, layer: str) -> None:
    names[f"{name}.conv.weight"] = own[f"{layer}.weight"][None]
    names[f"{name}.conv.modulation.weight"] = own[f"{layer}.affine.weight"]
    names[f"{name}.conv.modulation.bias"] = own[f"{layer}.affine.bias"]
    names[f"{name}.noise.weight"] = own[f"{layer}.noise_strength"].reshape(1)
    names[f"{name}.activate.bias"] = own[f"{layer}.bias"]


def _add_paint(names: dict[str, Tensor], own: dict[str, Tensor], name: str, layer: str) -> None:
    names[f"{name}.bias"] = own[f"{layer}.bias"].reshape(1, -1, 1, 1)
    names[f"{name}.conv.weight"] = own[f"{layer}.weight"][None]
    names[f"{name}.conv.modulation.weight"] = own[f"{layer}.affine.weight"]
    names[f"{name}.conv.modulation.bias"] = own[f"{layer}.affine.bias"]


def rosinality_discriminator(architecture: Architecture) -> OrderedDict[str, Tensor]:
    own = discriminator(architecture)
    last = architecture.blocks[-1]
    names: OrderedDict[str, Tensor] = OrderedDict()
    names["convs.0.0.weight"], names["convs.0.1.bias"] = own[f"b{last}.fromrgb.weight"], own[f"b{last}.fromrgb.bias"]
    for i, block in enumerate(architecture.blocks[:0:-1], 1):
        names[f"convs.{i}.conv1.0.weight"] = own[f"b{block}.conv0.weight"]
        names[f"convs.{i}.conv1.1.bias"] = own[f"b{block}.conv0.bias"]
        names[f"convs.{i}.conv2.0.kernel"] = filter_tensor()
        names[f"convs.{i}.conv2.1.weight"] = own[f"b{block}.conv1.weight"]
        names[f"convs.{i}.conv2.2.bias"] = own[f"b{block}.conv1.bias"]
        names[f"convs.{i}.skip.0.kernel"] = filter_tensor()
        names[f"convs.{i}.skip.1.weight"] = own[f"b{block}.skip.weight"]
    for name, ours in (("final_conv.0.weight", "b4.conv.weight"), ("final_conv.1.bias", "b4.conv.bias")):
        names[name] = own[ours]
    for i, ours in enumerate(("b4.fc", "b4.out")):
        names[f"final_linear.{i}.weight"], names[f"final_linear.{i}.bias"] = own[f"{ours}.weight"], own[f"{ours}.bias"]
    return names


def write_training(generator: Generator, canary: Path) -> bytes:
    """{g, d, g_ema, g_optim, d_optim, args, ada_aug_p}: there is no average w in it."""
    average = rosinality_tensors(generator)
    latest = OrderedDict((n, t + 0.5 if n.endswith("bias") else t) for n, t in average.items())
    weight = torch.nn.Parameter(torch.ones(2))
    optimiser = torch.optim.Adam([weight])
    weight.sum().backward()
    optimiser.step()
    return _saved(
        {
            "g": latest,
            "d": rosinality_discriminator(generator.architecture),
            "g_ema": average,
            "g_optim": optimiser.state_dict(),
            "args": argparse.Namespace(path="data", size=generator.size.height, latent=512, n_mlp=8),
            "ada_aug_p": 0.0,
            "gadget": Gadget(canary),
        }
    )


def write_converted(generator: Generator, canary: Path, *, legacy: bool = False) -> bytes:
    """{g_ema, latent_avg}, as the converter of TensorFlow pickles leaves it."""
    value = {"g_ema": rosinality_tensors(generator), "latent_avg": generator.mapping.w_avg, "gadget": Gadget(canary)}
    return _saved(value, legacy=legacy)


def write_encoder(generator: Generator, canary: Path) -> bytes:
    """{state_dict: {encoder.*, decoder.*}, latent_avg, opts}, as e4e and pSp save themselves."""
    state = {"encoder.input_layer.0.weight": torch.zeros(2, 3, 3, 3)}
    state |= {f"decoder.{name}": tensor for name, tensor in rosinality_tensors(generator).items()}
    average = generator.mapping.w_avg.repeat(generator.num_ws, 1)
    return _saved({"state_dict": state, "latent_avg": average, "opts": {"device": "cuda", "gadget": Gadget(canary)}})


def _saved(value: dict[str, Any], *, legacy: bool = False) -> bytes:
    stream = io.BytesIO()
    with public_modules():
        torch.save(value, stream, _use_new_zipfile_serialization=not legacy)
    return stream.getvalue()
