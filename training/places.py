"""Where on the creature a feature pixel lies: what the feature block is taught to know besides painting.

A drag recognises a handle by its features. Learned from colours alone, features look the same all along a contour, and
a handle slides along it; so block b64 also learns, through a fixed matrix, how far every pixel is from every landmark.
The matrix belongs to training: the model stays an ordinary StyleGAN2 generator, and nothing but the picture and the
features of its own blocks is read when it is used.
"""

from __future__ import annotations

import torch
import torch.nn.functional as nnf
from torch import Tensor

from training import renderer

BLOCK = 64  # the model's feature block
REACH = 20 / 256  # of the picture: beyond it an offset counts as far
CODES = 2 * len(renderer.LANDMARKS)


def places(points: Tensor, size: int, block: int) -> Tensor:
    """Squashed offsets to every landmark: [B, L, 2] (y, x) in pixels of `size` -> [B, 2 L, block, block] in (-1, 1)."""
    grid = (torch.arange(block, dtype=points.dtype, device=points.device) + 0.5) * (size / block) - 0.5
    offset = torch.tanh((grid - points[..., None]) / (REACH * size))  # [B, L, 2, block]
    dy = offset[:, :, 0, :, None].expand(-1, -1, -1, block)
    dx = offset[:, :, 1, None, :].expand(-1, -1, block, -1)
    return torch.cat([dy, dx], dim=1)


def readout(channels: int) -> Tensor:
    """The fixed matrix, orthonormal rows: [CODES, channels]. Features that differ in place differ at least as much."""
    g = torch.Generator().manual_seed(0)
    return torch.linalg.qr(torch.randn(channels, CODES, generator=g))[0].T.contiguous()


def place_loss(features: Tensor, points: Tensor, size: int) -> Tensor:
    """Mean L1 between the places that features [B, C, h, h] show and the true ones, heavier near landmarks."""
    block = features.shape[-1]
    true = places(points, size, block)
    shown = nnf.conv2d(features.float(), readout(features.shape[1]).to(features)[:, :, None, None].float())
    near = (1 - true.abs().chunk(2, dim=1)[0]) * (1 - true.abs().chunk(2, dim=1)[1])  # [B, L, h, h]
    weight = 1 + 3 * near.amax(dim=1, keepdim=True)
    return ((shown - true).abs() * weight).mean()
