"""How to drag, folded away: every value empty means as the preset says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, NamedTuple

from draglayer_protocol.editor.words import Words, text
from draglayer_protocol.messages import InvalidMessage, Parameters, Preset, Space

from .qt import QtWidgets


class Setting(NamedTuple):
    name: str  # of a field of Parameters
    label: str
    hint: str
    low: float
    high: float
    step: float
    decimals: int


SETTINGS = (
    Setting("step_size", text("Step size"), text("Adam's learning rate, without a unit"), 0.0001, 1.0, 0.001, 4),
    Setting("layers", text("Layers"), text("How many first rows of w may change"), 1, 64, 1, 0),
    Setting("r1", text("Radius r1"), text("Radius of the pulled disk, in model pixels"), 0.5, 64, 0.5, 1),
    Setting("r2", text("Search r2"), text("How far a handle is looked for, in model pixels"), 1, 128, 1, 0),
    Setting("mask_weight", text("Lambda"), text("Weight of what must stay, as the preset means it"), 0, 1000, 1, 2),
    Setting("max_steps", text("Most steps"), text("Steps of one drag, at most"), 1, 100000, 50, 0),
    Setting("stop_distance", text("Stop at"), text("A handle this near has arrived, in model pixels"), 0.1, 64, 0.5, 1),
)


class Advanced(QtWidgets.QWidget):  # type: ignore[misc]
    """`changed` is called with every new Parameters, `rate` with the pictures that are wanted a second; 0: all."""

    def __init__(
        self, words: Words, changed: Callable[[Parameters], None], rate: Callable[[float], None], parent: Any = None
    ) -> None:
        super().__init__(parent)
        self._words, self._changed, self._filling = words, changed, False
        self._boxes: dict[str, Any] = {}
        form = QtWidgets.QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        self._preset = QtWidgets.QComboBox()
        for preset in Preset:
            self._preset.addItem(preset.value)
        self._space = QtWidgets.QComboBox()
        for space in (words("as the preset"), *(space.value for space in Space)):
            self._space.addItem(space)
        for label, hint, box in (
            (
                words("Preset"),
                words(
                    "default: ours, measured for each model; paper: as the paper prints it; reference: as its authors'"
                    " program computes"
                ),
                self._preset,
            ),
            (words("Space"), words("W: one row of the latent for all layers; W+: a row for each"), self._space),
        ):
            form.addRow(label, box)
            box.setAccessibleName(label)
            box.setToolTip(hint)
            box.currentIndexChanged.connect(self._edited)
        for setting in SETTINGS:
            box = QtWidgets.QDoubleSpinBox()
            box.setDecimals(setting.decimals)
            box.setRange(setting.low - setting.step, setting.high)
            box.setSingleStep(setting.step)
            box.setSpecialValueText(words("as the preset"))
            box.setToolTip(words(setting.hint))
            box.setAccessibleName(words(setting.label))
            box.valueChanged.connect(self._edited)
            form.addRow(words(setting.label), box)
            self._boxes[setting.name] = box
        self.rate = QtWidgets.QSpinBox()
        self.rate.setRange(0, 60)
        self.rate.setSpecialValueText(words("as fast as can be"))
        self.rate.setToolTip(words("Pictures a second that a drag draws into the layer, at most"))
        self.rate.setAccessibleName(words("Pictures/s"))
        self.rate.valueChanged.connect(rate)
        form.addRow(words("Pictures/s"), self.rate)
        reset = QtWidgets.QPushButton(words("Reset to defaults"))
        reset.clicked.connect(self._reset)
        form.addRow(reset)
        self.show_parameters(Parameters())

    def show_parameters(self, parameters: Parameters) -> None:
        self._filling = True
        try:
            self._preset.setCurrentText(parameters.preset.value)
            self._space.setCurrentIndex(0 if parameters.space is None else 1 + list(Space).index(parameters.space))
            for name, box in self._boxes.items():
                value = getattr(parameters, name)
                box.setValue(box.minimum() if value is None else value)
        finally:
            self._filling = False

    def parameters(self) -> Parameters:
        """Raises InvalidMessage."""
        given: dict[str, Any] = {}
        for name, box in self._boxes.items():
            if box.value() != box.minimum():
                given[name] = (
                    int(box.value()) if box.decimals() == 0 and name in ("layers", "max_steps") else box.value()
                )
        index = self._space.currentIndex()
        given["space"] = None if index <= 0 else list(Space)[index - 1]
        known = {field.name for field in fields(Parameters)}
        assert set(given) <= known
        return Parameters(list(Preset)[self._preset.currentIndex()], **given)

    def _reset(self, _: bool = False) -> None:
        self.show_parameters(Parameters())
        self.rate.setValue(0)
        self._edited()

    def _edited(self, *_: Any) -> None:
        if not self._filling:
            try:
                self._changed(self.parameters())
            except InvalidMessage:
                self.show_parameters(Parameters())
