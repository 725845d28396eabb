"""The connection file: written once the socket is bound, removed at the end if it is still ours."""

from __future__ import annotations

import json
import os
from pathlib import Path

from draglayer_protocol.connection import Connection, NoConnection, connection_file, read_connection
from draglayer_protocol.messages import VERSION

from .files import write_atomically
from .version import version


def publish(endpoint: str, token: str, boot: str) -> Path:
    """Write it, readable for this user alone. Raises CannotWrite."""
    connection = Connection(endpoint, token, boot, os.getpid(), version(), VERSION)
    path = connection_file()
    write_atomically(path, json.dumps(connection._asdict(), indent=1).encode() + b"\n", mode=0o600)
    return path


def withdraw(boot: str) -> None:
    """Remove it, unless another daemon has written its own meanwhile."""
    try:
        if read_connection().boot == boot:
            connection_file().unlink(missing_ok=True)
    except NoConnection:
        return  # gone, or not ours
