"""Importing a checkpoint: a child process reads it, the parent checks the result and puts it in place whole."""

from __future__ import annotations

import hashlib
import json
import math
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..architecture import Architecture
from .child import DESCRIPTION, DISCRIMINATOR, WEIGHTS, Source
from .errors import CheckpointError
from .hints import usable_hints
from .layout import expected_shapes
from .limits import DEFAULT_LIMITS, GIB, Limits
from .processes import run_child
from .safetensors_files import read_safetensors
from .workplace import workplace

IMPORTER_VERSION = 1
_RESULT = "result"


@dataclass(frozen=True)
class Imported:
    """What an import made.

    folder          model.safetensors, model.json and perhaps discriminator.safetensors
    origin          the program whose format the source has
    source_sha256   of the checkpoint (of the weights, for a model folder); `sha256` is of the result's weights
    unusable        by name of tensor, how many of its numbers are NaN or infinite: such a model paints wrongly
    foreign         classes in the file that were left alone
    isolation       what the child process was kept from, in words
    stated          what the source says of itself, when it is a model folder of ours: name, title, licence
    peak_bytes      most memory that the child held; None where the system does not say
    """

    folder: Path
    origin: str
    architecture: Architecture
    sha256: str
    source_sha256: str
    discriminator: bool
    notes: tuple[str, ...] = ()
    unusable: Mapping[str, int] = field(default_factory=dict)
    foreign: tuple[str, ...] = ()
    isolation: tuple[str, ...] = ()
    stated: Mapping[str, str] = field(default_factory=dict)
    peak_bytes: int | None = None


def import_checkpoint(
    path: Path,
    out_folder: Path,
    *,
    name: str,
    title: str,
    licence: str,
    labels: Sequence[str] | None = None,
    called: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Imported:
    """Read the checkpoint `path` and make the model folder `out_folder`, which must not exist yet.

    labels  what the model's labels are called; None: as our own model folder says, or by their numbers
    called  the file's name for people, where it does not lie under it

    The file is read by a child process that executes nothing of it. Either the whole folder appears, or nothing does.
    Raises CheckpointError with one sentence: what cannot be imported, why, and what to do next.
    """
    told = _printable(called or path.name or str(path))
    try:
        source = _checked_source(path, limits)
        if out_folder.exists():
            raise CheckpointError(f"{out_folder} exists already; choose another name, or remove that model first")
        with workplace(out_folder.parent) as work:
            report = run_child(path, work, source.weights.stat().st_size, limits)
            result = work / _RESULT
            result.mkdir()
            imported = _checked(report, work, out_folder, _sha256(source.weights))
            for file in (WEIGHTS, DISCRIMINATOR) if imported.discriminator else (WEIGHTS,):
                (work / file).replace(result / file)
            text: dict[str, Any] = {"name": name, "title": title, "licence": licence}
            text |= _description(imported, report, result, source, labels)
            text["source"]["file"] = told if called else _printable(source.weights.name)
            _write_synced(result / DESCRIPTION, text)
            _sync_folder(result)
            result.rename(out_folder)
            _sync_folder(out_folder.parent)
            return replace(imported, notes=tuple(text["notes"]))
    except CheckpointError as error:
        raise CheckpointError(f"{told} cannot be imported: {error}") from error
    except OSError as error:
        raise CheckpointError(
            f"{told} cannot be imported: {error.filename or out_folder}: {error.strerror};"
            " check the permissions and the disk's free space"
        ) from error


def _printable(name: str) -> str:
    """A file's name for a sentence and for the description: one line of text."""
    return "".join(c if c.isprintable() else "?" for c in name)


def _checked_source(path: Path, limits: Limits) -> Source:
    source = Source.of(path)
    try:
        status = source.weights.stat()
    except FileNotFoundError as error:
        if path.is_dir():
            raise CheckpointError(
                f"it is a folder without {WEIGHTS}; choose a checkpoint file, or a folder that Draglayer wrote"
            ) from error
        raise CheckpointError(f"there is no file {path}; check its name") from error
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        raise CheckpointError(f"it cannot be opened ({error}); check its name and permissions") from error
    if not stat.S_ISREG(status.st_mode):
        raise CheckpointError("it is no ordinary file; choose a checkpoint file")
    if source.description is not None and source.description.exists() and not source.description.is_file():
        raise CheckpointError(f"its {DESCRIPTION} is no ordinary file; choose a folder that Draglayer wrote")
    if status.st_size > limits.input_bytes:
        raise CheckpointError(
            f"it has {status.st_size / GIB:.1f} GiB, more than the {limits.input_bytes / GIB:.1f} GiB allowed;"
            " export the generator alone and import that"
        )
    try:
        source.weights.open("rb").close()
    except OSError as error:
        raise CheckpointError(f"it cannot be opened ({error.strerror}); check its permissions") from error
    return source


def _checked(report: Mapping[str, Any], work: Path, out_folder: Path, source_sha256: str) -> Imported:
    """The child's result, believed only after its files were seen to hold exactly the tensors of the architecture."""
    try:
        architecture = Architecture.from_json(report["architecture"])
        imported = Imported(
            folder=out_folder,
            origin=str(report["origin"]),
            architecture=architecture,
            sha256=_sha256(work / WEIGHTS),
            source_sha256=source_sha256,
            discriminator=bool(report["discriminator"]),
            notes=tuple(str(note) for note in report["notes"]),
            unusable={str(k): int(v) for k, v in report["unusable"].items()},
            foreign=tuple(str(item) for item in report["foreign"]),
            isolation=tuple(str(item) for item in report["isolation"]),
            stated=_stated(report.get("description")),
            peak_bytes=report["peak_bytes"],
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise CheckpointError(f"its reader gave no proper report ({error!r}); tell the makers of Draglayer") from error
    shapes = {name: stored.shape for name, stored in _tensors(work / WEIGHTS).items()}
    if shapes != expected_shapes(architecture):
        raise CheckpointError("its reader wrote other tensors than it reported; tell the makers of Draglayer")
    if imported.discriminator:
        _tensors(work / DISCRIMINATOR)
    return imported


def _stated(own: Any) -> dict[str, str]:
    """What a person may read of a model.json that somebody else wrote."""
    if not isinstance(own, dict):
        return {}
    said = {key: own.get(key) for key in ("name", "title", "licence")}
    return {key: text for key, text in said.items() if isinstance(text, str) and text.isprintable() and len(text) < 500}


def _tensors(path: Path) -> Mapping[str, Any]:
    import mmap

    with path.open("rb") as stream:
        return read_safetensors(memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)))[0]


