"""From the link's thread to the main loop, and a clock for what has to be done later."""

from __future__ import annotations

from collections.abc import Callable

from .gtk import GLib


class Waker:
    """`wake` may be called on any thread; `pump` is called soon after on the main one. Nothing runs while idle.

    due   seconds until `pump` should be called again though nobody woke it; None: not before somebody does
    """

    def __init__(self, pump: Callable[[], None], due: Callable[[], float | None]) -> None:
        self._pump, self._due = pump, due
        self._timer: int | None = None
        self._stopped = False

    def wake(self) -> None:
        GLib.idle_add(self._woken, priority=GLib.PRIORITY_DEFAULT)

    def again(self) -> None:
        """Something new may be due (a drag was begun, say)."""
        due = None if self._stopped else self._due()
        if self._timer is not None:
            GLib.source_remove(self._timer)
            self._timer = None
        if due is not None:
            # a little later than now, so that the windows are drawn and keys are heard between two portions of work
            self._timer = GLib.timeout_add(max(1, int(1000 * due) + 1), self._timed)

    def stop(self) -> None:
        """Nothing is called any more."""
        self._stopped = True
        self.again()

    def _woken(self) -> bool:
        if not self._stopped:
            self._pump()
            self.again()
        return False

    def _timed(self) -> bool:
        self._timer = None
        return self._woken()
