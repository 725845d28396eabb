"""What the two versions of Qt are asked the same way."""

from __future__ import annotations

from draglayer_krita.qt import QtCore, QtWidgets, put_away


def test_a_docker_behind_anothers_tab_is_put_away_and_one_of_a_minimised_window_is_not() -> None:
    main, said = QtWidgets.QMainWindow(), list[bool]()
    ours, other = QtWidgets.QDockWidget("ours", main), QtWidgets.QDockWidget("other", main)
    main.setCentralWidget(QtWidgets.QWidget())
    for dock in (ours, other):
        dock.setWidget(QtWidgets.QWidget())
        main.addDockWidget(QtCore.Qt.DockWidgetArea.RightDockWidgetArea, dock)
    main.setAnimated(False)
    main.tabifyDockWidget(ours, other)
    main.show()
    ours.raise_()
    settle()
    ours.visibilityChanged.connect(lambda visible: said.append(put_away(ours, visible)))
    other.raise_()
    settle()
    assert ours.isVisible()
    assert said[-1:] == [True]
    ours.raise_()
    settle()
    assert said[-1] is False
    main.showMinimized()
    settle()
    assert said[-1] is False
    main.showNormal()
    settle()
    ours.hide()
    settle()
    assert said[-1] is True
    main.close()


def settle() -> None:
    QtWidgets.QApplication.processEvents()
