"""Small files that ask for endless work: copies of copies, colliding keys, values that print without end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .formats import SKIP
from .hostile_case import Hostile, of_bytes
from .hostile_gadgets import legacy, value_of_bytes
from .networks import network
from .opcodes import call, name, pickled, text, value
from .writer_nvidia import arguments, write_nvidia
from .writer_tensorflow import write_tensorflow

PRIME = 2**61 - 1  # Python's hash of a number is its remainder by this


def hostile_work(canary: Path) -> Iterator[Hostile]:
    for label, body in {**_copies(), **_collisions(), **_searches()}.items():
        yield of_bytes(f"work {label}", pickled(body))
    generator, bomb = network(SKIP), laughs()
    layer = "synthesis.b8.conv1"
    for label, override in {
        "an activation that prints without end": {layer: {"activation": bomb}},
        "a clamp that prints without end": {layer: {"conv_clamp": bomb}},
        "a rate that prints without end": {"mapping.fc0": {"bias_gain": bomb}},
    }.items():
        yield of_bytes(f"work {label}", write_nvidia(generator, canary, override=override, keys=("G_ema",)))
    stated = arguments(generator, flat=True) | {"conv_clamp": bomb}
    yield of_bytes(
        "work arguments that print without end", write_nvidia(generator, canary, kwargs=stated, layer_settings=False)
    )
    for setting in ("resample_kernel", "nonlinearity", "mapping_lrmul", "conv_clamp"):
        data = write_tensorflow(generator, canary, settings={setting: bomb})
        yield of_bytes(f"work tensorflow {setting} that prints without end", data)


def laughs(levels: int = 60) -> Any:
    """A list that holds a list ten times, which holds a list ten times, ..."""
    item: Any = ["ha"]
    for _ in range(levels):
        item = [item] * 10
    return item


def _copies() -> dict[str, bytes]:
    """A list of 100 000 in the memo, and few bytes for every copy of it."""
    numbers = b"(" + b"K\x01" * 100_000 + b"lq\x000"
    pairs = b"(" + b"".join(value((f"{i:05}", 1)) for i in range(30_000)) + b"lq\x000"
    state = b"}(" + b"".join(text(f"{i:05}") + b"N" for i in range(30_000)) + b"uq\x000"
    long = text("a" * 10_000_000) + b"q\x000"
    floats = value(("storage", name("torch", "FloatStorage"), "0", "cpu", 1, None)) + b"Q"
    blob = legacy(pickled(b"N0" * 10_000 + floats), pickled(value(["0"])), b"\x01" + bytes(7 + 4))
    return {
        "copies of a list": numbers + name("builtins", "list") + b"q\x010" + b"h\x01h\x00\x85R0" * 50_000 + b"N",
        "copies of a set": numbers + name("builtins", "set") + b"q\x010" + b"h\x01h\x00\x85R0" * 50_000 + b"N",
        "copies of a dictionary": pairs
        + name("collections", "OrderedDict")
        + b"q\x010"
        + b"h\x01h\x00\x85R0" * 50_000
        + b"N",
        "states put over states": state + name("models", "A") + b")\x81" + b"h\x00b" * 50_000,
        "little put over a large state": state + name("models", "A") + b")\x81h\x00b" + b"}b" * 50_000,
        "states of slots put over states": state
        + b"h\x00N\x86q\x010"
        + name("models", "A")
        + b")\x81"
        + b"h\x01b" * 50_000,
        "arguments by the hundred thousand": b"("
        + b"K\x01" * 100_000
        + b"tq\x000"
        + name("copyreg", "__newobj__")
        + b"q\x010"
        + b"h\x01h\x00R0" * 50_000
        + b"N",
        "texts turned into bytes": long
        + name("_codecs", "encode")
        + b"q\x010"
        + b"h\x01(h\x00"
        + text("latin1")
        + b"tR0" * 1
        + (b"h\x01(h\x00" + text("latin1") + b"tR0") * 20_000
        + b"N",
        "one nested file again and again": value_of_bytes(blob)
        + b"q\x000"
        + name("torch.storage", "_load_from_bytes")
        + b"q\x010"
        + b"h\x01h\x00\x85R0" * 50_000
        + b"N",
        "names of 10 million letters": long + b"h\x00h\x00\x930" * 50_000 + b"N",
        "types named by 10 million letters": long + (name("numpy", "dtype") + b"h\x00\x85R0") * 5_000 + b"N",
        "a shape of 100 000": numbers
        + (call(name("torch._utils", "_rebuild_tensor_v2"), b"N", 0, b"h\x00", b"h\x00") + b"0") * 5_000
        + b"N",
    }


def _collisions() -> dict[str, bytes]:
    """Keys of one hash: each is compared with all before."""
    return {
        "keys of one hash": b"}(" + b"".join(value(i * PRIME) + b"N" for i in range(1, 50_000)) + b"u",
        "a set of one hash": b"\x8f(" + b"".join(value(i * PRIME) for i in range(1, 50_000)) + b"\x90",
        "negative keys of one hash": b"}(" + b"".join(value(-i * PRIME) + b"N" for i in range(1, 50_000)) + b"u",
        "tuple keys of one hash": b"}(" + b"".join(value((i * PRIME,)) + b"N" for i in range(1, 50_000)) + b"u",
    }


def _searches() -> dict[str, bytes]:
    """One large dictionary in many places."""
    large = b"}(" + b"".join(text(f"{i:05}") + b"N" for i in range(20_000)) + b"uq\x000"
    many = b"}(" + b"".join(text(str(i)) + b"h\x00" for i in range(20_000)) + b"u"
    module = name("models", "A") + b")\x81}(" + text("_modules") + b"N" + text("_parameters") + b"h\x00ub"
    modules = b"}(" + b"".join(text(str(i)) + module for i in range(5_000)) + b"u"
    return {
        "a large dictionary in many places": large + many,
        "modules with one large dictionary": large + modules,
        "components of components": _components(),
    }


def _components() -> bytes:
    """TensorFlow networks whose components are one another, a thousand times on every level."""
    network_name = name("dnnlib.tflib.network", "Network")
    body = network_name + b")\x81" + value({"variables": [], "static_kwargs": {}, "components": {}}) + b"bq\x000"
    for level in range(1, 6):
        parts = b"}(" + b"".join(text(str(i)) + b"h" + bytes([level - 1]) for i in range(1000)) + b"u"
        state = b"}(" + text("variables") + b"]" + text("static_kwargs") + b"}" + text("components") + parts + b"u"
        body += network_name + b")\x81" + state + b"bq" + bytes([level]) + b"0"
    return body + b"h\x05"
