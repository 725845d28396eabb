"""A model on disk: `model.safetensors` under public key names, and `model.json` beside it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from .architecture import Architecture, ArchitectureError
from .config import NO_HINTS, Hints
from .generator import Generator

WEIGHTS, DESCRIPTION = "model.safetensors", "model.json"
CHUNK = 4 << 20  # bytes read between two reports of progress
BUNDLED = Path(__file__).parent / "bundled"


class ModelError(ValueError):
    """The folder holds no usable model; the sentence says why."""


@dataclass(frozen=True)
class Model:
    """A generator and what was measured to suit it."""

    generator: Generator
    sha256: str
    hints: Hints


def load_model(folder: Path, device: torch.device, progress: Callable[[int, int], None] | None = None) -> Model:
    """Read a model folder. Raises ModelError: missing, damaged, or not what its description says.

    progress  called with the bytes of the weights that were read so far, and with how many there are
    """
    description = read_description(folder)
    name = str(description["name"])
    try:
        sha256 = _hash(folder / WEIGHTS, progress)
    except OSError as error:
        raise ModelError(
            f"the weights of the model {name!r} cannot be read ({error.strerror}); install the model again"
        ) from error
    if sha256 != description["sha256"]:
        raise ModelError(
            f"the weights of the model {name!r} are damaged: their sha256 begins with {sha256[:12]},"
            f" {str(description['sha256'])[:12]} was expected; install the model again"
        )
    try:
        architecture = Architecture.from_json(description["architecture"])
        hints = Hints(**{k: v for k, v in description.get("drag", {}).items() if k in Hints.__dataclass_fields__})
        generator = Generator.from_tensors(architecture, load_file(folder / WEIGHTS))
    except (ArchitectureError, SafetensorError, KeyError, TypeError, AttributeError, OSError) as error:
        raise ModelError(f"the model {name!r} cannot be used: {error}") from error
    return Model(generator.to(device).freeze(), sha256, hints)


def _hash(path: Path, progress: Callable[[int, int], None] | None) -> str:
    """The file's sha256. Reading it is what takes long where it is not in memory yet. Raises OSError."""
    done, digest = 0, hashlib.sha256()
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        while piece := stream.read(CHUNK):
            done += len(piece)
            digest.update(piece)
            if progress is not None:
                progress(done, max(size, done))
    return digest.hexdigest()


def load_generator(folder: Path, device: torch.device) -> Generator:
    """Only the generator of `load_model`."""
    return load_model(folder, device).generator


def read_description(folder: Path) -> dict[str, Any]:
    """`model.json` as a dictionary with name, title, sha256, licence, architecture. Raises ModelError."""
    try:
        description: dict[str, Any] = json.loads((folder / DESCRIPTION).read_text("utf-8"))
    except FileNotFoundError as error:
        raise ModelError(f"there is no model in {folder}: {DESCRIPTION} is missing") from error
    except (OSError, ValueError) as error:
        raise ModelError(f"the description of the model {folder.name} cannot be read ({error})") from error
    missing = [key for key in ("name", "title", "sha256", "licence", "architecture") if key not in description]
    if missing:
        raise ModelError(f"the description of the model {folder.name} lacks {', '.join(missing)}")
    return description


def save_generator(
    generator: Generator,
    folder: Path,
    *,
    name: str,
    title: str,
    licence: str,
    hints: Hints = NO_HINTS,
    dtype: torch.dtype = torch.float32,
) -> None:
    """Write a model folder; the description comes last, so a folder without one is not a model yet."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / WEIGHTS
    part = weights.with_suffix(".part")
    save_file({n: t.detach().cpu().to(dtype).contiguous() for n, t in generator.state_dict().items()}, part)
    part.chmod(0o644)  # safetensors makes it private
    part.replace(weights)
    description = {
        "name": name,
        "title": title,
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "licence": licence,
        "architecture": generator.architecture.to_json(),
        "labels": [str(i) for i in range(generator.architecture.c_dim)],
        "drag": {key: value for key, value in asdict(hints).items() if value is not None},
    }
    text = json.dumps(description, indent=1) + "\n"
    temporary = folder / f"{DESCRIPTION}.part"
    temporary.write_text(text, "utf-8")
    temporary.replace(folder / DESCRIPTION)
