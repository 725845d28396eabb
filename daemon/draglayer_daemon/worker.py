"""The worker process: `python -m draglayer_daemon.worker`, started by the gateway, which tells it on standard input
where to connect. It lives as long as that standard input is open: no worker outlives its gateway.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import NamedTuple, TextIO

import zmq

from draglayer_protocol.messages import Event, Request
from draglayer_protocol.wire import REQUESTS, ProtocolError, decode

from .internal import Internal, WorkerHello, WorkerRefused, pack
from .registry import Registry
from .worker_drag import Engine, Refusal
from .worker_scheduler import Scheduler
from .worker_words import failed

log = logging.getLogger(__name__)

CANNOT_WORK = 3  # exit code after a WorkerRefused that nobody seems to have heard
GIVES_WAY = 8  # steps of niceness: an editor that draws on the same cores draws first (benchmarks/krita.py: 78 held
# event loops of a drag become 2, at the same number of steps a second)
HEARD = 10.0  # seconds in which a gateway hears it and lets this process end
MAILBOX = 1024  # messages taken at once between two steps


class Told(NamedTuple):
    """What the gateway says first. device None = the best there is."""

    endpoint: str
    secret: str
    device: str | None


class Channel:
    """The worker's side of the gateway's back socket."""

    def __init__(self, endpoint: str) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.SNDHWM, 0)  # steps and ends are never dropped; previews are under credit
        self._socket.setsockopt(zmq.LINGER, 2000)
        self._socket.connect(endpoint)

    def send(self, message: Event | Internal) -> None:
        self._socket.send_multipart(pack(message))

    def receive(self, *, wait: bool) -> list[Request]:
        """What has come; waits for the first message if asked to."""
        requests: list[Request] = []
        if wait:
            self._socket.poll()
        while len(requests) < MAILBOX:
            try:
                frames = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                break
            try:
                requests.append(decode(frames, REQUESTS))
            except ProtocolError as error:
                log.error("the gateway sent what is no request: %s", error)
        return requests

    def close(self) -> None:
        self._socket.close()
        self._context.term()


def serve(told: Told, engine: Callable[[str | None], Engine]) -> int:
    """Work until the gateway goes; the exit code. `engine` is made here, because making it may fail in words."""
    channel = Channel(told.endpoint)
    try:
        made = engine(told.device)
    except Refusal as refusal:
        log.error("%s", refusal)
        channel.send(WorkerRefused(told.secret, str(refusal)))
        threading.Event().wait(HEARD)  # ended by `_end_with`: a process that is gone may be noticed before its words
        return CANNOT_WORK
    channel.send(WorkerHello(told.secret, os.getpid(), made.device))
    scheduler = Scheduler(made, Registry(), channel.send)
    while True:
        scheduler.handle(channel.receive(wait=not scheduler.busy))
        scheduler.turn()


def listen(stream: TextIO) -> Told:
    """Read the gateway's words, then end this process as soon as the gateway's end of the pipe closes."""
    told = Told(**json.loads(stream.readline()))
    threading.Thread(target=_end_with, args=(stream,), daemon=True).start()
    return told


def _end_with(stream: TextIO) -> None:
    stream.read()
    os._exit(0)  # from a thread, and though a kernel may hang: nothing of a worker is worth saving


def main() -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the daemon's terminal is for the gateway, which ends us
    logging.basicConfig(level=logging.INFO, format="%(asctime)s worker %(process)d %(levelname)s %(message)s")
    if hasattr(os, "nice"):
        os.nice(GIVES_WAY)  # before there are threads, which take it over
    told = listen(sys.stdin)
    return serve(told, torch_engine)


def torch_engine(device: str | None) -> Engine:
    """The real engine. Raises Refusal when PyTorch is not installed, is broken or has no such device."""
    try:
        import torch  # noqa: F401 (by itself, so that nothing else is blamed on it)
    except ModuleNotFoundError as error:
        raise Refusal(
            f"the worker cannot start, because {error.name} is not installed; install it with"
            " `pip install 'draglayer[worker]'` (on a machine with a GPU: after PyTorch from its own index)"
        ) from error
    except (ImportError, OSError) as error:  # a library of CUDA's that is missing, say
        raise Refusal(
            f"the worker cannot start, because PyTorch cannot be loaded ({failed(error)}); install PyTorch again,"
            " in the build for this machine, and look with `draglayer doctor`"
        ) from error
    from .worker_torch import TorchEngine

    return TorchEngine(device)


if __name__ == "__main__":
    sys.exit(main())
