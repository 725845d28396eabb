"""safetensors: a length, a JSON header, then the numbers. Read strictly, written tensor by tensor.

Source of the layout: https://github.com/huggingface/safetensors#format. The engine opens what is written here with the
safetensors package; this reader and writer exist because the child process has neither torch nor memory to spare.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import limits
from .errors import CheckpointError, shown
from .stored import ITEM_BYTES, Storage, StoredArray, as_float32, contiguous

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CODES = {
    "F64": "f8",
    "F32": "f4",
    "F16": "f2",
    "BF16": "bf",
    "I64": "i8",
    "I32": "i4",
    "I16": "i2",
    "I8": "i1",
    "U8": "u1",
    "BOOL": "b1",
}
_DAMAGED = "so it is damaged or was cut short; download it again"


def looks_like(head: bytes, size: int) -> bool:
    """Whether a file of `size` bytes that begins with `head` is, or claims to be, safetensors."""
    return len(head) >= 9 and head[8:9] == b"{" and int.from_bytes(head[:8], "little") < max(size, 1 << 48)


def read_safetensors(data: memoryview) -> tuple[dict[str, StoredArray], dict[str, str]]:
    """Tensors by name, and the metadata. Raises CheckpointError for a header that does not fit the file exactly."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > len(data) - 8:
        raise CheckpointError(f"its header claims {length} bytes of the file's {len(data)}, {_DAMAGED}")
    if length > limits.JSON_BYTES:
        raise CheckpointError(f"its header has {length} bytes, as no model's has, {_DAMAGED}")
    header = parse_json(bytes(data[8 : 8 + length]))
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise CheckpointError(f"its metadata are no texts, {_DAMAGED}")
    body = data[8 + length :]
    placed = sorted(((_place(name, entry), name) for name, entry in header.items()), key=lambda p: (p[0][2:], p[1]))
    tensors: dict[str, StoredArray] = {}
    position = 0
    for (code, shape, begin, end), name in placed:
        if end > len(body):
            raise CheckpointError(f"it ends before its tensor {shown(name)} does, {_DAMAGED}")
        if begin != position:
            raise CheckpointError(f"its tensor {shown(name)} overlaps another or leaves a gap, {_DAMAGED}")
        storage = Storage(code, (end - begin) // ITEM_BYTES[code])
        storage.fill(body[begin:end])
        tensors[name] = contiguous(storage, shape)
        position = end
    if position != len(body):
        raise CheckpointError(f"it has {len(body) - position} bytes behind its last tensor, {_DAMAGED}")
    return tensors, metadata


def parse_json(text: bytes) -> dict[str, Any]:
    """One JSON object without repeated names. Raises CheckpointError."""
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_short)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"its description is no proper JSON ({shown(error)}), {_DAMAGED}") from error
    if not isinstance(value, dict):
        raise CheckpointError(f"its description is a JSON {type(value).__name__} instead of an object, {_DAMAGED}")
    return value


def write_safetensors(path: Path, tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> dict[str, int]:
    """Write as float32, in the order of names, and onto the disk; returns how many numbers are not finite, by name.

    Raises OSError.
    """
    import numpy as np

    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    position = 0
    for name in sorted(tensors):
        size = 4 * tensors[name].size
        header[name] = {
            "dtype": "F32",
            "shape": list(tensors[name].shape),
            "data_offsets": [position, position + size],
        }
        position += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    unusable: dict[str, int] = {}
    with path.open("xb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        for name in sorted(tensors):
            array = as_float32(tensors[name])
            bad = array.size - int(np.count_nonzero(np.isfinite(array)))
            if bad:
                unusable[name] = bad
            stream.write(array.reshape(-1).view(np.uint8).data)
        stream.flush()
        os.fsync(stream.fileno())
    return unusable


def _once(items: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(items)
    if len(values) != len(items):
        raise ValueError("a name appears twice")
    return values


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number of JSON")


def _short(digits: str) -> int:
    if len(digits) > 20:
        raise ValueError(f"a number has {len(digits)} digits")
    return int(digits)


def _place(name: str, entry: Any) -> tuple[str, tuple[int, ...], int, int]:
    """Element type, shape, first byte and end of one tensor."""
    match entry:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [int(begin), int(end)]} if (
            dtype in _CODES
            and all(type(n) is int and n >= 0 for n in shape)
            and type(begin) is int
            and type(end) is int
            and 0 <= begin <= end
        ):
            return _CODES[dtype], tuple(shape), begin, end
        case _:
            raise CheckpointError(f"its tensor {shown(name)} is described wrongly or of an unknown type, {_DAMAGED}")
