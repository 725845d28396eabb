"""What a daemon was told when it was started."""

from __future__ import annotations

from dataclasses import dataclass

from draglayer_protocol.messages import MAX_STATE

MAX_FRAME_BYTES = MAX_STATE + (1 << 20)  # libzmq ends a connection that sends a larger frame


@dataclass(frozen=True)
class Settings:
    """Times in seconds.

    port            of the loopback interface; 0 = any free one
    device          "cuda", "cuda:1", "mps", "cpu"; None = the best there is
    stop_when_idle  end by itself after so long without clients; None = never
    grace           how long a session waits for a client that vanished
    heartbeat       how often a silent client is asked whether it is alive
    silence         after so long without an answer it counts as gone
    backlog         messages that may wait for a client that does not read
    """

    port: int = 0
    device: str | None = None
    stop_when_idle: float | None = None
    grace: float = 120.0
    heartbeat: float = 5.0
    silence: float = 20.0
    max_clients: int = 64
    max_sessions: int = 32
    backlog: int = 4096
