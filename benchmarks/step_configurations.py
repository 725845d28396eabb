"""The generators that a step is measured on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from draglayer_engine.architecture import Architecture, channels_for
from draglayer_engine.config import NO_HINTS, DragConfig, Hints, preset
from draglayer_engine.generator import Generator
from draglayer_engine.models import BUNDLED, ModelError, load_model

UNENDING = 1_000_000  # steps: no drag ends while it is measured


@dataclass(frozen=True)
class Configuration:
    """A generator by shape, and the folder of its weights where it has some."""

    name: str
    architecture: Architecture
    feature_block: int
    noise_strength: float = 0.0  # of random weights; trained ones bring their own
    folder: Path | None = None

    def drag(self, hints: Hints) -> DragConfig:
        """Our default preset at this feature block; the literal step takes radii and step size from it."""
        a = self.architecture
        hints = replace(hints, feature_block=self.feature_block)
        return preset("default", a.size, a.blocks, hints, max_steps=UNENDING)

    def weights(self) -> Weights:
        """Trained weights where the folder has a model of this shape, otherwise random ones, always the same."""
        why_random = ""
        if self.folder is not None:
            try:
                model = load_model(self.folder, torch.device("cpu"))
            except ModelError as error:
                why_random = f"{error}; random weights of the same architecture are measured instead"
            else:
                if model.generator.architecture == self.architecture:
                    return Weights(model.generator.state_dict(), model.hints, "trained weights")
                why_random = (
                    f"the model {self.name} has another shape than this benchmark knows;"
                    " random weights of the known one are measured instead, adapt step_configurations.py"
                )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            tensors = Generator(self.architecture).state_dict()
        for name, tensor in tensors.items():
            if name.endswith("noise_strength"):
                tensor.fill_(self.noise_strength)
        return Weights(tensors, NO_HINTS, "random weights", why_random)


@dataclass(frozen=True)
class Weights:
    """Tensors under public key names, what was measured to suit them, and where they are from."""

    tensors: Mapping[str, Tensor]
    hints: Hints
    origin: str
    why_random: str = ""


BLOCKS = (4, 8, 16, 32, 64, 128, 256, 512)
FFHQ_512 = Configuration(
    "ffhq-512",
    Architecture(z_dim=512, c_dim=0, w_dim=512, mapping_layers=8, channels=channels_for(BLOCKS, 32768, 512)),
    feature_block=128,
    noise_strength=0.1,  # not 0, which our engine would notice and skip
)
CREATURES_256 = Configuration(
    "creatures-256",
    Architecture(z_dim=32, c_dim=0, w_dim=512, mapping_layers=3, channels=channels_for(BLOCKS[:-1], 8192, 192)),
    feature_block=64,
    folder=BUNDLED / "creatures-256",
)
CONFIGURATIONS = {c.name: c for c in (FFHQ_512, CREATURES_256)}
