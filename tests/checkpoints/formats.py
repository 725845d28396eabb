"""Every format, as a table: a tiny network, and how it is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save

from draglayer_engine.architecture import Architecture, Size
from draglayer_engine.generator import Generator

from .networks import network
from .writer_nvidia import with_filters, write_nvidia, write_pti, write_state_dict
from .writer_rosinality import write_converted, write_encoder, write_training
from .writer_tensorflow import write_tensorflow

SKIP = Architecture(z_dim=8, c_dim=0, w_dim=16, mapping_layers=2, channels=(8, 8, 4))
DEEP = Architecture(z_dim=16, c_dim=0, w_dim=16, mapping_layers=8, channels=(8, 6, 4), conv_clamp=256.0)
CLAMPED = Architecture(z_dim=8, c_dim=0, w_dim=16, mapping_layers=2, channels=(8, 8, 4), conv_clamp=0.5)
RESNET = Architecture(z_dim=8, c_dim=0, w_dim=16, mapping_layers=2, channels=(8, 8, 4), kind="resnet", conv_clamp=1.0)
GREY = Architecture(z_dim=8, c_dim=3, w_dim=16, mapping_layers=2, channels=(8, 8), image_channels=1)
ALPHA = Architecture(z_dim=8, c_dim=0, w_dim=16, mapping_layers=2, channels=(8, 8), image_channels=4)
TALL = Architecture(z_dim=8, c_dim=0, w_dim=16, mapping_layers=2, channels=(8, 8, 4), base=Size(4, 2))
WIDE = Architecture(z_dim=8, c_dim=0, w_dim=16, mapping_layers=2, channels=(8, 8, 4), base=Size(3, 5))

Write = Callable[[Generator, Path], bytes]


@dataclass(frozen=True)
class Format:
    """`has_average`: whether the file holds the average w; `has_discriminator`: whether it holds one of those."""

    name: str
    architecture: Architecture
    write: Write
    origin: str
    has_average: bool = True
    has_discriminator: bool = False

    def make(self, canary: Path) -> tuple[Generator, bytes]:
        generator = network(self.architecture)
        return generator, self.write(generator, canary)


NVIDIA, ROSINALITY, TENSORFLOW = (
    "StyleGAN2, NVIDIA PyTorch",
    "StyleGAN2, rosinality's PyTorch port",
    "StyleGAN2, TensorFlow",
)


def _silent(generator: Generator, canary: Path) -> bytes:
    """A generator made without noise; its twin with noise differs by it, so strengths are put to zero first."""
    for name, tensor in generator.state_dict().items():
        if name.endswith("noise_strength"):
            tensor.zero_()
    generator.freeze()
    tensors = {n: t for n, t in with_filters(generator.state_dict()).items() if "noise_" not in n}
    return write_nvidia(generator, canary, tensors=tensors)


def _other_rate(generator: Generator, canary: Path) -> bytes:
    """A mapping network with a learning-rate multiplier of 0.1 that computes the same."""
    tensors = {n: t / 10 if n.startswith("mapping.fc") else t for n, t in generator.state_dict().items()}
    rate = {f"mapping.fc{i}": {"bias_gain": 0.1} for i in range(generator.architecture.mapping_layers)}
    return write_nvidia(generator, canary, tensors=with_filters(tensors), override=rate)


def _rounded(generator: Generator, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """Round the network's own weights, and return them in that type."""
    for tensor in generator.state_dict().values():
        tensor.copy_(tensor.to(dtype))
    generator.freeze()
    return {n: t.to(dtype).contiguous() for n, t in generator.state_dict().items()}


