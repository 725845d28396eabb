"""Write a contact sheet of random creatures: `python -m training.sheet OUT.png`."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from training import factors, renderer


def draw_dots(pictures: Tensor, points: Tensor) -> Tensor:
    """Mark (y, x) points, [B, L, 2] in pixels, on pictures [B, 3, H, W]; returns a marked copy."""
    marked = pictures.clone()
    size = pictures.shape[-1]
    grid = torch.arange(size, dtype=pictures.dtype, device=pictures.device)
    radius = max(1.0, size / 110.0)
    colour = pictures.new_tensor([1.0, -1.0, 0.6])[None, :, None, None]
    for index in range(points.shape[1]):
        y, x = points[:, index, 0, None, None], points[:, index, 1, None, None]
        near = (grid[None, :, None] - y).square() + (grid[None, None, :] - x).square() <= radius * radius
        marked = torch.where(near[:, None], colour, marked)
    return marked


def contact_sheet(values: Tensor, rows: int, columns: int, size: int, with_landmarks: bool) -> Image.Image:
    """Tile pictures of `values`, [rows * columns, NUM_FACTORS], row by row."""
    sheet = Image.new("RGB", (columns * size, rows * size))
    for index in range(rows * columns):
        one = values[index : index + 1]
        picture = renderer.render(one, size)
        if with_landmarks:
            picture = draw_dots(picture, renderer.landmarks(one, size))
        pixels = ((picture[0] + 1.0) * 127.5).round().to(torch.uint8).permute(1, 2, 0).contiguous()
        tile = Image.frombytes("RGB", (size, size), pixels.numpy().tobytes())
        sheet.paste(tile, (index % columns * size, index // columns * size))
    return sheet


def main() -> None:
    """Parse the command line and write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=6)
    parser.add_argument("--columns", type=int, default=12)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--landmarks", action="store_true", help="mark the landmarks with dots")
    options = parser.parse_args()
    generator = torch.Generator().manual_seed(options.seed)
    z = torch.randn(options.rows * options.columns, factors.NUM_FACTORS, generator=generator)
    sheet = contact_sheet(factors.from_z(z), options.rows, options.columns, options.size, options.landmarks)
    sheet.save(options.out)


if __name__ == "__main__":
    main()
