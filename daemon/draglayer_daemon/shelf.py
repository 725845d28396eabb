"""Changes to the models in the home folder. Each happens whole or not at all, whoever is killed meanwhile.

A model lies in a folder that is named by the hash of its weights. It is made in a hidden folder beside its place, which
the next change removes if its maker died, and comes to its place by one rename; it leaves in the same way.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from draglayer_protocol.messages import MAX_TEXT

from .files import CannotWrite, make_folder, sync_folder, write_atomically
from .lock import holding
from .registry import (
    DESCRIPTION,
    MAX_LABELS,
    MAX_NAME,
    WEIGHTS,
    BrokenModel,
    Entry,
    Registry,
    default_folders,
    is_name,
    models_folder,
    read_description,
    read_entry,
)
from .thumbnails import Strips

if TYPE_CHECKING:
    from draglayer_engine.checkpoints.importing import Imported

LOCK = ".lock"
UNSTATED = "not stated"


class CannotImport(Exception):
    """A checkpoint cannot become a model; the sentence says what was found, why, and what to do."""


class CannotChange(Exception):
    """The models cannot be changed in this way; the sentence says why, and what can be done. Nothing has changed."""


@dataclass(frozen=True)
class Wish:
    """What the importing person says of a model; None: as the file says, or a usual value."""

    name: str | None = None
    title: str | None = None
    licence: str | None = None
    labels: Sequence[str] | None = None
    address: str | None = None  # where it was pulled from
    called: str | None = None  # the file, where it does not lie under its own name
    fallback: str | None = None  # name of a model that is new and has none: instead of the file's


@dataclass(frozen=True)
class Added:
    """`new` is false for weights that were here already, as `entry`."""

    entry: Entry
    imported: Imported
    new: bool


class Shelf:
    """The models folder, for writing. `folder` is one of the registry's."""

    def __init__(self, registry: Registry | None = None, folder: Path | None = None) -> None:
        self._folder = models_folder() if folder is None else folder
        self._registry = Registry(default_folders()) if registry is None else registry

    def tidy(self) -> int:
        """Remove what changes left that were killed; how many there were."""
        from draglayer_engine.checkpoints.workplace import remove_leftovers

        return remove_leftovers(self._folder) if self._folder.is_dir() else 0

    def add(self, path: Path, wish: Wish) -> Added:
        """Import a checkpoint. Raises CannotImport, CannotChange, CannotWrite."""
        from draglayer_engine.checkpoints.errors import CheckpointError
        from draglayer_engine.checkpoints.importing import import_checkpoint

        if wish.name is not None:
            self.check_name(wish.name)
        _check_words(wish)
        with self._changing() as work:
            staged = work / "model"
            try:
                imported = import_checkpoint(
                    path, staged, name="model", title="", licence=UNSTATED, labels=wish.labels, called=wish.called
                )
            except CheckpointError as error:
                raise CannotImport(str(error)) from error
            with self._alone():
                present = self._present(imported.sha256)
                if present is not None and _sound(present):
                    return Added(self._again(present, wish, work), imported, new=False)
                self._describe(staged, path, wish, imported.stated, present)
                _check_entry(staged, wish.called or path.name)
                place = self._folder / imported.sha256
                if present is not None and present.folder.parent == self._folder:
                    present.folder.rename(work / "damaged")  # this import is what mends it
                if place.exists():
                    place.rename(work / "unreadable")
                staged.rename(place)
                sync_folder(self._folder)
        return Added(read_entry(place), imported, new=True)

    def rename(self, old: str, new: str) -> Entry:
        """Raises UnknownModel, CannotChange, CannotWrite. States find their model by its weights, so they go on."""
        with self._changing() as work, self._alone():
            entry = self._own(self._registry.find(old), "keeps its name")
            if new != old:
                self.check_name(new)
                title = {"title": new} if entry.title == entry.name else {}  # nobody gave it another
                self._rewrite(entry.folder, work, {"name": new} | title)
        return read_entry(entry.folder)

    def remove(self, name: str) -> Entry:
        """Raises UnknownModel, CannotChange, CannotWrite. Whoever has it in memory goes on with it."""
        with self._changing() as work:
            with self._alone():
                entry = self._own(self._registry.find(name), "cannot be removed alone")
                entry.folder.rename(work / "removed")
                sync_folder(self._folder)
            Strips().forget(entry.sha256)
        return entry

    # Inside

    @contextlib.contextmanager
    def _changing(self) -> Iterator[Path]:
        """A hidden folder that is gone afterwards."""
        from draglayer_engine.checkpoints.workplace import workplace

        make_folder(self._folder)
        try:
            with workplace(self._folder) as work:
                yield work
        except OSError as error:
            raise CannotWrite(
                f"the models in {self._folder} cannot be changed ({error.filename}: {error.strerror}); check the"
                " folder's permissions and the disk's free space. Nothing has changed"
            ) from error

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One change at a time; each takes a moment."""
        with holding(self._folder / LOCK, wait=True):
            yield

    def check_name(self, name: str) -> None:
        """Raises CannotChange when a model cannot be called this, or one is."""
        if not is_name(name):
            raise CannotChange(
                f"{name!r} cannot be a model's name; write at most {MAX_NAME} letters, digits, dots, dashes and"
                " underscores, a letter or digit first"
            )
        if any(entry.name == name for entry in self._registry.entries()):
            raise CannotChange(
                f"there is a model {name!r} already; choose another name, or rename or remove that one first"
            )

    def _own(self, entry: Entry, otherwise: str) -> Entry:
        if entry.folder.parent != self._folder:
            raise CannotChange(f"the model {entry.name!r} comes with Draglayer and {otherwise}; choose another model")
        return entry

    def _present(self, sha256: str) -> Entry | None:
        """The model with these weights, wherever it lies."""
        return next((entry for entry in self._registry.entries() if entry.sha256 == sha256), None)

    def _again(self, present: Entry, wish: Wish, work: Path) -> Entry:
        """The same weights once more: what was said of them anew counts."""
        if wish.name not in (None, present.name):
            raise CannotChange(
                f"the same weights are here already as {present.name!r};"
                f" `draglayer models rename {present.name} {wish.name}` gives them the other name"
            )
        labels = None if wish.labels is None else list(wish.labels)
        said = {"title": wish.title, "licence": wish.licence, "labels": labels}
        new = {key: value for key, value in said.items() if value is not None}
        if new and present.folder.parent == self._folder:
            self._rewrite(present.folder, work, new)
        return read_entry(present.folder)

    def _describe(self, staged: Path, path: Path, wish: Wish, stated: Mapping[str, str], present: Entry | None) -> None:
        """Complete the new model.json: what was said, else what the damaged one said, else what the file says."""
        name = wish.name or ("" if present is None else present.name)
        if not is_name(name):
            name = self._free(wish.fallback or stated.get("name", path.stem))
        elif present is None:
            self.check_name(name)  # somebody may have taken it meanwhile
        before = {} if present is None else {"title": present.title, "licence": present.licence}
        known = dict(stated) | before
        values: dict[str, Any] = {
            "name": name,
            "title": wish.title or known.get("title") or name,
            "licence": wish.licence or known.get("licence") or UNSTATED,
        }
        if wish.address is not None:
            values["source"] = read_description(staged)["source"] | {"address": wish.address}
        self._rewrite(staged, staged.parent, values)

    def _free(self, wanted: str) -> str:
        """A name that is not taken: the wanted one, or that with a number."""
        normal = unicodedata.normalize("NFC", wanted)
        base = re.sub(r"[^\w.-]+", "-", normal).strip("-._")[: MAX_NAME - 5].rstrip("-._") or "model"
        taken = {entry.name for entry in self._registry.entries()}
        number, name = 1, base
        while name in taken:
            number += 1
            name = f"{base}-{number}"
        return name

    def _rewrite(self, folder: Path, work: Path, values: Mapping[str, Any]) -> None:
        """Change some values of a model.json, in one moment."""
        text = json.dumps(read_description(folder) | dict(values), indent=1) + "\n"
        new = work / f"new-{DESCRIPTION}"
        write_atomically(new, text.encode(), durable=True)
        new.replace(folder / DESCRIPTION)
        sync_folder(folder)


def _check_words(wish: Wish) -> None:
    """Raises CannotChange for what cannot be written into a description, or not be shown in a list."""
    said = {"title": wish.title, "licence": wish.licence} | {f"label {i}": t for i, t in enumerate(wish.labels or ())}
    for what, text in said.items():
        if text is not None and (len(text) > MAX_TEXT or not text.isprintable()):
            raise CannotChange(
                f"the {what} that was given cannot be shown in a list; write at most {MAX_TEXT} letters in one line"
            )


def _check_entry(staged: Path, file: str) -> None:
    """Raises CannotImport for a model that could not be listed. Those that were never on the shelf harm nobody."""
    description = read_description(staged)
    letters = sum(map(len, description["labels"]))
    if letters > MAX_LABELS:
        raise CannotImport(
            f"{_printable(file)} cannot be imported: the names of its {len(description['labels'])} labels have"
            f" {letters} letters, and {MAX_LABELS} are possible; give it shorter ones with --labels, or import a model"
            " with fewer labels"
        )
    try:
        read_entry(staged)
    except BrokenModel as error:
        raise CannotImport(f"{_printable(file)} cannot be imported: {error}") from error


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def _sound(entry: Entry) -> bool:
    """Whether its weights are still those that its description names."""
    try:
        with (entry.folder / WEIGHTS).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == entry.sha256
    except OSError:
        return False
