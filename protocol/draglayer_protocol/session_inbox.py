"""What came for one session of the blocking client, sorted by who waits for it."""

from __future__ import annotations

from collections import deque
from typing import Union

from .messages import Accepted, DragEnded, Event, Failed, Preview, SessionClosed, SessionOpened, Sought, StepDone

DragEvent = Union[StepDone, Preview, Failed, DragEnded]


class RequestFailed(Exception):
    """The daemon could not do what was asked; the sentence says why. Nothing has changed."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class SessionInbox:
    """Every method is called with the client's lock held; those that return None are asked again when more came."""

    def __init__(self) -> None:
        self._opened: SessionOpened | None = None
        self._accepted = 0
        self._failures: dict[int, Failed] = {}  # by sequence number, until somebody was told; 0: of no one command
        self._sought: deque[Sought] = deque()
        self._drag: deque[Union[StepDone, Preview, DragEnded]] = deque()
        self.closed: SessionClosed | None = None

    def put(self, event: Event) -> None:
        if isinstance(event, (StepDone, Preview, DragEnded)):
            self._drag.append(event)
        elif isinstance(event, Accepted):
            self._accepted = max(self._accepted, event.seq)
        elif isinstance(event, Sought):
            self._sought.append(event)
        elif isinstance(event, SessionClosed):
            self.closed = event
        elif isinstance(event, SessionOpened):
            self._opened = event
        elif isinstance(event, Failed):
            self._failures[event.seq or 0] = event

    def opened(self) -> SessionOpened | None:
        """Raises RequestFailed when the session could not be opened, or was lost meanwhile."""
        if self._opened is None:
            self.raise_failures()
            self._raise_closed()
        return self._opened

    def accepted(self, seq: int) -> bool | None:
        """True once this command was taken. Raises RequestFailed when it was not: of several the first says why."""
        if seq in self._failures:
            own = self._failures.pop(seq)
            self.raise_failures()
            raise RequestFailed(own.sentence)
        if self._accepted >= seq:
            return True
        self._raise_closed()
        return None

    def sought(self, seq: int) -> Sought | None:
        """Where a Seek led. Raises RequestFailed."""
        self._raise(seq)
        if self._sought:
            return self._sought.popleft()
        self._raise_closed()
        return None

    def next(self) -> DragEvent | None:
        """The next event of a drag. Raises RequestFailed when the session is gone."""
        if self._failures:
            return self._failures.pop(min(self._failures))
        if self._drag:
            return self._drag.popleft()
        self._raise_closed()
        return None

    def forget(self) -> int:
        """Drop what is left of earlier commands; returns the bytes of previews among it."""
        left = sum(len(event.image.pixels) for event in self._drag if isinstance(event, Preview))
        self._drag.clear()
        self._sought.clear()
        return left

    def raise_failures(self) -> None:
        """Raise the oldest failure that nobody was told."""
        if self._failures:
            self._raise(min(self._failures))

    def _raise(self, seq: int) -> None:
        failed = self._failures.pop(seq, None)
        if failed is not None:
            raise RequestFailed(failed.sentence)

    def _raise_closed(self) -> None:
        if self.closed is not None:
            raise RequestFailed(self.closed.sentence)
