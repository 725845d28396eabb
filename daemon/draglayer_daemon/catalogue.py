"""Public checkpoints that `draglayer models pull` knows (public_models.json), and those of a studio's own list.

Where the figures in public_models.json come from. Addresses: the publishers' pages, and the list of the public DragGAN
(scripts/download_models.json); human-512 and lhq-256 lie in a folder that no program can fetch from, so theirs are of a
copy. Hashes and sizes: the publishers give none; these are of copies that others keep under Git LFS, whose pointers
show both (huggingface.co: aaronb/StyleGAN2-pkl at 422f404, DragGan/DragGan-Models at bcc1b75; files that are in both
agree). A size in whole millions is rounded. Licences: as the pages under `terms` say. None was fetched here.
"""

from __future__ import annotations

import difflib
import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from draglayer_protocol.connection import home
from draglayer_protocol.messages import MAX_TEXT

from .drag_inputs import CannotRead
from .registry import is_name

OWN_LIST = "catalogue.json"  # in the home folder
PUBLIC_LIST = Path(__file__).with_name("public_models.json")


class People(Enum):
    """Whether a model's pictures show people; they are nobody, and may look like somebody."""

    NO = "no"
    SOMETIMES = "sometimes"
    YES = "yes"


class UnknownPublic(Exception):
    """No such model in the catalogue; the sentence names the nearest."""


@dataclass(frozen=True)
class Public:
    """A checkpoint that can be fetched.

    size    bytes of the file
    sha256  of the file; None: it is noted when it is fetched for the first time
    terms   page on which the publisher states the licence
    """

    name: str
    title: str
    address: str
    size: int
    sha256: str | None
    width: int
    height: int
    licence: str
    terms: str
    people: People
    labels: tuple[str, ...] | None = None


def catalogue() -> dict[str, Public]:
    """Everything that can be pulled, by name; of two of one name that of the studio's own list. Raises CannotRead."""
    return {model.name: model for model in (*read_list(PUBLIC_LIST), *read_list(home() / OWN_LIST))}


def find(name: str) -> Public:
    """Raises UnknownPublic, CannotRead."""
    known = catalogue()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    raise UnknownPublic(
        f"no public model {name!r} is known{hint} `draglayer models pull --list` shows all {len(known)};"
        " a file that you have is imported with `draglayer models import`"
    )


def read_list(path: Path) -> list[Public]:
    """A JSON array of objects with the fields of `Public`. Empty without a file. Raises CannotRead."""
    try:
        values = json.loads(path.read_text("utf-8"))
        return [_public(value) for value in values]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CannotRead(f"the list {path} cannot be read: {error.strerror}; check its permissions") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CannotRead(
            f"the list {path} is no array of models ({error!r}); each needs name, title, address, size, sha256 (or"
            " null), width, height, licence, terms and people (no, sometimes or yes)"
        ) from error


def _public(value: Mapping[str, Any]) -> Public:
    labels, sha256 = value.get("labels"), value["sha256"]
    model = Public(
        name=str(value["name"]),
        title=str(value["title"]),
        address=str(value["address"]),
        size=int(value["size"]),
        sha256=None if sha256 is None else str(sha256).lower(),
        width=int(value["width"]),
        height=int(value["height"]),
        licence=str(value["licence"]),
        terms=str(value["terms"]),
        people=People(value["people"]),
        labels=None if labels is None else tuple(str(label) for label in labels),
    )
    for text in (model.title, model.address, model.licence, model.terms, *(model.labels or ())):
        if not text.isprintable() or len(text) > MAX_TEXT:
            raise ValueError(f"{text[:40]!r} of {model.name!r} is no line of text")
    if min(model.size, model.width, model.height) < 1:
        raise ValueError(f"the size of {model.name!r} is no number above 0")
    if not is_name(model.name):
        raise ValueError(f"{model.name!r} is no name")
    if model.sha256 is not None and not re.fullmatch("[0-9a-f]{64}", model.sha256):
        raise ValueError(f"the sha256 of {model.name} has not 64 hexadecimal digits")
    if not _safe(model):
        raise ValueError(f"the address of {model.name} must begin with https, or its sha256 must be given")
    return model


def _safe(model: Public) -> bool:
    """What comes without encryption may be anything, so its hash must be known; this machine itself is trusted."""
    parts = urlsplit(model.address)
    if parts.scheme == "https" or (parts.scheme == "http" and model.sha256 is not None):
        return bool(parts.hostname)
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