FORMATS = (
    Format("ada", SKIP, write_nvidia, NVIDIA, has_discriminator=True),
    Format("ada-8-layers", DEEP, write_nvidia, NVIDIA, has_discriminator=True),
    Format("ada-clamped", CLAMPED, write_nvidia, NVIDIA, has_discriminator=True),
    Format(
        "ada-clamp-from-arguments",
        CLAMPED,
        lambda g, c: write_nvidia(g, c, layer_settings=False),
        NVIDIA,
        has_discriminator=True,
    ),
    Format(
        "stylegan3-repository",
        CLAMPED,
        lambda g, c: write_nvidia(g, c, flat=True, layer_settings=False),
        NVIDIA,
        has_discriminator=True,
    ),
    Format("ada-resnet", RESNET, write_nvidia, NVIDIA, has_discriminator=True),
    Format("ada-grey-labels", GREY, write_nvidia, NVIDIA, has_discriminator=True),
    Format("ada-alpha", ALPHA, write_nvidia, NVIDIA, has_discriminator=True),
    Format("stylegan-human", TALL, write_nvidia, NVIDIA, has_discriminator=True),
    Format("non-square-base", WIDE, write_nvidia, NVIDIA, has_discriminator=True),
    Format("only-G", SKIP, lambda g, c: write_nvidia(g, c, keys=("G",)), NVIDIA),
    Format("only-G_ema", SKIP, lambda g, c: write_nvidia(g, c, keys=("G_ema",)), NVIDIA),
    Format("bare-module", SKIP, lambda g, c: write_nvidia(g, c, bare=True), NVIDIA),
    Format("protocol-2", SKIP, lambda g, c: write_nvidia(g, c, protocol=2), NVIDIA, has_discriminator=True),
    Format("protocol-5", SKIP, lambda g, c: write_nvidia(g, c, protocol=5), NVIDIA, has_discriminator=True),
    Format("without-noise", SKIP, _silent, NVIDIA, has_discriminator=True),
    Format("other-learning-rate", SKIP, _other_rate, NVIDIA, has_discriminator=True),
    Format(
        "half-precision",
        SKIP,
        lambda g, c: write_nvidia(g, c, tensors=with_filters(_rounded(g, torch.float16))),
        NVIDIA,
        has_discriminator=True,
    ),
    Format("pti", CLAMPED, write_pti, NVIDIA),
    Format("pti-legacy", CLAMPED, lambda g, c: write_pti(g, c, legacy=True), NVIDIA),
    Format("state-dict", SKIP, lambda g, c: write_state_dict(g), NVIDIA),
    Format("state-dict-parallel", SKIP, lambda g, c: write_state_dict(g, "module."), NVIDIA),
    Format("tensorflow", SKIP, write_tensorflow, TENSORFLOW, has_discriminator=True),
    Format(
        "tensorflow-8-layers",
        DEEP,
        lambda g, c: write_tensorflow(g, c, settings={"conv_clamp": 256}),
        TENSORFLOW,
        has_discriminator=True,
    ),
    Format(
        "tensorflow-resnet",
        RESNET,
        lambda g, c: write_tensorflow(g, c, settings={"conv_clamp": 1}),
        TENSORFLOW,
        has_discriminator=True,
    ),
    Format("tensorflow-labels", GREY, write_tensorflow, TENSORFLOW, has_discriminator=True),
    Format(
        "tensorflow-old-numpy",
        SKIP,
        lambda g, c: write_tensorflow(g, c, protocol=2, old_numpy=True),
        TENSORFLOW,
        has_discriminator=True,
    ),
    Format(
        "tensorflow-protocol-5",
        SKIP,
        lambda g, c: write_tensorflow(g, c, protocol=5),
        TENSORFLOW,
        has_discriminator=True,
    ),
    Format(
        "tensorflow-other-rate",
        SKIP,
        lambda g, c: write_tensorflow(g, c, lr_multiplier=0.1),
        TENSORFLOW,
        has_discriminator=True,
    ),
    Format("rosinality-training", SKIP, write_training, ROSINALITY, has_average=False, has_discriminator=True),
    Format("rosinality-converted", SKIP, write_converted, ROSINALITY),
    Format("rosinality-legacy", SKIP, lambda g, c: write_converted(g, c, legacy=True), ROSINALITY),
    Format("rosinality-encoder", SKIP, write_encoder, ROSINALITY),
    Format(
        "safetensors",
        SKIP,
        lambda g, c: save({n: t.contiguous() for n, t in g.state_dict().items()}),
        f"{NVIDIA}, safetensors",
    ),
    Format("safetensors-bfloat16", SKIP, lambda g, c: save(_rounded(g, torch.bfloat16)), f"{NVIDIA}, safetensors"),
)
