"""Train the landmark detector of the benchmarks on rendered pictures.

    python -m training.dataset                          # 40 000 pictures of seed 1
    python -m training.dataset --seed 2 --count 2000    # unseen ones
    python -m training.detector                         # ten minutes; writes benchmarks/detector.safetensors

All fourteen landmarks are used: the renderer paints eyes, brows, nose and mouth over everything else, lids never hide
a pupil's centre (an eye's opening is at least 0.28 of its radius), and an ear's tip always lies outside the skull. The
vaguest is the chin, the lowest point of a jaw whose edge is only a soft shade; its error is printed with the others.

Generated pictures are a little blurred, noisy and off in colour, and dragged ones lie where no rendered one does, so
the detector is trained on pictures that were disturbed in all these ways.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as nnf
from torch import Tensor, nn

from benchmarks.detector import CELL, SIZE, WEIGHTS, Detector, centres, load_detector, save_detector, soft_argmax
from training import renderer
from training.dataset import Pictures

SPREAD = 1.0  # cells: standard deviation of the heatmap that a landmark should leave
TURN, SCALE, SHIFT = 0.08, 0.06, 10.0  # at most: radians, share, pixels
GAIN, OFFSET, TINT, GRAIN = 0.15, 0.12, 0.08, 0.05  # of colours in [-1, 1]
EVERY = 30.0  # seconds between two lines of progress


def landmark_loss(logits: Tensor, points: Tensor) -> Tensor:
    """Mean distance in cells, plus the cross entropy to Gaussians around the landmarks, which finds them quickly.

    logits [B, L, h, w]; points [B, L, 2] (y, x) in picture pixels.
    """
    logits = logits.float()
    distance = (soft_argmax(logits) - points).square().sum(dim=2).add(1e-6).sqrt().mean() / CELL
    cells = torch.stack([centres(n, points) for n in logits.shape[2:]])  # square heatmaps
    near = torch.softmax(-0.5 * ((cells - points[..., None]) / (SPREAD * CELL)).square(), dim=3)  # [B, L, 2, h]
    target = near[:, :, 0, :, None] * near[:, :, 1, None, :]
    cross = -(target.flatten(2) * logits.flatten(2).log_softmax(dim=2)).sum(dim=2).mean()
    return cross + 2.0 * distance


def augment(pictures: Tensor, points: Tensor, g: torch.Generator) -> tuple[Tensor, Tensor]:
    """Move, blur, tint and roughen pictures [B, 3, S, S] in [-1, 1]; the points [B, L, 2] (y, x) move along."""
    count = len(pictures)

    def uniform(*shape: int) -> Tensor:
        return (torch.rand(count, *shape, generator=g) * 2 - 1).to(pictures)

    pictures, points = move(
        pictures, points, angle=TURN * uniform(), scale=1 + SCALE * uniform(), shift=SHIFT * uniform(2)
    )
    half = nnf.interpolate(nnf.avg_pool2d(pictures, 2), scale_factor=2.0, mode="bilinear", align_corners=False)
    pictures = torch.lerp(pictures, half, 1.2 * uniform(1, 1, 1).clamp(min=-0.2))  # from crisper to clearly soft
    pictures = pictures * (1 + GAIN * uniform(3, 1, 1)) + OFFSET * uniform(3, 1, 1)
    cloud = TINT * uniform(3, 8, 8)
    pictures = pictures + nnf.interpolate(cloud, size=pictures.shape[2:], mode="bilinear", align_corners=False)
    grain = torch.randn(pictures.shape, generator=g).to(pictures)
    pictures = pictures + GRAIN * uniform(1, 1, 1).clamp(min=0) * grain
    return pictures.clamp(-1, 1), points


def move(pictures: Tensor, points: Tensor, angle: Tensor, scale: Tensor, shift: Tensor) -> tuple[Tensor, Tensor]:
    """Show at p what lay at scale R(angle) (p - c) + c + shift, c the picture's centre; borders are continued.

    angle [B] in radians, scale [B], shift [B, 2] (y, x) in pixels.
    """
    size = pictures.shape[2]
    cos, sin = scale * angle.cos(), scale * angle.sin()
    turn = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)  # [B, 2, 2], on (y, x)
    centre = (size - 1) / 2
    moved = torch.linalg.solve(turn, (points - centre - shift[:, None]).mT).mT + centre
    # affine_grid speaks (x, y) in [-1, 1]: the transposed turn, and shifts in half pictures.
    theta = torch.cat([turn.mT, (2 / size * shift).flip(1)[..., None]], dim=2)
    grid = nnf.affine_grid(theta, list(pictures.shape), align_corners=False)
    return nnf.grid_sample(pictures, grid, padding_mode="border", align_corners=False), moved


def train(detector: Detector, pictures: Pictures, minutes: float, batch: int, rate: float, device: str) -> Detector:
    """Train in place, by the clock; returns the exponential moving average of the weights."""
    detector.to(device=device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    average = copy.deepcopy(detector).eval()
    optimizer = torch.optim.Adam(detector.parameters(), lr=rate, betas=(0.9, 0.99))
    g = torch.Generator().manual_seed(0)
    said, seen, total = time.monotonic(), 0, 0.0
    for step, progress in enumerate(schedule(minutes)):
        optimizer.param_groups[0]["lr"] = rate * min(1.0, (step + 1) / 50) * (0.02 + 0.49 * (1 + _cosine(progress)))
        some = pictures.batch(batch)
        disturbed, points = augment(some.pictures, some.points, g)
        logits = _logits(detector, disturbed.to(device))
        loss = landmark_loss(logits, points.to(device))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(detector.parameters(), 1.0)
        optimizer.step()
        _follow(average, detector, keep=min(0.995, (step + 1) / (step + 10)))
        with torch.no_grad():
            total += float((soft_argmax(logits) - points.to(device)).norm(dim=2).mean())
        seen += 1
        if (now := time.monotonic()) - said > EVERY:
            speed = seen * batch / (now - said)
            print(
                f"{progress:4.0%}  step {step:6d}  {speed:5.1f} pictures/s  error on disturbed pictures"
                f" {total / seen:.2f} px",
                flush=True,
            )
            said, seen, total = now, 0, 0.0
    return average


def schedule(minutes: float) -> Iterator[float]:
    """Progress in [0, 1), by the clock."""
    began = time.monotonic()
    while (progress := (time.monotonic() - began) / (60 * minutes)) < 1:
        yield progress


@torch.no_grad()
def errors(detector: Detector, pictures: Pictures, disturbed: bool = False) -> Tensor:
    """Distances in pixels on every picture of a set, in its order: [N, L]."""
    found = []
    g = torch.Generator().manual_seed(1)
    for chunk, points in zip(pictures.chunks, pictures.points, strict=True):
        for i in range(0, len(chunk), 50):
            some, exact = torch.from_numpy(chunk[i : i + 50].copy()).float() / 127.5 - 1, points[i : i + 50]
            if disturbed:
                some, exact = augment(some, exact, g)
            device = detector.head.weight.device
            found.append((detector.find(some.to(device)).cpu() - exact).norm(dim=2))
    return torch.cat(found)


def table(clean: Tensor, disturbed: Tensor) -> str:
    """[N, L] twice -> mean and 95th percentile per landmark, in pixels."""
    lines = [f"{'landmark':20s} {'mean':>6s} {'95 %':>6s}   disturbed: {'mean':>6s} {'95 %':>6s}   pixels of {SIZE}"]
    rows = [(name, clean[:, i], disturbed[:, i]) for i, name in enumerate(renderer.LANDMARKS)]
    for name, a, b in [*rows, ("all", clean.flatten(), disturbed.flatten())]:
        numbers = [float(a.mean()), float(a.quantile(0.95)), float(b.mean()), float(b.quantile(0.95))]
        lines.append("{:20s} {:6.2f} {:6.2f}              {:6.2f} {:6.2f}".format(name, *numbers))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("out/training/data"))
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=1, help="of the pictures to learn from; the next one is unseen")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    pictures, unseen = (Pictures(args.data, seed, SIZE, shuffle_seed=seed) for seed in (args.seed, args.seed + 1))
    for seed, some in ((args.seed, pictures), (args.seed + 1, unseen)):
        if not some.chunks:
            raise SystemExit(
                f"there are no pictures of seed {seed} in {args.data};"
                f" render them with `python -m training.dataset --seed {seed}`"
            )
    detector = Detector()
    print(f"{sum(p.numel() for p in detector.parameters()):,} parameters", flush=True)
    save_detector(train(detector, pictures, args.minutes, args.batch, args.rate, args.device), args.out)
    kept = load_detector(args.out, args.device)  # as it will be used: rounded to float16
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB; on {sum(map(len, unseen.chunks))} unseen renders:")
    print(table(errors(kept, unseen), errors(kept, unseen, disturbed=True)))


def _logits(detector: Detector, pictures: Tensor) -> Tensor:
    with torch.autocast(pictures.device.type, torch.bfloat16):
        logits = detector(pictures.contiguous(memory_format=torch.channels_last))
    return logits.float()


@torch.no_grad()
def _follow(average: Detector, detector: Detector, keep: float) -> None:
    """Weights and BatchNorm's statistics alike."""
    for mean, value in zip(average.state_dict().values(), detector.state_dict().values(), strict=True):
        if mean.is_floating_point():
            mean.lerp_(value, 1 - keep)


def _cosine(progress: float) -> float:
    return math.cos(math.pi * progress)


if __name__ == "__main__":
    main()
