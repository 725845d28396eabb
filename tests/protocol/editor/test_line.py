"""The line: the link's thread on one side, a host's main thread on the other."""

from __future__ import annotations

import threading

from draglayer_protocol.editor.line import Line
from draglayer_protocol.link import LinkEvent, LinkUp
from draglayer_protocol.messages import ListModels, Models, Request
from tests.protocol.fake_gateway import FakeGateway

PATIENCE = 60.0


class Host:
    """Is woken, and takes what came."""

    def __init__(self) -> None:
        self.woken = threading.Semaphore(0)
        self.wakes = 0

    def wake(self) -> None:
        self.wakes += 1
        self.woken.release()

    def wait(self, line: Line, kind: type[LinkEvent]) -> list[LinkEvent]:
        """Everything until an event of this kind came."""
        came: list[LinkEvent] = []
        while not any(isinstance(event, kind) for event in came):
            assert self.woken.acquire(timeout=PATIENCE), f"no {kind} came, but {came}"
            came += line.take()
        return came


def answer(request: Request) -> list[Models]:
    return [Models(request.request, ())] if isinstance(request, ListModels) else []


def test_the_host_is_woken_once_for_what_it_has_not_taken_yet() -> None:
    host = Host()
    with FakeGateway(answer) as gateway:
        line = Line("test", "1", host.wake, find=gateway.peer)
        host.wait(line, LinkUp)
        wakes = host.wakes
        for number in range(1, 6):
            line.send(ListModels(number))
        gateway.wait(ListModels, 5)
        seen: list[LinkEvent] = []
        while len(seen) < 5:
            assert host.woken.acquire(timeout=PATIENCE)
            seen += line.take()
        assert host.wakes - wakes <= 5
        assert line.take() == []
        line.close()


def test_a_daemon_that_was_not_there_is_found_when_the_host_asks_again() -> None:
    host = Host()
    with FakeGateway(answer) as first:
        peer = first.peer()
        port = first.port
    line = Line("test", "1", host.wake, find=lambda: peer)
    assert host.woken.acquire(timeout=PATIENCE)  # it could not be reached
    with FakeGateway(answer, port=port):
        line.take()
        line.retry()
        host.wait(line, LinkUp)
        line.close()
