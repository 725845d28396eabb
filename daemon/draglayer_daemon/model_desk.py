"""What the gateway says about models: which there are, how far they have been read, what they look like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from draglayer_protocol.messages import (
    AskThumbnails,
    Event,
    Failed,
    ListModels,
    Load,
    ModelInfo,
    ModelLoading,
    Models,
    Thumbnails,
)
from draglayer_protocol.wire import MAX_HEADER, encode

from .registry import Registry, UnknownModel, label_words
from .supervisor import WorkerUnavailable
from .thumbnails import Strip, Strips


class Asked(NamedTuple):
    """Who waits for thumbnails, and under which number of theirs."""

    routing: bytes
    number: int


class ModelDesk:
    """Answers what is about models. `send` puts an event on its way to a client, `work` a request to the worker."""

    def __init__(
        self,
        registry: Registry,
        send: Callable[[bytes, Event], object],
        work: Callable[[AskThumbnails], None],
        strips: Strips | None = None,
    ) -> None:
        self._registry, self._send, self._work = registry, send, work
        self._strips = Strips() if strips is None else strips
        self._loading: dict[str, ModelLoading] = {}  # by the weights' hash, as the worker said last
        self._asked: dict[int, Asked] = {}  # by our number: those of clients are not unique
        self._numbers = 0

    def models(self, routing: bytes, message: ListModels) -> None:
        answer = Models(message.request, tuple(self._info()))
        size = len(encode(answer)[0])
        if size > MAX_HEADER:
            sentence = (
                f"the {len(answer.models)} models and their labels make a list of {size} bytes, more than a message"
                f" holds ({MAX_HEADER}); remove some with `draglayer models remove`"
            )
            self._send(routing, Failed(sentence, message.request))
        else:
            self._send(routing, answer)

    def thumbnails(self, routing: bytes, message: AskThumbnails) -> None:
        """At once if they are made already, else from the worker."""
        try:
            strip = Strip(self._registry.find(message.model), message.label)
        except UnknownModel as error:
            self._send(routing, Failed(str(error), message.request))
            return
        labels = strip.entry.labels
        if message.label is not None and message.label >= len(labels):
            has = f"has {label_words(labels)}" if labels else "has no labels"
            sentence = f"label {message.label} was asked for, but the model {message.model!r} {has}; choose another"
            self._send(routing, Failed(sentence, message.request))
            return
        image = self._strips.read(strip)
        if image is not None:
            self._send(routing, strip.answer(message.request, image))
            return
        self._numbers += 1
        try:
            self._work(replace(message, request=self._numbers))
        except WorkerUnavailable as error:
            self._send(routing, Failed(str(error), message.request))
        else:
            self._asked[self._numbers] = Asked(routing, message.request)

    # From the worker

    def loading(self, message: ModelLoading) -> None:
        """Note how far a model has been read."""
        if message.load is Load.COLD:
            self._loading.pop(message.model_sha256, None)
        else:
            self._loading[message.model_sha256] = message

    def answered(self, message: Thumbnails | Failed) -> None:
        """Pass thumbnails, or why there are none, on to who asked for them."""
        asked = self._asked.pop(message.request or 0, None)
        if asked is not None:
            self._send(asked.routing, replace(message, request=asked.number))

    def vanished(self, routing: bytes) -> None:
        """Nobody waits there any more."""
        self._asked = {number: asked for number, asked in self._asked.items() if asked.routing != routing}

    def worker_lost(self, sentence: str) -> None:
        """What was in its memory is not any more, and what it was to draw does not come."""
        self._loading.clear()
        asked, self._asked = self._asked, {}
        for one in asked.values():
            self._send(one.routing, Failed(sentence, one.number))

    def _info(self) -> list[ModelInfo]:
        found: list[ModelInfo] = []
        for entry in self._registry.entries():
            said = self._loading.get(entry.sha256)
            load = Load.COLD if said is None else said.load
            progress = 0.0 if said is None else 1.0 if load is Load.READY else said.done / max(said.size, 1)
            found.append(entry.info(load, progress, self._strips.has(Strip(entry))))
        return found
