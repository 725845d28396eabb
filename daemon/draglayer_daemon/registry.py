"""Which models there are: the bundled one, and those in the home folder. Their weights are not read here."""

from __future__ import annotations

import difflib
import importlib.util
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from draglayer_protocol.connection import home
from draglayer_protocol.messages import MAX_SIDE, MAX_TEXT, Load, ModelInfo

DESCRIPTION = "model.json"
WEIGHTS = "model.safetensors"
DISCRIMINATOR = "discriminator.safetensors"
BUNDLED = "creatures-256"
MAX_NAME = 64  # letters
MAX_LABELS = 1 << 18  # letters of all labels of one model: they travel in one message
MAX_BLOCKS = 13
_SHOWN = 8  # labels in a sentence


class UnknownModel(Exception):
    """No such model; the sentence names the nearest, and how to list them."""


class UnknownLabel(Exception):
    """The model has no such label; the sentence names the nearest."""


class BrokenModel(Exception):
    """A model's folder cannot be read; the sentence says which and why."""


@dataclass(frozen=True)
class Entry:
    """A model on disk: `folder` holds model.json and model.safetensors. Sizes in pixels.

    source_sha256  of the checkpoint that it was imported from; empty when it was not
    unusable       how many numbers of its weights are NaN or infinite
    """

    name: str
    title: str
    sha256: str
    width: int
    height: int
    labels: tuple[str, ...]
    licence: str
    folder: Path
    source_sha256: str = ""
    unusable: int = 0

    def info(self, load: Load, progress: float = 0.0, thumbnails: bool = False) -> ModelInfo:
        return ModelInfo(
            self.name,
            self.title,
            self.sha256,
            self.width,
            self.height,
            self.labels,
            self.licence,
            load,
            progress,
            thumbnails,
        )


