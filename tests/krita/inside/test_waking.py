"""From the link's thread to the main one, while the host runs its event loop wherever it likes."""

from __future__ import annotations

from draglayer_krita.qt import QtCore
from draglayer_krita.waking import Waker


def test_a_host_that_runs_its_event_loop_inside_of_a_call_is_not_pumped_twice_at_once_and_misses_nothing() -> None:
    loop, inside, calls = QtCore.QEventLoop(), [0], [0]

    def pump() -> None:
        inside[0] += 1
        assert inside[0] == 1
        calls[0] += 1
        if calls[0] == 1:
            waker.wake()
            QtCore.QCoreApplication.processEvents()  # as Krita does when a layer is added
        else:
            loop.quit()
        inside[0] -= 1

    waker = Waker(pump, lambda: None)
    waker.wake()
    QtCore.QTimer.singleShot(30_000, loop.quit)
    loop.exec() if hasattr(loop, "exec") else loop.exec_()
    assert calls[0] == 2
