"""Where Krita meets the plugin: the docker, the actions, and the moments at which everything has to end."""

from __future__ import annotations

from typing import Any

import krita

from draglayer_protocol.editor.words import Words

from .desktop import Desktop
from .qt import QtCore, QtWidgets, put_away

DOCKER = "draglayer"
EDIT, DRAG = "draglayer_edit_points", "draglayer_drag_or_stop"


def register() -> None:
    """Called once, while Krita starts."""
    application = krita.Krita.instance()
    application.addExtension(DraglayerExtension(application))
    position = (
        krita.DockWidgetFactoryBase.DockPosition.DockRight
        if hasattr(krita.DockWidgetFactoryBase, "DockPosition")
        else krita.DockWidgetFactoryBase.DockRight
    )
    application.addDockWidgetFactory(krita.DockWidgetFactory(DOCKER, position, DraglayerDocker))


class DraglayerExtension(krita.Extension):  # type: ignore[misc]
    """Only the actions, which a docker cannot make."""

    def setup(self) -> None:
        pass

    def createActions(self, window: Any) -> None:  # noqa: N802 (Krita's name)
        words = Words(language())
        main = window.qwindow()  # Krita deletes its own `window` as soon as this returns
        edit = window.createAction(EDIT, words("Draglayer: edit points on canvas"), "tools/scripts")
        edit.setCheckable(True)
        edit.triggered.connect(lambda on: _to_docker(main, lambda docker: docker.desktop.edit_points(bool(on))))
        drag = window.createAction(DRAG, words("Draglayer: drag or stop"), "tools/scripts")
        drag.triggered.connect(lambda: _to_docker(main, lambda docker: docker.desktop.toggle_drag()))


class DraglayerDocker(krita.DockWidget):  # type: ignore[misc]
    """One for every window."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Draglayer")
        application = krita.Krita.instance()
        self.desktop = Desktop(application, self._window, Words(language()), self._mode)
        scrolled = QtWidgets.QScrollArea()
        scrolled.setWidgetResizable(True)
        scrolled.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scrolled.setWidget(self.desktop.panel)
        self.setWidget(scrolled)
        notifier = application.notifier()
        notifier.setActive(True)
        notifier.applicationClosing.connect(self.desktop.close)
        notifier.imageClosed.connect(self.desktop.something_closed)
        self.visibilityChanged.connect(self._shown)

    def canvasChanged(self, canvas: Any) -> None:  # noqa: N802 (Krita's name)
        self._present()

    def _present(self) -> None:
        window = self._window()
        view = None if window is None else window.activeView()
        document = None if view is None else view.document()
        self.desktop.present(document)

    def _shown(self, visible: bool) -> None:
        if put_away(self, visible):
            self.desktop.edit_points(False)

    def _window(self) -> Any:
        main = self.window()
        for window in krita.Krita.instance().windows():
            if window.qwindow() is main:
                return window
        return krita.Krita.instance().activeWindow()

    def _mode(self, on: bool) -> None:
        window = self._window()
        for action in [] if window is None else window.qwindow().actions():
            if action.objectName() == EDIT:
                action.setChecked(on)


def language() -> str:
    """As Krita's menus are."""
    chosen = str(krita.Krita.instance().readSetting("language", "language", ""))
    return chosen or str(QtCore.QLocale().name())


def _to_docker(main: Any, act: Any) -> None:
    for docker in main.findChildren(QtWidgets.QDockWidget):
        if isinstance(docker, DraglayerDocker):
            act(docker)
            return
