"""A dataset of rendered creatures on disk: pictures at 256 px and the latents that they belong to.

Picture i is a function of (seed, i) alone, so a dataset can be rendered in parts, in parallel, and again.
Every second picture takes its appearance from a second latent: the generator learns to read geometry from the coarse
rows of w and colours from the fine ones, so that a drag (which moves the coarse rows) leaves colours alone.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as nnf
from torch import Tensor

from training import factors, renderer

SIZE = 256
CHUNK = 1000  # pictures per file


@dataclass(frozen=True)
class Batch:
    """pictures [B, 3, S, S] in [-1, 1]; z, z_fine [B, Z]; points [B, L, 2] landmarks (y, x) in pixels of size S."""

    pictures: Tensor
    z: Tensor
    z_fine: Tensor
    points: Tensor


def latents(seed: int, start: int, count: int) -> tuple[Tensor, Tensor]:
    """z (coarse) and z_fine of pictures start ... start+count: [count, Z] each. Odd pictures mix two latents."""
    pairs = []
    for index in range(start, start + count):
        g = torch.Generator().manual_seed(seed * 1_000_003 + index)
        pair = torch.randn(2, factors.NUM_FACTORS, generator=g)
        pairs.append(pair if index % 2 else pair[[0, 0]])
    both = torch.stack(pairs)
    return both[:, 0], both[:, 1]


def factors_of(z: Tensor, z_fine: Tensor) -> Tensor:
    """[B, Z] twice -> factors [B, Z]: geometry of z, appearance of z_fine."""
    return factors.mix(factors.from_z(z), factors.from_z(z_fine))


def to_uint8(pictures: Tensor) -> Tensor:
    return (pictures * 127.5 + 127.5).round().clamp(0, 255).to(torch.uint8)


def render_chunks(folder: Path, seed: int, count: int, batch: int, device: str, compiled: bool) -> None:
    """Write `count` pictures as files of CHUNK; files that exist are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    paint = torch.compile(renderer.render, dynamic=False) if compiled else renderer.render
    for start in range(0, count, CHUNK):
        path = folder / f"pictures-{seed}-{start:07d}.npy"
        if path.exists():
            continue
        began = time.monotonic()
        out = np.empty((CHUNK, 3, SIZE, SIZE), np.uint8)
        with torch.no_grad():
            f = factors_of(*latents(seed, start, CHUNK)).to(device)
            for i in range(0, CHUNK, batch):
                out[i : i + batch] = to_uint8(paint(f[i : i + batch], SIZE)).cpu().numpy()
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.save(file, out)
        part.rename(path)
        print(f"{path.name}: {(time.monotonic() - began) / CHUNK * 1e3:.1f} ms a picture", flush=True)


class Pictures:
    """The chunks that are on disk, as random batches at any power-of-two size up to 256."""

    def __init__(self, folder: Path, seed: int, size: int, shuffle_seed: int) -> None:
        self.folder, self.seed, self.size = folder, seed, size
        self.random = np.random.default_rng(shuffle_seed)
        self.starts: list[int] = []
        self.chunks: list[npt.NDArray[np.uint8]] = []
        self.z: list[Tensor] = []
        self.z_fine: list[Tensor] = []
        self.points: list[Tensor] = []
        self.refresh()

    def refresh(self) -> None:
        """Take in chunks that were rendered since."""
        for path in sorted(self.folder.glob(f"pictures-{self.seed}-*.npy")):
            start = int(path.stem.rsplit("-", 1)[1])
            if start in self.starts:
                continue
            pictures: npt.NDArray[np.uint8] = np.load(path, mmap_mode="r")
            if self.size < SIZE:  # small sizes fit into memory
                small = [
                    to_uint8(nnf.avg_pool2d(_unit(torch.from_numpy(pictures[i : i + 100].copy())), SIZE // self.size))
                    for i in range(0, len(pictures), 100)
                ]
                pictures = torch.cat(small).numpy()
            z, z_fine = latents(self.seed, start, len(pictures))
            self.starts.append(start)
            self.chunks.append(pictures)
            self.z.append(z)
            self.z_fine.append(z_fine)
            self.points.append(renderer.landmarks(factors_of(z, z_fine), self.size))

    def batch(self, count: int, mixed: bool = True) -> Batch:
        """Random pictures of one random chunk (a chunk is itself random); without `mixed` z_fine equals z."""
        c = int(self.random.integers(len(self.chunks)))
        choice = np.arange(0, len(self.chunks[c]), 1 if mixed else 2)
        rows = np.sort(self.random.choice(choice, count, replace=False))
        index = torch.from_numpy(rows)
        return Batch(
            _unit(torch.from_numpy(self.chunks[c][rows])),
            self.z[c][index],
            self.z_fine[c][index],
            self.points[c][index],
        )


def _unit(pictures: Tensor) -> Tensor:
    return pictures.float() / 127.5 - 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/training/data"))
    parser.add_argument("--count", type=int, default=40_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--eager", action="store_true", help="without torch.compile (no C++ compiler needed)")
    args = parser.parse_args()
    render_chunks(args.out, args.seed, args.count, args.batch, args.device, not args.eager)


if __name__ == "__main__":
    main()
