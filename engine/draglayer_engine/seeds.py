"""Seeds: the latent that a whole number stands for."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .generator import Generator


def latent_of_seed(generator: Generator, seed: int, label: int | None = None, truncation: float = 1.0) -> Tensor:
    """ws [1, num_ws, w_dim]. z is drawn as the public tools draw it, so that seeds mean the same everywhere.

    Raises ValueError for a label that the model does not have.
    """
    a = generator.architecture
    c: Tensor | None = None
    if label is not None:
        if not 0 <= label < a.c_dim:
            has = f"has labels 0 to {a.c_dim - 1}; choose one" if a.c_dim else "has no labels; leave it out"
            raise ValueError(f"label {label} was asked for, but this model {has}")
        c = torch.nn.functional.one_hot(torch.tensor([label]), a.c_dim).float().to(generator.device)
    z = np.random.RandomState(seed).randn(1, a.z_dim).astype(np.float32)
    with torch.no_grad():
        return generator.map(torch.from_numpy(z).to(generator.device), c, truncation)
