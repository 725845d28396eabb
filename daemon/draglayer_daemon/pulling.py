"""A public checkpoint from its address to a model: agreed to, fetched, compared with its hash, imported."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from draglayer_protocol.connection import home

from .catalogue import Public
from .downloading import MOST, CannotFetch, Download, Watcher
from .files import CannotWrite, make_folder, write_atomically
from .lock import Held, holding
from .registry import Entry, Registry
from .shelf import Added, CannotImport, Shelf, Wish

NOTES = "pulled.json"
SPARE = 16_000_000  # bytes that are left free


class Consent(Protocol):
    def __call__(self, model: Public) -> None:
        """Ask whether the licence is agreed to; return if so. Raises CannotFetch if not, or if nobody can be asked."""


@dataclass(frozen=True)
class Note:
    """What is remembered of a model that was pulled: the licence that was agreed to, and the file's hash."""

    address: str
    licence: str
    sha256: str | None = None
    date: str = ""


class Notes:
    """Of everything that was ever agreed to here, by address."""

    def __init__(self) -> None:
        self.path = home() / NOTES

    def find(self, model: Public) -> Note | None:
        found = self._read().get(model.address)
        try:
            return None if found is None else Note(**found)
        except TypeError:
            return None

    def write(self, note: Note) -> None:
        """Raises CannotWrite, OSError."""
        make_folder(self.path.parent, 0o700)
        with holding(self.path.with_name(f".{NOTES}.lock"), wait=True):  # another pull may note something, too
            text = json.dumps(self._read() | {note.address: asdict(note)}, indent=1) + "\n"
            write_atomically(self.path, text.encode(), durable=True)

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            values = json.loads(self.path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}  # not there, or damaged: then it is asked again
        return values if isinstance(values, dict) else {}


class Pull:
    """One model's way onto the shelf."""

    def __init__(self, model: Public, watcher: Watcher, shelf: Shelf | None = None) -> None:
        self._model, self._watcher = model, watcher
        self._shelf = Shelf() if shelf is None else shelf
        self._notes = Notes()
        self._folder = home() / "downloads"
        self.part = self._folder / f"{model.name}.part"

    def present(self) -> Entry | None:
        """The model that was imported from this file before."""
        note = self._notes.find(self._model)
        hashes = {self._model.sha256, None if note is None else note.sha256} - {None}
        return next((entry for entry in Registry().entries() if entry.source_sha256 in hashes), None)

    def run(self, consent: Consent, wish: Wish, *, accept_change: bool = False) -> Added:
        """Raises CannotFetch, CannotWrite, CannotImport, CannotChange."""
        try:
            note = self._notes.find(self._model)
            if note is None or note.licence != self._model.licence:
                consent(self._model)
                note = Note(
                    self._model.address, self._model.licence, note.sha256 if note else None, note.date if note else ""
                )
                self._notes.write(note)
            make_folder(self._folder)
            with holding(self._folder / f".{self._model.name}.lock", wait=False):
                return self._fetch_and_import(note, wish, accept_change)
        except Held as error:
            raise CannotFetch(
                f"{self._model.name} is being pulled by another process; wait until that one ends"
            ) from error
        except OSError as error:
            raise CannotWrite(
                f"{error.filename or self._folder}: {error.strerror}; check the permissions there"
            ) from error

    def _fetch_and_import(self, note: Note, wish: Wish, accept_change: bool) -> Added:
        most = MOST if accept_change else self._model.size + SPARE
        download = Download(self._model.address, self.part, self._watcher, most)
        self._check_room(download.done())
        download.run()
        sha256 = _sha256(self.part)
        self._compare(sha256, note, download, accept_change)
        try:
            added = self._shelf.add(self.part, wish)
        except CannotImport:
            download.drop()
            raise
        if note.sha256 != sha256:
            self._notes.write(Note(note.address, note.licence, sha256, time.strftime("%Y-%m-%d")))
        download.drop()
        return added

    def _check_room(self, done: int) -> None:
        needed, free = self._model.size - done + SPARE, shutil.disk_usage(self._folder).free
        if free < needed:
            raise CannotWrite(
                f"{self._model.name} needs {needed / 1e6:.0f} MB more in {self._folder}, where {free / 1e6:.0f} MB are"
                " free; make room, then pull it again"
            )

    def _compare(self, sha256: str, note: Note, download: Download, accept_change: bool) -> None:
        published, before = self._model.sha256, note.sha256
        if published is not None and sha256 != published:
            download.drop()
            raise CannotFetch(
                f"the file that came is not {self._model.name}: its sha256 begins with {sha256[:12]}, the known one"
                f" with {published[:12]}; it was removed. Pull it again; if that does not help, the file at"
                f" {self._model.address} was replaced"
            )
        if published is None and before is not None and sha256 != before and not accept_change:
            download.drop()
            raise CannotFetch(
                f"the file of {self._model.name} was replaced: its sha256 begins with {sha256[:12]}, and with"
                f" {before[:12]} when it was first pulled on {note.date}; what came was removed. If you trust the new"
                " one, pull it with --accept-change"
            )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
