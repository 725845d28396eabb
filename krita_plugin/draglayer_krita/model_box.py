"""Which model a new picture comes from, and which of the kinds of pictures that it draws."""

from __future__ import annotations

from collections.abc import Callable

from draglayer_protocol.editor.words import Words
from draglayer_protocol.messages import ModelInfo

from .qt import QtWidgets


class ModelBox(QtWidgets.QWidget):  # type: ignore[misc]
    """Two lists; the second is there only for a model with labels. `opening`: before the first one is looked at."""

    def __init__(self, words: Words, opening: Callable[[], None]) -> None:
        super().__init__()
        self._models: tuple[ModelInfo, ...] = ()
        self.models = _Opening(opening)
        self.models.setAccessibleName(words("Model"))
        self.models.currentIndexChanged.connect(lambda _: self._show_labels())
        self.labels = QtWidgets.QComboBox()
        self.labels.setAccessibleName(words("Label"))
        self.labels.setToolTip(words("Which kind of picture the model shall draw"))
        self.labels.setVisible(False)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for box in (self.models, self.labels):
            box.setSizeAdjustPolicy(QtWidgets.QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            layout.addWidget(box)

    def show_models(self, models: tuple[ModelInfo, ...]) -> None:
        """The chosen one stays chosen, wherever it is in the list now."""
        if models is self._models:
            return
        known, titles, chosen = [m.sha256 for m in models], [m.title for m in models], self.chosen()
        same = [(m.sha256, m.title) for m in self._models] == list(zip(known, titles, strict=True))
        self._models = models
        if not same:
            self.models.blockSignals(True)
            self.models.clear()
            self.models.addItems(titles)
            if chosen is not None and chosen.sha256 in known:
                self.models.setCurrentIndex(known.index(chosen.sha256))
            self.models.blockSignals(False)
        self._show_labels()

    def chosen(self) -> ModelInfo | None:
        index = self.models.currentIndex()
        return self._models[index] if 0 <= index < len(self._models) else None

    def label(self) -> int | None:
        """The number of the chosen kind of picture; None for a model without labels."""
        model = self.chosen()
        return self.labels.currentIndex() if model is not None and model.labels else None

    def _show_labels(self) -> None:
        model = self.chosen()
        labels = [] if model is None else list(model.labels)
        if labels != [self.labels.itemText(n) for n in range(self.labels.count())]:
            self.labels.clear()
            self.labels.addItems(labels)
        self.labels.setVisible(bool(labels))


class _Opening(QtWidgets.QComboBox):  # type: ignore[misc]
    def __init__(self, opening: Callable[[], None]) -> None:
        super().__init__()
        self._opening = opening

    def showPopup(self) -> None:  # noqa: N802 (Qt's name)
        self._opening()
        super().showPopup()
