"""Starting the daemon of this machine from inside Krita, to live on its own."""

from __future__ import annotations

from draglayer_protocol.editor.launching import NAME, command, shown

from .qt import QtCore

__all__ = ["NAME", "command", "shown", "start"]


def start() -> bool:
    """Start the daemon, to live on its own; False when it cannot be. A second one finds the lock and ends."""
    wanted = command()
    if wanted is None:
        return False
    started = QtCore.QProcess.startDetached(wanted[0], wanted[1:])
    return bool(started[0] if isinstance(started, tuple) else started)