class Registry:
    """Looks at the folders anew at every question, so that a model may be put there while the daemon runs."""

    def __init__(self, folders: tuple[Path, ...] | None = None) -> None:
        self._folders = default_folders() if folders is None else folders

    def entries(self) -> list[Entry]:
        """Every readable model, the bundled one first, the others by name."""
        return list(self._look()[0].values())

    def problems(self) -> list[str]:
        """A sentence for every folder that holds a model that cannot be read or named."""
        return self._look()[1]

    def find(self, name: str) -> Entry:
        """Raises UnknownModel."""
        found, problems = self._look()
        entry = found.get(name)
        if entry is not None:
            return entry
        near = difflib.get_close_matches(name, found, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        broken = "".join(f" {problem}." for problem in problems if repr(name) in problem)
        raise UnknownModel(f"there is no model {name!r}{hint} `draglayer models list` shows all {len(found)}.{broken}")

    def of_weights(self, sha256: str) -> Entry:
        """The model with these weights. Raises UnknownModel."""
        entries = self.entries()
        for entry in entries:
            if entry.sha256 == sha256:
                return entry
        names = ", ".join(entry.name for entry in entries) or "none"
        raise UnknownModel(
            f"this state belongs to a model whose weights have the hash {sha256[:12]}..., and none of the models here"
            f" ({names}) has it; install that model, then open the state again"
        )

    def _look(self) -> tuple[dict[str, Entry], list[str]]:
        found: dict[str, Entry] = {}
        problems: list[str] = []
        for folder in self._folders:
            here: list[Entry] = []
            for description in folder.glob(f"*/{DESCRIPTION}"):
                if description.parent.name.startswith("."):
                    continue  # a model that is being made or removed
                try:
                    here.append(read_entry(description.parent))
                except BrokenModel as error:
                    problems.append(str(error))
            for entry in sorted(here, key=lambda entry: (entry.name, entry.folder)):
                if entry.name not in found:
                    found[entry.name] = entry
                else:
                    problems.append(
                        f"two models are called {entry.name!r}, and the one in {entry.folder} is not shown;"
                        " remove one of the two"
                    )
        return found, sorted(problems)


def default_folders() -> tuple[Path, ...]:
    """Where models lie: in the engine's package, and in the home folder."""
    return (bundled_folder(), models_folder())


def models_folder() -> Path:
    """Of the models that were imported."""
    return home() / "models"


def bundled_folder() -> Path:
    """Of the models that come with the engine; found without importing it."""
    spec = importlib.util.find_spec("draglayer_engine")
    if spec is None or not spec.submodule_search_locations:
        return Path("draglayer_engine is not installed")  # holds nothing
    return Path(spec.submodule_search_locations[0]) / "bundled"


def is_name(text: str) -> bool:
    """Whether a model may be called this: it is typed on command lines and shown in lists."""
    normal = unicodedata.normalize("NFC", text) == text
    return normal and len(text) <= MAX_NAME and re.fullmatch(r"[^\W_][\w.-]*", text) is not None


def label_of(labels: Sequence[str], model: str, text: str) -> int:
    """The number of a label that was named, or given as its number. Raises UnknownLabel.

    A number that is too large goes through: whoever opens the model says what is wrong with it.
    """
    if text in labels:
        return labels.index(text)
    if re.fullmatch(r"[0-9]{1,9}", text):
        return int(text)
    if not labels:
        raise UnknownLabel(f"the model {model!r} has no labels, so there is none called {text!r}; leave it out")
    near = difflib.get_close_matches(text, labels, n=1)
    hint = f"; did you mean {near[0]!r}? It" if near else "; it"
    raise UnknownLabel(f"the model {model!r} has no label {text!r}{hint} has {label_words(labels)}")


def label_words(labels: Sequence[str]) -> str:
    """`0 cat, 1 dog and 8 more`."""
    shown = ", ".join(f"{i} {label}" if label != str(i) else label for i, label in enumerate(labels[:_SHOWN]))
    return shown + (f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else "")


def read_description(folder: Path) -> dict[str, Any]:
    """A model's model.json. Raises BrokenModel."""
    path = folder / DESCRIPTION
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        json.dumps(values, ensure_ascii=False).encode()  # a ValueError for half a character, which cannot be sent
        if not isinstance(values, dict):
            raise TypeError(f"a {type(values).__name__}")
    except OSError as error:
        raise BrokenModel(f"the model {folder.name!r} cannot be read: {path}: {error.strerror}") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise _damaged(folder, repr(error)) from error
    return values


def read_entry(folder: Path) -> Entry:
    """Raises BrokenModel."""
    values = read_description(folder)
    try:
        width, height = _size(values["architecture"])
        source = values.get("source") or {}
        entry = Entry(
            name=_text(values, "name"),
            title=_text(values, "title"),
            sha256=_text(values, "sha256"),
            width=width,
            height=height,
            labels=_labels(values),
            licence=_text(values, "licence"),
            folder=folder,
            source_sha256=str(source.get("sha256", "")),
            unusable=sum(int(count) for count in (values.get("unusable") or {}).values()),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise _damaged(folder, repr(error)) from error
    if not is_name(entry.name):
        raise _damaged(folder, f"it is called {entry.name[:MAX_NAME]!r}, which is no name")
    if not re.fullmatch(r"[0-9a-f]{64}", entry.sha256):
        raise _damaged(folder, "it has no sha256 of its weights")
    return entry


def _damaged(folder: Path, why: str) -> BrokenModel:
    return BrokenModel(
        f"the model {folder.name!r} cannot be read: {folder / DESCRIPTION} is damaged ({why}); install it again"
    )


def _text(values: dict[str, Any], name: str) -> str:
    text = str(values[name])
    if len(text) > MAX_TEXT:
        raise ValueError(f"its {name} has {len(text)} letters")
    return text


def _size(architecture: dict[str, Any]) -> tuple[int, int]:
    """Width and height of the picture."""
    height, width = (int(side) for side in architecture["base"])
    blocks = len(architecture["channels"])
    if not (1 <= blocks <= MAX_BLOCKS and min(height, width) >= 1):
        raise ValueError(f"{blocks} blocks on a base of {height} x {width}")
    scale = 2 ** (blocks - 1)
    if max(height, width) * scale > MAX_SIDE:
        raise ValueError(f"a picture with a side of more than {MAX_SIDE} pixels")
    return width * scale, height * scale


def _labels(values: dict[str, Any]) -> tuple[str, ...]:
    labels = tuple(str(label) for label in values.get("labels") or ())
    count = int(values["architecture"].get("c_dim", len(labels)))
    if not labels and count <= MAX_LABELS:
        labels = tuple(str(number) for number in range(count))
    if len(labels) != count or sum(map(len, labels)) > MAX_LABELS:
        raise ValueError(f"{len(labels)} labels where {count} are needed, or too long ones")
    twice = [label for label, times in Counter(labels).items() if times > 1]
    if twice:
        raise ValueError(f"several labels are called {twice[0]!r}")
    return labels
