"""One session of the daemon, driven by events: commands are numbered and sent, nothing waits for an answer."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Union

from ..geometry import Frame, Point
from ..messages import (
    Attach,
    Close,
    Credit,
    ExportState,
    Mask,
    MoveTargets,
    OpenSeed,
    OpenState,
    Parameters,
    PointPair,
    Render,
    Run,
    Seek,
    SessionOpened,
    SetFrame,
    SetMask,
    SetParameters,
    SetPoints,
    Stop,
)
from .line import Wire

Numbered = Union[SetPoints, MoveTargets, SetMask, SetFrame, SetParameters, Run, Stop, Seek, Close]


class Session:
    """Every method but the opening ones needs `opened`. Raises NotSent without a connection, InvalidMessage.

    boot      of the daemon that has the session
    numbers   request numbers of the connection, shared by all its sessions
    """

    def __init__(self, wire: Wire, boot: str, numbers: Iterator[int] | None = None) -> None:
        self.id = uuid.uuid4().hex
        self.opened: SessionOpened | None = None
        self._wire, self.boot = wire, boot
        self._numbers = itertools.count(1) if numbers is None else numbers
        self._seq = 0

    def open_seed(self, model: str, seed: int, label: int | None, frame: Frame) -> None:
        self._wire.send(OpenSeed(self.boot, self.id, model, seed, label, frame=frame))

    def open_state(self, state: bytes, frame: Frame) -> None:
        self._wire.send(OpenState(self.boot, self.id, state, frame))

    def attach(self) -> None:
        """After the connection was lost, with the same daemon."""
        self._wire.send(Attach(self.boot, self.id))

    def take(self, opened: SessionOpened) -> None:
        self.opened, self._seq = opened, max(self._seq, opened.seq)

    def set_points(self, points: Sequence[PointPair]) -> int:
        return self._send(lambda seq: SetPoints(self.boot, self.id, seq, tuple(points)))

    def move_targets(self, targets: Sequence[Point]) -> int:
        return self._send(lambda seq: MoveTargets(self.boot, self.id, seq, tuple(targets)))

    def set_mask(self, mask: Mask | None) -> int:
        return self._send(lambda seq: SetMask(self.boot, self.id, seq, mask))

    def set_frame(self, frame: Frame) -> int:
        return self._send(lambda seq: SetFrame(self.boot, self.id, seq, frame))

    def set_parameters(self, parameters: Parameters) -> int:
        return self._send(lambda seq: SetParameters(self.boot, self.id, seq, parameters))

    def run(self, hold: bool) -> int:
        return self._send(lambda seq: Run(self.boot, self.id, seq, hold))

    def stop(self) -> int:
        return self._send(lambda seq: Stop(self.boot, self.id, seq))

    def seek(self, step: int) -> int:
        return self._send(lambda seq: Seek(self.boot, self.id, seq, step))

    def close(self) -> int:
        return self._send(lambda seq: Close(self.boot, self.id, seq))

    def allow(self, amount: int) -> None:
        """So many more bytes of previews."""
        self._wire.send(Credit(self.id, amount))

    def render(self, step: int | None = None) -> int:
        """Ask for a picture; the number that comes back with it."""
        number = next(self._numbers)
        self._wire.send(Render(number, self.id, step))
        return number

    def export(self) -> int:
        """Ask for the state; the number that comes back with it."""
        number = next(self._numbers)
        self._wire.send(ExportState(number, self.id))
        return number

    def _send(self, make: Callable[[int], Numbered]) -> int:
        self._wire.send(make(self._seq + 1))
        self._seq += 1
        return self._seq
