"""A document of bytes, a wire that keeps what was said, and a daemon's answers in a row."""

from __future__ import annotations

from draglayer_protocol.editor.canvas import CannotShow, Inside
from draglayer_protocol.editor.desk import Desk
from draglayer_protocol.editor.frame import Box
from draglayer_protocol.editor.tool import Tool
from draglayer_protocol.editor.words import Words
from draglayer_protocol.geometry import Frame
from draglayer_protocol.link import LinkEvent, LinkUp, NotSent
from draglayer_protocol.messages import (
    Accepted,
    Image,
    Load,
    ModelInfo,
    Models,
    OpenSeed,
    OpenState,
    Render,
    Rendered,
    Request,
    SessionOpened,
    Welcome,
)

BOOT = "boot-1"
MODEL = ModelInfo("small", "Small", "ab" * 32, 16, 16, (), "CC0-1.0", Load.READY)
WORDS = Words()


def picture(value: int = 7, side: int = 16) -> Image:
    return Image(side, side, 3, bytes([value]) * (3 * side * side))


class FakeCanvas:
    """A document whose layers hold the pictures that were drawn, nothing else."""

    def __init__(self, width: int = 64, height: int = 64) -> None:
        self.box = Box(0, 0, width, height)
        self.selected: bytes | None = None  # of the whole document
        self.layers: dict[str, Image] = {}
        self.cleared: list[Box] = []
        self.rows: list[range] = []  # that were drawn at once
        self.shows = 0
        self.drawn: list[int] = []  # first byte of every picture
        self.insides: list[Inside | None] = []
        self.data: dict[str, bytes] = {}
        self.refuses = ""

    def size(self) -> Box:
        return self.box

    def selection(self, box: Box) -> bytes | None:
        if self.selected is None:
            return None
        rows = []
        for y in range(box.y, box.y + box.height):
            for x in range(box.x, box.x + box.width):
                within = 0 <= x < self.box.width and 0 <= y < self.box.height
                rows.append(self.selected[y * self.box.width + x] if within else 0)
        return bytes(rows)

    def add_layer(self, name: str, box: Box, picture: Image, inside: Inside | None, rows: range) -> str:
        if self.refuses:
            raise CannotShow(self.refuses)
        layer = f"{name} #{len(self.layers)}"
        self.layers[layer] = picture
        self.draw(layer, box, picture, inside, rows)
        return layer

    def draw(self, layer: str, box: Box, picture: Image, inside: Inside | None, rows: range) -> None:
        if self.refuses or layer not in self.layers:
            raise CannotShow(self.refuses or "the layer is gone")
        self.rows.append(rows)
        self.layers[layer] = picture
        if rows.stop == box.height:
            self.drawn.append(picture.pixels[0])
            self.insides.append(inside)

    def show(self) -> None:
        self.shows += 1

    def clear(self, layer: str, box: Box) -> None:
        if layer not in self.layers:
            raise CannotShow("the layer is gone")
        self.cleared.append(box)

    def copy(self, layer: str, name: str) -> None:
        if layer not in self.layers:
            raise CannotShow("the layer is gone")
        self.layers[name] = self.layers[layer]

    def pixels(self, layer: str, box: Box) -> bytes | None:
        found = self.layers.get(layer)
        return None if found is None else found.pixels[:1] * (box.width * box.height)

    def keep(self, name: str, data: bytes) -> None:
        self.data[name] = data

    def kept(self) -> dict[str, bytes]:
        return dict(self.data)


class FakeLine:
    """Keeps what is sent; `bring` is what the daemon says."""

    def __init__(self) -> None:
        self.sent: list[Request] = []
        self.up = True
        self._came: list[LinkEvent] = []

    def send(self, request: Request) -> None:
        if not self.up:
            raise NotSent("there is no connection")
        self.sent.append(request)

    def bring(self, *events: LinkEvent) -> None:
        self._came += events

    def take(self) -> list[LinkEvent]:
        came, self._came = self._came, []
        return came

    def retry(self) -> None:
        self.up = True

    def close(self) -> None:
        self.up = False

    def last(self, kind: type[Request]) -> Request:
        return next(request for request in reversed(self.sent) if isinstance(request, kind))

    def all(self, kind: type[Request]) -> list[Request]:
        return [request for request in self.sent if isinstance(request, kind)]


class Studio:
    """A tool with its fake surroundings, connected to a daemon that knows one model."""

    def __init__(self, canvas: FakeCanvas | None = None) -> None:
        self.canvas = FakeCanvas() if canvas is None else canvas
        self.line = FakeLine()
        self.changes = 0
        self.desk = Desk(self.line, WORDS, self._changed)
        self.tool = Tool(self.desk, self.canvas)
        self.tool.layer._clock = lambda: 0.0  # drawing takes no time here, so no picture waits for the one before
        self.bring(LinkUp(Welcome(BOOT, "0.1", "cpu")), Models(1, (MODEL,)))

    def bring(self, *events: LinkEvent) -> None:
        """Let the daemon say this, and the host do all that then is due."""
        self.line.bring(*events)
        self.pump()

    def pump(self) -> None:
        self.desk.pump()
        for _ in range(1000):
            if self.desk.due() != 0.0:
                return
            self.desk.pump()
        raise AssertionError("work never ends")

    def opened(self, steps: int = 0) -> SessionOpened:
        """What answers the opening request that was sent last."""
        asked = next(r for r in reversed(self.line.sent) if isinstance(r, (OpenSeed, OpenState)))
        frame = asked.frame or Frame(0, 0, 16, 16)
        return SessionOpened(asked.session, "small", MODEL.sha256, 16, 16, frame, steps, steps, 0, (), False)

    def ready(self, value: int = 7) -> None:
        """A new picture, drawn into its layer."""
        self.tool.new_from_model(MODEL, 3)
        self.bring(self.opened())
        self.rendered(value)

    def rendered(self, value: int, step: int = 0) -> None:
        """The answer to the last Render."""
        asked = self.line.last(Render)
        assert isinstance(asked, Render)
        self.bring(Rendered(asked.request, asked.session, step, picture(value)))

    @property
    def session(self) -> str:
        assert self.tool.session is not None
        return self.tool.session.id

    def accept(self) -> None:
        """The daemon has taken all commands so far."""
        seqs = [seq for request in self.line.sent if (seq := getattr(request, "seq", None)) is not None]
        self.bring(Accepted(self.session, max(seqs)))

    def _changed(self) -> None:
        self.changes += 1
