"""Tiny generators whose every tensor matters to the picture, and pictures to compare."""

from __future__ import annotations

import torch
from torch import Tensor

from draglayer_engine.architecture import Architecture
from draglayer_engine.generator import Generator


def network(architecture: Architecture, seed: int = 1) -> Generator:
    """Random weights; biases, noise and average w are not left at zero, so that losing one shows."""
    random = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    generator = Generator(architecture)
    with torch.no_grad():
        for name, own in generator.state_dict().items():
            if name.endswith(("noise_strength", "w_avg")) or name.endswith("bias"):
                scale = 10.0 if name.startswith("mapping.fc") else 0.2
                own.add_(scale * torch.randn(own.shape, generator=random))
    return generator.freeze()


def picture(generator: Generator, *, psi: float = 0.7, label: int | None = None) -> Tensor:
    """Of one fixed z: [1, channels, H, W]."""
    a = generator.architecture
    z = torch.randn(1, a.z_dim, generator=torch.Generator().manual_seed(5))
    c = None if label is None else torch.nn.functional.one_hot(torch.tensor([label]), a.c_dim).float()
    with torch.no_grad():
        return generator(generator.map(z, c, psi=psi))


def discriminator(architecture: Architecture, seed: int = 2) -> dict[str, Tensor]:
    """Random tensors of a resnet discriminator for that generator, under NVIDIA's names."""
    random = torch.Generator().manual_seed(seed)
    shapes: dict[str, tuple[int, ...]] = {}
    channels = dict(zip(architecture.blocks, architecture.channels, strict=True))
    last = architecture.blocks[-1]
    shapes[f"b{last}.fromrgb.weight"] = (channels[last], architecture.image_channels, 1, 1)
    shapes[f"b{last}.fromrgb.bias"] = (channels[last],)
    for block in architecture.blocks[:0:-1]:
        inner, outer = channels[block], channels[block // 2]
        shapes |= {f"b{block}.conv0.weight": (inner, inner, 3, 3), f"b{block}.conv0.bias": (inner,)}
        shapes |= {f"b{block}.conv1.weight": (outer, inner, 3, 3), f"b{block}.conv1.bias": (outer,)}
        shapes[f"b{block}.skip.weight"] = (outer, inner, 1, 1)
    c, area = channels[4], architecture.base.height * architecture.base.width
    shapes |= {"b4.conv.weight": (c, c + 1, 3, 3), "b4.conv.bias": (c,)}
    shapes |= {"b4.fc.weight": (c, c * area), "b4.fc.bias": (c,), "b4.out.weight": (1, c), "b4.out.bias": (1,)}
    return {name: torch.randn(shape, generator=random) for name, shape in shapes.items()}
