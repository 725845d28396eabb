"""Where the daemon of this machine is: the connection file that it writes after it has bound its socket.

The file is JSON with `endpoint`, `token`, `boot`, `pid`, `version` (the daemon's) and `protocol` (the major version).
"""

from __future__ import annotations

import ipaddress
import json
import os
import stat
import sys
from pathlib import Path
from typing import NamedTuple

from .messages import VERSION

MAX_FILE = 1 << 16  # bytes; the daemon writes some hundred


class NoConnection(Exception):
    """There is no way to the daemon; the sentence says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Connection(NamedTuple):
    """What the connection file says. `boot` and `pid` name the daemon that wrote it, `version` its release."""

    endpoint: str
    token: str
    boot: str
    pid: int
    version: str
    protocol: int


_KINDS = (("protocol", int), ("version", str), ("endpoint", str), ("token", str), ("boot", str), ("pid", int))


class Address(NamedTuple):
    """An IPv4 or IPv6 literal and a port."""

    host: str
    port: int
    ipv6: bool


def home() -> Path:
    """The folder that daemon and editors share for this user; it need not exist.

    $DRAGLAYER_HOME where that is set. XDG_RUNTIME_DIR is not used: editors in a flatpak have another one.
    """
    chosen = os.environ.get("DRAGLAYER_HOME")
    if chosen:
        return Path(chosen)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "draglayer"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "draglayer"
    return _state_home() / "draglayer"


def connection_file() -> Path:
    """Where a running daemon's connection file lies."""
    return home() / "connection.json"


def read_connection(file: Path | None = None) -> Connection:
    """The running daemon's connection file (or this one). Raises NoConnection when there is none to be trusted."""
    file = connection_file() if file is None else file
    try:
        with open(file, "rb", opener=_without_waiting) as stream:
            status = os.fstat(stream.fileno())
            _own(file, status)
            text = stream.read(MAX_FILE + 1)
    except FileNotFoundError:
        raise NoConnection(
            f"no Draglayer daemon has left its connection file at {file}; start one with `draglayer serve`"
        ) from None
    except OSError as error:
        raise NoConnection(
            f"the connection file {file} cannot be read ({error.strerror or error});"
            " check its permissions, or restart the daemon"
        ) from error
    return _parsed(file, text)


def parse_endpoint(endpoint: str) -> Address:
    """`tcp://127.0.0.1:5555` or `tcp://[::1]:5555`. Raises NoConnection for anything else."""
    scheme, separator, rest = endpoint.partition("://")
    host, colon, port = rest.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    try:
        address = ipaddress.ip_address(host[1:-1] if bracketed else host)
        number = int(port) if port.isascii() and port.isdigit() else 0
    except ValueError:
        address, number = None, 0
    if (
        (scheme, separator, colon) != ("tcp", "://", ":")
        or address is None
        or not 1 <= number <= 65535
        or bracketed != (address.version == 6)
    ):
        raise NoConnection(
            f"the endpoint {endpoint[:100]!r} is not tcp://ADDRESS:PORT with an address in digits,"
            " as in tcp://127.0.0.1:5555 or tcp://[::1]:5555"
        )
    return Address(str(address), number, address.version == 6)


def _state_home() -> Path:
    """The user's XDG state folder, the same inside a flatpak and outside.

    A flatpak's own XDG_STATE_HOME is private to it; HOST_XDG_STATE_HOME tells what it is outside (flatpak 1.14).
    """
    inside = "FLATPAK_ID" in os.environ
    state = os.environ.get("HOST_XDG_STATE_HOME" if inside else "XDG_STATE_HOME", "")
    return Path(state) if Path(state).is_absolute() else Path.home() / ".local" / "state"


def _without_waiting(path: str, flags: int) -> int:
    """A FIFO in the file's place must not keep an editor waiting for its writer."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _own(file: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NoConnection(f"{file} is not a file; remove it and restart the daemon")
    if sys.platform != "win32" and status.st_uid != os.geteuid():
        raise NoConnection(
            f"the connection file {file} belongs to another user (uid {status.st_uid}, you are {os.geteuid()});"
            " start your own daemon with `draglayer serve`, or point DRAGLAYER_HOME at a folder of yours"
        )


def _parsed(file: Path, text: bytes) -> Connection:
    again = "it is damaged, so restart the daemon, which writes a new one"
    if len(text) > MAX_FILE:
        raise NoConnection(f"the connection file {file} has more than {MAX_FILE} bytes; {again}")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NoConnection(f"the connection file {file} is not JSON ({error}); {again}") from error
    if not isinstance(said, dict):
        raise NoConnection(f"the connection file {file} holds no JSON object; {again}")
    for name, kind in _KINDS:
        if type(said.get(name)) is not kind:  # exactly: JSON's true is no number
            wanted = "a string" if kind is str else "a whole number"
            raise NoConnection(f"the connection file {file} has no {name} that is {wanted}; {again}")
        if name == "protocol" and said[name] != VERSION:  # first: the rest is the other version's own
            raise NoConnection(
                f"the daemon of {file} speaks protocol {said[name]}, this program {VERSION};"
                " update the older of the two"
            )
    parse_endpoint(said["endpoint"])
    return Connection._make(said[name] for name in Connection._fields)
