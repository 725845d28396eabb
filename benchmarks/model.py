"""How well a model paints what the renderer would: PSNR, and where landmarks are.

    python -m benchmarks.model --sheet out/sheet.png --strip out/strip.png

The latents are unseen: standard normal z of one torch generator with seed 0, one z for the whole picture, psi 1.
Training draws every picture's z from a generator of its own, with seeds from 1 000 003 on.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks import sheets, subject
from benchmarks.detector import SIZE, Detector
from draglayer_engine.generator import Generator
from training import factors, renderer

SEED = 0
PSNR_GOAL, ERROR_GOAL, RENDERS_GOAL = 26.0, 1.5, 0.7  # dB, pixels, pixels


@dataclass(frozen=True)
class Quality:
    """decibels [N]; generated, rendered [N, L]: distances of the detector's landmarks from the exact ones, pixels."""

    decibels: Tensor
    generated: Tensor
    rendered: Tensor

    def values(self) -> dict[str, Any]:
        """For --json."""
        return {
            "count": len(self.decibels),
            "torch_seed": SEED,
            "psnr_median_db": float(self.decibels.median()),
            "psnr_5_percent_db": float(self.decibels.quantile(0.05)),
            "psnr_95_percent_db": float(self.decibels.quantile(0.95)),
            "landmark_error_generated_px": float(self.generated.mean()),
            "landmark_error_rendered_px": float(self.rendered.mean()),
            "landmarks": {
                name: {"generated_px": float(self.generated[:, i].mean()), "rendered_px": float(r.mean())}
                for i, (name, r) in enumerate(zip(renderer.LANDMARKS, self.rendered.unbind(1), strict=True))
            },
        }

    def words(self) -> str:
        v = self.values()
        lines = [
            f"{v['count']} unseen z (torch seed {SEED}, psi 1), {SIZE} px",
            f"PSNR against the renderer: median {v['psnr_median_db']:.2f} dB (goal {PSNR_GOAL:g}),"
            f" from {v['psnr_5_percent_db']:.2f} at 5 % to {v['psnr_95_percent_db']:.2f} at 95 %",
            f"landmarks as the detector finds them: {v['landmark_error_generated_px']:.2f} px off on generated pictures"
            f" (goal {ERROR_GOAL:g}), {v['landmark_error_rendered_px']:.2f} px on renders (goal {RENDERS_GOAL:g})",
            "",
            f"{'landmark':20s} {'generated':>10s} {'95 %':>6s}   {'rendered':>8s} {'95 %':>6s}   px",
        ]
        for i, name in enumerate(renderer.LANDMARKS):
            a, b = self.generated[:, i], self.rendered[:, i]
            numbers = [float(x) for x in (a.mean(), a.quantile(0.95), b.mean(), b.quantile(0.95))]
            lines.append("{:20s} {:10.2f} {:6.2f}   {:8.2f} {:6.2f}".format(name, *numbers))
        return "\n".join(lines)


def psnr(picture: Tensor, truth: Tensor) -> Tensor:
    """Peak 2, because pictures lie in [-1, 1]: [B, C, H, W] twice -> [B] in dB."""
    return 10 * torch.log10(4 / (picture.clamp(-1, 1) - truth).square().mean(dim=(1, 2, 3)).clamp(min=1e-12))


def unseen(count: int) -> Tensor:
    """[count, Z]"""
    return torch.randn(count, factors.NUM_FACTORS, generator=torch.Generator().manual_seed(SEED))


@torch.no_grad()
def measure(generator: Generator, detector: Detector, count: int, batch: int = 8) -> Quality:
    """Paint and render `count` latents, and compare."""
    decibels, generated, rendered = [], [], []
    for z in unseen(count).to(generator.device).split(batch):
        values = factors.from_z(z)
        truth, exact = renderer.render(values, SIZE), renderer.landmarks(values, SIZE)
        picture = generator(generator.map(z)).clamp(-1, 1)
        decibels.append(psnr(picture, truth).cpu())
        generated.append((detector.find(picture) - exact).norm(dim=2).cpu())
        rendered.append((detector.find(truth) - exact).norm(dim=2).cpu())
        done = sum(map(len, decibels))
        if done % (25 * batch) == 0:
            print(f"{done} of {count}", file=sys.stderr, flush=True)
    return Quality(torch.cat(decibels), torch.cat(generated), torch.cat(rendered))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    subject.add_to(parser)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--sheet", type=Path, help="write 6 x 12 seeds to this PNG")
    parser.add_argument("--strip", type=Path, help="write pictures between seeds 0 to 3 to this PNG")
    arguments = parser.parse_args()
    if arguments.count < 1:
        parser.error(f"--count is {arguments.count}; at least one picture is needed")
    model, detector = subject.load(arguments)
    if arguments.sheet is not None:
        sheets.save(sheets.seeds_sheet(model.generator), arguments.sheet)
    if arguments.strip is not None:
        sheets.save(sheets.strip(model.generator), arguments.strip)
    quality = measure(model.generator, detector, arguments.count)
    print(json.dumps({"model_sha256": model.sha256, **quality.values()}) if arguments.json else quality.words())


if __name__ == "__main__":
    main()
