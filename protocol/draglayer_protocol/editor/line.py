"""The connection of a plugin: a link on its own thread, and what it brought, waiting for the host's main thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from ..connection import read_connection
from ..link import Link, LinkEvent, Peer, Timing
from ..messages import Hello, Request

PATIENT = Timing(last_wait=3.0)  # a daemon that starts is found within so many seconds


class Wire(Protocol):
    """What takes requests and never waits. Raises NotSent."""

    def send(self, request: Request) -> None: ...


class Line:
    """wake: called on the link's thread when something came and the host has not been woken since its last `take`.

    It must only tell the host's main thread to call `take` (a queued Qt signal, GLib.idle_add).
    """

    def __init__(
        self,
        name: str,
        version: str,
        wake: Callable[[], None],
        *,
        find: Callable[[], Peer] | None = None,
        timing: Timing = PATIENT,
    ) -> None:
        self._name, self._version, self._wake, self._timing = name, version, wake, timing
        self._find = self._peer if find is None else find
        self._lock = threading.Lock()
        self._came: list[LinkEvent] = []
        self._link = self._new()
        self._link.start()

    def send(self, request: Request) -> None:
        """Queue a request; returns at once. Raises NotSent."""
        self._link.send(request)

    def take(self) -> list[LinkEvent]:
        """What has come since the last call, in order."""
        with self._lock:
            came, self._came = self._came, []
            return came

    def retry(self) -> None:
        """Try to connect now, not after the pause: a daemon was just started, say."""
        self._link.close(linger=0.0)
        self._link = self._new()
        self._link.start()

    def close(self) -> None:
        """End the thread; what was sent before gets a moment to leave."""
        self._link.close(linger=0.5)

    def _new(self) -> Link:
        return Link(self._find, self._receive, reconnect=True, timing=self._timing)

    def _receive(self, event: LinkEvent) -> None:
        with self._lock:
            first = not self._came
            self._came.append(event)
        if first:
            self._wake()

    def _peer(self) -> Peer:
        found = read_connection()
        return Peer(found.endpoint, Hello(found.token, self._name, self._version))
