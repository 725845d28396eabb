"""The docker's inside: widgets that show a desk and the present document's tool, and pass on what the artist wants."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from draglayer_protocol.editor.desk import Desk, Light
from draglayer_protocol.editor.exporting import Export
from draglayer_protocol.editor.life import Phase
from draglayer_protocol.editor.mask import Movable, said
from draglayer_protocol.editor.placing import keep_step, move_frame
from draglayer_protocol.editor.tool import Tool
from draglayer_protocol.editor.words import Words
from draglayer_protocol.messages import ModelInfo, Parameters

from .advanced import Advanced
from .animating import animate
from .around import Host
from .curve import Curve
from .frame_box import FrameBox
from .new_box import NewBox
from .pictures import save_step
from .qt import QtCore, QtWidgets
from .table import PairTable

LIGHTS = {Light.STARTING: "◌", Light.CONNECTED: "●", Light.DISCONNECTED: "○"}
NARROW = 80  # logical pixels: what is shown whole only in a wide docker must not push the rest out of a narrow one


class Panel(QtWidgets.QWidget):  # type: ignore[misc]
    """`refresh` after whatever has changed; cheap enough to be called often."""

    def __init__(self, desk: Desk, host: Host, parent: Any = None) -> None:
        super().__init__(parent)
        self._desk, self._host, self._words = desk, host, desk.words
        self._shown: Any = None  # pairs that the table shows
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        words = self._words
        self._light = self._line(layout, words("Connection"))
        self._start = self._button(layout, words("Start the daemon"), self._host.start_daemon)
        self._new_box = NewBox(desk, self._new_picture)
        self._seed, self._new = self._new_box.seed, self._new_box.button
        layout.addWidget(self._new_box)
        self._continue = self._button(layout, words("Continue this layer"), self._host.continue_layer)
        self._edit = self._button(layout, words("Edit points on canvas"), None)
        self._edit.setCheckable(True)
        self._edit.clicked.connect(lambda on: self._host.edit_points(bool(on)))
        self._edit.setToolTip(words("Press on the picture where it shall move, release where to; Esc ends it"))
        self._live = QtWidgets.QCheckBox(words("Live: the picture follows the hand"))
        self._live.setMinimumWidth(NARROW)
        self._live.toggled.connect(lambda on: self._host.live(bool(on)))
        layout.addWidget(self._live)
        self._table = PairTable(words, self._host.select_pair)
        layout.addWidget(self._table)
        self._layout_pairs(layout, words)
        self._layout_mask(layout, words)
        self._drag = self._button(layout, words("Drag"), self._toggle)
        self._drag.setObjectName("draglayer_drag")
        self._progress = self._line(layout, words("Progress"))
        self._curve = Curve()
        self._curve.setAccessibleName(words("Distance of the handles over the steps"))
        layout.addWidget(self._curve)
        self._note = self._line(layout, words("Note"))
        self._layout_history(layout, words)
        self._frame = FrameBox(words, self._frame_wanted)
        self._advanced = Advanced(words, self._parameters_wanted, self._rate_wanted)
        for title, inside in ((words("Frame"), self._frame), (words("Advanced"), self._advanced)):
            self._fold(layout, title, inside)
        layout.addStretch(1)
        self.refresh()

    def refresh(self) -> None:
        """Show what is."""
        words, desk, tool = self._words, self._desk, self._host.tool()
        _say(self._light, f"{LIGHTS[desk.light]} {desk.sentence}" + (f"\n{desk.advice}" if desk.advice else ""))
        self._start.setVisible(desk.light is Light.DISCONNECTED)
        ready = tool is not None and desk.light is Light.CONNECTED
        self._new_box.show_desk(ready)
        self._continue.setVisible(ready and self._host.continues())
        self._edit.setEnabled(tool is not None)
        editing = self._host.editing()
        self._edit.setChecked(editing)
        self._edit.setText(words("Editing points – Esc ends it") if editing else words("Edit points on canvas"))
        for widget in (
            self._table,
            self._drag,
            self._movable,
            self._slider,
            self._undo,
            self._keep,
            self._from,
            self._to,
        ):
            widget.setEnabled(tool is not None)
        if tool is None:
            _say(self._note, words("Open or make a document first."))
            return
        if tool.pairs.items is not self._shown:
            self._shown = tool.pairs.items
            self._table.show_pairs(tool.pairs)
        self._table.choose(self._host.pair())
        _say(self._mask, said(tool.movable, self._host.selected(), words))
        self._whole.setEnabled(tool.movable is not Movable.FRAME and self._host.selected())
        self._whole.setChecked(tool.whole)
        running = tool.life.busy
        self._drag.setText(
            words("Stop") if running else words("Continue") if tool.life.phase is Phase.LOST else words("Drag")
        )
        note = tool.note or tool.life.sentence
        if running and self._host.hidden():
            unseen = words("The result layer is hidden: make it visible in the Layers docker to see the drag.")
            note = f"{unseen}\n{note}" if note else unseen
        _say(self._note, note)
        self._show_progress(tool)
        self._frame.show_frame(tool.frame, tool.model)
        history = tool.history
        self._slider.blockSignals(True)
        self._slider.setRange(0, history.steps)
        if not self._slider.isSliderDown():
            self._slider.setValue(history.step)
        self._slider.blockSignals(False)
        self._slider.setEnabled(tool.life.phase is Phase.READY and history.steps > 0)
        self._undo.setEnabled(tool.life.phase is Phase.READY and history.last_begin() is not None)
        for widget in (self._export, self._animate):
            widget.setEnabled(self._slider.isEnabled())
        self._keep.setEnabled(tool.life.phase is Phase.READY and tool.layer.name is not None)

    # Parts

    def _layout_pairs(self, layout: Any, words: Words) -> None:
        row = QtWidgets.QHBoxLayout()
        for label, hint, act in (
            ("+", words("Add a pair in the middle of the frame"), self._add),
            ("−", words("Delete the chosen pair"), lambda: self._with_row(lambda tool, n: tool.pairs.delete(n))),
            ("⇄", words("Swap handle and target"), lambda: self._with_row(lambda tool, n: tool.pairs.swap(n))),
            ("✕", words("Delete all pairs"), self._clear),
        ):
            button = QtWidgets.QPushButton(label)
            button.setToolTip(hint)
            button.setAccessibleName(hint)
            button.setMinimumWidth(24)
            button.clicked.connect(lambda _=False, act=act: act())
            row.addWidget(button)
        layout.addLayout(row)
        row = QtWidgets.QHBoxLayout()
        self._from = self._button(row, words("From lines"), self._host.from_lines)
        self._from.setToolTip(words("Points from line shapes of a vector layer"))
        self._to = self._button(row, words("To lines"), self._host.to_lines)
        self._to.setToolTip(words("Points as line shapes on a vector layer"))
        layout.addLayout(row)

    def _layout_mask(self, layout: Any, words: Words) -> None:
        self._movable = QtWidgets.QComboBox()
        self._movable.setAccessibleName(words("What may move"))
        self._movable.setMinimumWidth(NARROW)
        for choice in (words("Move the selection"), words("Move all but the selection"), words("Move the whole frame")):
            self._movable.addItem(choice)
        self._movable.currentIndexChanged.connect(self._mask_wanted)
        layout.addWidget(self._movable)
        self._mask = self._line(layout, words("Mask"))
        self._whole = QtWidgets.QCheckBox(words("Show the result outside of it too"))
        self._whole.setToolTip(
            words(
                "Otherwise a layer that a drag makes is transparent where nothing may move; a new picture from the"
                " model is always whole"
            )
        )
        self._whole.setMinimumWidth(NARROW)
        self._whole.toggled.connect(lambda on: self._with_tool(lambda tool: tool.show_whole(bool(on))))
        layout.addWidget(self._whole)

    def _layout_history(self, layout: Any, words: Words) -> None:
        row = QtWidgets.QHBoxLayout()
        self._slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal)
        self._slider.setAccessibleName(words("Step of the history"))
        self._slider.setToolTip(words("Go through all steps of this picture"))
        self._slider.valueChanged.connect(self._seek)
        self._undo = QtWidgets.QPushButton(words("Undo drag"))
        self._undo.clicked.connect(lambda: self._with_tool(Tool.undo_drag))
        row.addWidget(self._slider)
        row.addWidget(self._undo)
        layout.addLayout(row)
        self._export = self._button(layout, words("Export all steps…"), self._export_wanted)
        self._export.setToolTip(words("Every step as a PNG file in a folder"))
        self._animate = self._button(layout, words("Export as GIF…"), self._animation_wanted)
        self._animate.setToolTip(words("All steps as one animation, made by the daemon's program"))
        self._keep = self._button(layout, words("Keep this step as layer"), lambda: self._with_tool(keep_step))

    def _show_progress(self, tool: Tool) -> None:
        progress, words = tool.drag.progress, self._words
        if progress is None:
            _say(self._progress, "")
            self._curve.show_values(())
            return
        speed = progress.speed()
        step = (
            words("Step {n}", n=progress.steps)
            if progress.most is None
            else words("Step {n} of {most}", n=progress.steps, most=progress.most)
        )
        far = words("{distance:.1f} px to go", distance=progress.distance)
        fast = words("{speed:.1f} steps/s", speed=speed) if speed is not None else ""
        _say(self._progress, " · ".join(part for part in (step, far, fast) if part))
        self._curve.show_values(progress.curve)

    def _fold(self, layout: Any, title: str, inside: Any) -> None:
        button = QtWidgets.QToolButton()
        button.setText(f"▸ {title}")
        button.setCheckable(True)
        button.setAutoRaise(True)
        button.setAccessibleName(title)
        button.toggled.connect(inside.setVisible)
        button.toggled.connect(lambda on: button.setText(f"{'▾' if on else '▸'} {title}"))
        inside.setVisible(False)
        layout.addWidget(button)
        layout.addWidget(inside)

    def _button(self, layout: Any, label: str, act: Any) -> Any:
        button = QtWidgets.QPushButton(label)
        button.setAccessibleName(label)
        button.setMinimumWidth(NARROW)
        if act is not None:
            button.clicked.connect(lambda _=False: act())
        layout.addWidget(button)
        return button

    def _line(self, layout: Any, name: str) -> Any:
        label = QtWidgets.QLabel()
        label.setAccessibleName(name)
        label.setWordWrap(True)
        label.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
        layout.addWidget(label)
        return label

    # What the artist wants

    def _new_picture(self, model: ModelInfo, seed: int, label: int | None) -> None:
        self._with_tool(lambda tool: tool.new_from_model(model, seed, label))

    def _toggle(self) -> None:
        self._with_tool(lambda tool: tool.drag.stop() if tool.life.busy else tool.drag.start())

    def _seek(self, step: int) -> None:
        self._with_tool(lambda tool: tool.seek(step))

    def _add(self) -> None:
        self._with_tool(Tool.add_pair)

    def _clear(self) -> None:
        self._with_tool(lambda tool: tool.pairs.clear())

    def _mask_wanted(self, index: int) -> None:
        self._with_tool(lambda tool: tool.set_movable((Movable.SELECTION, Movable.INVERSE, Movable.FRAME)[index]))

    def _frame_wanted(self, frame: Any) -> None:
        self._with_tool(lambda tool: move_frame(tool, frame))

    def _parameters_wanted(self, parameters: Parameters) -> None:
        self._with_tool(lambda tool: tool.set_parameters(parameters))

    def _export_wanted(self) -> None:
        folder = QtWidgets.QFileDialog.getExistingDirectory(self, self._words("Export all steps…"))
        if folder:
            self._with_tool(lambda tool: Export(tool, partial(save_step, Path(folder)), folder).start())

    def _animation_wanted(self) -> None:
        chosen = QtWidgets.QFileDialog.getSaveFileName(self, self._words("Export as GIF…"), "", "GIF (*.gif)")
        if chosen[0]:
            self._with_tool(lambda tool: animate(tool, Path(chosen[0])))

    def _rate_wanted(self, rate: float) -> None:
        self._with_tool(lambda tool: tool.set_preview_rate(rate))

    def _with_row(self, act: Any) -> None:
        row = self._table.chosen()
        if row is not None:
            self._with_tool(lambda tool: act(tool, row))

    def _with_tool(self, act: Any) -> None:
        tool = self._host.tool()
        if tool is not None:
            act(tool)
            self._desk.changed()


def _say(label: Any, sentence: str) -> None:
    if label.text() != sentence:
        label.setText(sentence)
    label.setVisible(bool(sentence))
