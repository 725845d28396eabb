"""The docker's inside, in both languages."""

from __future__ import annotations

import pytest

from draglayer_krita.panel import Panel
from draglayer_krita.qt import QtCore, QtGui, QtWidgets
from draglayer_krita.table import LOCKED
from draglayer_protocol.editor.desk import Desk
from draglayer_protocol.editor.gesture import Gesture
from draglayer_protocol.editor.life import Phase
from draglayer_protocol.editor.tool import Tool
from draglayer_protocol.editor.words import Words
from draglayer_protocol.geometry import Point
from draglayer_protocol.link import LinkDown
from draglayer_protocol.messages import OpenSeed, Run
from tests.protocol.editor.fakes import FakeLine, Studio


class FakeHost:
    def __init__(self, tool: Tool | None) -> None:
        self._tool = tool
        self.gesture = None if tool is None else Gesture(tool)
        self.calls: list[str] = []
        self.unseen = False

    def tool(self) -> Tool | None:
        return self._tool

    def selected(self) -> bool:
        return False

    def hidden(self) -> bool:
        return self.unseen

    def editing(self) -> bool:
        return False

    def edit_points(self, on: bool) -> None:
        self.calls.append(f"edit {on}")

    def live(self, on: bool) -> None:
        self.calls.append(f"live {on}")

    def pair(self) -> int | None:
        return None if self.gesture is None else self.gesture.selected

    def select_pair(self, index: int) -> None:
        if self.gesture is not None:
            self.gesture.select(index)

    def continues(self) -> bool:
        return False

    def continue_layer(self) -> None:
        self.calls.append("continue")

    def from_lines(self) -> None:
        self.calls.append("from lines")

    def to_lines(self) -> None:
        self.calls.append("to lines")

    def start_daemon(self) -> None:
        self.calls.append("start")


def shown(studio: Studio) -> Panel:
    panel = Panel(studio.desk, FakeHost(studio.tool))
    studio.desk.changed = panel.refresh
    studio.tool.changed = panel.refresh
    return panel


def test_without_a_document_it_says_so_and_nothing_can_be_pressed() -> None:
    studio = Studio()
    panel = Panel(studio.desk, FakeHost(None))
    assert "document" in panel._note.text()
    assert not panel._drag.isEnabled()
    assert not panel._new.isEnabled()


def test_a_picture_is_made_and_dragged_by_its_buttons() -> None:
    studio = Studio()
    panel = shown(studio)
    panel._seed.setValue(42)
    panel._new.click()
    opening = studio.line.last(OpenSeed)
    assert isinstance(opening, OpenSeed)
    assert opening.seed == 42
    studio.bring(studio.opened())
    studio.rendered(9)
    studio.tool.pairs.add(Point(3, 4), Point(8, 9))
    assert panel._table.rowCount() == 1
    assert panel._table.item(0, 2).text() == "8.0"
    panel._drag.click()
    assert panel._drag.text() == "Stop"
    studio.pump()
    assert studio.line.all(Run)


def test_the_table_edits_pairs() -> None:
    studio = Studio()
    panel = shown(studio)
    studio.ready()
    studio.tool.pairs.add(Point(3, 4), Point(8, 9))
    panel._table.item(0, 3).setText("12,5")
    assert studio.tool.pairs.items[0].target == Point(8, 12.5)
    panel._table.item(0, 0).setText("left a bit")
    assert studio.tool.pairs.items[0].handle == Point(3, 4)
    assert panel._table.item(0, 0).text() == "3.0"


def test_the_row_that_is_chosen_is_the_pair_that_is_selected_and_deleted() -> None:
    studio = Studio()
    panel = shown(studio)
    studio.ready()
    gesture = panel._host.gesture
    for y in (10, 20, 30):
        studio.tool.pairs.add(Point(3, y), Point(8, y))
    panel._table.setCurrentCell(1, 2)
    assert gesture.selected == 1
    gesture.press(Point(3, 30), 2)
    gesture.release(Point(3, 30), 2)
    assert panel._table.chosen() == 2
    panel._table.setCurrentCell(0, 2)
    assert gesture.delete()
    assert [pair.handle.y for pair in studio.tool.pairs.items] == [20, 30]
    assert panel._table.chosen() is None
    assert not gesture.delete()


