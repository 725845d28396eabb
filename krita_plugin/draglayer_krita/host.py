"""Krita's documents, layers and canvases, translated. With extension.py the only file that knows Krita's API.

Traps that this file is written around are numbered as Krita's documentation and issue reports have them: a layer's
refresh through setBlendingMode is an undo step; wrappers of one node differ, so nodes are compared by uniqueId;
8-bit RGB is BGRA in memory; documents of other depths take an 8-bit sRGB layer, which Krita converts when it shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from draglayer_protocol.editor.canvas import CannotShow, Inside
from draglayer_protocol.editor.document import KIND
from draglayer_protocol.editor.following import Place
from draglayer_protocol.editor.frame import Box
from draglayer_protocol.editor.layer import hashed
from draglayer_protocol.editor.pairs import Pair
from draglayer_protocol.editor.words import Words
from draglayer_protocol.geometry import Point
from draglayer_protocol.messages import Image

from .lines import drawing, way
from .pictures import rows_bgra
from .qt import QtCore, QtWidgets

SRGB = "sRGB-elle-V2-srgbtrc.icc"
LAYERS = ("paintlayer", "grouplayer", "vectorlayer", "filelayer", "clonelayer", "filllayer", "filterlayer")
COPIED = 1 << 22  # pixels; a hash of more would be felt
CANVASES = ("KisOpenGLCanvas2", "KisQPainterCanvas")


class KritaCanvas:
    """One open document."""

    def __init__(self, application: Any, document: Any, words: Words) -> None:
        self._application, self._document, self._words = application, document, words
        self._placed: tuple[str, Place] | None = None  # the layer that was looked at last, and where it lay
        self._time = 0  # the frame of the animation that it was looked at

    @property
    def open(self) -> bool:
        """Whether the document is still open. A wrapper of a closed one must not be touched."""
        return any(other == self._document for other in self._application.documents())

    def shows(self, document: Any) -> bool:
        """Whether it is this document, in whatever wrapper; a copy has the same ids, and flattening changes them."""
        return bool(document == self._document)

    def size(self) -> Box:
        return Box(0, 0, self._document.width(), self._document.height())

    def selected(self) -> bool:
        return self._document.selection() is not None

    def selection(self, box: Box) -> bytes | None:
        selection = self._document.selection()
        return None if selection is None else bytes(selection.pixelData(*box))

    def add_layer(self, name: str, box: Box, picture: Image, inside: Inside | None, rows: range) -> str:
        if not self.open:
            raise CannotShow(self._words("The document was closed."))
        document = self._document
        parent, above = self._place()
        pixels = QtCore.QByteArray(rows_bgra(picture, box, inside, rows))
        part = box._replace(height=len(rows))
        if _is_srgb(document):
            node = document.createNode(name, "paintlayer")
            node.setPixelData(pixels, *part)
        else:
            node = self._foreign(name, pixels, part)
        if not parent.addChildNode(node, above):  # the one undo step, with the picture in it
            raise CannotShow(self._words("Krita did not take a new layer; unlock the group and try again."))
        document.setActiveNode(node)
        self._placed, self._time = (_name(node), self._place_of(node, box)), document.currentTime()
        return _name(node)

    def draw(self, layer: str, box: Box, picture: Image, inside: Inside | None, rows: range) -> None:
        if not self.open:
            raise CannotShow(self._words("The document was closed."))
        node = self._writable(layer)
        if self._placed is not None and self._placed[0] == layer:
            was = self._placed[1]
            if self._place_of(node, was.bounds) != was:
                raise CannotShow(
                    self._words(
                        "The image or its result layer was moved or resized, so the drag was stopped; drag again."
                    )
                )
        if node.animated() and self._document.currentTime() != self._time:
            raise CannotShow(
                self._words(
                    "The animation stands at another frame, so the drag was stopped there; go back to the frame where"
                    " it began, or drag again here."
                )
            )
        pixels = QtCore.QByteArray(rows_bgra(picture, box, inside, rows))
        node.setPixelData(pixels, box.x, box.y + rows.start, box.width, len(rows))

    def show(self) -> None:
        if not self.open:
            raise CannotShow(self._words("The document was closed."))
        self._document.refreshProjection()

    def clear(self, layer: str, box: Box) -> None:
        if not self.open:
            raise CannotShow(self._words("The document was closed."))
        self._writable(layer).setPixelData(QtCore.QByteArray(bytes(4 * box.width * box.height)), *box)

    def copy(self, layer: str, name: str) -> None:
        if not self.open:
            raise CannotShow(self._words("The document was closed."))
        node = self._present(layer)
        parent = node.parentNode()
        siblings = [_name(child) for child in parent.childNodes()]
        place = siblings.index(_name(node))
        copied = node.duplicate()
        copied.setName(name)
        parent.addChildNode(copied, parent.childNodes()[place - 1] if place else node)
        QtCore.QTimer.singleShot(0, lambda: self._activate(layer))  # Krita makes the new one active, and later

    def pixels(self, layer: str, box: Box) -> bytes | None:
        node = self._node(layer) if self.open else None
        return None if node is None else bytes(node.pixelData(*box))

    def place(self, layer: str) -> Place | None:
        """Where it lies now; from then on `draw` refuses to draw into it when it lies elsewhere."""
        node = self._node(layer) if self.open else None
        if node is None:
            return None
        bounds = node.bounds()
        found = self._place_of(node, Box(bounds.x(), bounds.y(), bounds.width(), bounds.height()))
        self._placed, self._time = (layer, found), self._document.currentTime()
        return found

    def holds(self, layer: str, box: Box, written: str) -> bool:
        """Whether a layer is what was written into another one, to the byte: a copy of it. None larger is looked at."""
        node = self._node(layer) if self.open else None
        if node is None or box.width * box.height > COPIED:
            return False
        bounds = node.bounds()
        same = (bounds.x(), bounds.y(), bounds.width(), bounds.height()) == tuple(box)
        return same and hashed(self, layer, box) == written

    def hidden(self, layer: str) -> bool:
        """Whether a layer, or a group that it lies in, is switched off; what is gone is not hidden."""
        node = self._node(layer) if self.open else None
        while node is not None and node.parentNode() is not None:
            if not node.visible():
                return True
            node = node.parentNode()
        return False

    def opacity(self, layer: str, box: Box) -> bytes | None:
        """How opaque each of its pixels is, one byte a pixel; None when it is gone or not as `add_layer` made it."""
        node = self._node(layer) if self.open else None
        return bytes(node.pixelData(*box))[3::4] if node is not None and _is_plain(node) else None

    def keep(self, name: str, data: bytes) -> None:
        if self.open:
            self._document.setAnnotation(name, "Draglayer", QtCore.QByteArray(data))

    def kept(self) -> dict[str, bytes]:
        names = [name for name in self._document.annotationTypes() if name.startswith(f"{KIND}/")]
        return {name: bytes(self._document.annotation(name)) for name in names}

    def lines(self) -> list[Pair]:
        """The line shapes of the active vector layer, or of the topmost one, as pairs in canvas pixels."""
        active = self._document.activeNode()
        vectors = [node for node in _below(self._document.rootNode()) if node.type() == "vectorlayer"]
        chosen = [node for node in vectors if active is not None and _name(node) == _name(active)] or vectors[-1:]
        found = []
        for shape in chosen[0].shapes() if chosen else []:
            ends = way(shape.toSvg())
            if ends is not None:
                to_points, scale = shape.absoluteTransformation(), self._document.resolution() / 72
                start, end = (to_points.map(QtCore.QPointF(*place)) for place in ends)
                found.append(
                    Pair(
                        Point(start.x() * scale - 0.5, start.y() * scale - 0.5),
                        Point(end.x() * scale - 0.5, end.y() * scale - 0.5),
                    )
                )
        return found

    def draw_lines(self, pairs: Sequence[Pair], name: str) -> None:
        """The pairs as line shapes on a vector layer of their own, above everything."""
        document = self._document
        layer = document.createVectorLayer(name)
        layers = [child for child in document.rootNode().childNodes() if child.type() in LAYERS]
        document.rootNode().addChildNode(layer, layers[-1] if layers else None)
        document.waitForDone()  # the layer is in the tree then, which shapes need to be shown
        layer.addShapesFromSvg(drawing(pairs, document.width(), document.height(), float(document.resolution())))

    def active(self) -> str | None:
        """The active layer's name for us."""
        node = self._document.activeNode()
        return None if node is None else _name(node)

    def _foreign(self, name: str, pixels: Any, box: Box) -> Any:
        """An 8-bit sRGB layer for a document of another kind, out of a document of that kind that is never shown.

        setColorSpace on a layer that is in the document would be a second undo step; on one that is not, it crashes.
        """
        document = self._document
        size = (document.width(), document.height())
        other = self._application.createDocument(*size, name, "RGBA", "U8", SRGB, document.resolution())
        try:
            node = other.createNode(name, "paintlayer")
            node.setPixelData(pixels, *box)
            other.rootNode().addChildNode(node, None)
            other.waitForDone()
            return node.duplicate()
        finally:
            other.close()

    def _place(self) -> tuple[Any, Any]:
        """The group that a new layer comes into, and the node that it comes above: the active one, or all others."""
        root, at = self._document.rootNode(), self._document.activeNode()
        while at is not None and at.parentNode() is not None and at.type() not in LAYERS:
            at = at.parentNode()  # a mask lies in a layer; the result goes above that
        if at is not None and at.parentNode() is not None:
            return at.parentNode(), at
        layers = [child for child in root.childNodes() if child.type() in LAYERS]
        return root, layers[-1] if layers else None

    def _place_of(self, node: Any, bounds: Box) -> Place:
        at = node.position()
        return Place((self._document.width(), self._document.height()), (at.x(), at.y()), bounds)

    def _activate(self, layer: str) -> None:
        node = self._node(layer) if self.open else None
        if node is not None:
            self._document.setActiveNode(node)

    def _writable(self, layer: str) -> Any:
        node = self._present(layer)
        if node.locked():
            raise CannotShow(self._words("The result layer is locked, so the drag was stopped; unlock it."))
        if not _is_plain(node):
            raise CannotShow(
                self._words("The result layer was converted, so the drag was stopped; the next one makes a new layer.")
            )
        return node

    def _present(self, layer: str) -> Any:
        node = self._node(layer)
        if node is None:
            raise CannotShow(self._words("The result layer was deleted, so the drag was stopped."))
        return node

    def _node(self, layer: str) -> Any:
        return next((node for node in _below(self._document.rootNode()) if _name(node) == layer), None)


