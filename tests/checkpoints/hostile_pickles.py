"""Pickles that break readers: lengths that lie, nesting, memo tricks, and tensors that are none."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from .formats import SKIP
from .hostile_case import Hostile, of_bytes
from .hostile_gadgets import legacy, value_of_bytes
from .networks import network
from .opcodes import PROTO, before, call, name, pickled, text, value
from .writer_nvidia import write_nvidia

_TEN_GB = 10 * 2**30


def hostile_pickles(canary: Path) -> Iterator[Hostile]:
    checkpoint = write_nvidia(network(SKIP), canary)
    for label, body in {**_lengths(), **_machine(), **_nesting()}.items():
        yield of_bytes(f"pickle {label}", pickled(body))
    for label, body in {**_tensors(), **_arrays()}.items():
        yield of_bytes(f"tensor {label}", before(body, checkpoint))
    yield from _streams()


def _lengths() -> dict[str, bytes]:
    huge = struct.pack("<Q", _TEN_GB)
    return {
        "10 GB of bytes": b"\x8e" + huge,
        "10 GB of bytearray": b"\x96" + huge,
        "10 GB of text": b"\x8d" + huge,
        "10 GB frame": b"\x95" + huge + b"N",
        "2^64 - 1 bytes": b"\x8e" + b"\xff" * 8,
        "4 GB of old text": b"T\xff\xff\xff\xff",
        "4 GB of unicode": b"X\xff\xff\xff\xffabc",
        "4 GB of bytes": b"B\xff\xff\xff\xff",
        "2 GB whole number": b"\x8b\xff\xff\xff\x7f",
        "negative length of a whole number": b"\x8b\xff\xff\xff\xff",
        "whole number of 100 kB": b"\x8b" + struct.pack("<I", 100_000) + b"\x7f" * 100_000,
        "whole number of 100 000 digits": b"I" + b"9" * 100_000 + b"\n",
        "long of 5 000 digits": b"L" + b"9" * 5_000 + b"L\n",
        "number without digits": b"I\n",
        "number of two signs": b"I+-5\n",
        "number with a line": b"I1_0\n",
        "number that is text": b"Iabc\n",
        "float that is text": b"Fabc\n",
        "line without end": b"V" + b"a" * 3_000_000,
        "string without quotes": b"Sabc\n",
        "string of one quote": b"S'\n",
        "text that is not UTF-8": b"X\x02\x00\x00\x00\xff\xfe",
        "name that is not UTF-8": b"c\xff\xfe\n\xff\n",
        "20 MB text": b"X" + struct.pack("<I", 20_000_000) + b"a" * 20_000_000,
    }


def _machine() -> dict[str, bytes]:
    return {
        "nothing": b"",
        "only marks": b"(" * 1000,
        "takes from an empty stack": b"0",
        "tuple of too few": b"K\x01\x87",
        "closes an unopened mark": b"t",
        "list below the mark": b"K\x01(a",
        "items without a dictionary": b"K\x01K\x02K\x03s",
        "odd items": b"}(K\x01K\x02K\x03u",
        "odd dictionary": b"(K\x01d",
        "append to a number": b"K\x01K\x02a",
        "add to a tuple": b")(K\x01\x90",
        "key that is a list": b"}]K\x01s",
        "key that is a dictionary": b"(}K\x01d",
        "key of nested tuples": b"}" + b")" + b"\x85" * 200 + b"K\x01s",
        "key of a long tuple": b"}(" + b"K\x01" * 100 + b"tK\x01s",
        "set of lists": b"\x8f(]\x90",
        "frozen set of lists": b"(]\x91",
        "recalls nothing": b"h\x07",
        "recalls line": b"g99\n",
        "recalls minus one": b"g-1\n",
        "stores at minus one": b"K\x01p-1\n",
        "stores at 2^32 - 1": b"K\x01r\xff\xff\xff\xff",
        "stores nothing": b"q\x00",
        "memo of a million places": b"N" + b"".join(b"r" + struct.pack("<I", i << 12) for i in range(200_000)),
        "list in itself": b"]q\x00h\x00a",
        "dictionary in itself": b"}q\x00" + text("a") + b"h\x00s",
        "object in itself": name("models", "A") + b")\x81q\x00}" + text("_modules") + b"h\x00sb",
        "protocol 200": b"\x80\xc8",
        "unknown instruction": b"\xff",
        "buffer outside": b"\x97",
        "read-only buffer": b"\x98",
        "name of a number": b"K\x01K\x02\x93",
        "name of a list": text("os") + b"]\x93",
        "call without arguments": name("models", "A") + b"R",
        "call with a list": name("models", "A") + b"]R",
        "object of nothing": b"(o",
        "named arguments in a list": name("models", "A") + b")]\x92",
        "2.1 million instructions": b"N0" * 1_050_000 + b"N",
        "a million objects": b"](" + b"}" * 1_000_000 + b"e",
        "a number": b"K\x01",
        "None": b"N",
        "text": text("abc"),
        "a name": name("torch", "Size"),
        "an object": name("models", "A") + b")\x81",
        "empty dictionary": b"}",
        "G_ema is None": value({"G_ema": None}),
        "G_ema is text": value({"G_ema": "abc"}),
    }


def _nesting() -> dict[str, bytes]:
    deep = 400_000
    module = name("models", "A") + b")\x81}" + text("_modules") + b"}" + text("a")
    bomb = (
        b"("
        + b"K\x01" * 10
        + b"l"
        + b"".join(b"q" + bytes([i]) + b"(" + (b"h" + bytes([i])) * 10 + b"l" for i in range(60))
    )
    modules = name("models", "A") + b")\x81}" + text("_modules") + b"}sb"
    for i in range(40):  # each holds the one before twice: 2^40 paths
        modules += b"q" + bytes([i]) + name("models", "A") + b")\x81}" + text("_modules") + b"}("
        modules += text("a") + b"h" + bytes([i]) + text("b") + b"h" + bytes([i]) + b"usb"
    return {
        "lists in lists": b"]" * deep + b"a" * (deep - 1),
        "tuples in tuples": b")" + b"\x85" * deep,
        "dictionaries in dictionaries": (b"}" + text("a")) * deep + b"N" + b"s" * deep,
        "objects in objects": b")" + (b"cmodels\nA\n" + b"\x85") * 1 + b"\x85" * deep,
        "records in records": b"N" + b"\x85" * 1 + b"".join(b"q\x000cmodels\nA\nh\x00R\x85" for _ in range(100_000)),
        "modules in modules": module * 5_000 + b"N" + b"ssb" * 5_000,
        "a billion laughs": bomb,
        "2^40 modules": modules,
    }


def _storage(module: str = "torch", kind: str = "FloatStorage", key: object = "0", count: object = 4) -> bytes:
    return value(("storage", name(module, kind), key, "cpu", count)) + b"Q"


def _nested(
    count: int = 4, tail: bytes | None = None, announced: int | None = None, kind: str = "FloatStorage"
) -> bytes:
    """A storage of `count` floats in a string of bytes."""
    identifier = value(("storage", name("torch", kind), "0", "cpu", announced or count, None)) + b"Q"
    data = struct.pack("<Q", count) + (b"\0" * 4 * min(count, 1000) if tail is None else tail)
    inner = legacy(pickled(identifier), pickled(value(["0"])), data)
    return call(name("torch.storage", "_load_from_bytes"), value_of_bytes(inner))


def _tensor(storage: bytes, offset: object, shape: object, strides: object) -> bytes:
    return call(name("torch._utils", "_rebuild_tensor_v2"), storage, offset, shape, strides, False, {})


def _tensors() -> dict[str, bytes]:
    four = _nested()
    return {
        "beyond its storage": _tensor(four, 0, (5,), (1,)),
        "offset beyond": _tensor(four, 4, (1,), (1,)),
        "negative offset": _tensor(four, -1, (2,), (1,)),
        "negative stride": _tensor(four, 3, (4,), (-1,)),
        "negative size": _tensor(four, 0, (-4,), (1,)),
        "huge stride": _tensor(four, 0, (2,), (2**40,)),
        "huge size, stride 0": _tensor(four, 0, (2**40,), (0,)),
        "huge sizes": _tensor(four, 0, (2**62, 2**62), (2**62, 1)),
        "overlapping rows": _tensor(four, 0, (2, 3), (1, 1)),
        "nine dimensions": _tensor(four, 0, (1,) * 9, (1,) * 9),
        "more sizes than strides": _tensor(four, 0, (2, 2), (1,)),
        "sizes that are text": _tensor(four, 0, "22", (1, 1)),
        "offset that is text": _tensor(four, "0", (2,), (1,)),
        "offset that is a truth": _tensor(four, True, (2,), (1,)),
        "storage that is text": _tensor(text("abc"), 0, (2,), (1,)),
        "storage that is None": _tensor(b"N", 0, (2,), (1,)),
        "without arguments": call(name("torch._utils", "_rebuild_tensor_v2")),
        "storage of 2^40 numbers": _nested(2**40),
        "storage that ends early": _nested(4, b"\0" * 7),
        "storage of another length": _nested(4, announced=8),
        "storage of objects": _nested(kind="ObjectStorage"),
        "storage of quantised numbers": _nested(kind="QInt8Storage"),
        "storage by a negative count": _nested(announced=-4),
        "parameter of nothing": call(name("torch._utils", "_rebuild_parameter")),
    }


def _array(dtype: bytes, shape: object, data: object, *, kind: str = "numpy.core.multiarray") -> bytes:
    empty = call(name(kind, "_reconstruct"), name("numpy", "ndarray"), (0,), value_of_bytes(b"b"))
    return empty + value((1, shape, dtype, False, data)) + b"b"


def _dtype(code: str, state: object = None) -> bytes:
    return call(name("numpy", "dtype"), code, False, True) + (value(state) + b"b" if state is not None else b"")


def _arrays() -> dict[str, bytes]:
    four, sixteen = _dtype("f4"), value_of_bytes(b"\0" * 16)
    scalar = name("numpy._core.multiarray", "scalar")
    return {
        "numpy objects": _array(_dtype("O8"), (1,), [name("models", "A")]),
        "numpy objects, new numpy": _array(_dtype("|O"), (1,), [1], kind="numpy._core.multiarray"),
        "numpy object scalar": call(scalar, _dtype("O"), value_of_bytes(b"x")),
        "numpy records": _array(_dtype("V8", (3, "|", None, ("a",), {"a": 1}, 8, 1, 0)), (2,), sixteen),
        "numpy sub-array": _array(_dtype("V8", (3, "|", (four, (2,)), None, None, 8, 1, 0)), (2,), sixteen),
        "numpy shape too large": _array(four, (5,), sixteen),
        "numpy shape of 2^62": _array(four, (2**62,), sixteen),
        "numpy negative shape": _array(four, (-4,), sixteen),
        "numpy shape of floats": _array(four, (4.0,), sixteen),
        "numpy shape that is text": _array(four, "4", sixteen),
        "numpy odd bytes": _array(four, (4,), value_of_bytes(b"\0" * 15)),
        "numpy bytes that are a list": _array(four, (4,), [1, 2, 3, 4]),
        "numpy bytes that are unicode": _array(four, (1,), "\u20ac\u20ac"),
        "numpy type that is text": _array(text("f4"), (4,), sixteen),
        "numpy type by expression": _dtype("f4,f4"),
        "numpy type that is a number": call(name("numpy", "dtype"), 4),
        "numpy state of one": call(name("numpy.core.multiarray", "_reconstruct")) + value((1,)) + b"b",
        "numpy state of a type": _dtype("f4", (1, 2)),
        "numpy frombuffer of text": call(name("numpy.core.numeric", "_frombuffer"), "abc", four, (1,), "C"),
        "numpy frombuffer in no order": call(name("numpy.core.numeric", "_frombuffer"), sixteen, four, (4,), "Z"),
        "numpy frombuffer with axes twice": call(
            name("numpy._core.numeric", "_frombuffer"), sixteen, four, (2, 2), "K", (0, 0)
        ),
        "numpy scalar of too many bytes": call(scalar, four, sixteen),
        "encode of a number": call(name("_codecs", "encode"), 5, "latin1"),
        "encode of other letters": call(name("_codecs", "encode"), "\u20ac", "latin1"),
        "dictionary of a number": call(name("collections", "OrderedDict"), [1]),
        "set of a number": call(name("builtins", "set"), 5),
    }


def _streams() -> Iterator[Hostile]:
    """Broken old streams of torch.save."""
    storage = pickled(_storage(count=4).replace(b"tQ", b"NtQ"))
    yield of_bytes("stream without keys", legacy(storage, b""))
    yield of_bytes("stream with other keys", legacy(storage, pickled(value(["1"]))))
    yield of_bytes("stream with keys that are lists", legacy(storage, pickled(value([["0"]]))))
    yield of_bytes("stream with keys twice", legacy(storage, pickled(value(["0", "0"])), b"\0" * 64))
    yield of_bytes("stream with 10 GB of numbers", legacy(storage, pickled(value(["0"])), struct.pack("<Q", _TEN_GB)))
    yield of_bytes("stream with a path as key", legacy(pickled(_storage(key="../0").replace(b"tQ", b"NtQ"))))
    yield of_bytes("stream of a view", legacy(pickled(_storage().replace(b"tQ", value(("0", 0, 4)) + b"tQ"))))
    other = value(("storage", name("torch", "HalfStorage"), "0", "cpu", 4, None)) + b"Q"
    two = b"(" + _storage().replace(b"tQ", b"NtQ") + other + b"t"
    yield of_bytes("stream with one storage in two ways", legacy(pickled(two)))
    magic = PROTO + value(0x1950A86A20F9469CFC6C) + b"."
    yield of_bytes("stream of another version", magic[:2].replace(b"\x04", b"\x02") + magic[2:] + pickled(value(7)))
    yield of_bytes("stream that ends after its number", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.")
    big = (
        legacy(pickled(b"N"))
        .replace(b"little_endian\x94\x88", b"little_endian\x94\x89")
        .replace(b"little_endianq\x02\x88", b"little_endianq\x02\x89")
    )
    yield of_bytes("stream of a big-endian machine", big)
