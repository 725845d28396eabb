"""The gateway: who speaks to whom, timers, and the life of the daemon. Never imports torch."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import zmq

from draglayer_protocol.messages import Failed, Hello, ModelLoading, Refused, Request, Status
from draglayer_protocol.wire import REQUESTS, OtherVersion, ProtocolError, decode

from .clients import Clients
from .conversation import Conversation
from .front import LOOPBACK, Front, PortTaken
from .internal import FROM_WORKER, WorkerHello, WorkerRefused, pack
from .receiving import Received, harden, receive
from .registry import Registry
from .settings import Settings
from .supervisor import MANY_WAITING, WORKER, Supervisor, WorkerUnavailable
from .version import version

log = logging.getLogger(__name__)

BATCH = 64  # messages of one side before the other side gets its turn


class Gateway:
    """One daemon: clients on one ROUTER, the worker on another, one thread, monotonic clock.

    `stop` may be called from any thread and from a signal handler; everything else belongs to the thread of `run`.
    """

    def __init__(
        self, settings: Settings, registry: Registry, worker_log: Path, worker_command: Sequence[str] = WORKER
    ) -> None:
        self.boot, self.token = secrets.token_hex(16), secrets.token_hex(32)
        self.endpoint = ""
        self._settings = settings
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._front = Front(self._context, settings)
        self._back = self._context.socket(zmq.ROUTER)
        # No heartbeat: the worker's end is noticed by its process, and a machine that is busy must not part the two.
        harden(self._back, 0, settings.silence, 2 * MANY_WAITING)
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._back_endpoint = ""
        self._clients = Clients(self.token, self.boot, settings.max_clients)
        self._supervisor = Supervisor(settings.device, worker_log, self._wake, worker_command)
        self._conversation = Conversation(
            self.boot, registry, self, self._front.tell, max_sessions=settings.max_sessions, grace=settings.grace
        )
        self._stopping = False
        self._born = self._busy_at = time.monotonic()

    def bind(self) -> str:
        """Take the port; the endpoint. Raises PortTaken."""
        try:
            self.endpoint = self._front.bind()
        except PortTaken:
            self._close()
            raise
        self._back.bind(f"tcp://{LOOPBACK}:*")
        self._back_endpoint = self._back.getsockopt_string(zmq.LAST_ENDPOINT)
        return self.endpoint

    def run(self) -> None:
        """Serve until `stop`, or until nobody has been there for `stop_when_idle` seconds."""
        poller = zmq.Poller()
        for readable in (*self._front.readable, self._back, self._wake_in):
            poller.register(readable, zmq.POLLIN)
        self._born = self._busy_at = time.monotonic()
        try:
            self._start_worker()
            while not self._stopping:
                poller.poll(self._patience())
                self._turn()
            self._conversation.farewell("the daemon was stopped; start it again to go on")
        finally:
            self._supervisor.end()
            self._close()

    def stop(self) -> None:
        self._stopping = True
        self._wake()

    @property
    def wakeup(self) -> int:
        """For `signal.set_wakeup_fd`: a signal may come just before `run` waits, or to another thread."""
        return self._wake_out.fileno()

    def send(self, request: Request) -> None:
        """Queue a request for the worker, starting one if there is none.

        Raises WorkerUnavailable: there can be none now, or it is thousands of messages behind.
        """
        self._supervisor.ensure(self._back_endpoint, time.monotonic())
        frames = pack(request)
        if self._supervisor.routing is not None:
            self._to_worker(frames)
        elif len(self._supervisor.waiting) < MANY_WAITING:
            self._supervisor.waiting.append(frames)
        else:
            raise WorkerUnavailable(
                f"{MANY_WAITING} messages wait for a worker that is still starting; try again later"
            )

    def _turn(self) -> None:
        self._drain_wakes()
        for _ in range(BATCH):
            received = self._front.receive()
            if received is None:
                break
            try:
                self._from_client(received)
            except Exception as error:
                log.error("an error while a client was answered", exc_info=error)
                sentence = f"the daemon made an error ({error!r}); its log has the details"
                self._front.tell(received.routing, Failed(sentence))
        for _ in range(BATCH):
            received = receive(self._back)
            if received is None:
                break
            try:
                self._from_worker(received)
            except Exception as error:
                log.error("an error while the worker's word was passed on", exc_info=error)
        self._part(self._front.gone())
        now = time.monotonic()
        ending = self._supervisor.buried(now)
        if ending is not None:
            self._conversation.worker_lost(ending)
        if self._supervisor.restart_now(now):
            self._start_worker()
        self._conversation.expire(now)
        self._idle(now)

    def _from_client(self, received: Received) -> None:
        routing, frames, descriptor = received
        client = self._clients.find(routing)
        try:
            if frames is None:
                raise ProtocolError("the message has too many frames; one head and its bytes fields are expected")
            message = decode(frames, REQUESTS)
        except ProtocolError as error:
            if client is None or isinstance(error, OtherVersion):
                self._front.tell(routing, Refused(error.sentence))
            else:
                self._front.tell(routing, Failed(error.sentence, error.request, _known(error.session), error.seq))
            return
        if client is None or isinstance(message, Hello):
            if self._clients.full:
                self._part(self._front.gone(at_once=True))
            answer = self._clients.greet(routing, message, self._supervisor.device)
            self._front.welcome(routing, descriptor, answer)
        else:
            self._conversation.request(client, message, self._status)

    def _part(self, gone: Iterable[bytes]) -> None:
        """Forget clients, and stop what they left running."""
        for routing in gone:
            if self._clients.forget(routing):
                log.info("a client is gone; %d left", len(self._clients))
                self._conversation.vanished(routing, time.monotonic())

    def _from_worker(self, received: Received) -> None:
        routing, frames, _ = received
        try:
            message = decode(frames or [], FROM_WORKER)
        except ProtocolError as error:
            log.error("the worker sent what is no message: %s", error)
            return
        if isinstance(message, WorkerRefused):
            self._supervisor.refused(message.secret, message.sentence)
        elif isinstance(message, WorkerHello):
            if self._supervisor.hello(message.secret, routing, message.device):
                waiting, self._supervisor.waiting = self._supervisor.waiting, []
                for request in waiting:
                    self._to_worker(request)
        elif routing == self._supervisor.routing:
            self._conversation.event(message)
            if isinstance(message, ModelLoading):
                for client in self._clients:
                    self._front.tell(client.routing, message)

    def _to_worker(self, frames: list[bytes]) -> None:
        """Raises WorkerUnavailable."""
        assert self._supervisor.routing is not None
        try:
            self._back.send_multipart([self._supervisor.routing, *frames], zmq.NOBLOCK)
        except zmq.ZMQError as error:
            if error.errno == zmq.EHOSTUNREACH:
                raise WorkerUnavailable("the worker has just ended; try again, a fresh one takes over") from error
            if error.errno == zmq.EAGAIN:
                raise WorkerUnavailable(
                    "the worker is thousands of messages behind; wait until its step ends, then try again"
                ) from error
            raise

    def _start_worker(self) -> None:
        try:
            self._supervisor.ensure(self._back_endpoint, time.monotonic())
        except WorkerUnavailable as error:
            log.error("%s", error)

    def _status(self, request: int) -> Status:
        return Status(
            request=request,
            daemon_version=version(),
            pid=os.getpid(),
            uptime_seconds=time.monotonic() - self._born,
            device=self._supervisor.device,
            worker=self._supervisor.words(),
            worker_pid=self._supervisor.pid,
            clients=len(self._clients),
            sessions=tuple(row.info() for row in self._conversation.sessions),
        )

    def _idle(self, now: float) -> None:
        if len(self._clients) or len(self._conversation.sessions):
            self._busy_at = now
        elif self._settings.stop_when_idle is not None and now - self._busy_at >= self._settings.stop_when_idle:
            log.info("nobody has been here for %g s; the daemon ends", self._settings.stop_when_idle)
            self._stopping = True

    def _patience(self) -> int:
        """Milliseconds until something is due."""
        now, due = time.monotonic(), [time.monotonic() + 60.0]
        expiry = self._conversation.sessions.next_expiry()
        if expiry is not None:
            due.append(expiry)
        if self._settings.stop_when_idle is not None:
            due.append(self._busy_at + self._settings.stop_when_idle)
        if self._front.restless:
            return 0
        return max(0, round(1000 * (min(due) - now)) + 1)

    def _wake(self) -> None:
        try:
            self._wake_out.send(b"!")
        except OSError as error:  # full: it is about to wake anyway; closed: it has ended
            log.debug("not woken: %s", error)

    def _drain_wakes(self) -> None:
        try:
            while self._wake_in.recv(4096):
                pass
        except BlockingIOError:
            return

    def _close(self) -> None:
        self._front.close()
        self._back.close()
        self._context.term()
        self._wake_in.close()
        self._wake_out.close()


def _known(session: str | None) -> str | None:
    """A session's name out of a message that was not valid; it may be anything."""
    return session if session and len(session) == 32 else None
