"""Debian folders with a real editor in each, and a way to run programs there: `python -m tests.editors.room trixie`.

There is one folder for every suite and editor, so that another package for one of them makes only that one anew. It is
made once (minutes, 2 GB) below $DRAGLAYER_EDITORS, by default ~/.cache/draglayer/editors; a stamp
says that it is complete and by which recipe. Linux, root and debootstrap are needed; debootstrap is fetched by apt
where it is missing. Mounts are made in a namespace of the process that enters, and end with it: deleting a folder in
which /dev is still mounted would delete the machine's own. /tmp is everyone's own, because a Krita that finds another
one's socket there hands its work over to it and ends.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

SCREEN = "xvfb xdotool openbox imagemagick fonts-dejavu-core dbus dbus-x11 procps"
PACKAGES = {
    "krita": f"krita python3-pyqt5 python3-pyqt5.sip python3-pyqt5.qtsvg {SCREEN}",
    "gimp": f"gimp gir1.2-gimp-3.0 gir1.2-gtk-3.0 python3-gi {SCREEN}",
}
SUITES = ("trixie", "forky")
STAMP = ".draglayer-complete"
ENTER = """
set -e
mount --make-rprivate /
mount -t proc proc "$0/proc"
mount --rbind /sys "$0/sys"
mount --bind /dev "$0/dev"
mount -t devpts devpts "$0/dev/pts" -o newinstance,ptmxmode=0666
mount -t tmpfs tmpfs "$0/dev/shm"
mount -t tmpfs tmpfs "$0/tmp"
for pair in $DRAGLAYER_BIND; do
  mkdir -p "$0${pair#*=}"
  mount --bind "${pair%%=*}" "$0${pair#*=}"
done
exec chroot "$0" "$@"
"""


class RoomError(Exception):
    """There is no such folder and none can be made here; the sentence says why."""


class Room(NamedTuple):
    """One complete folder. Programs in it share this machine's network and see no processes but each other."""

    suite: str
    root: Path

    def command(self, *arguments: str) -> list[str]:
        """For subprocess; when the first process ends, everything that it started in the room ends."""
        inside = ["/usr/bin/env", "-i", *_environment(), *arguments]
        return [
            *["unshare", "--mount", "--pid", "--fork", "--kill-child", "--"],
            "/bin/sh",
            "-c",
            ENTER,
            str(self.root),
            *inside,
        ]

    def run(self, *arguments: str, timeout: float = 600.0) -> None:
        subprocess.run(self.command(*arguments), check=True, timeout=timeout, stdin=subprocess.DEVNULL)


def cache() -> Path:
    chosen = os.environ.get("DRAGLAYER_EDITORS")
    return Path(chosen) if chosen else Path.home() / ".cache" / "draglayer" / "editors"


def folder(suite: str, editor: str) -> Path:
    return cache() / (suite if editor == "krita" else f"{suite}-{editor}")


def find(suite: str, editor: str = "krita") -> Room:
    """A complete folder that is there already. Raises RoomError."""
    root = folder(suite, editor)
    try:
        complete = (root / STAMP).read_text() == _recipe(suite, editor)
    except OSError:
        complete = False
    if not complete:
        raise RoomError(f"{root} does not hold Debian {suite} with {editor}; make it with `make editors` (as root)")
    return Room(suite, root)


def make(suite: str, editor: str = "krita") -> Room:
    """The folder, made if need be. Raises RoomError."""
    try:
        return find(suite, editor)
    except RoomError:
        pass
    if sys.platform != "linux" or os.geteuid() != 0:
        raise RoomError("Linux and root are needed to make a folder with an editor in it")
    _need("debootstrap")
    root = folder(suite, editor)
    _remove(root)
    root.mkdir(parents=True)
    script = Path("/usr/share/debootstrap/scripts") / suite
    scripts = [] if script.exists() else [str(script.with_name("sid"))]  # older than the suite
    variant = ["--variant=minbase", "--include=ca-certificates"]
    subprocess.run(["debootstrap", *variant, suite, str(root), mirror(), *scripts], check=True)
    for name in ("/etc/resolv.conf", "/etc/ssl/certs", "/etc/apt/apt.conf.d"):  # this machine's way to the mirror
        _copy(Path(name), root / name[1:])
    policy = root / "usr" / "sbin" / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")  # no services
    policy.chmod(0o755)
    room = Room(suite, root)
    room.run("apt-get", "update", "-qq")
    room.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES[editor].split(), timeout=3600)
    room.run("apt-get", "clean")
    (root / STAMP).write_text(_recipe(suite, editor))
    return room


def _need(program: str) -> None:
    """The Debian package and program of this name, fetched if it is not there. Raises RoomError."""
    if shutil.which(program):
        return
    if not shutil.which("apt-get"):
        raise RoomError(f"the program {program} is needed, and there is no apt-get to fetch it with; install it")
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", program]):
        subprocess.run(["apt-get", *arguments], check=True, stdin=subprocess.DEVNULL, timeout=600)


def mirror() -> str:
    """Where this machine's own apt gets Debian from. Raises RoomError."""
    folder = Path("/etc/apt")
    files = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    text = "\n".join(file.read_text(errors="replace") for file in files if file.is_file())
    found = re.search(r"^(?:URIs:|deb(?: \[.*\])?)\s*(\S+/debian)/?\s*(?:$|\s\w)", text, re.MULTILINE)
    if not found:
        raise RoomError("no Debian mirror is named in /etc/apt, so no editor can be fetched")
    return found[1]


def _environment() -> list[str]:
    fixed = ["HOME=/root", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"]
    return [*fixed, "DEBIAN_FRONTEND=noninteractive"]


def _recipe(suite: str, editor: str) -> str:
    return hashlib.sha256(repr((suite, PACKAGES[editor].split(), "1")).encode()).hexdigest()


def _remove(root: Path) -> None:
    if str(root) in Path("/proc/self/mounts").read_text():
        raise RoomError(f"something is mounted below {root}; unmount it before the folder is made anew")
    shutil.rmtree(root, ignore_errors=False) if root.exists() else None


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)  # links in it may lead out of the folder: never write through them
        shutil.copytree(source, target, symlinks=False, ignore_dangling_symlinks=True)
    elif source.exists():
        target.unlink(missing_ok=True)
        shutil.copyfile(source, target)


def main(arguments: Sequence[str]) -> int:
    """`trixie` makes the folders of all editors in that suite, `trixie-gimp` only that one."""
    for wanted in arguments or SUITES:
        suite, _, chosen = wanted.partition("-")
        for editor in [chosen] if chosen else PACKAGES:
            try:
                room = make(suite, editor)
            except RoomError as error:
                sys.stderr.write(f"{error}\n")
                return 1
            sys.stdout.write(f"{room.suite}, {editor}: {room.root}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
