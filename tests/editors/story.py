"""The artist's story in a real Krita: pieces of it, each with real mouse input, for test_krita.py."""

from __future__ import annotations

from typing import Any, NamedTuple

from .screen import Screen, wait

READY = 'tool.life.phase.value == "ready"'


class Spot(NamedTuple):
    """Screen pixels."""

    x: float
    y: float


class Artist:
    """Works with one Krita."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen

    def new_document(
        self, model: str = "RGBA", depth: str = "U8", width: int = 640, height: int = 512, *, connected: bool = True
    ) -> None:
        self.screen.ask(f"""
            doc = app.createDocument({width}, {height}, "story", "{model}", "{depth}", "", 300.0)
            app.activeWindow().addView(doc)
        """)
        wait(lambda: self.ask("app.activeWindow().activeView().document() is not None"), "the new document")
        self.open_docker(connected)

    def close_documents(self) -> None:
        """All of them, whatever was not saved."""
        self.edit_points(False) if self.ask("'desktop' in globals() and desktop.editing()") else None
        self.screen.ask("""
            doc = tool = None
            for other in app.documents():
                other.setBatchmode(True)
                other.setModified(False)
                other.close()
        """)

    def open_docker(self, connected: bool = True) -> None:
        """Krita's window as large as the screen, the docker in a column; `connected`: once it is."""
        self.screen.ask("""
            main = app.activeWindow().qwindow()
            main.showMaximized()
            docker = [d for d in app.dockers() if d.objectName() == "draglayer"][0]
            for other in app.dockers():
                other.setVisible(other.objectName() in ("draglayer", "KisLayerBox"))
            docker.setVisible(True)
            docker.raise_()
            main.resizeDocks([docker], [330], QtCore.Qt.Orientation.Horizontal)
            main.resizeDocks([docker], [700], QtCore.Qt.Orientation.Vertical)
            desktop = docker.desktop
            panel = desktop.panel
            doc = app.activeDocument()
            doc.setBatchmode(True)
        """)
        light = 'desktop.desk.light.value == "connected" and len(desktop.desk.models) > 0'
        if connected:
            wait(lambda: self.ask(light), "the connection")
        self.screen.ask("tool = desktop.tool()")

    def ask(self, expression: str) -> Any:
        return self.screen.ask(f"answer = {expression}")

    def press_button(self, name: str) -> None:
        """Click the middle of one of the panel's widgets."""
        self.screen.click(*self.middle(f"panel.{name}"))

    def middle(self, widget: str) -> Spot:
        return Spot(
            *self.screen.ask(f"""
                widget = {widget}
                panel.refresh()
                panel.layout().activate()
                within = docker.widget()
                within.ensureWidgetVisible(widget) if hasattr(within, "ensureWidgetVisible") else None
                where = widget.mapToGlobal(widget.rect().center()) * widget.devicePixelRatioF()
                answer = (where.x(), where.y())
            """)
        )

    def on_canvas(self, x: float, y: float) -> Spot:
        """Where an image pixel's middle is on the screen."""
        return Spot(
            *self.screen.ask(f"""
                import draglayer_krita.host as host
                canvas = host.canvas_widget(app.activeWindow().qwindow())
                to_widget = host.image_to_widget(app.activeWindow().activeView())
                at = to_widget.map(QtCore.QPointF({x} + 0.5, {y} + 0.5)).toPoint()
                where = canvas.mapToGlobal(at) * canvas.devicePixelRatioF()
                answer = (where.x(), where.y())
            """)
        )

    def view(self, zoom: float, rotation: float, mirror: bool = False) -> None:
        self.screen.ask(f"""
            view = app.activeWindow().activeView().canvas()
            view.setZoomLevel({zoom})
            view.setRotation({rotation})
            view.setMirror({mirror})
        """)

    def layer_hash(self) -> str:
        """Of the result layer's pixels."""
        value = self.screen.ask("""
            import hashlib
            node = None if tool.layer.name is None else tool.canvas._node(tool.layer.name)
            pixels = b"" if node is None else bytes(node.pixelData(0, 0, doc.width(), doc.height()))
            answer = hashlib.sha256(pixels).hexdigest() if pixels else ""
        """)
        return str(value)

    def layers(self) -> list[str]:
        return list(self.ask('[node.name() for node in doc.topLevelNodes() if node.type() == "paintlayer"]'))

    def until_ready(self, what: str) -> None:
        wait(lambda: self.ask(f"{READY} and not tool._jobs and tool.settling is None"), what)

    def new_picture(self, seed: int) -> None:
        self.screen.ask(f"panel._seed.setValue({seed})")
        self.press_button("_new")
        wait(lambda: self.ask("tool.layer.name is not None"), "the new layer")
        self.until_ready("the new picture")

    def edit_points(self, on: bool) -> None:
        if bool(self.ask("desktop.editing()")) != on:
            self.press_button("_edit")
        wait(lambda: bool(self.ask("desktop.editing()")) == on, "the mode")

    def pair(self, handle: tuple[float, float], target: tuple[float, float]) -> None:
        """Press at the one image position, release at the other."""
        before = self.ask("len(tool.pairs.items)")
        self.screen.drag(self.on_canvas(*handle), self.on_canvas(*target))
        let_go = "desktop._tools[desktop._key][1].held is None"
        wait(lambda: self.ask(f"len(tool.pairs.items) == {before} + 1 and {let_go}"), "the new pair")

    def pair_by_table(self, handle: tuple[float, float], target: tuple[float, float]) -> None:
        """As the docker's table edits pairs."""
        self.screen.ask(f"""
            from draglayer_protocol.geometry import Point
            tool.pairs.add(Point(*{handle}), Point(*{target}))
        """)

    def parameters(self, **values: float) -> None:
        """As the docker's advanced settings do; what is not named is the preset's."""
        self.screen.ask(f"""
            from draglayer_protocol.messages import Parameters
            tool.set_parameters(Parameters(**{values!r}))
        """)

    def note(self) -> str:
        """What the docker says about the picture."""
        return str(self.ask("(panel.refresh(), panel._note.text())[1]"))

    def light(self) -> str:
        """What it says about the connection."""
        return str(self.ask("(panel.refresh(), panel._light.text())[1]"))

    def undo_entries(self) -> int:
        """Rows of Krita's own Undo History."""
        return int(
            self.screen.ask("""
                history = [d for d in app.dockers() if d.objectName() == "History"][0]
                lists = history.findChildren(QtWidgets.QAbstractItemView)
                answer = max(view.model().rowCount() for view in lists if view.model() is not None)
            """)
        )

    def select(self, x: int, y: int, width: int, height: int) -> None:
        self.screen.ask(f"""
            selection = krita.Selection()
            selection.select({x}, {y}, {width}, {height}, 255)
            doc.setSelection(selection)
        """)

    def save(self, name: str) -> None:
        self.screen.ask(f"""
            doc.setFileName("/draglayer/{name}")
            answer = doc.saveAs("/draglayer/{name}")
        """)
        wait((self.screen.folder / name).exists, "the saved file")
