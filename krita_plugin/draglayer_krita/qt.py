"""Which Qt this Krita has: PyQt5 in Krita 5, PyQt6 in Krita 6. Everything else imports Qt from here.

Asking for the wrong one crashes Krita 5.2 (two Qt in one process) and is refused by later ones, so it is never tried.
Outside of Krita, in tests, DRAGLAYER_TEST_QT says which.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

try:
    import pykrita

    VERSION = int(getattr(pykrita, "qt_major_version", lambda: 5)())  # Krita 5.2 does not say
except ImportError:
    VERSION = int(os.environ.get("DRAGLAYER_TEST_QT", "5"))

if TYPE_CHECKING:
    QtCore: Any
    QtGui: Any
    QtWidgets: Any
elif VERSION >= 6:
    from PyQt6 import QtCore, QtGui, QtWidgets
else:
    from PyQt5 import QtCore, QtGui, QtWidgets

QAction = QtGui.QAction if VERSION >= 6 else QtWidgets.QAction
Signal = QtCore.pyqtSignal


def position(event: Any) -> Any:
    """QPointF of a mouse or tablet event, in logical pixels of its widget."""
    if hasattr(event, "position"):  # Qt 6
        return event.position()
    return event.localPos() if hasattr(event, "localPos") else event.posF()


def modifiers(event: Any) -> Any:
    return event.modifiers()


def put_away(dock: Any, visible: bool) -> bool:
    """Whether a QDockWidget that says `visibilityChanged` was hidden or lies behind another one's tab.

    Behind a tab it still counts as visible. So it does in a window that was minimised, which is not meant.
    """
    return not visible and (not dock.isVisible() or not dock.window().isMinimized())


__all__ = ["VERSION", "QAction", "QtCore", "QtGui", "QtWidgets", "Signal", "modifiers", "position", "put_away"]
