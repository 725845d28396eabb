"""From the link's thread to Qt's main thread: a queued signal, and a clock for what has to be done later."""

from __future__ import annotations

from collections.abc import Callable

from .qt import QtCore, Signal


class Waker(QtCore.QObject):  # type: ignore[misc]
    """`wake` may be called on any thread; `pump` is called soon after on the main one. Nothing runs while idle.

    due   seconds until `pump` should be called again though nobody woke it; None: not before somebody does
    """

    woken = Signal()

    def __init__(self, pump: Callable[[], None], due: Callable[[], float | None]) -> None:
        super().__init__()
        self._pump, self._due = pump, due
        self._running, self._missed = False, False
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._run)
        self.woken.connect(self._run, QtCore.Qt.ConnectionType.QueuedConnection)

    def wake(self) -> None:
        self.woken.emit()

    def again(self) -> None:
        """Something new may be due (a drag was begun, say)."""
        due = self._due()
        if due is not None:
            self._timer.start(int(1000 * due) + (due > 0))

    def stop(self) -> None:
        """Nothing is called any more."""
        self._pump, self._due = (lambda: None), (lambda: None)
        self._timer.stop()

    def _run(self) -> None:
        if self._running:  # Krita runs the event loop inside of some calls: adding a layer, say
            self._missed = True
            return
        self._running, self._missed = True, False
        try:
            self._pump()
        finally:
            self._running = False
        self.again()
        if self._missed:
            self._timer.start(0)
