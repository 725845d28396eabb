"""Everything that is no checkpoint at all, and proper checkpoints that were cut or damaged on their way."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

from safetensors.torch import save

from .formats import SKIP
from .hostile_archives import hostile_archives
from .hostile_case import Hostile, of_bytes
from .hostile_gadgets import hostile_gadgets
from .hostile_networks import hostile_networks
from .hostile_pickles import hostile_pickles
from .hostile_work import hostile_work
from .networks import network
from .writer_nvidia import write_nvidia, write_pti, write_state_dict
from .writer_rosinality import write_converted
from .writer_tensorflow import write_tensorflow


def hostile_files(canary: Path) -> list[Hostile]:
    """All of them, the same at every call; executing one would leave the canary."""
    return [
        *_plain(),
        *_special(),
        *hostile_gadgets(canary),
        *hostile_pickles(canary),
        *hostile_work(canary),
        *hostile_archives(canary),
        *hostile_networks(canary),
        *_damaged(canary),
    ]


def _plain() -> Iterator[Hostile]:
    noise = random.Random(1).randbytes(5000)
    for label, data in {
        "empty": b"",
        "one byte": b"\x80",
        "two bytes": b"\x80\x04",
        "zeros": b"\0" * 100_000,
        "noise": noise,
        "noise after a pickle's first bytes": b"\x80\x04" + noise,
        "text": b"Dear reader,\nthis is no checkpoint.\n" * 40,
        "text beginning as a pickle": b"(dear reader)\n",
        "text beginning as a name": b"cats\nand dogs are no modules\n",
        "JSON": b'{"G_ema": {"a": 1}}',
        "a web page": b"<!DOCTYPE html><html><body>Google Drive - Virus scan warning</body></html>",
        "an XML answer": b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
        "a git-lfs pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 381673535\n",
        "a PNG": b"\x89PNG\r\n\x1a\n" + noise,
        "a JPEG": b"\xff\xd8\xff\xe0" + noise,
        "a GIF": b"GIF89a" + noise,
        "a WebP": b"RIFF\x00\x10\x00\x00WEBP" + noise,
        "a gzip archive": b"\x1f\x8b\x08\x00" + noise,
        "an xz archive": b"\xfd7zXZ\x00" + noise,
        "a zstd archive": b"\x28\xb5\x2f\xfd" + noise,
        "a 7z archive": b"7z\xbc\xaf\x27\x1c" + noise,
        "a tar archive": b"a" * 257 + b"ustar\x0000" + noise,
        "a PDF": b"%PDF-1.7\n" + noise,
        "an HDF5 file": b"\x89HDF\r\n\x1a\n" + noise,
        "a numpy file": b"\x93NUMPY\x01\x00" + noise,
        "an ELF program": b"\x7fELF\x02\x01\x01" + noise,
        "a Windows program": b"MZ\x90\x00" + noise,
        "a script": b"#!/bin/sh\nrm -rf nothing\n",
        "a database": b"SQLite format 3\0" + noise,
        "a GGUF model": b"GGUF\x03\0\0\0" + noise,
        "a protocol 0 name": b"cos\nsystem\n.",
        "a protocol 0 call": b"cos\nsystem\n(S'true'\ntR.",
        "a protocol 0 dictionary": b"(dp0\nS'G_ema'\np1\nNs.",
    }.items():
        yield of_bytes(f"file {label}", data)


def _special() -> Iterator[Hostile]:
    yield Hostile("no file", lambda path: None)
    yield Hostile("a directory", lambda path: path.mkdir())
    yield Hostile("a link to nothing", lambda path: path.symlink_to("nowhere"))
    yield Hostile("a link to itself", lambda path: path.symlink_to(path.name))
    yield Hostile("a pipe", os.mkfifo)
    yield Hostile("a device", lambda path: path.symlink_to("/dev/zero"))


def _damaged(canary: Path) -> Iterator[Hostile]:
    generator = network(SKIP)
    proper = {
        "pkl": write_nvidia(generator, canary),
        "tensorflow": write_tensorflow(generator, canary),
        "zip": write_pti(generator, canary),
        "state dict": write_state_dict(generator),
        "stream": write_converted(generator, canary, legacy=True),
        "safetensors": save({n: t.contiguous() for n, t in generator.state_dict().items()}),
    }
    random_places = random.Random(7)
    for label, data in proper.items():
        for part in (0.02, 0.2, 0.5, 0.8, 0.99):
            yield of_bytes(f"{label} cut at {part:.0%}", data[: int(len(data) * part)])
        yield of_bytes(f"{label} without its last byte", data[:-1])
        yield of_bytes(f"{label} without its first byte", data[1:])
        for _ in range(10):
            place = random_places.randrange(len(data))
            flipped = data[:place] + bytes([data[place] ^ 1 << random_places.randrange(8)]) + data[place + 1 :]
            yield of_bytes(f"{label} with bit {place} flipped", flipped, refused=False)
