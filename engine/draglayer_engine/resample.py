"""Upsampling with StyleGAN2's filter [1, 3, 3, 1] x [1, 3, 3, 1] / 64 and a gain of 4."""

from __future__ import annotations

import torch
import torch.nn.functional as nnf
from torch import Tensor

from .architecture import ArchitectureError

FILTER = (1.0, 3.0, 3.0, 1.0)


def smooth(x: Tensor) -> Tensor:
    """[B, C, H, W] -> [B, C, H-3, W-3]: the filter without its gain, on every channel by itself."""
    f = x.new_tensor(FILTER) / 8.0
    kernel = (f[:, None] * f).expand(x.shape[1], 1, 4, 4)
    return nnf.conv2d(x, kernel, groups=x.shape[1])


def upsample(x: Tensor) -> Tensor:
    """[B, C, H, W] -> [B, C, 2H, 2W]: zeros between the pixels, then the filter with gain 4.

    In closed form each output pixel is 3/4 of its nearest input pixel plus 1/4 of the next, along each axis,
    with zeros outside the picture: bilinear interpolation, but for the border.
    """
    height, width = x.shape[-2:]
    padded = nnf.pad(x, (1, 1, 1, 1))
    large = nnf.interpolate(padded, scale_factor=2.0, mode="bilinear", align_corners=False)
    return large[..., 2 : 2 + 2 * height, 2 : 2 + 2 * width]


def is_filter(name: str, tensor: Tensor) -> bool:
    """Checkpoints repeat the resampling filter in every layer; only StyleGAN2's own is known here."""
    if not name.endswith("resample_filter"):
        return False
    f = torch.tensor(FILTER)
    expected = f[:, None] * f[None] / 64.0
    if tensor.shape != expected.shape or not torch.allclose(tensor.float(), expected, atol=1e-4):
        raise ArchitectureError(f"{name} is not StyleGAN2's [1, 3, 3, 1] filter, so the pictures would come out wrong")
    return True
