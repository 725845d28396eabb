"""What kind of file it is, told by its first bytes; its name says nothing."""

from __future__ import annotations

from enum import Enum

from .errors import CheckpointError
from .safetensors_files import looks_like
from .torch_files import LEGACY_START


class Container(Enum):
    """How the bytes are packed; what is inside is found out later."""

    TORCH_ZIP = "torch zip archive"
    TORCH_LEGACY = "torch stream"
    PICKLE = "pickle"
    SAFETENSORS = "safetensors"


_CHOOSE = "choose a checkpoint (.pkl, .pt, .pth or .safetensors)"
_UNPACK = "unpack it and import what is inside"
# First bytes, what such a file is, and what to do. Sources: the formats' specifications and file(1).
_OTHERS = (
    (b"\x89PNG\r\n", "a PNG picture", _CHOOSE),
    (b"\xff\xd8\xff", "a JPEG picture", _CHOOSE),
    (b"GIF8", "a GIF picture", _CHOOSE),
    (b"RIFF", "a WebP picture or a sound", _CHOOSE),
    (b"BM", "a BMP picture", _CHOOSE),
    (b"II*\0", "a TIFF picture", _CHOOSE),
    (b"MM\0*", "a TIFF picture", _CHOOSE),
    (b"8BPS", "a Photoshop document", _CHOOSE),
    (b"gimp xcf", "a GIMP document", _CHOOSE),
    (b"%PDF", "a PDF document", _CHOOSE),
    (b"\x1f\x8b", "a gzip archive", _UNPACK),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ", "an xz archive", _UNPACK),
    (b"7z\xbc\xaf", "a 7z archive", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", _UNPACK),
    (b"\x89HDF", "an HDF5 file (Keras), which is no StyleGAN2 format", _CHOOSE),
    (b"\x93NUMPY", "a numpy array", _CHOOSE),
    (b"GGUF", "a language model (GGUF)", _CHOOSE),
    (b"\x7fELF", "a program", _CHOOSE),
    (b"MZ", "a program", _CHOOSE),
    (b"\xcf\xfa\xed\xfe", "a program", _CHOOSE),
    (b"#!", "a script", _CHOOSE),
    (b"SQLite format 3", "a database", _CHOOSE),
    (b"version https://git-lfs", "a placeholder of git-lfs, not the file itself", "fetch it with `git lfs pull`"),
)
_WEB = (b"<!doctype", b"<html", b"<?xml", b"<head")


def recognise(head: bytes, size: int) -> Container:
    """From the first bytes (512 are enough) and the size of the file.

    Raises CheckpointError that names what the file is, when it is no kind of checkpoint.
    """
    if not size:
        raise CheckpointError("it is empty, so its download or copy failed; download it again")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Container.TORCH_ZIP
    if head.startswith(LEGACY_START):
        return Container.TORCH_LEGACY
    for start, what, advice in _OTHERS:
        if head.startswith(start):
            raise CheckpointError(f"it is {what}; {advice}")
    if head[257:262] == b"ustar":
        raise CheckpointError("it is a tar archive (torch wrote these before 0.1.10); " + _UNPACK)
    if head.lstrip().lower().startswith(_WEB):
        raise CheckpointError(
            "it is a web page, most likely the answer of a server that did not give the file; download it again"
        )
    if looks_like(head, size):
        return Container.SAFETENSORS
    if not any(head):
        raise CheckpointError("it begins with nothing but zeros, so its download or copy failed; download it again")
    if head[:1] == b"\x80" or _text_pickle(head):
        return Container.PICKLE
    if _is_text(head):
        raise CheckpointError(f"it is a text file; {_CHOOSE}")
    raise CheckpointError(f"it is no kind of checkpoint (it begins with {head[:8].hex(' ')}); {_CHOOSE}")


def _text_pickle(head: bytes) -> bool:
    """Protocols 0 and 1 have no signature; nearly all begin with a name, or a mark and an empty container."""
    if head[:1] in (b"}", b"]", b")"):
        return head[1:2] in (b"q", b"(", b".", b"b")
    if head[:2] in (b"(d", b"(l", b"(t"):
        return head[2:3] in (b"p", b"S", b"V", b".")
    if head[:2] in (b"(c", b"(i"):
        head = head[1:]
    lines = head.split(b"\n", 2)
    return head[:1] in (b"c", b"i") and len(lines) == 3 and all(_dotted(line) for line in (lines[0][1:], lines[1]))


def _dotted(line: bytes) -> bool:
    try:
        return bool(line) and all(part.isidentifier() for part in line.decode().split("."))
    except UnicodeDecodeError:
        return False


def _is_text(head: bytes) -> bool:
    try:
        text = head[:-4].decode() if len(head) > 4 else head.decode()
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\r\n\t\f" for character in text)
