"""One docker's documents: which tool belongs to the present one, and the mode in which points are edited on its canvas.

Knows Qt and the adapter, but Krita's API only through what extension.py hands in.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from draglayer_protocol.editor.desk import Desk
from draglayer_protocol.editor.document import Saved, Unreadable, load
from draglayer_protocol.editor.following import Following
from draglayer_protocol.editor.frame import box
from draglayer_protocol.editor.gesture import Gesture
from draglayer_protocol.editor.line import Line
from draglayer_protocol.editor.scene import scene
from draglayer_protocol.editor.tool import Tool
from draglayer_protocol.editor.words import Words

from . import launching
from .hand import Hand
from .host import KritaCanvas, canvas_widget, image_to_widget
from .overlay import Overlay
from .panel import Panel
from .qt import QtCore
from .strokes import Painting
from .waking import Waker

VERSION = "0.1.0"
SOON = 30  # milliseconds until a change is shown
STEPS = 400  # milliseconds between two looks at the steps of a drag: numbers are not read faster
TICK = 1000  # milliseconds: Krita tells nobody that another layer became the active one, or the selection another


class Desktop:
    """Of one Krita window.

    application, window   Krita's
    mode                  called with whether points are edited, whenever that changes
    """

    def __init__(self, application: Any, window: Callable[[], Any], words: Words, mode: Callable[[bool], None]) -> None:
        self._application, self._window, self._words, self._mode = application, window, words, mode
        self._tools: dict[str, tuple[Tool, Gesture, KritaCanvas]] = {}
        self._key: str | None = None
        self._hand: Hand | None = None
        self._overlay: Overlay | None = None
        self._painting = Painting()
        self._panel: Panel | None = None
        self._live = False
        self._waker = Waker(self._pump, self._due)
        self.desk = Desk(Line("krita", VERSION, self._waker.wake), words, self._changed)
        self._panel = self.panel = Panel(self.desk, self)
        self._found: tuple[object, tuple[Saved, str] | None] = (None, None)  # of `_saved`, and what it was found for
        self._closed = False
        self._shown = QtCore.QElapsedTimer()  # since the panel was refreshed
        self._shown.start()
        self._soon = QtCore.QTimer(self.panel)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._refresh)
        self.panel.destroyed.connect(self.close)  # with its window, or with Krita, which says nothing before
        self._clock = QtCore.QTimer(self.panel)
        self._clock.timeout.connect(self._tick)
        self._clock.start(TICK)

    # For the panel

    def tool(self) -> Tool | None:
        found = self._tools.get(self._key or "")
        return found[0] if found is not None else None

    def selected(self) -> bool:
        found = self._tools.get(self._key or "")
        return found is not None and found[2].open and found[2].selected()

    def hidden(self) -> bool:
        found = self._tools.get(self._key or "")
        return found is not None and found[0].layer.name is not None and found[2].hidden(found[0].layer.name)

    def editing(self) -> bool:
        return self._hand is not None

    def live(self, on: bool) -> None:
        self._live = on
        for _, gesture, _ in self._tools.values():
            gesture.live = on

    def pair(self) -> int | None:
        found = self._tools.get(self._key or "")
        return found[1].selected if found is not None else None

    def select_pair(self, index: int) -> None:
        found = self._tools.get(self._key or "")
        if found is not None:
            found[1].select(index)

    def from_lines(self) -> None:
        """The pairs are what the document's line shapes say."""
        found = self._tools.get(self._key or "")
        if found is not None and found[2].open:
            tool, _, canvas = found
            pairs = canvas.lines()
            if pairs:
                tool.pairs.replace(pairs)
            else:
                tool.say(self._words("There are no line shapes: draw lines on a vector layer, from handle to target."))

    def to_lines(self) -> None:
        """The pairs as line shapes, to be edited with Krita's own tools."""
        found = self._tools.get(self._key or "")
        if found is not None and found[2].open:
            tool, _, canvas = found
            if any(not pair.locked for pair in tool.pairs.items):
                canvas.draw_lines(tool.pairs.items, self._words("Draglayer points"))
            else:
                tool.say(self._words("There are no point pairs to draw as lines."))

    def continues(self) -> bool:
        tool = self.tool()
        return tool is not None and not tool.life.busy and self._saved() is not None

    def continue_layer(self) -> None:
        found, saved = self._tools.get(self._key or ""), self._saved()
        if found is not None and saved is not None:
            tool, _, canvas = found
            tool.continue_from(*saved, opacity=partial(canvas.opacity, saved[1]))
            tool.show_whole(saved[0].whole)

    def start_daemon(self) -> None:
        if launching.start():
            self.desk.retry()
        else:
            self.desk.advice = self._words(
                "The daemon cannot be started from here. Run this in a terminal: {command}", command=launching.shown()
            )
            self._changed()

    # For the extension

    def present(self, document: Any) -> None:
        """Another document is in front; None: none is."""
        if self._closed:
            return
        self.edit_points(False)
        self._drop_closed()
        self._key = None
        if document is not None:
            known = (key for key, (_, _, canvas) in self._tools.items() if canvas.shows(document))
            self._key = next(known, uuid.uuid4().hex)
            if self._key not in self._tools:
                canvas = KritaCanvas(self._application, document, self._words)
                tool = Tool(self.desk, canvas)
                tool.follow = Following(tool, canvas).look
                tool.layer.held = lambda: self._hand is None and self._painting.under_way()  # the hand is ours
                gesture = Gesture(tool)
                gesture.live = self._live
                self._tools[self._key] = (tool, gesture, canvas)
        self._changed()

    def something_closed(self, *_: Any) -> None:
        """Some document; if it was the present one, there is none until Krita shows another."""
        if not self._closed:
            self._drop_closed()
            if self._key is not None and self._key not in self._tools:
                self.present(None)

    def edit_points(self, on: bool) -> None:
        """The mode. It ends with its document, its canvas, the docker and Krita."""
        if on == self.editing() or self._closed:
            return
        if not on:
            assert self._hand is not None
            self._hand.finish()
            self._hand = None
            if self._overlay is not None:
                self._overlay.finish()
                self._overlay = None
        else:
            found, canvas = self._tools.get(self._key or ""), canvas_widget(self._qwindow())
            if found is None or canvas is None:
                if found is not None:
                    found[0].say(
                        self._words(
                            "The canvas of this window was not found: click on the picture in it and try again."
                        )
                    )
                self._mode(False)
                return
            if self._to_widget() is None:
                found[0].say(self._words("This Krita does not tell where its canvas is; use the table instead."))
                self._mode(False)
                return
            tool, gesture, _ = found
            self._overlay = Overlay(canvas, lambda: scene(tool, gesture), self._to_widget)
            self._hand = Hand(canvas, gesture, self._to_widget, lambda: self.edit_points(False))
        self._mode(self.editing())
        self._changed()

    def toggle_drag(self) -> None:
        tool = self.tool()
        if tool is not None:
            if tool.life.busy:
                tool.drag.stop()
            else:
                tool.drag.start()
            self._changed()

    def close(self, *_: Any) -> None:
        """The window or Krita ends: nothing of Qt's is touched any more, for it may be gone already."""
        if not self._closed:
            self._closed, self._panel = True, None
            self._waker.stop()
            if self._hand is not None:
                self._hand.finish()
            self._hand = self._overlay = None
            self._painting.finish()
            self.desk.close()

    def _saved(self) -> tuple[Saved, str] | None:
        """What the document keeps for its active layer, if the tool does not have it in hand already."""
        found = self._tools.get(self._key or "")
        if found is None or not found[2].open:
            return None
        tool, _, canvas = found
        active, kept = canvas.active(), canvas.kept()
        if active is None or active == tool.layer.name:
            return None
        asked = (active, kept)
        if self._found[0] != asked:
            self._found = (asked, self._look(tool, canvas, *asked))
        return self._found[1]

    def _look(self, tool: Tool, canvas: KritaCanvas, active: str, kept: dict[str, bytes]) -> tuple[Saved, str] | None:
        copied = None  # of a layer that is kept
        for data in kept.values():
            try:
                saved = load(data, self._words)
            except Unreadable as error:
                tool.note = error.sentence
                continue
            if saved.layer == active:
                return saved, active
            if copied is None and canvas.holds(active, box(saved.frame), saved.written):
                copied = saved, active
        return copied

    def _tick(self) -> None:
        """Now and then: what nobody tells, and what was edited and not yet kept, whether or not the docker is seen."""
        if self._closed:
            return
        tool, seen = self.tool(), self.panel.isVisible()
        if seen and (self.desk.shared or (tool is not None and tool.life.busy)):
            self.desk.ask_status()  # who else drags
        for other, _, canvas in self._tools.values():
            if (other is tool or other.unsaved) and not other.life.busy and canvas.open:
                other.look_around()
        if seen:
            self.panel.refresh()

    def _drop_closed(self) -> None:
        for key, (tool, _, canvas) in list(self._tools.items()):
            if not canvas.open:
                tool.close()
                del self._tools[key]

    def _to_widget(self) -> Any:
        window = self._window()
        view = None if window is None else window.activeView()
        return None if view is None else image_to_widget(view)

    def _qwindow(self) -> Any:
        window = self._window()
        return None if window is None else window.qwindow()

    def _pump(self) -> None:
        if not self._closed:
            self.desk.pump()

    def _due(self) -> float | None:
        return self.desk.due()

    def _changed(self) -> None:
        """Of many changes at once the panel shows the last."""
        if self._panel is not None:
            self._waker.again()
            tool = self.tool()
            rest = STEPS - self._shown.elapsed() if tool is not None and tool.life.running else 0
            soon = max(SOON, rest)
            if not self._soon.isActive() or self._soon.remainingTime() > soon:
                self._soon.start(soon)

    def _refresh(self) -> None:
        if self._panel is not None:
            self._shown.start()
            self._panel.refresh()
            tool = self.tool()
            running = tool is not None and tool.life.running
            self._painting.watch(canvas_widget(self._qwindow()) if running else None, tool)
