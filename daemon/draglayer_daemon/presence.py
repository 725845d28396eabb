"""Who has gone: a ROUTER does not say, but its monitor names the file descriptor of every connection that ends."""

from __future__ import annotations

import zmq
from zmq.utils.monitor import recv_monitor_message


class Presence:
    """The open connections of one ROUTER by file descriptor, and the peers that were noted on them.

    Descriptors are reused: a message that is read late may name one that is another peer's by now. So `look` comes
    before a peer is told something, and `note` after that has gone out, which it does only to a peer that is there:
    then the descriptor is its own, or had ended when we looked.
    """

    def __init__(self, socket: zmq.Socket[bytes]) -> None:
        self._socket = socket
        self.monitor: zmq.Socket[bytes] = socket.get_monitor_socket(zmq.EVENT_ACCEPTED | zmq.EVENT_DISCONNECTED)
        self._open: set[int] = set()
        self._peers: dict[int, bytes] = {}
        self._gone: list[bytes] = []

    def look(self) -> None:
        """See which connections began and ended by now."""
        while self.monitor.poll(0):
            told = recv_monitor_message(self.monitor)
            descriptor = int(told["value"])
            if told["event"] == zmq.EVENT_ACCEPTED:
                self._open.add(descriptor)
                continue
            self._open.discard(descriptor)
            peer = self._peers.pop(descriptor, None)
            if peer is not None:
                self._gone.append(peer)

    def note(self, routing: bytes, descriptor: int) -> None:
        """Report when this peer goes. -1: libzmq does not say where it is, so only telling it something shows that."""
        if descriptor in self._open:
            self._peers[descriptor] = routing
        elif descriptor >= 0:
            self._gone.append(routing)

    def gone(self) -> list[bytes]:
        """Peers whose connection ended since the last call."""
        self.look()
        gone, self._gone = self._gone, []
        return gone

    def close(self) -> None:
        self._socket.disable_monitor()
        self.monitor.close(linger=0)
