"""Pictures of pictures: tiles, a strip between seeds, and arrows on a drag."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from draglayer_engine.generator import Generator
from draglayer_engine.pictures import to_uint8
from draglayer_engine.seeds import latent_of_seed

Picture = npt.NDArray[np.uint8]  # [H, W, 3]

HANDLE, TARGET, FOUND = (230, 40, 60), (40, 110, 230), (250, 220, 40)
CAPTION = 14  # pixels


def seeds_sheet(generator: Generator, rows: int = 6, columns: int = 12) -> Image.Image:
    """Seeds 0, 1, 2, ... row by row."""
    return tiled([of_latent(generator, latent_of_seed(generator, s)) for s in range(rows * columns)], columns)


def strip(generator: Generator, seeds: Sequence[int] = (0, 1, 2, 3), between: int = 4) -> Image.Image:
    """Straight lines in w from seed to seed, `between` pictures after each but the last."""
    latents = [latent_of_seed(generator, seed) for seed in seeds]
    line = [torch.lerp(a, b, i / between) for a, b in pairwise(latents) for i in range(between)]
    pictures = [of_latent(generator, ws) for ws in [*line, latents[-1]]]
    return tiled(pictures, len(pictures))


def of_latent(generator: Generator, ws: Tensor) -> Picture:
    """ws [1, num_ws, w_dim] -> the picture as people see it."""
    with torch.no_grad():
        return to_uint8(generator(ws))


def as_tensor(picture: Picture) -> Tensor:
    """[H, W, 3] bytes -> [1, 3, H, W] in [-1, 1]."""
    return torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1


def tiled(pictures: Sequence[Picture], columns: int) -> Image.Image:
    """Pictures of one size, row by row."""
    height, width = pictures[0].shape[:2]
    sheet = Image.new("RGB", (columns * width, -(-len(pictures) // columns) * height), "white")
    for i, picture in enumerate(pictures):
        sheet.paste(Image.fromarray(picture), (i % columns * width, i // columns * height))
    return sheet


def before_and_after(
    before: Picture, after: Picture, handle: Tensor, target: Tensor, tracked: Tensor, found: Tensor, caption: str
) -> Picture:
    """Side by side under a caption; positions [2] (y, x).

    Before: an arrow from handle to target. After: the target as a ring, the tracked handle as a red dot, and a yellow
    cross where the detector finds the landmark.
    """
    image = tiled([before, after], 2)
    draw = ImageDraw.Draw(image)
    width = before.shape[1]
    (y0, x0), (y1, x1) = handle.tolist(), target.tolist()
    draw.line([(x0, y0), (x1, y1)], fill=TARGET, width=2)
    _dot(draw, (x0, y0), HANDLE)
    _ring(draw, (x1, y1))
    _ring(draw, (x1 + width, y1))
    y, x = tracked.tolist()
    _dot(draw, (x + width, y), HANDLE)
    y, x = found.tolist()
    draw.line([(x + width - 5, y), (x + width + 5, y)], fill=FOUND, width=2)
    draw.line([(x + width, y - 5), (x + width, y + 5)], fill=FOUND, width=2)
    whole = Image.new("RGB", (image.width, image.height + CAPTION), "white")
    whole.paste(image, (0, CAPTION))
    ImageDraw.Draw(whole).text((4, 1), caption, fill="black")
    return np.asarray(whole)


def save(image: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


def _dot(draw: ImageDraw.ImageDraw, at: tuple[float, float], colour: tuple[int, int, int]) -> None:
    draw.circle(at, 3, fill=colour, outline="white")


def _ring(draw: ImageDraw.ImageDraw, at: tuple[float, float]) -> None:
    draw.circle(at, 5, outline="white", width=3)
    draw.circle(at, 4, outline=TARGET, width=2)