def test_a_lost_daemon_is_said_with_a_way_to_start_it() -> None:
    studio = Studio()
    panel = shown(studio)
    studio.bring(LinkDown("the daemon has ended", 1.0))
    assert "the daemon has ended" in panel._light.text()
    assert not panel._start.isHidden()


def test_settings_go_to_the_tool_and_back_to_nothing() -> None:
    studio = Studio()
    panel = shown(studio)
    panel._advanced._boxes["max_steps"].setValue(77)
    panel._advanced._boxes["step_size"].setValue(0.01)
    assert (studio.tool.parameters.max_steps, studio.tool.parameters.step_size) == (77, 0.01)
    assert studio.tool.parameters.r1 is None
    panel._advanced._reset()
    assert studio.tool.parameters.max_steps is None


def test_the_frame_keeps_the_models_aspect() -> None:
    studio = Studio()
    panel = shown(studio)
    studio.ready()
    assert studio.tool.life.phase is Phase.READY
    panel.refresh()
    panel._frame._width.setValue(40)
    assert studio.tool.frame == (0, 0, 40, 40)


@pytest.mark.parametrize("language", ["en", "de"])
def test_everything_that_can_be_used_has_a_name_and_the_panel_is_narrow(language: str) -> None:
    desk = Desk(FakeLine(), Words(language), lambda: None)
    panel = Panel(desk, FakeHost(Studio().tool))
    for kind in (QtWidgets.QAbstractButton, QtWidgets.QComboBox, QtWidgets.QAbstractSpinBox, QtWidgets.QSlider):
        for widget in panel.findChildren(kind):
            named = widget.accessibleName() or (widget.text() if hasattr(widget, "text") else "")
            inner = isinstance(widget.parent(), (QtWidgets.QAbstractItemView, QtWidgets.QHeaderView))
            assert named or inner, widget
    assert panel.minimumSizeHint().width() <= 330


def test_an_empty_check_box_of_the_table_is_seen_on_a_dark_ground() -> None:
    studio = Studio()
    panel = shown(studio)
    studio.ready()
    studio.tool.pairs.add(Point(3, 4), Point(8, 9))
    table = panel._table
    dark = QtGui.QPalette(QtGui.QColor("#303030"))
    dark.setColor(QtGui.QPalette.ColorRole.Base, QtGui.QColor("#303030"))
    dark.setColor(QtGui.QPalette.ColorRole.Text, QtGui.QColor("#e0e0e0"))
    table.setPalette(dark)
    table.resize(320, 120)
    image = table.viewport().grab().toImage()
    cell = table.visualItemRect(table.item(0, LOCKED))
    brightest = max(
        image.pixelColor(x, y).lightness()
        for x in range(cell.left() + 1, cell.right() - 1)
        for y in range(cell.top() + 1, cell.bottom() - 1)
    )
    assert brightest > 120


def test_every_setting_says_what_it_means() -> None:
    panel = shown(Studio())
    kinds = (QtWidgets.QComboBox, QtWidgets.QSpinBox, QtWidgets.QDoubleSpinBox)
    boxes = [box for kind in kinds for box in panel._advanced.findChildren(kind)]
    assert len(boxes) > 8
    assert [box.accessibleName() for box in boxes if not box.toolTip()] == []


def test_a_narrow_docker_cuts_no_number_off() -> None:
    studio = Studio()
    panel = shown(studio)
    studio.ready()
    studio.tool.pairs.add(Point(1290.4, 262.3), Point(1320.6, 8.2))
    assert panel.minimumSizeHint().width() <= 258
    table = panel._table
    for wide, seen in ((90, "1290.4"), (40, "1290")):
        option = QtWidgets.QStyleOptionViewItem()
        option.rect = QtCore.QRect(0, 0, wide, 20)
        option.font = QtGui.QFont(table.font())
        table.itemDelegate().initStyleOption(option, table.model().index(0, 0))
        assert option.text == seen


def test_a_drag_into_a_hidden_layer_says_why_nothing_is_seen() -> None:
    studio = Studio()
    panel = shown(studio)
    studio.ready()
    studio.tool.pairs.add(Point(3, 4), Point(8, 9))
    panel._host.unseen = True
    panel.refresh()
    assert "hidden" not in panel._note.text()
    panel._drag.click()
    assert "hidden" in panel._note.text()
    panel._host.unseen = False
    panel.refresh()
    assert "hidden" not in panel._note.text()
