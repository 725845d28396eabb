"""Import a 1024-pixel generator with channel base 32768 in NVIDIA's format, and print seconds and memory.

`python -m tests.checkpoints.large_run`; exit code 1 above 30 seconds or 1.5 GB.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import torch

from draglayer_engine.architecture import Architecture, channels_for
from draglayer_engine.checkpoints.importing import import_checkpoint
from draglayer_engine.generator import Generator

from .writer_nvidia import with_filters, write_nvidia

BLOCKS = tuple(4 << i for i in range(9))


def main() -> int:
    architecture = Architecture(512, 0, 512, 8, channels_for(BLOCKS, 32768, 512), conv_clamp=256.0)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "large.pkl"
        tensors = with_filters({n: t.detach() for n, t in Generator(architecture).state_dict().items()})
        with torch.device("meta"):
            shell = Generator(architecture)
        data = write_nvidia(shell, Path(name) / "canary", tensors=tensors, keys=("G_ema",))
        path.write_bytes(data)
        size = len(data)
        del data, tensors
        start = time.monotonic()
        result = import_checkpoint(path, Path(name) / "large", name="large", title="Large", licence="CC0-1.0")
        seconds = time.monotonic() - start
    peak = result.peak_bytes or 0
    print(
        f"{size / 1e6:.0f} MB of NVIDIA pickle, {architecture.size.width} px: imported in {seconds:.1f} s;"
        f" the reader held at most {peak / 1e6:.0f} MB, the mapped file included"
    )
    return 1 if seconds > 30 or peak > 1.5e9 else 0


if __name__ == "__main__":
    sys.exit(main())
