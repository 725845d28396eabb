"""What gateway and worker say to each other: the clients' messages, and a few of their own, in the same wire format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Union, cast

from draglayer_protocol.messages import Event, Request
from draglayer_protocol.wire import EVENTS, encode


@dataclass(frozen=True)
class WorkerHello:
    """First message of a worker: it has its device and takes work."""

    secret: str
    pid: int
    device: str


@dataclass(frozen=True)
class WorkerRefused:
    """Only message of a worker that cannot work here; the sentence says why and what to do."""

    secret: str
    sentence: str


Internal = Union[WorkerHello, WorkerRefused]

FROM_WORKER: Mapping[str, type[Event | Internal]] = MappingProxyType(
    {**EVENTS, **{kind.__name__: kind for kind in (WorkerHello, WorkerRefused)}}
)


def pack(message: Request | Event | Internal) -> list[bytes]:
    """Frames of a message between gateway and worker; read with `wire.decode` and FROM_WORKER or REQUESTS."""
    return encode(cast(Any, message))
