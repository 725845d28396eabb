"""Which models there are: the bundled one, and those in the home folder. Their weights are not read here."""

from __future__ import annotations

import difflib
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from draglayer_protocol.connection import home
from draglayer_protocol.messages import Load, ModelInfo

DESCRIPTION = "model.json"
WEIGHTS = "model.safetensors"
BUNDLED = "creatures-256"


class UnknownModel(Exception):
    """No such model; the sentence names the nearest, and how to list them."""


class BrokenModel(Exception):
    """A model's folder cannot be read; the sentence says which and why."""


@dataclass(frozen=True)
class Entry:
    """A model on disk: `folder` holds model.json and model.safetensors. Sizes in pixels."""

    name: str
    title: str
    sha256: str
    width: int
    height: int
    labels: tuple[str, ...]
    licence: str
    folder: Path

    def info(self, load: Load) -> ModelInfo:
        return ModelInfo(self.name, self.title, self.sha256, self.width, self.height, self.labels, self.licence, load)


class Registry:
    """Looks at the folders anew at every question, so that a model may be put there while the daemon runs."""

    def __init__(self, folders: tuple[Path, ...] | None = None) -> None:
        self._folders = default_folders() if folders is None else folders

    def entries(self) -> list[Entry]:
        """Every readable model, the bundled one first, the others by name."""
        return list(self._look()[0].values())

    def problems(self) -> list[str]:
        """A sentence for every folder that holds a model that cannot be read."""
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
            for description in sorted(folder.glob(f"*/{DESCRIPTION}")):
                try:
                    entry = read_entry(description.parent)
                except BrokenModel as error:
                    problems.append(str(error))
                else:
                    found.setdefault(entry.name, entry)
        return found, problems


def default_folders() -> tuple[Path, ...]:
    """Where models lie: in the engine's package, and in the home folder."""
    return (bundled_folder(), home() / "models")


def bundled_folder() -> Path:
    """Of the models that come with the engine; found without importing it."""
    spec = importlib.util.find_spec("draglayer_engine")
    if spec is None or not spec.submodule_search_locations:
        return Path("draglayer_engine is not installed")  # holds nothing
    return Path(spec.submodule_search_locations[0]) / "bundled"


def read_entry(folder: Path) -> Entry:
    """Raises BrokenModel."""
    path = folder / DESCRIPTION
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        json.dumps(values, ensure_ascii=False).encode()  # a ValueError for half a character, which cannot be sent
        architecture = values["architecture"]
        height, width = architecture["base"]
        scale = 2 ** (len(architecture["channels"]) - 1)
        return Entry(
            name=str(values["name"]),
            title=str(values["title"]),
            sha256=str(values["sha256"]),
            width=int(width) * scale,
            height=int(height) * scale,
            labels=tuple(str(label) for label in values.get("labels") or ()),
            licence=str(values["licence"]),
            folder=folder,
        )
    except OSError as error:
        raise BrokenModel(f"the model {folder.name!r} cannot be read: {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BrokenModel(
            f"the model {folder.name!r} cannot be read: {path} is damaged ({error!r}); install it again"
        ) from error
