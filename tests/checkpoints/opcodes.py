"""Pickles put together by hand: what no pickler would write."""

from __future__ import annotations

import struct
from typing import Any

PROTO = b"\x80\x04"


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def raw(data: bytes) -> bytes:
    return b"B" + struct.pack("<I", len(data)) + data


def whole(value: int) -> bytes:
    return b"J" + struct.pack("<i", value) if -(1 << 31) <= value < 1 << 31 else _long(value)


def _long(value: int) -> bytes:
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def name(module: str, attribute: str) -> bytes:
    """Protocol 0: two lines of text."""
    return b"c" + module.encode() + b"\n" + attribute.encode() + b"\n"


def stack_name(module: str, attribute: str) -> bytes:
    """Protocol 4: two texts on the stack, here recalled from the memo."""
    return text(module) + b"q\xfa0" + text(attribute) + b"q\xfb0" + b"h\xfah\xfb\x93"


def value(item: Any) -> bytes:
    """Constants, lists, tuples and dictionaries; bytes stand for instructions that are there already."""
    match item:
        case bytes():
            return item
        case None:
            return b"N"
        case bool():
            return b"\x88" if item else b"\x89"
        case int():
            return whole(item)
        case float():
            return b"G" + struct.pack(">d", item)
        case str():
            return text(item)
        case tuple():
            return b"(" + b"".join(map(value, item)) + b"t"
        case list():
            return b"](" + b"".join(map(value, item)) + b"e"
        case dict():
            return b"}(" + b"".join(value(k) + value(v) for k, v in item.items()) + b"u"
        case _:
            raise TypeError(item)


def call(function: bytes, *args: Any) -> bytes:
    return function + value(args) + b"R"


def pickled(body: bytes) -> bytes:
    return PROTO + body + b"."


def before(body: bytes, data: bytes) -> bytes:
    """The pickle `data` with `body` carried out (and dropped) first."""
    return PROTO + body + b"0" + data
