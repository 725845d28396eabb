"""Zip archives and safetensors that lie about what is in them."""

from __future__ import annotations

import io
import json
import struct
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from safetensors.torch import save

from .formats import SKIP
from .hostile_case import Hostile, of_bytes
from .hostile_gadgets import with_pickle
from .networks import network
from .opcodes import name, pickled, value
from .writer_nvidia import write_pti, write_state_dict


def hostile_archives(canary: Path) -> Iterator[Hostile]:
    zipped = write_state_dict(network(SKIP))
    yield from _zips(zipped)
    yield from _patched(zipped)
    yield from _inside(write_pti(network(SKIP), canary))
    yield from _safetensors()


def _archive(files: dict[str, bytes], *, method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for file, data in files.items():
            archive.writestr(zipfile.ZipInfo(file), data, method)
    return stream.getvalue()


def _zips(zipped: bytes) -> Iterator[Hostile]:
    for label, data in {
        "empty": _archive({}),
        "of a document": _archive({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}),
        "around a checkpoint": _archive({"network.pkl": b"\x80\x04N."}),
        "around a torch file": _archive({"model.pt": zipped}),
        "of two": _archive({"a/data.pkl": b"\x80\x04N.", "b/data.pkl": b"\x80\x04N."}),
        "of TorchScript": _archive({"a/data.pkl": b"\x80\x04N.", "a/code/__torch__.py": b"x = 1", "a/version": b"3"}),
        "bomb": _archive({"a/data.pkl": b"\0" * 20_000_000}, method=zipfile.ZIP_DEFLATED),
        "with a path above": _archive({"a/data.pkl": b"\x80\x04N.", "a/../../evil": b"x"}),
        "with an absolute path": _archive({"a/data.pkl": b"\x80\x04N.", "/etc/evil": b"x"}),
        "with a Windows path": _archive({"a/data.pkl": b"\x80\x04N.", "C:\\evil": b"x"}),
        "with a drive": _archive({"a/data.pkl": b"\x80\x04N.", "C:evil/a": b"x"}),
        "of a big-endian machine": _archive({"a/data.pkl": b"\x80\x04N.", "a/byteorder": b"big"}),
        "of None": _archive({"a/data.pkl": b"\x80\x04N."}),
        "of nothing to read": _archive({"a/data.pkl": b""}),
        "of text": _archive({"a/data.pkl": b"hello"}),
    }.items():
        yield of_bytes(f"zip {label}", data)
    small = _archive({"a/data.pkl": b"\x80\x04N."})  # unlike torch's, without sizes of 64 bits
    yield of_bytes("zip with 65535 entries", small[:-14] + b"\xff\xff\xff\xff" + small[-10:])
    yield of_bytes("zip with 64-bit sizes that are missing", small[:-10] + b"\xff" * 8 + small[-2:])
    twice = io.BytesIO()
    with zipfile.ZipFile(twice, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile says what is done here on purpose
        archive.writestr("a/data.pkl", b"\x80\x04N.")
        archive.writestr("a/data.pkl", b"\x80\x04K\x01.")
    yield of_bytes("zip with one name twice", twice.getvalue())


def _patched(zipped: bytes) -> Iterator[Hostile]:
    """A proper archive with single fields changed."""
    central, end = zipped.index(b"PK\x01\x02"), zipped.rindex(b"PK\x05\x06")

    def patch(at: int, data: bytes) -> bytes:
        return zipped[:at] + data + zipped[at + len(data) :]

    second = zipped.index(b"PK\x01\x02", central + 4)
    first_offset = zipped[central + 42 : central + 46]
    entry = central
    while b"data/0" not in zipped[entry + 46 : entry + 80]:
        entry = zipped.index(b"PK\x01\x02", entry + 4)
    number = struct.unpack_from("<I", zipped, entry + 42)[0]
    extra = struct.unpack_from("<HH", zipped, number + 26)
    numbers = number + 30 + sum(extra)
    for label, data in {
        "encrypted": patch(central + 8, b"\x01\x00"),
        "compressed": patch(central + 10, b"\x08\x00"),
        "with a large entry": patch(central + 20, b"\xff\xff\xff\x7f" * 2),
        "with sizes that differ": patch(central + 24, b"\x01\x00\x00\x00"),
        "with entries that overlap": patch(second + 42, first_offset),
        "with an entry beyond the end": patch(second + 42, b"\xff\xff\xff\x7f"),
        "with a huge name": patch(central + 28, b"\xff\xff"),
        "with another name inside": patch(31, b"Z"),
        "with an unreadable name": patch(central + 46, b"\xff\xfe"),
        "with a zero in a name": patch(central + 46, b"\x00"),
        "without local headers": patch(0, b"PK\x03\x04" + b"\0" * 26),
        "with 65534 entries": patch(end + 8, b"\xfe\xff\xfe\xff"),
        "with a directory beyond the end": patch(end + 16, b"\xff\xff\xff\x7f"),
        "with a huge directory": patch(end + 12, b"\xff\xff\xff\x7f"),
        "with a directory elsewhere": patch(end + 16, b"\x00\x00\x00\x00"),
        "on another disk": patch(end + 4, b"\x01\x00"),
        "with a flipped number": patch(numbers, bytes([zipped[numbers] ^ 1])),
        "with a flipped byte in the pickle": zipped.replace(b"_rebuild_tensor_v2", b"_rebuild_tensor_v3", 1),
        "half": zipped[: len(zipped) // 2],
        "without its end": zipped[:end],
        "without its last byte": zipped[:-1],
        "only its end": zipped[end:],
        "only its directory": zipped[central:],
        "only its beginning": zipped[:4],
    }.items():
        yield of_bytes(f"zip {label}", data)


def _inside(zipped: bytes) -> Iterator[Hostile]:
    """Proper archives whose pickle asks for numbers that are not as it says."""

    def asking(*identifier: Any) -> bytes:
        return with_pickle(zipped, lambda data: pickled(value(identifier) + b"Q0")[:-1] + data)

    floats = name("torch", "FloatStorage")
    yield of_bytes("zip with a missing storage", asking("storage", floats, "999", "cpu", 4))
    yield of_bytes("zip with a storage too long", asking("storage", floats, "0", "cpu", 2**40))
    yield of_bytes(
        "zip with a storage of another type", asking("storage", name("torch", "DoubleStorage"), "0", "cpu", 1)
    )
    yield of_bytes("zip with a path as storage", asking("storage", floats, "../data.pkl", "cpu", 4))
    yield of_bytes("zip with a storage by number", asking("storage", floats, 0, "cpu", 4))
    yield of_bytes("zip with a storage of no class", asking("storage", "FloatStorage", "0", "cpu", 4))
    yield of_bytes("zip with an unknown request", asking("file", "/etc/passwd"))
    yield of_bytes("zip with an empty request", asking())
    yield of_bytes("zip with a negative storage", asking("storage", floats, "0", "cpu", -4))


def _safetensors() -> Iterator[Hostile]:
    proper = save({n: t.contiguous() for n, t in network(SKIP).state_dict().items()})

    def header(text: str, body: bytes = b"", length: int | None = None) -> bytes:
        return struct.pack("<Q", len(text) if length is None else length) + text.encode() + body

    def one(**changes: Any) -> str:
        return json.dumps({"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]} | changes})

    two = {"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}
    overlap = json.dumps(two | {"b": {"dtype": "F32", "shape": [4], "data_offsets": [8, 24]}})
    gap = json.dumps(two | {"b": {"dtype": "F32", "shape": [1], "data_offsets": [20, 24]}})
    sixteen = b"\0" * 16
    for label, data in {
        "with a 10 GB header": header('{"a":1}', length=10 * 2**30),
        "with a 2^47 header": header('{"a":1}', length=2**47),
        "with a header of one byte": header("{", length=1),
        "with a broken header": header('{"a":'),
        "with a header that is a list": header("[1]"),
        "with deep JSON": header('{"a":' * 100_000 + "1" + "}" * 100_000),
        "with NaN": header('{"a": NaN}'),
        "with a name twice": header('{"a":1,"a":2}'),
        "with metadata of numbers": header('{"__metadata__":{"a":1}}'),
        "with nothing": header("{}"),
        "with a wrong shape": header(one(shape=[5]), sixteen),
        "with a negative shape": header(one(shape=[-4]), sixteen),
        "with a shape of text": header(one(shape="4"), sixteen),
        "with a shape of truths": header(one(shape=[True]), sixteen),
        "with a huge shape": header(one(shape=[2**62, 4]), sixteen),
        "with an unknown type": header(one(dtype="OBJECT"), sixteen),
        "with a type that is a list": header(one(dtype=["F32"]), sixteen),
        "with offsets reversed": header(one(data_offsets=[16, 0]), sixteen),
        "with offsets beyond": header(one(data_offsets=[0, 2**40]), sixteen),
        "with offsets of text": header(one(data_offsets=["0", "16"]), sixteen),
        "with three offsets": header(one(data_offsets=[0, 16, 32]), sixteen),
        "with an overlap": header(overlap, b"\0" * 24),
        "with a gap": header(gap, b"\0" * 24),
        "with bytes behind": proper + b"\0",
        "half": proper[: len(proper) // 2],
        "of another network": header(one(), sixteen),
        "only its length": proper[:8],
    }.items():
        yield of_bytes(f"safetensors {label}", data)
