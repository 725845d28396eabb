"""Recorded arrays of the public implementation (tests/golden), as tensors."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from draglayer_engine.architecture import Architecture
from draglayer_engine.generator import Generator

FOLDER = Path(__file__).parents[1] / "golden"
GENERATORS = ("g256", "g64c", "g128r")
DRAGS = tuple(sorted(path.name.removesuffix(".npz") for path in FOLDER.glob("*.drag.*.npz")))


def arrays(name: str) -> dict[str, Tensor]:
    with np.load(FOLDER / f"{name}.npz") as file:
        return {key: torch.from_numpy(file[key]) for key in file}


@cache
def generator(name: str) -> Generator:
    config = json.loads((FOLDER / f"{name}.config.json").read_text())
    return Generator.from_tensors(Architecture.from_nvidia(config), arrays(f"{name}.weights"))
