"""Train the bundled generator on rendered creatures, growing 8 -> 16 -> ... -> 256 px.

    python -m training.train                                   # from nothing, after training.dataset
    python -m training.train --resume FILE --stages "64:15:7e-3 128:20:5e-3 256:40:3e-3"    # go on from weights

The generator sees z as StyleGAN2 does (normalised); the picture of z is known, so the loss is a plain regression:
L1 on pixels and on their differences, heavier where the face is. bf16 autocast on the convolutions; the mapping stays
float32, because half a percent of yaw is a pixel.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from draglayer_engine.architecture import Architecture, channels_for
from draglayer_engine.generator import Generator
from draglayer_engine.layers import Noise
from training import factors, places, renderer
from training.dataset import Batch, Pictures

LONGEST_STEP_S = 5.0
PLACE_WEIGHT = 0.3
COARSE_ROWS = 6  # rows of w that geometry is read from: those that a drag moves
FACE = [i for i, name in enumerate(renderer.LANDMARKS) if name != "chin"]


@dataclass(frozen=True)
class Stage:
    """Some minutes at one resolution."""

    size: int
    minutes: float
    batch: int
    rate: float

    @classmethod
    def parse(cls, text: str) -> Stage:
        """`64:22` = 22 minutes at 64 px; `64:22:1e-3` with another learning rate."""
        size, minutes, *rate = text.split(":")
        batch = {8: 64, 16: 64, 32: 32, 64: 24, 128: 12, 256: 8}[int(size)]
        return cls(int(size), float(minutes), batch, float(rate[0]) if rate else 1e-2)


DEFAULT_STAGES = "8:1 16:2 32:12 64:35 128:25:5e-3 256:25:3e-3"


def architecture(size: int) -> Architecture:
    """The bundled model, cut at `size` while it grows."""
    full = channels_for((4, 8, 16, 32, 64, 128, 256), channel_base=8192, channel_max=192)
    whole = Architecture(z_dim=factors.NUM_FACTORS, c_dim=0, w_dim=512, mapping_layers=3, channels=full)
    return whole.truncated(size.bit_length() - 2)


def grow(known: dict[str, Tensor], size: int) -> Generator:
    """A generator of this size with the known tensors; blocks that are not known yet start without torgb, so that it
    paints the upsampled picture of the others. Known blocks above `size` wait for their stage."""
    new = Generator(architecture(size))
    state = new.state_dict()
    for name in state:
        if name.endswith("torgb.weight"):
            state[name].zero_()
        if name.endswith("noise_const"):
            state[name].zero_()  # the pictures have no noise to explain
    state.update({n: t for n, t in known.items() if n in state})
    new.load_state_dict(state)
    return new.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def rows_of(generator: Generator, z: Tensor, z_fine: Tensor) -> list[Tensor]:
    """w rows [B, w_dim]: the coarse ones of z, the others of z_fine."""
    w, fine = generator.mapping(torch.cat([z, z_fine]), None).chunk(2)
    return [w if row < COARSE_ROWS else fine for row in range(generator.num_ws)]


def face_weight(points: Tensor, size: int) -> Tensor:
    """[B, L, 2] -> [B, 1, S, S]: 1 in the background, up to 4 around ear tips, eyes, brows, nose and mouth."""
    grid = torch.arange(size, dtype=points.dtype, device=points.device)
    near = torch.exp(-(((grid - points[:, FACE, :, None]) / (0.04 * size)) ** 2) / 2)  # [B, L, 2, S]
    return 1.0 + 3.0 * torch.einsum("bly,blx->byx", near[:, :, 0], near[:, :, 1]).clamp(max=1.0)[:, None]


def regression_loss(image: Tensor, batch: Batch) -> Tensor:
    """L1 on pixels plus half the L1 on their horizontal and vertical differences, weighted towards the face."""
    error = image - batch.pictures
    weight = face_weight(batch.points, error.shape[-1])
    dx, dy = error.diff(dim=3), error.diff(dim=2)
    return (
        (error.abs() * weight).mean()
        + 0.5 * (dx.abs() * weight[..., 1:]).mean()
        + 0.5 * (dy.abs() * weight[..., 1:, :]).mean()
    )


def groups(generator: Generator, rate: float) -> list[dict[str, object]]:
    """Mapping weights are stored divided by 0.01: with a 100 times larger rate they learn like ordinary ones."""
    mapping = list(generator.mapping.parameters())
    frozen = {id(p) for n, p in generator.named_parameters() if n.endswith("noise_strength")}
    rest = [p for p in generator.synthesis.parameters() if id(p) not in frozen]
    return [{"params": mapping, "lr": rate * 50, "base": rate * 50}, {"params": rest, "lr": rate, "base": rate}]


def psnr(generator: Generator, batch: Batch) -> float:
    """Median PSNR over the batch in dB, peak 2."""
    with torch.no_grad():
        image = generator(rows_of(generator, batch.z, batch.z_fine), Noise.NONE).clamp(-1, 1)
        mse = (image - batch.pictures).square().mean(dim=(1, 2, 3))
    return float((10 * torch.log10(4 / mse)).median())


def schedule(stage: Stage) -> Iterator[float]:
    """Progress through the stage in [0, 1), by the clock; a pause (the process was stopped) does not count."""
    worked, last = 0.0, time.monotonic()
    while (progress := worked / (stage.minutes * 60)) < 1:
        yield progress
        now = time.monotonic()
        worked, last = worked + min(now - last, LONGEST_STEP_S), now


def train_stage(generator: Generator, stage: Stage, data: Path, seed: int, out: Path, device: str) -> Generator:
    """Train in place; returns the exponential moving average of the weights."""
    mixed = len(architecture(stage.size).channels) * 2 > COARSE_ROWS  # smaller ones have no fine rows
    pictures = Pictures(data, seed, stage.size, shuffle_seed=seed * 7 + stage.size)
    unseen = Pictures(data, seed + 1, stage.size, shuffle_seed=0).batch(64, mixed)
    generator.to(device).train()
    average = copy.deepcopy(generator)
    optimizer = torch.optim.Adam(groups(generator, stage.rate), betas=(0.9, 0.99))
    parameters: list[nn.Parameter] = [p for g in optimizer.param_groups for p in g["params"]]
    said = time.monotonic()
    mean_loss, mean_place, count = 0.0, 0.0, 0
    for step, progress in enumerate(schedule(stage)):
        warm = min(1.0, (step + 1) / 50)
        for group in optimizer.param_groups:
            group["lr"] = group["base"] * warm * (0.05 + 0.95 * (1 + math.cos(math.pi * progress)) / 2)
        batch = on(pictures.batch(stage.batch, mixed), device)
        rows = rows_of(generator, batch.z, batch.z_fine)
        with torch.autocast(device, torch.bfloat16):
            activations = generator.features(rows, stage.size, Noise.NONE)
            image = generator.image(activations, rows, Noise.NONE)
        loss = regression_loss(image.float(), batch)
        if stage.size >= places.BLOCK:
            known = activations.xs[generator.synthesis.names.index(places.BLOCK)]
            place = places.place_loss(known, batch.points, stage.size)
            mean_place += float(place.detach())
            loss = loss + PLACE_WEIGHT * place
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        with torch.no_grad():
            keep = min(0.998, (step + 1) / (step + 10))
            torch._foreach_lerp_(list(average.parameters()), list(generator.parameters()), 1 - keep)
        mean_loss, count = mean_loss + float(loss.detach()), count + 1
        if time.monotonic() - said > 60:
            pictures.refresh()
            value = psnr(average, on(unseen, device))
            print(
                f"{stage.size:4d} px  {progress:4.0%}  step {step:6d}  {count * stage.batch / 60:5.1f} pictures/s"
                f"  loss {mean_loss / count:.4f}  place {mean_place / count:.4f}"
                f"  unseen {value:.2f} dB  ({len(pictures.starts)} chunks)",
                flush=True,
            )
            save(average, out / "latest.safetensors")
            said, mean_loss, mean_place, count = time.monotonic(), 0.0, 0.0, 0
    save(average, out / f"stage-{stage.size}.safetensors")
    print(f"{stage.size} px done: unseen {psnr(average, on(unseen, device)):.2f} dB", flush=True)
    return average


def on(batch: Batch, device: str) -> Batch:
    return Batch(batch.pictures.to(device), batch.z.to(device), batch.z_fine.to(device), batch.points.to(device))


def save(generator: Generator, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    save_file({n: t.detach().cpu().contiguous() for n, t in generator.state_dict().items()}, part)
    part.rename(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("out/training/data"))
    parser.add_argument("--out", type=Path, default=Path("out/training"))
    parser.add_argument("--stages", default=DEFAULT_STAGES, help="SIZE:MINUTES[:RATE] ...")
    parser.add_argument(
        "--resume", type=Path, nargs="+", default=[], help="weights to go on from; of each tensor the last"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    known = {n: t.float() for path in args.resume for n, t in load_file(path).items()}
    for stage in map(Stage.parse, args.stages.split()):
        trained = train_stage(grow(known, stage.size), stage, args.data, args.seed, args.out, args.device)
        known.update(trained.cpu().state_dict())


if __name__ == "__main__":
    main()
