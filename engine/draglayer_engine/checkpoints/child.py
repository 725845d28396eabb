"""The process that reads a checkpoint. It writes into one folder, and its report into `report.json` there.

Started by processes.py with an empty environment; its arguments are the source, the folder, and three limits: bytes of
address space, seconds of computing, bytes of one written file.
"""

from __future__ import annotations

import json
import mmap
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import CheckpointError, shown
from .sandbox import confine

if TYPE_CHECKING:
    from .reading import Checkpoint

REPORT, WEIGHTS, DISCRIMINATOR, DESCRIPTION = (
    "report.json",
    "model.safetensors",
    "discriminator.safetensors",
    "model.json",
)


@dataclass(frozen=True)
class Source:
    """What to read: a file, or a model folder's three."""

    weights: Path
    description: Path | None = None
    discriminator: Path | None = None

    @classmethod
    def of(cls, path: Path) -> Source:
        """A folder with a model.json and a file beside one that describes it are our own models."""
        if path.is_dir():
            extra = path / DISCRIMINATOR
            return cls(path / WEIGHTS, path / DESCRIPTION, extra if extra.is_file() else None)
        if path.name == WEIGHTS and (path.parent / DESCRIPTION).is_file():
            return cls.of(path.parent)
        return cls(path)


def main(arguments: list[str]) -> int:
    """0 when the generator was written, 1 when the report says why not."""
    source, folder = Path(arguments[0]), Path(arguments[1])
    memory, cpu, output = (int(text) for text in arguments[2:5])
    isolation = confine(memory, cpu, output)
    try:
        report = read_into(Source.of(source), folder)
    except CheckpointError as error:
        report = {"error": str(error)}
    except MemoryError:
        report = {"error": f"reading it needs more than the {memory >> 20} MiB that were allowed; raise the limit"}
    except OSError as error:
        # EFBIG: the limit on the size of a file
        report = {
            "error": f"reading or writing failed ({error.strerror}); check the disk's free space, the file's"
            " permissions and, for very large models, the limits"
        }
    if "error" in report:
        for part in (WEIGHTS, DISCRIMINATOR):  # where the disk is full, they take the report's place
            (folder / part).unlink(missing_ok=True)
    report |= {"isolation": isolation, "peak_bytes": peak_bytes()}
    (folder / REPORT).write_text(json.dumps(report), "utf-8")
    return 1 if "error" in report else 0


def read_into(source: Source, folder: Path) -> dict[str, Any]:
    """Write model.safetensors (and discriminator.safetensors) into `folder`; returns what was found.

    Raises CheckpointError and OSError.
    """
    from .reading import read_checkpoint
    from .safetensors_files import write_safetensors

    description = _description(source)
    data = _mapped(source.weights)
    if description is not None:
        _same_hash(data, description)
    checkpoint = read_checkpoint(data, description)
    if source.discriminator is not None and not checkpoint.discriminator:
        _add_own_discriminator(checkpoint, source.discriminator, description or {})
    unusable = write_safetensors(folder / WEIGHTS, checkpoint.tensors, {"format": "pt"})
    extra = {}
    if checkpoint.discriminator:
        extra = write_safetensors(folder / DISCRIMINATOR, checkpoint.discriminator.arrays, {"format": "pt"})
    return {
        "origin": checkpoint.origin,
        "architecture": checkpoint.architecture.to_json(),
        "discriminator": checkpoint.discriminator is not None,
        "discriminator_clamp": checkpoint.discriminator.conv_clamp if checkpoint.discriminator else None,
        "num_fp16_res": checkpoint.num_fp16_res,
        "notes": checkpoint.notes,
        "foreign": [shown(name) for name in checkpoint.foreign[:50]],
        "unusable": unusable | {f"discriminator.{name}": count for name, count in extra.items()},
        "description": description,
    }


def peak_bytes() -> int | None:
    """Most memory this process held so far; None where the system does not say.

    Not getrusage: after fork and exec its figure still counts the parent.
    """
    try:
        status = Path("/proc/self/status").read_text("ascii")
    except OSError:
        return None
    found = [line.split() for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(found[0][1]) * 1024 if found else None


def _mapped(path: Path) -> memoryview:
    with path.open("rb") as stream:
        if not os.fstat(stream.fileno()).st_size:
            return memoryview(b"")
        return memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))


def _description(source: Source) -> dict[str, Any] | None:
    from .safetensors_files import parse_json

    if source.description is None:
        return None
    try:
        with source.description.open("rb") as stream:
            return parse_json(stream.read(1 << 20))
    except FileNotFoundError as error:
        raise CheckpointError(
            "it is a folder without a model.json; choose a checkpoint file, or a folder that Draglayer wrote"
        ) from error


def _same_hash(data: memoryview, description: dict[str, Any]) -> None:
    import hashlib

    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 != description.get("sha256"):
        raise CheckpointError(
            f"its weights are not those of its model.json: their sha256 begins with {sha256[:12]}, and"
            f" {shown(description.get('sha256'), 12)} was expected; install it again"
        )


def _add_own_discriminator(checkpoint: Checkpoint, path: Path, description: dict[str, Any]) -> None:
    """The one beside our own model; a damaged one is left out with a note."""
    from .assembly import Discriminator
    from .safetensors_files import read_safetensors

    try:
        tensors = read_safetensors(_mapped(path))[0]
        arrays = {name: stored.read() for name, stored in tensors.items()}
    except CheckpointError as error:
        checkpoint.notes.append(f"the discriminator was left out: {error}")
        return
    stated = description.get("discriminator")
    clamp = stated.get("conv_clamp") if isinstance(stated, dict) else None
    checkpoint.discriminator = Discriminator(arrays, float(clamp) if isinstance(clamp, (int, float)) else None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
