"""A daemon for those who find none: started to live on its own, as the dialog's button and `draglayer drag` do it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence

from draglayer_protocol.editor.desk import Desk, Light

ANSWERS = 30.0  # seconds until a daemon that was started must answer; it does not wait for its worker
OTHERS = 5.0  # seconds until another one answers, when ours has ended because that one was faster
AGAIN = 0.5  # seconds between two tries to connect


def spawn(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """A second one finds the first one's lock and ends. Raises OSError."""
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, start_new_session=True, stdin=quiet, stdout=quiet, stderr=quiet)


class Starting:
    """One daemon on its way. Call `look` again and again, until it returns False or the desk is connected."""

    def __init__(self, desk: Desk, command: Sequence[str]) -> None:
        self._desk, self._process = desk, spawn(command)
        self._until = time.monotonic() + ANSWERS
        self._next = 0.0

    def look(self) -> bool:
        """Try to connect when it is time to; whether there is still hope."""
        now = time.monotonic()
        if self._process.poll() is not None:
            self._until = min(self._until, now + OTHERS)
        if self._desk.light is Light.DISCONNECTED and now >= self._next:
            self._next = now + AGAIN
            self._desk.retry()
        return now < self._until