def _description(
    imported: Imported, report: Mapping[str, Any], result: Path, source: Source, named: Sequence[str] | None
) -> dict[str, Any]:
    """model.json but for what the importing person says: what the engine reads, and where the model came from."""
    own = report.get("description")  # of our own model, when it was one
    stated, hints = (own.get("labels"), own.get("drag")) if isinstance(own, dict) else (None, None)
    labels = _labels(imported.architecture.c_dim, stated, named)
    drag, left_out = usable_hints(hints, imported.architecture)
    description: dict[str, Any] = {
        "sha256": imported.sha256,
        "architecture": imported.architecture.to_json(),
        "labels": labels,
        "drag": drag,
        "source": {
            "sha256": imported.source_sha256,
            "bytes": source.weights.stat().st_size,
            "format": imported.origin,
            "num_fp16_res": report.get("num_fp16_res"),
        },
        "importer": IMPORTER_VERSION,
        "notes": [*imported.notes, *left_out],
        "unusable": dict(imported.unusable),
    }
    if imported.discriminator:
        clamp = report.get("discriminator_clamp")
        description["discriminator"] = {
            "file": DISCRIMINATOR,
            "sha256": _sha256(result / DISCRIMINATOR),
            "conv_clamp": clamp if _is_number(clamp) else None,
        }
    return description


def _labels(count: int, stated: Any, named: Sequence[str] | None) -> list[str]:
    if named is not None:
        if len(named) != count or len(set(named)) != count:
            raise CheckpointError(f"it has {count} labels, and {len(set(named))} different names were given for them")
        return list(named)
    usable = isinstance(stated, list) and len(stated) == count == len({str(label) for label in stated})
    if usable and all(isinstance(label, str) and label.isprintable() and 0 < len(label) < 100 for label in stated):
        return list(stated)
    return [str(i) for i in range(count)]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_synced(path: Path, value: Mapping[str, Any]) -> None:
    with path.open("x", encoding="utf-8") as stream:
        json.dump(value, stream, indent=1)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    """So that a new name survives a power cut; Windows has no such call for folders."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
