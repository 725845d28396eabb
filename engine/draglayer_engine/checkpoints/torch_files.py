"""Files of torch.save: zip archives (torch 1.6 and later) and the older single stream, into inert values.

Zip: `NAME/data.pkl` is a pickle whose tensors refer to entries `NAME/data/KEY`. Stream: three small pickles (magic
number, version, machine), the pickle, the list of keys, then for each key a count and its elements. torch pickles a
storage outside of torch.save as a whole stream inside of a string of bytes (`torch.storage._load_from_bytes`).
"""

from __future__ import annotations

from typing import Any

from .budget import Budget, for_pickles
from .errors import CheckpointError, listed, shown
from .meanings import CheckpointMeanings
from .names import STORAGES
from .pickle_bytes import DAMAGED, Cursor
from .pickle_machine import PickleMachine
from .records import Name, described
from .stored import ITEM_BYTES, Storage
from .zip_directory import ZipFile

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_START = b"\x80\x02\x8a\n" + LEGACY_MAGIC.to_bytes(10, "little") + b"."
_VERSION = 1001


def read_plain(data: memoryview) -> tuple[Any, set[str]]:
    """An ordinary pickle: what it describes, and the foreign names in it. Raises CheckpointError."""
    meanings = CheckpointMeanings(nested_storage, for_pickles())
    return PickleMachine(Cursor(data), meanings, _nothing_outside).run(), meanings.ignored


def read_zip(data: memoryview) -> tuple[Any, set[str]]:
    """A zip archive of torch.save. Raises CheckpointError, also for archives that are something else."""
    archive = ZipFile(data)
    names = [name for name in archive.entries if name.endswith("/data.pkl") and name.count("/") == 1]
    folder = names[0].removesuffix("data.pkl") if len(names) == 1 else ""
    if not folder:
        raise CheckpointError(
            f"it is a zip archive of {listed(list(archive.entries)) or 'nothing'}, not one that torch.save wrote;"
            " if a checkpoint is inside, unpack it and import that"
        )
    if any(name.startswith(f"{folder}code/") or name == f"{folder}constants.pkl" for name in archive.entries):
        raise CheckpointError(
            "it is a TorchScript program, which carries its network as code; import the checkpoint it was made from"
        )
    if f"{folder}byteorder" in archive.entries and bytes(archive.read(f"{folder}byteorder")) != b"little":
        raise CheckpointError("it was written on a big-endian machine; save it again on an ordinary one")
    storages: dict[str, Storage] = {}

    def resolve(identifier: Any) -> Any:
        key, code, count = _storage(identifier)
        if key not in storages:
            storages[key] = Storage(code, count)
            storages[key].fill(archive.read(f"{folder}data/{key}"))
        return _same(storages[key], code, count)

    meanings = CheckpointMeanings(nested_storage, for_pickles())
    machine = PickleMachine(Cursor(archive.read(f"{folder}data.pkl")), meanings, resolve)
    return machine.run(), meanings.ignored


def read_legacy(data: memoryview) -> tuple[Any, set[str]]:
    """The older stream of torch.save. Raises CheckpointError."""
    meanings = CheckpointMeanings(nested_storage, for_pickles())
    return _stream(data, meanings), meanings.ignored


def nested_storage(data: bytes | memoryview, budget: Budget) -> Storage:
    """The storage in a string of bytes that torch would have loaded. Raises CheckpointError for anything else."""
    value = _stream(memoryview(data), CheckpointMeanings(_no_deeper, budget))
    if not isinstance(value, Storage):
        raise CheckpointError(
            f"it hides {described(value)} where the numbers of a tensor belong, which may be meant to run"
            " a program; nothing was run, get the model from its source again"
        )
    return value


def _stream(data: memoryview, meanings: CheckpointMeanings) -> Any:
    cursor = Cursor(data)
    storages: dict[str, Storage] = {}

    def resolve(identifier: Any) -> Any:
        if isinstance(identifier, tuple) and identifier[:1] == ("module",) and len(identifier) >= 2:
            return identifier[1]  # a class together with its source text
        key, code, count = _storage(identifier)
        if len(identifier) > 5 and identifier[5] is not None:
            raise CheckpointError("its tensors are views as torch wrote them before 0.4; save it with a newer torch")
        return _same(storages.setdefault(key, Storage(code, count)), code, count)

    def part() -> Any:
        return PickleMachine(cursor, meanings, resolve).run()

    if part() != LEGACY_MAGIC or part() != _VERSION:
        raise CheckpointError(f"it does not begin as torch.save begins a file, {DAMAGED}")
    machine = part()
    if not isinstance(machine, dict) or machine.get("little_endian") is not True:
        raise CheckpointError("it was written on a big-endian machine; save it again on an ordinary one")
    value, keys = part(), part()
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise CheckpointError(f"it lacks the list of its tensors, {DAMAGED}")
    if len(keys) != len(storages) or set(keys) != storages.keys():
        raise CheckpointError(f"its list of tensors does not fit its tensors, {DAMAGED}")
    for key in keys:
        storage = storages[key]
        count = cursor.number(8)
        if count != storage.count:
            raise CheckpointError(f"it announces {storage.count} numbers and brings {count}, {DAMAGED}")
        storage.fill(cursor.take(count * ITEM_BYTES[storage.code]))
    return value


def _storage(identifier: Any) -> tuple[str, str, int]:
    """Key, element type and count from what torch writes: ("storage", type, key, device, count, ...)."""
    match identifier:
        case ("storage", Name(module="torch" | "torch.cuda" | "torch.storage", name=name), str(key), str(), int(), *_):
            count = identifier[4]
            if name in STORAGES and count >= 0 and "/" not in key:
                return key, STORAGES[name], count
            raise CheckpointError(
                f"it refers to {count} numbers of type {shown(name)} at {shown(key)}, as no StyleGAN2 checkpoint does,"
                f" {DAMAGED}"
            )
        case _:
            return _nothing_outside(identifier)


def _same(storage: Storage, code: str, count: int) -> Storage:
    if (storage.code, storage.count) != (code, count):
        raise CheckpointError(f"it describes one tensor storage in two ways, {DAMAGED}")
    return storage


def _nothing_outside(identifier: Any) -> Any:
    what = shown(identifier) if isinstance(identifier, (str, int)) else described(identifier)
    raise CheckpointError(
        f"it refers to something outside of it ({what}), which is not there; save the checkpoint in one file"
    )


def _no_deeper(data: bytes | memoryview, budget: Budget) -> Any:
    raise CheckpointError(
        "it hides a torch file inside a torch file inside another, which no checkpoint needs; nothing was run,"
        " get the model from its source again"
    )
