"""Who may speak: peers that said Hello with the token."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass

from draglayer_protocol.messages import Event, Hello, Refused, Welcome

from .version import version


@dataclass(frozen=True)
class Client:
    """A peer that knows the token. `routing` is the name the ROUTER gave its connection."""

    routing: bytes
    name: str
    version: str


class Clients:
    """Everybody who was let in and has not gone."""

    def __init__(self, token: str, boot: str, most: int) -> None:
        self._token, self._boot, self._most = token, boot, most
        self._clients: dict[bytes, Client] = {}

    def __iter__(self) -> Iterator[Client]:
        return iter(list(self._clients.values()))

    def __len__(self) -> int:
        return len(self._clients)

    @property
    def full(self) -> bool:
        return len(self._clients) >= self._most

    def find(self, routing: bytes) -> Client | None:
        return self._clients.get(routing)

    def greet(self, routing: bytes, message: object, device: str) -> Event:
        """The answer to the first message of a connection."""
        if routing[:1] != b"\0":  # so that nobody can take the name of a client that has just gone
            return Refused(
                "this connection gave itself a ZeroMQ identity, but Draglayer's clients have none; leave it out"
            )
        if not isinstance(message, Hello):
            return Refused(
                f"a connection begins with Hello and its token, not with {type(message).__name__};"
                " the token is in the daemon's connection file"
            )
        if not hmac.compare_digest(message.token.encode(), self._token.encode()):
            return Refused(
                "the token is not this daemon's; it changes whenever the daemon starts,"
                " so read the connection file again and connect once more"
            )
        if routing not in self._clients and self.full:
            return Refused(
                f"{len(self._clients)} clients are connected and this daemon serves {self._most};"
                " close one of them, then connect again"
            )
        self._clients[routing] = Client(routing, message.client, message.client_version)
        return Welcome(self._boot, version(), device)

    def forget(self, routing: bytes) -> bool:
        """Whether there was such a client."""
        return self._clients.pop(routing, None) is not None
