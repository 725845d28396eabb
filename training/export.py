"""Turn trained weights into the bundled model: `python -m training.export out/training/stage-256.safetensors`.

Writes engine/draglayer_engine/bundled/creatures-256: weights as float16, w_avg measured, the drag hints of the model
that lies there kept (they were measured with `python -m benchmarks.drag`).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from safetensors.torch import load_file

from draglayer_engine.config import NO_HINTS, Hints
from draglayer_engine.generator import Generator
from draglayer_engine.models import BUNDLED, ModelError, read_description, save_generator
from training.train import architecture

NAME, TITLE, LICENCE = "creatures-256", "Creatures, 256 px", "CC0-1.0"
SAMPLES = 65_536  # latents that w_avg is the mean of


def load_weights(path: Path) -> Generator:
    """A generator as training/train.py saves it: any size, float32."""
    tensors = {name: tensor.float() for name, tensor in load_file(path).items()}
    size = max(int(name.split(".")[1][1:]) for name in tensors if name.startswith("synthesis."))
    return Generator.from_tensors(architecture(size), tensors)


def measure_w_avg(generator: Generator, seed: int) -> None:
    """Set the mean of w over many z: what truncation pulls towards."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        total = torch.zeros(generator.architecture.w_dim, dtype=torch.float64)
        for _ in range(SAMPLES // 4096):
            z = torch.randn(4096, generator.architecture.z_dim, generator=g)
            total += generator.mapping(z, None).double().sum(dim=0)
        generator.mapping.w_avg.copy_(total / SAMPLES)


def present_hints(folder: Path) -> Hints:
    try:
        return Hints(**read_description(folder).get("drag", {}))
    except ModelError:
        return NO_HINTS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--out", type=Path, default=BUNDLED / NAME)
    args = parser.parse_args()
    generator = load_weights(args.weights)
    measure_w_avg(generator, seed=0)
    hints = present_hints(args.out)
    save_generator(generator, args.out, name=NAME, title=TITLE, licence=LICENCE, hints=hints, dtype=torch.float16)
    size = (args.out / "model.safetensors").stat().st_size
    print(f"{args.out}: {generator.size.width} px, {size / 1e6:.1f} MB, drag {hints}")


if __name__ == "__main__":
    main()
