"""A gateway of a few lines on libzmq's ROUTER, a proxy that cuts streams to pieces, and a mailbox to wait on."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

import zmq

from draglayer_protocol.link import LinkEvent, Peer
from draglayer_protocol.messages import Event, Hello, Ping, Pong, Refused, Request, Welcome
from draglayer_protocol.wire import REQUESTS, decode, encode

from .examples import BOOT
from .streams import PATIENCE, router

T = TypeVar("T")
TOKEN = "secret"

Answer = Callable[[Request], Iterable[Event]]


class Mailbox:
    """What a link delivered; waits for what a test expects, with a deadline."""

    def __init__(self) -> None:
        self.events: list[LinkEvent] = []
        self._changed = threading.Condition()

    def put(self, event: LinkEvent) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def wait(self, kind: type[T], count: int = 1) -> T:
        """The count-th event of a kind."""

        def found() -> list[T]:
            return [event for event in self.events if isinstance(event, kind)]

        with self._changed:
            assert self._changed.wait_for(lambda: len(found()) >= count, PATIENCE), (
                f"no {count} {kind.__name__} came, but {self.events}"
            )
            return found()[count - 1]


class FakeGateway:
    """Answers Hello and Ping itself and everything else with `answer`; keeps what it was asked."""

    def __init__(self, answer: Answer = lambda request: (), *, heartbeat: int = 0, port: int = 0) -> None:
        self.requests: list[Request] = []
        self._answer = answer
        self._changed = threading.Condition()
        self._to_say: list[list[bytes]] = []
        self._client = b""
        self._done = False
        self._wake_in, self._wake_out = socket.socketpair()
        self._ready = threading.Event()
        self.port = port
        self._thread = threading.Thread(target=self._run, args=(heartbeat,), name="fake gateway")

    def __enter__(self) -> FakeGateway:
        self._thread.start()
        assert self._ready.wait(PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End as a daemon that is killed: without a word."""
        if self._thread.is_alive():
            self._done = True
            self._wake_in.send(b"\0")
            self._thread.join()
        self._wake_in.close()
        self._wake_out.close()

    def peer(self) -> Peer:
        return Peer(f"tcp://127.0.0.1:{self.port}", Hello(TOKEN, "test", "1"))

    def say(self, event: Event) -> None:
        """Send an event to the client that spoke last."""
        self.say_frames(encode(event))

    def say_frames(self, frames: list[bytes]) -> None:
        with self._changed:
            self._to_say.append(frames)
        self._wake_in.send(b"\0")

    def wait(self, kind: type[T], count: int = 1) -> T:
        """The count-th request of a kind."""

        def found() -> list[T]:
            return [request for request in self.requests if isinstance(request, kind)]

        with self._changed:
            assert self._changed.wait_for(lambda: len(found()) >= count, PATIENCE), (
                f"no {count} {kind.__name__} came, but {self.requests}"
            )
            return found()[count - 1]

    def _run(self, heartbeat: int) -> None:
        with router(heartbeat=heartbeat, port=self.port) as (server, self.port):
            self._ready.set()
            poller = zmq.Poller()
            poller.register(server, zmq.POLLIN)
            poller.register(self._wake_out.fileno(), zmq.POLLIN)
            while not self._done:
                ready = dict(poller.poll())
                if self._wake_out.fileno() in ready:
                    self._wake_out.recv(1)
                if server in ready:
                    self._client, *frames = server.recv_multipart()
                    self._hear(server, decode(frames, REQUESTS))
                with self._changed:
                    saying, self._to_say = self._to_say, []
                for frames in saying:
                    self._tell(server, frames)

    def _tell(self, server: zmq.Socket[bytes], frames: list[bytes]) -> None:
        try:
            server.send_multipart([self._client, *frames], copy=False)
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:  # the client has gone; what it sent before can still be read
                raise

    def _hear(self, server: zmq.Socket[bytes], request: Request) -> None:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
        if isinstance(request, Hello):
            known = request.token == TOKEN
            answers: Iterable[Event] = [Welcome(BOOT, "0", "cpu") if known else Refused("the token is another one")]
        elif isinstance(request, Ping):
            answers = [Pong(request.request)]
        else:
            answers = self._answer(request)
        for event in answers:
            self._tell(server, encode(event))


class Proxy:
    """Forwards one TCP connection to a port, in pieces of 1 to `most` bytes."""

    def __init__(self, port: int, most: int = 1 << 16) -> None:
        self._most = most
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._target = port
        self.port: int = self._listener.getsockname()[1]
        self._upstream = bytearray()
        self._changed = threading.Condition()
        self._held = threading.Event()
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.vanish()
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def hold(self) -> None:
        """Swallow everything from now on: the peer's cable is cut, and nobody is told."""
        self._held.set()

    def wait(self, look: Callable[[bytearray], bool]) -> bool:
        """Whether what the client sent comes to look as expected."""
        with self._changed:
            return self._changed.wait_for(lambda: look(self._upstream), PATIENCE)

    def vanish(self) -> None:
        """Close both connections."""
        if not self._sockets:  # wake the thread that accepts
            socket.create_connection(("127.0.0.1", self.port)).close()
        for end in self._sockets:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # closed by its own thread

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        far = socket.create_connection(("127.0.0.1", self._target))
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = threading.Thread(target=self._forward, args=(far, near, bytearray(), 1))
        self._threads.append(back)
        self._sockets += [near, far]
        back.start()
        self._forward(near, far, self._upstream, 2)

    def _forward(self, source: socket.socket, sink: socket.socket, seen: bytearray, seed: int) -> None:
        generator = random.Random(seed)
        with source:
            try:
                while data := source.recv(1 << 16):
                    with self._changed:
                        seen += data
                        self._changed.notify_all()
                    while data and not self._held.is_set():
                        size = generator.randint(1, self._most)
                        sink.sendall(data[:size])
                        data = data[size:]
                sink.shutdown(socket.SHUT_WR)
            except OSError:
                return  # the other direction ended the connection
