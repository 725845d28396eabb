"""A colour profile of a wide gamut, made of numbers (ICC.1:2001-04): AdobeRGB's primaries and gamma, adapted to D50."""

from __future__ import annotations

import struct

PRIMARIES = {
    b"rXYZ": (0.60974, 0.31111, 0.01947),
    b"gXYZ": (0.20528, 0.62567, 0.06087),
    b"bXYZ": (0.14919, 0.06322, 0.74457),
}
GAMMA = 563 / 256


def wide_gamut() -> bytes:
    """A matrix profile for displays, version 2."""
    name = b"Wide, made by a test"
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", len(name) + 1) + name + bytes(1 + 4 + 4 + 2 + 1 + 67),
        b"cprt": b"text" + bytes(4) + b"CC0\0",
        b"wtpt": _xyz(0.9642, 1.0, 0.8249),
        **{tag: _xyz(*values) for tag, values in PRIMARIES.items()},
        **{tag: b"curv" + bytes(4) + struct.pack(">IH", 1, round(GAMMA * 256)) for tag in (b"rTRC", b"gTRC", b"bTRC")},
    }
    table, data, at = b"", b"", 128 + 4 + 12 * len(tags)
    for tag, value in tags.items():
        table += tag + struct.pack(">II", at + len(data), len(value))
        data += value + bytes(-len(value) % 4)
    size = at + len(data)
    date = struct.pack(">6H", 2020, 1, 1, 0, 0, 0)
    header = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x02100000, b"mntr", b"RGB ", b"XYZ ") + date + b"acsp"
    header += bytes(4 * 7) + _xyz(0.9642, 1.0, 0.8249)[8:] + bytes(4 + 44)
    assert len(header) == 128
    return header + struct.pack(">I", len(tags)) + table + data


def _xyz(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(65536 * value) for value in values))
