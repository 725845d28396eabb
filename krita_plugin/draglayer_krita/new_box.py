"""New from model: which model, which of its kinds, which number; and a strip of its pictures to choose from."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from draglayer_protocol.editor.desk import Desk
from draglayer_protocol.messages import MAX_SEED, ModelInfo, Thumbnails

from .pictures import as_image
from .qt import QtCore, QtGui, QtWidgets

SIDE = 56  # logical pixels of a picture in the strip
ICON = 28  # and of the one beside a model's name
SEED, LABEL = QtCore.Qt.ItemDataRole.UserRole, QtCore.Qt.ItemDataRole.UserRole + 1


class NewBox(QtWidgets.QWidget):  # type: ignore[misc]
    """`make` is called with a model, a seed and a label (None for a model without labels)."""

    def __init__(self, desk: Desk, make: Callable[[ModelInfo, int, int | None], None], parent: Any = None) -> None:
        super().__init__(parent)
        self._desk, self._make, words = desk, make, desk.words
        self._listed: tuple[str, ...] = ()  # hashes of the models in the list
        self._icons: set[int] = set()  # places in the list that have a picture
        self._stripped: Thumbnails | None = None  # what the strip shows
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.model, self.label = _Opening(desk.ask_models), QtWidgets.QComboBox()
        self.button: Any = QtWidgets.QPushButton(words("New from model"))
        self.model.setAccessibleName(words("Model"))
        self.model.setIconSize(QtCore.QSize(ICON, ICON))
        self.label.setAccessibleName(words("Kind of picture"))
        for box in (self.model, self.label):
            box.setSizeAdjustPolicy(QtWidgets.QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(12)
            layout.addWidget(box)
        self.model.currentIndexChanged.connect(lambda _: self._chosen())
        self.label.currentIndexChanged.connect(lambda _: self.show_desk(self.button.isEnabled()))
        self.strip = self._strip()
        layout.addWidget(self.strip)
        self.ask = QtWidgets.QPushButton(words("Show pictures of this model"))
        self.ask.clicked.connect(lambda _=False: self._ask())
        layout.addWidget(self.ask)
        layout.addLayout(self._numbers())
        self.button.clicked.connect(lambda _=False: self._pressed())
        layout.addWidget(self.button)
        self._chosen()

    def show_desk(self, ready: bool) -> None:
        """What the daemon has. `ready`: whether a picture can be made now."""
        models = self._desk.models
        listed = tuple(f"{model.sha256} {model.title}" for model in models)
        if listed != self._listed:
            chosen = self.model.currentText()
            self._listed = listed
            self._icons.clear()
            self.model.clear()
            self.model.addItems([model.title for model in models])
            self.model.setCurrentIndex(max(0, self.model.findText(chosen)))
        self._show_icons(ready)
        model = self.present()
        self.button.setEnabled(ready and model is not None)
        seen = None if model is None else self._desk.thumbnails.get((model.sha256, self.chosen_label()))
        if ready and model is not None and model.thumbnails:
            self._ask()  # it is made already and costs nothing
        self.ask.setVisible(ready and model is not None and seen is None)
        if seen is not self._stripped:
            self._fill(seen)

    def _show_icons(self, ready: bool) -> None:
        """The first picture of every model whose strip is made already, which costs nothing."""
        for place, model in enumerate(self._desk.models):
            if place in self._icons or place >= self.model.count():  # while the list is being filled
                continue
            if ready and model.thumbnails:
                self._desk.ask_thumbnails(model, None)
            found = [seen for (sha256, _), seen in self._desk.thumbnails.items() if sha256 == model.sha256]
            if found:
                self._icons.add(place)
                self.model.setItemIcon(place, _pictures(found[0])[0])

    def present(self) -> ModelInfo | None:
        """The chosen model."""
        index = self.model.currentIndex()
        return self._desk.models[index] if 0 <= index < len(self._desk.models) else None

    def chosen_label(self) -> int | None:
        model = self.present()
        return max(0, self.label.currentIndex()) if model is not None and model.labels else None

    def _chosen(self) -> None:
        model = self.present()
        self.label.blockSignals(True)
        self.label.clear()
        if model is not None:
            self.label.addItems(list(model.labels))
        self.label.blockSignals(False)
        self.label.setVisible(model is not None and bool(model.labels))
        self.show_desk(self.button.isEnabled())

    def _ask(self) -> None:
        model = self.present()
        if model is not None:
            self._desk.ask_thumbnails(model, self.chosen_label())

    def _pressed(self) -> None:
        model = self.present()
        if model is not None:
            self._make(model, self.seed.value(), self.chosen_label())

    def _numbers(self) -> Any:
        words, row = self._desk.words, QtWidgets.QHBoxLayout()
        self.seed = QtWidgets.QSpinBox()
        self.seed.setRange(0, min(MAX_SEED, 2**31 - 1))
        self.seed.setAccessibleName(words("Seed"))
        self.seed.setToolTip(words("The number that a picture comes from"))
        dice = QtWidgets.QPushButton("⚄")
        dice.setAccessibleName(words("Another seed"))
        dice.setToolTip(words("Another seed"))
        dice.setMaximumWidth(36)
        dice.clicked.connect(lambda: self.seed.setValue(random.randrange(10000)))
        row.addWidget(self.seed, 1)
        row.addWidget(dice)
        return row

    def _strip(self) -> Any:
        strip = QtWidgets.QListWidget()
        strip.setAccessibleName(self._desk.words("Pictures of this model"))
        strip.setToolTip(self._desk.words("Choose one; Enter or a double click makes it"))
        strip.setFlow(QtWidgets.QListView.Flow.LeftToRight)
        strip.setIconSize(QtCore.QSize(SIDE, SIDE))
        strip.setHorizontalScrollMode(QtWidgets.QAbstractItemView.ScrollMode.ScrollPerPixel)
        strip.setVerticalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        strip.setFixedHeight(SIDE + 8 + strip.horizontalScrollBar().sizeHint().height())
        strip.setMinimumWidth(60)
        strip.setVisible(False)
        strip.currentItemChanged.connect(self._picked)
        strip.itemActivated.connect(lambda _: self._pressed())
        return strip

    def _fill(self, seen: Thumbnails | None) -> None:
        self._stripped = seen
        self.strip.blockSignals(True)
        self.strip.clear()
        if seen is not None:
            for place, (seed, icon) in enumerate(zip(seen.seeds, _pictures(seen))):  # noqa: B905 (Python 3.9)
                item = QtWidgets.QListWidgetItem(icon, "")
                item.setData(SEED, seed)
                item.setData(LABEL, seen.labels[place] if seen.labels else None)
                named = self._desk.words("Seed {seed}", seed=seed)
                item.setToolTip(named)
                item.setData(QtCore.Qt.ItemDataRole.AccessibleTextRole, named)
                self.strip.addItem(item)
        self.strip.blockSignals(False)
        self.strip.setVisible(seen is not None)

    def _picked(self, item: Any, _: Any = None) -> None:
        if item is not None:
            self.seed.setValue(item.data(SEED))


def _pictures(seen: Thumbnails) -> list[Any]:
    """A strip as one icon for each of its seeds."""
    whole, count = as_image(seen.image), len(seen.seeds)
    wide = whole.width() // count
    parts = (whole.copy(place * wide, 0, wide, whole.height()) for place in range(count))
    return [QtGui.QIcon(QtGui.QPixmap.fromImage(part)) for part in parts]


class _Opening(QtWidgets.QComboBox):  # type: ignore[misc]
    """`opening` is called before the list is looked at."""

    def __init__(self, opening: Callable[[], None]) -> None:
        super().__init__()
        self._opening = opening

    def showPopup(self) -> None:  # noqa: N802 (Qt's name)
        self._opening()
        super().showPopup()
