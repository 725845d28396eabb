"""Looking at every byte of the models: are they what their descriptions say, and can they be used?"""

from __future__ import annotations

import hashlib
import mmap
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .registry import (
    DESCRIPTION,
    DISCRIMINATOR,
    WEIGHTS,
    BrokenModel,
    Entry,
    Registry,
    models_folder,
    read_description,
)

if TYPE_CHECKING:
    from draglayer_engine.architecture import Architecture

FILES = {DESCRIPTION, WEIGHTS, DISCRIMINATOR}
AGAIN = "remove it and install it again"


@dataclass(frozen=True)
class Verdict:
    """What was found out about a model. `problem` is empty for a sound one; notes are worth knowing all the same."""

    name: str
    folder: Path
    problem: str = ""
    notes: tuple[str, ...] = field(default=())


def verify(registry: Registry, name: str | None = None) -> list[Verdict]:
    """Of one model, or of all and of whatever else lies in the models folder. Raises UnknownModel."""
    if name is not None:
        return [look_at(registry.find(name))]
    entries = registry.entries()
    verdicts = [look_at(entry) for entry in entries]
    known = {entry.folder for entry in entries}
    verdicts += [Verdict("", models_folder(), problem) for problem in registry.problems()]
    if models_folder().is_dir():
        for folder in sorted(models_folder().iterdir()):
            if not folder.name.startswith(".") and folder not in known and not (folder / DESCRIPTION).exists():
                problem = f"{folder} is no model, and not Draglayer's; move it elsewhere"
                verdicts.append(Verdict("", folder, problem))
    return verdicts


def look_at(entry: Entry) -> Verdict:
    """Hashes, tensors and their numbers."""
    try:
        notes = _notes(entry)
        problem = _problem(entry, notes)
    except OSError as error:
        problem, notes = f"{error.filename} cannot be read: {error.strerror}; {AGAIN}", []
    except BrokenModel as error:
        problem, notes = str(error), []
    return Verdict(entry.name, entry.folder, problem, tuple(notes))


def _notes(entry: Entry) -> list[str]:
    found = {file.name for file in entry.folder.iterdir()}
    notes = [f"{name} in its folder is not Draglayer's" for name in sorted(found - FILES) if name != "README.md"]
    if entry.folder.parent == models_folder() and entry.folder.name != entry.sha256:
        notes.append(f"it lies in the folder {entry.folder.name}, not in that of its hash: somebody put it there")
    return notes


def _problem(entry: Entry, notes: list[str]) -> str:
    from draglayer_engine.architecture import Architecture, ArchitectureError
    from draglayer_engine.checkpoints.errors import CheckpointError

    description = read_description(entry.folder)
    weights = entry.folder / WEIGHTS
    problem = _other_hash(weights, entry.sha256)
    if problem:
        return problem
    try:
        architecture = Architecture.from_json(description["architecture"])
        problem = _wrong_tensors(weights, architecture, notes)
    except (ArchitectureError, CheckpointError) as error:
        return f"its weights do not fit its description ({error}); {AGAIN}"
    stated = description.get("discriminator")
    if problem or not isinstance(stated, dict):
        return problem
    return _other_hash(entry.folder / DISCRIMINATOR, str(stated.get("sha256")))


def _other_hash(path: Path, expected: str) -> str:
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found == expected:
        return ""
    return f"{path.name} is damaged: its sha256 begins with {found[:12]}, {expected[:12]} was expected; {AGAIN}"


def _wrong_tensors(path: Path, architecture: Architecture, notes: list[str]) -> str:
    import numpy as np

    from draglayer_engine.checkpoints.layout import expected_shapes
    from draglayer_engine.checkpoints.safetensors_files import read_safetensors

    with path.open("rb") as stream:
        tensors = read_safetensors(memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)))[0]
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    expected = expected_shapes(architecture)
    if shapes != expected:
        wrong = sorted(name for name in shapes.keys() | expected.keys() if shapes.get(name) != expected.get(name))
        return f"its weights do not fit its description ({len(wrong)} tensors differ, {wrong[0]} first); {AGAIN}"
    bad = 0
    for tensor in tensors.values():
        array = tensor.read()
        bad += array.size - int(np.count_nonzero(np.isfinite(array)))
    if bad:
        notes.append(broken_numbers(bad))
    return ""


def broken_numbers(count: int) -> str:
    """The loud sentence about weights that are NaN or infinite."""
    numbers = "1 number" if count == 1 else f"{count} numbers"
    return f"{numbers} of its weights {'is' if count == 1 else 'are'} NaN or infinite, so its pictures are wrong"
