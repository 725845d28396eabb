"""Messages that wait for a socket: first in, first out, with room of its own for control beside bulk."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

MAX_CONTROL = 4096  # messages without a blob
MAX_BULK = 64 << 20  # bytes of messages with blobs (masks, layers, states)


class NotSent(Exception):
    """A message was not taken; the sentence says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class _Entry(NamedTuple):
    frames: Sequence[bytes]
    bulk: int  # bytes; 0 for control


class Outbox:
    """What one connection still has to say. `put` from any thread; never waits.

    Nothing overtakes: sequence numbers arrive in order. But bulk that piles up is refused by itself, so it never takes
    the room of a Stop.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[_Entry] = deque()
        self._control = 0
        self._bulk = 0

    def put(self, frames: Sequence[bytes]) -> None:
        """Queue a message's frames. Raises NotSent when there is no room."""
        bulk = sum(map(len, frames)) if len(frames) > 1 else 0
        with self._lock:
            if bulk:
                if self._bulk and self._bulk + bulk > MAX_BULK:  # a single larger one may go when no other waits
                    raise NotSent(
                        f"{self._bulk} bytes still wait to be sent and {bulk} more would pass {MAX_BULK};"
                        " try again when the daemon has taken them"
                    )
                self._bulk += bulk
            else:
                if self._control >= MAX_CONTROL:
                    raise NotSent(f"{self._control} messages wait and the daemon does not take them; restart it")
                self._control += 1
            self._entries.append(_Entry(frames, bulk))

    def take(self) -> Sequence[bytes] | None:
        """The oldest message's frames; None when there is none."""
        with self._lock:
            if not self._entries:
                return None
            entry = self._entries.popleft()
            if entry.bulk:
                self._bulk -= entry.bulk
            else:
                self._control -= 1
            return entry.frames

    def waiting(self) -> bool:
        with self._lock:
            return bool(self._entries)
