"""Strips of thumbnails that somebody waits for, made picture by picture between the steps of drags."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from draglayer_protocol.messages import Event, Failed, Image

from .files import CannotWrite
from .registry import Entry
from .thumbnails import Strip, Strips, side_by_side
from .worker_drag import Engine
from .worker_words import sendable

log = logging.getLogger(__name__)


@dataclass
class Job:
    """A strip that is being made, and the requests that wait for it."""

    strip: Strip
    asked: list[int] = field(default_factory=list)
    made: list[Image] = field(default_factory=list)


class StripQueue:
    """First come, first served; who asks for a strip that is being made waits with the others."""

    def __init__(self, engine: Engine, strips: Strips, emit: Callable[[Event], None]) -> None:
        self._engine, self._strips, self._emit = engine, strips, emit
        self._jobs: dict[Strip, Job] = {}

    def __bool__(self) -> bool:
        return bool(self._jobs)

    @property
    def entries(self) -> list[Entry]:
        """Models that are needed, the next one first."""
        return [strip.entry for strip in self._jobs]

    def add(self, strip: Strip, request: int) -> None:
        self._jobs.setdefault(strip, Job(strip)).asked.append(request)

    def turn(self) -> None:
        """One more picture of the first strip; its model is in memory. Raises what the engine raises."""
        strip, job = next(iter(self._jobs.items()))
        settings, index = strip.settings, len(job.made)
        label = strip.labels[index] if strip.labels else None
        job.made.append(
            self._engine.thumbnail(strip.entry, settings.seeds[index], label, settings.truncation, strip.size)
        )
        if len(job.made) == len(settings.seeds):
            self._finish(job)

    def fail(self, sentence: str) -> None:
        """The first strip cannot be made."""
        job = self._jobs.pop(next(iter(self._jobs)))
        for request in job.asked:
            self._emit(Failed(sendable(sentence), request))

    def _finish(self, job: Job) -> None:
        strip, image = job.strip, side_by_side(tuple(job.made))
        del self._jobs[strip]
        try:
            self._strips.write(strip, image)
        except CannotWrite as error:
            log.error("thumbnails could not be kept: %s", error)  # they are made again when somebody asks again
        for request in job.asked:
            self._emit(strip.answer(request, image))
