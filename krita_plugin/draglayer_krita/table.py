"""The pairs as a table: the keyboard's and the screen reader's way to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from draglayer_protocol.editor.pairs import End, Pairs
from draglayer_protocol.editor.words import Words
from draglayer_protocol.geometry import Point

from .qt import QtCore, QtGui, QtWidgets

ON, LOCKED = 4, 5  # columns after the four coordinates
CHECK = 14  # logical pixels beside a title that is as wide as a check box
FEW, MANY = 3, 6  # rows that are seen at least and at most


class Outlined(QtWidgets.QStyledItemDelegate):  # type: ignore[misc]
    """A frame around every check box: an empty one is not seen on the dark themes' tables.

    Numbers lose their tenths where a narrow docker would cut them off.
    """

    def initStyleOption(self, option: Any, index: Any) -> None:  # noqa: N802 (Qt's name)
        super().initStyleOption(option, index)
        value = _number(option.text)
        if value is not None:
            style = QtWidgets.QApplication.style() if option.widget is None else option.widget.style()
            edge = style.pixelMetric(QtWidgets.QStyle.PixelMetric.PM_FocusFrameHMargin, option, option.widget) + 1
            if option.fontMetrics.horizontalAdvance(option.text) > option.rect.width() - 2 * edge:
                option.text = f"{value:.0f}"

    def paint(self, painter: Any, option: Any, index: Any) -> None:
        super().paint(painter, option, index)
        if index.data(QtCore.Qt.ItemDataRole.CheckStateRole) is None:
            return
        shown = QtWidgets.QStyleOptionViewItem(option)
        self.initStyleOption(shown, index)
        style = QtWidgets.QApplication.style() if shown.widget is None else shown.widget.style()
        box = style.subElementRect(
            QtWidgets.QStyle.SubElement.SE_ItemViewItemCheckIndicator, shown, shown.widget
        ).adjusted(0, 0, -1, -1)
        painter.save()
        painter.setBrush(QtCore.Qt.BrushStyle.NoBrush)
        painter.setPen(QtGui.QPen(shown.palette.color(QtGui.QPalette.ColorRole.Text)))
        painter.setOpacity(0.6)
        painter.drawRect(box)
        painter.restore()


class PairTable(QtWidgets.QTableWidget):  # type: ignore[misc]
    """Edits go to the pairs, and come back from them.

    select   called with the row that the artist chose
    """

    def __init__(self, words: Words, select: Callable[[int], object], parent: Any = None) -> None:
        super().__init__(0, 6, parent)
        self._select = select
        self._pairs: Pairs | None = None
        self._filling = False
        for column, (short, whole) in enumerate(
            (
                ("x", words("Handle x")),
                ("y", words("Handle y")),
                ("→ x", words("Target x")),
                ("→ y", words("Target y")),
                (words("On"), words("On")),
                ("⚓", words("Lock")),
            )
        ):
            title = QtWidgets.QTableWidgetItem(short)  # the whole of it is cut off in a narrow docker
            title.setToolTip(whole)
            title.setData(QtCore.Qt.ItemDataRole.AccessibleTextRole, whole)
            self.setHorizontalHeaderItem(column, title)
        self.setAccessibleName(words("Point pairs"))
        self.setToolTip(words("Canvas pixels; a locked point must stay where it is"))
        modes, header = QtWidgets.QHeaderView.ResizeMode, self.horizontalHeader()
        header.setSectionResizeMode(modes.Stretch)
        header.setMinimumSectionSize(1)
        for column in (ON, LOCKED):  # the room is the numbers'
            header.setSectionResizeMode(column, modes.Fixed)
            header.resizeSection(column, header.fontMetrics().horizontalAdvance(words("On")) + CHECK)
        self.setSelectionBehavior(QtWidgets.QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        self.setItemDelegate(Outlined(self))
        self.setSizePolicy(QtWidgets.QSizePolicy.Policy.Expanding, QtWidgets.QSizePolicy.Policy.Fixed)
        self.itemChanged.connect(self._edited)
        self.currentCellChanged.connect(self._went)

    def show_pairs(self, pairs: Pairs) -> None:
        self._pairs, self._filling = pairs, True
        try:
            if self.rowCount() != len(pairs.items):
                self.setRowCount(len(pairs.items))
                self.updateGeometry()
            for row, pair in enumerate(pairs.items):
                for column, value in enumerate((*pair.handle, *pair.target)):
                    self._set(row, column, f"{value:.1f}")
                self._check(row, ON, pair.on)
                self._check(row, LOCKED, pair.locked)
        finally:
            self._filling = False

    def sizeHint(self) -> Any:  # noqa: N802 (Qt's name)
        """As high as its rows need, within limits: what lies below must stay in sight."""
        rows = max(FEW, min(MANY, self.rowCount()))
        row, title = self.verticalHeader().defaultSectionSize(), self.horizontalHeader().sizeHint().height()
        return QtCore.QSize(super().sizeHint().width(), rows * row + title + 2 * self.frameWidth())

    def minimumSizeHint(self) -> Any:  # noqa: N802 (Qt's name)
        return QtCore.QSize(super().minimumSizeHint().width(), self.sizeHint().height())

    def chosen(self) -> int | None:
        """The row that buttons act on."""
        row = self.currentRow()
        return row if 0 <= row < self.rowCount() else None

    def choose(self, row: int | None) -> None:
        """The pair that is selected on the canvas; None: none is."""
        row = row if row is not None and row < self.rowCount() else None
        if row != self.chosen():
            self.blockSignals(True)
            if row is None:
                self.setCurrentItem(None)
                self.clearSelection()
            else:
                self.setCurrentCell(row, 0)
            self.blockSignals(False)
            self.viewport().update()

    def _went(self, row: int, _column: int, before: int, _other: int) -> None:
        if not self._filling and row != before and row >= 0:
            self._select(row)

    def _edited(self, item: Any) -> None:
        if self._filling or self._pairs is None:
            return
        row, column, pairs = item.row(), item.column(), self._pairs
        if row >= len(pairs.items):
            return
        checked = item.checkState() == QtCore.Qt.CheckState.Checked
        if column == ON:
            pairs.switch(row, checked)
        elif column == LOCKED:
            pairs.lock(row, checked)
        else:
            end = End.HANDLE if column < 2 else End.TARGET
            old = pairs.items[row].handle if column < 2 else pairs.items[row].target
            value = _number(item.text())
            if value is None:
                self.show_pairs(pairs)  # what is no number is taken back
                return
            pairs.move(row, end, Point(value, old.y) if column % 2 == 0 else Point(old.x, value))
            pairs.seal()

    def _set(self, row: int, column: int, text: str) -> None:
        item = self.item(row, column)
        if item is None:
            self.setItem(row, column, QtWidgets.QTableWidgetItem(text))
        elif item.text() != text:
            item.setText(text)

    def _check(self, row: int, column: int, on: bool) -> None:
        item = self.item(row, column)
        if item is None:
            item = QtWidgets.QTableWidgetItem()
            flags = QtCore.Qt.ItemFlag
            item.setFlags(flags.ItemIsUserCheckable | flags.ItemIsEnabled | flags.ItemIsSelectable)
            self.setItem(row, column, item)
        item.setCheckState(QtCore.Qt.CheckState.Checked if on else QtCore.Qt.CheckState.Unchecked)


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if abs(value) < 1e6 else None
