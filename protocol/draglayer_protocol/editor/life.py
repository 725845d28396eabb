"""What a picture is doing, as a state machine: which phases there are and which may follow which."""

from __future__ import annotations

from enum import Enum


class Phase(Enum):
    """Of one picture (a session in the daemon, and a layer in the document)."""

    IDLE = "idle"  # no session
    OPENING = "opening"  # asked for; the model may have to be read first
    READY = "ready"  # a picture that can be dragged
    PREPARING = "preparing"  # selection and layer are being read
    WAITING = "waiting"  # Run was sent and no step has come: the device is busy with others
    DRAGGING = "dragging"
    PULLING = "pulling"  # live: held by the hand
    STOPPING = "stopping"
    LOST = "lost"  # the connection or the session is gone; what is known is kept, and Continue goes on


RUNNING = frozenset({Phase.WAITING, Phase.DRAGGING, Phase.PULLING, Phase.STOPPING})
BUSY = RUNNING | {Phase.PREPARING}

_NEXT: dict[Phase, frozenset[Phase]] = {
    Phase.IDLE: frozenset({Phase.OPENING}),
    Phase.OPENING: frozenset({Phase.READY, Phase.IDLE, Phase.LOST}),
    Phase.READY: frozenset({Phase.PREPARING, Phase.OPENING, Phase.LOST, Phase.IDLE}),
    Phase.PREPARING: frozenset({Phase.READY, Phase.WAITING, Phase.LOST, Phase.IDLE}),
    Phase.WAITING: frozenset({Phase.DRAGGING, Phase.PULLING, Phase.STOPPING, Phase.READY, Phase.LOST, Phase.IDLE}),
    Phase.DRAGGING: frozenset({Phase.STOPPING, Phase.READY, Phase.LOST, Phase.IDLE}),
    Phase.PULLING: frozenset({Phase.STOPPING, Phase.READY, Phase.LOST, Phase.IDLE}),
    Phase.STOPPING: frozenset({Phase.READY, Phase.WAITING, Phase.LOST, Phase.IDLE}),
    Phase.LOST: frozenset({Phase.OPENING, Phase.READY, Phase.IDLE}),
}


class Life:
    """The phase a picture is in, and the sentence that says why."""

    def __init__(self) -> None:
        self.phase = Phase.IDLE
        self.sentence = ""

    def go(self, phase: Phase, sentence: str = "") -> None:
        """Into another phase; staying in one only changes the sentence. Impossible ways are mistakes of ours."""
        assert phase is self.phase or phase in _NEXT[self.phase], f"from {self.phase.value} to {phase.value}"
        self.phase, self.sentence = phase, sentence

    @property
    def running(self) -> bool:
        """A Run was sent and its DragEnded has not come."""
        return self.phase in RUNNING

    @property
    def busy(self) -> bool:
        return self.phase in BUSY
