"""The connection itself: greeting, heartbeat, status."""

from __future__ import annotations

from dataclasses import dataclass

from . import checks


@dataclass(frozen=True)
class Hello:
    """First message of a connection. The token is in the connection file."""

    token: str
    client: str  # "krita", "gimp", "cli", ...
    client_version: str

    def __post_init__(self) -> None:
        checks.text(self.token, "the token", empty=True)
        checks.text(self.client, "the client's name")
        checks.text(self.client_version, "the client's version", empty=True)


@dataclass(frozen=True)
class Welcome:
    """The connection is open. `boot` changes whenever the daemon starts; commands carry it."""

    boot: str
    daemon_version: str
    device: str


@dataclass(frozen=True)
class Refused:
    """The connection is not accepted; the sentence says why and what to do."""

    sentence: str


@dataclass(frozen=True)
class AskStatus:
    """What the daemon is doing; answered with `Status`."""

    request: int


@dataclass(frozen=True)
class SessionInfo:
    """One session of the daemon, as `Status` shows it. `client` is empty while nobody is attached to it."""

    session: str
    model: str
    client: str
    step: int
    running: bool
    model_sha256: str = ""  # of its weights, whatever the model is called now


@dataclass(frozen=True)
class Status:
    """The daemon as it is now. `worker` says in words how the worker is; `worker_pid` is None while there is none."""

    request: int
    daemon_version: str
    pid: int
    uptime_seconds: float
    device: str
    worker: str
    worker_pid: int | None
    clients: int
    sessions: tuple[SessionInfo, ...]


@dataclass(frozen=True)
class Ping:
    request: int


@dataclass(frozen=True)
class Pong:
    request: int
