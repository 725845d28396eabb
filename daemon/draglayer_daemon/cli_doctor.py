"""`draglayer doctor`: what works on this machine, and what to do about what does not."""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict

from draglayer_protocol.client import NoConnection
from draglayer_protocol.connection import connection_file, home, read_connection

from .commands import Subparsers
from .doctor_gimp import gimp_findings
from .files import CannotWrite, make_folder
from .finding import Finding
from .output import say, say_json
from .plugin_bundle import IncompleteError, krita_files
from .plugin_editors import KRITA_EDITOR, Seat, State
from .plugin_places import krita_places
from .registry import BUNDLED, WEIGHTS, BrokenModel, bundled_folder, read_entry
from .starting import running
from .version import version

PATIENCE = 120.0  # seconds that importing torch may take on a cold disk
LOOK = """
import json, torch
from draglayer_engine.devices import choose_device, describe
print(json.dumps([torch.__version__, describe(choose_device(None))]))
"""


def add_to(commands: Subparsers) -> None:
    parser = commands.add_parser("doctor", help="check this installation", description=__doc__)
    parser.add_argument("--json", action="store_true", help="as one JSON array")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """1 when something is a problem."""
    findings = [finding for check in CHECKS for finding in check()]
    if arguments.json:
        say_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            advice = f"; {finding.next}" if finding.next else ""
            say(f"{'ok     ' if finding.ok else 'problem'}  {finding.what}: {finding.seen}{advice}")
    return 0 if all(finding.ok for finding in findings) else 1


def _python() -> list[Finding]:
    ok = sys.version_info >= (3, 11)
    return [Finding("Python", ok, platform.python_version(), "" if ok else "install Python 3.11 or newer")]


def _packages() -> list[Finding]:
    versions, missing = [], []
    for name in ("pyzmq", "msgpack", "numpy", "pillow", "safetensors"):
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    seen = f"{version()} with {', '.join(versions)}"
    if missing:
        return [Finding("Draglayer", False, f"{seen}, without {', '.join(missing)}", "install Draglayer again")]
    return [Finding("Draglayer", True, seen)]


def _torch() -> list[Finding]:
    """In a process of its own: torch is never imported here."""
    command = [sys.executable, "-c", LOOK]
    try:
        looked = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        advice = "look whether the machine is overloaded or the device hangs"
        return [Finding("PyTorch", False, f"was not ready within {PATIENCE:g} s", advice)]
    if looked.returncode:
        last = (looked.stderr.strip().splitlines() or ["no words"])[-1]
        advice = "install it with pip install 'draglayer[worker]'; without it this machine can only pass drags on"
        return [Finding("PyTorch", False, f"cannot be used ({last})", advice)]
    torch, device = json.loads(looked.stdout)
    return [Finding("PyTorch", True, torch), Finding("device", True, device)]


def _home() -> list[Finding]:
    try:
        folder = make_folder(home(), 0o700)
    except CannotWrite as error:
        return [Finding("home folder", False, str(error), "or set DRAGLAYER_HOME to a folder of yours")]
    ok = os.access(folder, os.W_OK)
    return [Finding("home folder", ok, str(folder), "" if ok else "it is not writable; change its permissions")]


def _daemon() -> list[Finding]:
    if not connection_file().exists():
        return [Finding("daemon", True, "none is running; one starts when it is needed")]
    try:
        connection = read_connection()
        with running("doctor") as client:
            status = client.status()
    except NoConnection as error:
        advice = "start it with `draglayer serve`, which writes the file anew"
        return [Finding("daemon", False, f"{connection_file()} is there, but: {error.sentence}", advice)]
    seen = f"version {status.daemon_version}, process {status.pid}, at {connection.endpoint}; worker {status.worker}"
    same = status.daemon_version == version()
    advice = "" if same else f"it is not this version ({version()}); end it, so that the next use starts the new one"
    return [Finding("daemon", same, seen, advice)]


def _model() -> list[Finding]:
    folder = bundled_folder() / BUNDLED
    try:
        entry = read_entry(folder)
        found = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    except BrokenModel as error:
        return [Finding("bundled model", False, str(error), "install Draglayer again")]
    except OSError as error:
        return [Finding("bundled model", False, f"{folder / WEIGHTS}: {error.strerror}", "install Draglayer again")]
    if found != entry.sha256:
        seen = f"its weights hash to {found[:12]}..., {entry.sha256[:12]}... was expected"
        return [Finding("bundled model", False, seen, "they are damaged; install Draglayer again")]
    return [Finding("bundled model", True, f"{entry.name}, {entry.width}x{entry.height}")]


def _plugins() -> list[Finding]:
    """Krita without the plugin is no problem; an outdated plugin is one."""
    try:
        files = krita_files()
    except IncompleteError as error:
        return [Finding("Krita plugin", False, str(error), "install Draglayer again")]
    put = "`draglayer plugins install krita`"
    found = []
    for place in krita_places():
        if not place.resources.is_dir():
            continue
        state = Seat(KRITA_EDITOR, place).state(files)
        seen, advice = {
            State.ABSENT: (f"without the plugin; {put} puts it in", ""),
            State.SAME: (f"this version of the plugin in {place.plugins}", ""),
            State.OTHER: (f"another version of the plugin in {place.plugins}", f"put this one in with {put}"),
        }[state]
        found.append(Finding(place.name, state is not State.OTHER, seen, advice))
    return found or [Finding("Krita", True, "none was found; draglayer works without it")]


CHECKS: tuple[Callable[[], list[Finding]], ...] = (
    _python,
    _packages,
    _torch,
    _home,
    _daemon,
    _model,
    gimp_findings,
    _plugins,
)
