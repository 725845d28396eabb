"""Who has gone: a ROUTER does not say, but its monitor names the file descriptor of every connection that ends."""

from __future__ import annotations

from typing import NamedTuple

import zmq
from zmq.utils.monitor import recv_monitor_message


class Connection(NamedTuple):
    """A descriptor is reused by the next connection, so it is named together with how often it was opened."""

    descriptor: int
    opened: int


class Presence:
    """Connections of one ROUTER, and the peers that were noted on them.

    The monitor is read before a message's connection is looked up: whatever ended on that descriptor before, and that
    the sender's own connection began, stand earlier in the monitor than the message in the socket.
    """

    def __init__(self, socket: zmq.Socket[bytes]) -> None:
        self._socket = socket
        self.monitor: zmq.Socket[bytes] = socket.get_monitor_socket(zmq.EVENT_ACCEPTED | zmq.EVENT_DISCONNECTED)
        self._opened: dict[int, int] = {}  # how often, by descriptor
        self._open: set[int] = set()
        self._peers: dict[Connection, bytes] = {}
        self._gone: list[bytes] = []

    def connection(self, descriptor: int) -> Connection:
        """The connection that a message came over which was just received."""
        self._read()
        return Connection(descriptor, self._opened.get(descriptor, 0))

    def note(self, routing: bytes, connection: Connection) -> None:
        """Report when this peer goes; at once if it has gone before its first message was read."""
        if connection.descriptor in self._open:
            self._peers[connection] = routing
        elif connection.descriptor >= 0:
            self._gone.append(routing)

    def gone(self) -> list[bytes]:
        """Peers whose connection ended since the last call."""
        self._read()
        gone, self._gone = self._gone, []
        return gone

    def close(self) -> None:
        self._socket.disable_monitor()
        self.monitor.close(linger=0)

    def _read(self) -> None:
        while self.monitor.poll(0):
            told = recv_monitor_message(self.monitor)
            descriptor = int(told["value"])
            if told["event"] == zmq.EVENT_ACCEPTED:
                self._opened[descriptor] = self._opened.get(descriptor, 0) + 1
                self._open.add(descriptor)
                continue
            self._open.discard(descriptor)
            peer = self._peers.pop(Connection(descriptor, self._opened.get(descriptor, 0)), None)
            if peer is not None:
                self._gone.append(peer)
