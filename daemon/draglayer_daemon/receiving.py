"""Take messages off a ROUTER without trusting who sent them."""

from __future__ import annotations

from typing import NamedTuple

import zmq

from draglayer_protocol.wire import MAX_FRAMES

from .settings import MAX_FRAME_BYTES


class Received(NamedTuple):
    """One message as it arrived. `frames` is None when it had more than MAX_FRAMES; the rest was dropped unread.

    descriptor  the file descriptor of the connection it came over; -1 where libzmq does not say
    """

    routing: bytes
    frames: list[bytes] | None
    descriptor: int


def receive(socket: zmq.Socket[bytes]) -> Received | None:
    """The next message, or None when there is none now."""
    try:
        first = socket.recv(zmq.NOBLOCK, copy=False)
    except zmq.Again:
        return None
    frames: list[zmq.Frame] = []
    descriptor, count, more = -1, 0, first.more
    while more:
        frame = socket.recv(copy=False)  # libzmq hands over whole messages: never waits here
        count, more = count + 1, frame.more
        if count <= MAX_FRAMES:
            frames.append(frame)
            descriptor = _descriptor(frame)
    kept = [frame.bytes for frame in frames] if count <= MAX_FRAMES else None
    return Received(first.bytes, kept, descriptor)


def harden(socket: zmq.Socket[bytes], heartbeat: float, silence: float, backlog: int) -> None:
    """Limits for a ROUTER that anybody on this machine may connect to; times in seconds, backlog in messages.

    heartbeat 0: peers are never asked whether they are alive.
    """
    socket.setsockopt(zmq.ROUTER_MANDATORY, 1)  # a send to a vanished peer raises instead of vanishing too
    socket.setsockopt(zmq.MAXMSGSIZE, MAX_FRAME_BYTES)
    socket.setsockopt(zmq.HANDSHAKE_IVL, round(1000 * silence))
    socket.setsockopt(zmq.HEARTBEAT_IVL, round(1000 * heartbeat))
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, round(1000 * silence))
    socket.setsockopt(zmq.SNDHWM, backlog)
    socket.setsockopt(zmq.RCVHWM, backlog)
    socket.setsockopt(zmq.LINGER, 500)


def _descriptor(frame: zmq.Frame) -> int:
    try:
        return int(frame.get(zmq.SRCFD))
    except zmq.ZMQError:
        return -1
