"""Reading features at positions of the picture, from the native feature map, never upsampled as a whole.

Positions are (y, x) in image pixels, pixel centres at integers. Image pixel (y, x) of an H x W picture lies at
((y + 1/2) h / H - 1/2, (x + 1/2) w / W - 1/2) of an h x w feature map.
"""

from __future__ import annotations

import torch
import torch.nn.functional as nnf
from torch import Tensor

from .architecture import Size
from .windows import FeatureMap, WindowedMap


def sample(F: FeatureMap, q: Tensor, size: Size) -> Tensor:
    """Bilinear features at image positions; outside the map the border's value.

    F [C, h, w], q [..., 2] -> [..., C]. At integer q this equals the bilinearly upsampled map (align_corners=False).
    Raises IndexError where F is needed outside its windows.
    """
    extent = q.new_tensor([size.height, size.width])
    if isinstance(F, WindowedMap):
        u = (q + 0.5) * (q.new_tensor(F.windows.extent) / extent) - 0.5
        return F.read(u).reshape(*q.shape[:-1], -1)
    grid = ((q + 0.5) / extent * 2 - 1).flip(-1).reshape(1, 1, -1, 2)  # grid_sample wants (x, y) in [-1, 1]
    values = nnf.grid_sample(F[None], grid.to(F.dtype), mode="bilinear", padding_mode="border", align_corners=False)
    return values[0, :, 0].T.reshape(*q.shape[:-1], -1)


def sample_resized(F: FeatureMap, q: Tensor, size: Size) -> Tensor:
    """What bilinear sampling of the *upsampled* map gives, with zeros outside the picture.

    F [C, h, w], q [..., 2] -> [..., C]. The public implementation samples so; the upsampled map itself is not made.
    """
    low = q.floor()
    part = q - low
    total: Tensor | None = None
    for dy in (0, 1):
        for dx in (0, 1):
            corner = low + q.new_tensor([dy, dx])
            weight = (part[..., 0] if dy else 1 - part[..., 0]) * (part[..., 1] if dx else 1 - part[..., 1])
            weight = weight * inside(corner, size)
            value = sample(F, corner, size) * weight[..., None]
            total = value if total is None else total + value
    assert total is not None
    return total


def inside(q: Tensor, size: Size) -> Tensor:
    """[..., 2] -> [...] bool: whether the position lies within the outer pixel centres of the picture."""
    return (q[..., 0] >= 0) & (q[..., 1] >= 0) & (q[..., 0] <= size.height - 1) & (q[..., 1] <= size.width - 1)


def upsampled(F: Tensor, size: Size) -> Tensor:
    """The whole map at image size, [C, h, w] -> [C, H, W]. Only the `reference` preset's mask term needs it."""
    return nnf.interpolate(F[None], size=tuple(size), mode="bilinear", align_corners=False)[0]


def shrink(M: Tensor, height: int, width: int) -> Tensor:
    """A mask at image size as area means per feature pixel: [H, W] -> [height, width]."""
    return nnf.adaptive_avg_pool2d(M[None, None], (height, width))[0, 0]


def integers(radius: int, like: Tensor) -> Tensor:
    """All integer offsets of a square, row by row: [(2 radius + 1)^2, 2]."""
    line = torch.arange(-radius, radius + 1, device=like.device, dtype=like.dtype)
    return torch.cartesian_prod(line, line)