def canvas_widget(window: Any) -> Any:
    """The widget that the visible view of a window paints on; None when there is none.

    window   its QMainWindow; while another one is in front, Qt calls none of its views active, but one current
    """
    area = None if window is None else window.findChild(QtWidgets.QMdiArea)
    within = None if area is None else area.activeSubWindow() or area.currentSubWindow()
    if within is None:
        return None
    for widget in within.findChildren(QtWidgets.QWidget):
        if widget.metaObject().className() in CANVASES and widget.isVisible():
            return widget
    return None


def image_to_widget(view: Any) -> Any:
    """QTransform from image pixels (edges at integers) to the canvas widget's; None when this Krita cannot tell."""
    if not hasattr(view, "flakeToImageTransform") or not hasattr(view, "flakeToCanvasTransform"):
        return None
    back, possible = view.flakeToImageTransform().inverted()
    return back * view.flakeToCanvasTransform() if possible else None


def _is_srgb(document: Any) -> bool:
    return (document.colorModel(), document.colorDepth(), document.colorProfile()) == ("RGBA", "U8", SRGB)


def _is_plain(node: Any) -> bool:
    """Whether its pixels are those that we write: four bytes, blue first."""
    return (node.type(), node.colorModel(), node.colorDepth()) == ("paintlayer", "RGBA", "U8")


def _name(node: Any) -> str:
    return str(node.uniqueId().toString())


def _below(node: Any) -> Iterator[Any]:
    for child in node.childNodes():
        yield child
        yield from _below(child)
