"""A random generator, small enough that a drag on two busy cores takes a moment: real arithmetic, no meaning."""

from __future__ import annotations

from pathlib import Path

import torch

from draglayer_engine.architecture import Architecture
from draglayer_engine.generator import Generator
from draglayer_engine.models import save_generator


def save_tiny(folder: Path, name: str = "tiny", seed: int = 0, blocks: int = 4) -> None:
    """A model folder: 32 x 32 pixels with four blocks."""
    torch.manual_seed(seed)
    architecture = Architecture(z_dim=8, c_dim=0, w_dim=16, mapping_layers=2, channels=(8,) * blocks)
    save_generator(Generator(architecture), folder, name=name, title=f"Random {name}", licence="CC0-1.0")
