"""Putting the plugin into a Krita, taking it out again, and switching it on while Krita is closed."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import sys
from pathlib import Path

from draglayer_protocol.connection import home

from .files import CannotWrite, make_folder, write_atomically
from .plugin_bundle import KRITA
from .plugin_places import Place

ACTION = f"{KRITA}.action"
LAUNCH = "launch.json"  # tells a plugin how to start the daemon
SECTION = re.compile(r"^\[python\][^\n]*$", re.MULTILINE)
ENABLED = re.compile(rf"^enable_{KRITA}=.*$", re.MULTILINE)


def installed(place: Place) -> bool:
    return (place.plugins / KRITA / "__init__.py").is_file()


def same(place: Place, files: dict[str, bytes]) -> bool:
    """Whether exactly these files are there."""
    folder = place.plugins / KRITA
    there = {
        f.relative_to(place.plugins).as_posix()
        for f in folder.rglob("*")
        if f.is_file() and "__pycache__" not in f.parts
    }
    inside = {path for path in files if path.startswith(f"{KRITA}/")}
    return there == inside and all(_reads(place.plugins / path) == data for path, data in files.items())


def install(place: Place, files: dict[str, bytes]) -> None:
    """Raises CannotWrite."""
    plugins = make_folder(place.plugins)
    put_folder(plugins / KRITA, files, plugins)
    write_atomically(plugins / f"{KRITA}.desktop", files[f"{KRITA}.desktop"])
    write_atomically(make_folder(place.resources / "actions") / ACTION, files[f"{KRITA}/{ACTION}"])
    write_launch()


def uninstall(place: Place) -> bool:
    """Whether there was anything. Drawings keep what they carry."""
    targets = [place.plugins / KRITA, place.plugins / f"{KRITA}.desktop", place.resources / "actions" / ACTION]
    found = [target for target in targets if target.exists() or target.is_symlink()]
    for target in found:
        try:
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)
            else:
                target.unlink()
        except OSError as error:
            raise CannotWrite(f"{target} cannot be removed: {error.strerror}; check its permissions") from error
    return bool(found)


def switch(settings: Path, on: bool) -> bool:
    """Enable or forget the plugin in a kritarc; whether that changed anything. Only while Krita is closed."""
    try:
        text = settings.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        raise CannotWrite(f"{settings} cannot be read ({error}); enable the plugin in Krita's settings") from error
    line = f"enable_{KRITA}=true"
    without = ENABLED.sub("", text).replace("\n\n\n", "\n\n") if not on else text
    if not on:
        new = without
    elif ENABLED.search(text):
        new = ENABLED.sub(line, text)
    elif SECTION.search(text):
        new = SECTION.sub(lambda found: f"{found[0]}\n{line}", text, count=1)
    else:
        new = f"{text.rstrip()}\n\n[python]\n{line}\n".lstrip()
    if new == text:
        return False
    make_folder(settings.parent)
    write_atomically(settings, new.encode("utf-8"), 0o600)
    return True


def write_launch() -> None:
    """How an editor's plugin on this machine starts this daemon."""
    command = [sys.executable, "-m", "draglayer_daemon"]
    write_atomically(make_folder(home(), 0o700) / LAUNCH, json.dumps({"command": command}).encode())


def put_folder(target: Path, files: dict[str, bytes], beside: Path, executable: str = "") -> None:
    """The whole folder at once: written into another one, then renamed. Raises CannotWrite.

    files       below the folder's name; those that are not are passed over
    beside      where it is written: on the same disk
    executable  the one of the files that is
    """
    new = beside / f".{target.name}.{secrets.token_hex(4)}"
    try:
        for path, data in files.items():
            if path.startswith(f"{target.name}/"):
                file = new / path.partition("/")[2]
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
                if path == executable:
                    file.chmod(0o755)
        _swap(new, target)
    except OSError as error:
        raise CannotWrite(
            f"{target} cannot be written: {error.strerror or error}; what was there is unchanged, so check the"
            " folder's permissions and the disk's free space"
        ) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _swap(new: Path, old: Path) -> None:
    if old.is_symlink():
        old.unlink()
    if not old.exists():
        new.rename(old)
        return
    aside = new.with_name(f"{new.name}.old")
    old.rename(aside)
    try:
        new.rename(old)
    except OSError:
        aside.rename(old)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _reads(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None
