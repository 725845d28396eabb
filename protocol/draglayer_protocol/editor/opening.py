"""Where a picture comes from: a seed, what a document brought, or what was known before the session was lost."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from ..messages import ModelInfo
from .document import Saved
from .frame import fitted
from .history import History
from .layer import Opacity
from .life import Phase
from .session import Session

if TYPE_CHECKING:
    from .tool import Tool


class Opening:
    """Of one tool; its methods of these names say what they do."""

    def __init__(self, tool: Tool) -> None:
        self._tool = tool

    def new(self, model: ModelInfo, seed: int, label: int | None) -> None:
        tool, words = self._tool, self._tool.words
        if tool.life.running:
            tool.refuse(words("A drag is running; stop it before you begin a new picture."))
            return
        tool.part()
        tool.model, tool.seed, tool.label = model, seed, label
        tool.id, tool.state, tool.state_step = uuid.uuid4().hex, b"", 0
        tool.layer.take_up(None, "", None)
        tool.layer.title = words("Drag – {what}", what=f"{model.title}, {seed}")
        if tool.frame is None:
            tool.frame = fitted(tool.canvas.size(), model.width, model.height)
        tool.draw_opened = True
        self._open()

    def go_on(self, saved: Saved, layer: str | None, opacity: Opacity | None) -> None:
        tool, words = self._tool, self._tool.words
        if tool.life.running:
            tool.refuse(words("A drag is running; stop it before you continue another picture."))
            return
        model = tool.desk.model(saved.sha256)
        if model is None:
            tool.say(
                words(
                    "This picture was made with the model {name} ({hash}…), which the daemon does not have; add that"
                    " model and try again.",
                    name=saved.model,
                    hash=saved.sha256[:12],
                )
            )
            return
        tool.part()
        copied = layer is not None and layer != saved.layer  # a duplicate goes its own way
        tool.id, tool.state = uuid.uuid4().hex if copied else saved.id, saved.state
        tool.state_step, tool.history = saved.step, History(saved.step, saved.step)
        tool.model, tool.seed, tool.label = model, saved.seed, saved.label
        tool.frame, tool.movable, tool.parameters = saved.frame, saved.movable, saved.parameters
        tool.layer.take_up(layer, saved.written, opacity)
        behind = saved.midway and layer is not None
        if behind:
            tool.layer.name = None
        tool.layer.title = words("Drag – {what}", what=model.title)
        tool.pairs.restore(saved.pairs)
        tool.draw_opened = layer is None or behind
        self._open()
        if behind and not tool.note:
            tool.say(
                words(
                    "The drawing was saved in the middle of a drag: it goes on from where that drag began, in a new"
                    " layer; the layer with the later picture stays as it is."
                )
            )

    def recover(self) -> None:
        tool = self._tool
        if tool.life.phase is Phase.LOST and tool.model is not None:
            tool.draw_opened = True  # the layer may show later steps than the state has, and the handles stand there
            tool.pairs.follow(tool.history.tracked(tool.state_step))
            self._open()

    def _open(self) -> None:
        tool = self._tool
        if tool.desk.boot is None:
            tool.say(tool.words("There is no connection to the Draglayer daemon yet."))
            return
        session = tool.session = Session(tool.desk, tool.desk.boot, tool.desk.numbers)
        tool.desk.expect(session.id, tool)
        tool.life.go(Phase.OPENING, tool.words("Opening the picture…"))
        assert tool.model is not None
        assert tool.frame is not None
        name, frame, seed, label = tool.model.name, tool.frame, tool.seed, tool.label
        tool.say("")
        if tool.state:
            sent = tool.send(lambda session: session.open_state(tool.state, frame))
        else:
            sent = tool.send(lambda session: session.open_seed(name, 0 if seed is None else seed, label, frame))
        if not sent:
            tool.session = None
            tool.life.go(Phase.LOST if tool.layer.name else Phase.IDLE, tool.note)
