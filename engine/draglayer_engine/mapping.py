"""The mapping network of StyleGAN2 (Karras et al. 2020): z -> w."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .architecture import Architecture
from .layers import Dense, leaky, normalise


class MappingNetwork(nn.Module):
    """z and label -> w. Stored weights are runtime weights / 0.01 (learning-rate multiplier of the paper)."""

    w_avg: Tensor

    def __init__(self, a: Architecture) -> None:
        super().__init__()
        self.layers = a.mapping_layers
        self.embed = Dense(a.c_dim, a.w_dim) if a.c_dim else None
        for i in range(a.mapping_layers):
            inputs = a.w_dim if i else a.z_dim + (a.w_dim if a.c_dim else 0)
            self.add_module(f"fc{i}", Dense(inputs, a.w_dim, lr_multiplier=0.01))
        self.register_buffer("w_avg", torch.zeros(a.w_dim))

    def forward(self, z: Tensor, label: Tensor | None) -> Tensor:
        """z [B, z_dim], label [B, c_dim] or None -> w [B, w_dim], not truncated."""
        x = normalise(z)
        if self.embed is not None:
            x = torch.cat([x, normalise(self.embed(label))], dim=1)
        for i in range(self.layers):
            x = leaky(self.get_submodule(f"fc{i}")(x)) * math.sqrt(2.0)
        return x
