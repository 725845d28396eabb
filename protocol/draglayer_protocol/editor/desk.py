"""One plugin's connection to the daemon, and the documents that are dragged through it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Protocol

from ..link import LinkDown, LinkEvent, LinkUp, NotSent
from ..messages import (
    AskStatus,
    AskThumbnails,
    Failed,
    ListModels,
    ModelInfo,
    Models,
    Request,
    SessionInfo,
    Status,
    Thumbnails,
)
from .heard import translated
from .words import Words


class Light(Enum):
    STARTING = "starting"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"


class Wired(Protocol):
    """What the desk needs of a line."""

    def send(self, request: Request) -> None: ...
    def take(self) -> list[LinkEvent]: ...
    def retry(self) -> None: ...
    def close(self) -> None: ...


class Customer(Protocol):
    """One document's tool."""

    def take(self, event: LinkEvent) -> None: ...
    def due(self) -> float | None: ...
    def work(self) -> None: ...


class Desk:
    """Everything on the host's main thread. `changed` is called after whatever should be shown anew."""

    def __init__(self, line: Wired, words: Words, changed: Callable[[], None]) -> None:
        self.line, self.words, self.changed = line, words, changed
        self.numbers: Iterator[int] = itertools.count(1)
        self.light = Light.STARTING
        self.sentence = words("Looking for the Draglayer daemon…")
        self.advice = ""  # what to do about a daemon that is not there; until one is
        self.shared = 0  # other drags on the device, as far as was heard
        self.boot: str | None = None
        self.models: tuple[ModelInfo, ...] = ()
        self.thumbnails: dict[tuple[str, int | None], Thumbnails] = {}  # of a model's hash and a label
        self._strips: dict[int, tuple[str, int | None]] = {}  # by the number of the question
        self._strips_asked: set[tuple[str, int | None]] = set()  # on this connection
        self._status: int | None = None  # the number of the question that is under way
        self._of_session: dict[str, Customer] = {}
        self._of_request: dict[int, Customer] = {}
        self._customers: list[Customer] = []

    # For the host

    def pump(self) -> None:
        """Take what came. Call it when the line woke the host."""
        came = self.line.take()
        for event in came:
            self._route(event)
        for customer in self._customers:
            customer.work()
        if came:
            self.changed()

    def due(self) -> float | None:
        """Seconds until `pump` should be called though nothing came; None: not before something does."""
        return min((at for at in (customer.due() for customer in self._customers) if at is not None), default=None)

    def retry(self) -> None:
        """Connect now."""
        self.light, self.sentence = Light.STARTING, self.words("Looking for the Draglayer daemon…")
        self.line.retry()
        self.changed()

    def close(self) -> None:
        self.line.close()

    # For its customers

    def send(self, request: Request) -> None:
        """Raises NotSent."""
        self.line.send(request)

    def serve(self, customer: Customer) -> None:
        self._customers.append(customer)

    def dismiss(self, customer: Customer) -> None:
        self._customers = [other for other in self._customers if other is not customer]
        self._of_session = {name: other for name, other in self._of_session.items() if other is not customer}

    def expect(self, session: str, customer: Customer) -> None:
        """Events of this session are the customer's."""
        self._of_session[session] = customer

    def answer(self, request: int, customer: Customer) -> None:
        """The answer to this request is the customer's."""
        self._of_request[request] = customer

    def ask_status(self) -> None:
        """How busy the daemon is, for those who wait."""
        if self._status is None:
            self._status = next(self.numbers)
            self._send_quietly(AskStatus(self._status))

    def ask_models(self) -> None:
        """Models may have come or gone since."""
        self._send_quietly(ListModels(next(self.numbers)))

    def ask_thumbnails(self, model: ModelInfo, label: int | None) -> None:
        """What a model looks like: `thumbnails` has it some time after. Asked for once."""
        key = (model.sha256, label)
        if key not in self._strips_asked and self.boot is not None:
            self._strips_asked.add(key)
            number = next(self.numbers)
            self._strips[number] = key
            self._send_quietly(AskThumbnails(number, model.name, label))

    def model(self, sha256: str) -> ModelInfo | None:
        return next((model for model in self.models if model.sha256 == sha256), None)

    def _route(self, said: LinkEvent) -> None:
        event = translated(said, self.words)
        if isinstance(event, LinkUp):
            self.light, self.boot, self.advice = Light.CONNECTED, event.welcome.boot, ""
            self._connected(event.welcome.daemon_version, event.welcome.device)
            self._all(event)
            self.ask_models()
        elif isinstance(event, LinkDown):
            self.light, self.boot, self._status, self.shared = Light.DISCONNECTED, None, None, 0
            self.sentence = event.sentence
            self._of_request.clear()
            self._strips.clear()
            self._strips_asked.clear()
            self._all(event)
        elif isinstance(event, Models):
            self.models = event.models
        elif isinstance(event, Thumbnails):
            key = self._strips.pop(event.request, None)
            if key is not None:
                self.thumbnails[key] = event
        elif isinstance(event, Status):
            self._status = None
            self.shared = sum(1 for info in event.sessions if info.running and info.session not in self._of_session)
            self._connected(event.daemon_version, event.device)  # which was not known while the worker started
            self._all(event)
        else:
            request, session = getattr(event, "request", None), getattr(event, "session", None)
            customer = self._of_request.pop(request, None) if request is not None else None
            if customer is None and session is not None:
                customer = self._of_session.get(session)
            if customer is not None:
                customer.take(event)
            elif isinstance(event, Failed):
                self.sentence = event.sentence

    def _all(self, event: LinkEvent) -> None:
        for customer in list(self._customers):
            customer.take(event)

    def _connected(self, version: str, device: str) -> None:
        words, count = self.words, self.shared
        self.sentence = words("Connected: Draglayer {version}, device {device}.", version=version, device=device)
        if count == 1:
            self.sentence += " " + words("Another drag shares the device; the two take turns.")
        elif count:
            self.sentence += " " + words("{count} other drags share the device; all take turns.", count=count)

    def _send_quietly(self, request: Request) -> None:
        try:
            self.line.send(request)
        except NotSent:
            return  # it went down again already, and LinkDown is on its way


def others(sessions: tuple[SessionInfo, ...], own: str) -> int:
    """How many other drags run on the device."""
    return sum(1 for info in sessions if info.running and info.session != own)
