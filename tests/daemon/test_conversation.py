"""What the gateway answers, without sockets: its worker is a list, and may be out of reach."""

from __future__ import annotations

from dataclasses import replace

import pytest

from draglayer_daemon.clients import Client
from draglayer_daemon.conversation import Conversation, ForWorker
from draglayer_daemon.registry import Registry
from draglayer_daemon.supervisor import Ending, WorkerUnavailable
from draglayer_protocol.geometry import Frame, Point
from draglayer_protocol.messages import (
    Accepted,
    Attach,
    Close,
    DragEnded,
    EndReason,
    Event,
    Failed,
    Image,
    OpenSeed,
    OpenState,
    Render,
    Rendered,
    Request,
    Run,
    Seek,
    SessionClosed,
    SessionOpened,
    Status,
    StepDone,
    Stop,
)

BOOT, SESSION = "boot", "a" * 32
OPENED = SessionOpened(SESSION, "small", "00", 16, 12, Frame(0, 0, 16, 12), 0, 0, 0, (), False)
STEP = StepDone(SESSION, 1, (Point(1, 1),), (2.0,), 0.5, (1.0,), 3.0)
END = DragEnded(SESSION, 1, EndReason.ARRIVED, "arrived")
PICTURE = Image(1, 1, 1, b"x")
KILLED = Ending("it was ended by SIGKILL", refused=False)
ONE = Client(b"one", "krita", "1")
TWO = Client(b"two", "gimp", "1")


class Desk:
    """A conversation, what it told whom, and what the worker got of it."""

    def __init__(self, max_sessions: int = 8) -> None:
        self.told: list[tuple[bytes, Event]] = []
        self.worked: list[ForWorker] = []
        self.unavailable: str | None = None
        self.conversation = Conversation(
            BOOT,
            Registry(()),
            self,
            lambda to, event: self.told.append((to, event)),
            max_sessions=max_sessions,
            grace=5,
        )

    def send(self, request: ForWorker) -> None:
        if self.unavailable is not None:
            raise WorkerUnavailable(self.unavailable)
        self.worked.append(request)

    def ask(self, *requests: Request, client: Client = ONE) -> None:
        for request in requests:
            self.conversation.request(client, request, _no_status)

    def hear(self, *events: Event) -> None:
        for event in events:
            self.conversation.event(event)

    def open(self) -> None:
        self.ask(OpenState(BOOT, SESSION, b"state"))
        self.hear(OPENED)
        self.told.clear()
        self.worked.clear()

    def running(self) -> bool:
        (row,) = self.conversation.sessions
        return row.running


def _no_status(request: int) -> Status:
    raise AssertionError("nobody asks for it here")


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def opened(desk: Desk) -> Desk:
    desk.open()
    return desk


def test_a_name_whose_opening_failed_can_be_opened_and_closed_like_any_other(desk: Desk) -> None:
    desk.ask(OpenState(BOOT, SESSION, b"damaged"))
    desk.hear(Failed("the state is damaged", session=SESSION))
    desk.open()
    desk.ask(Close(BOOT, SESSION, 1))
    assert desk.worked == [Close(BOOT, SESSION, 1)]
    assert desk.told == [(b"one", Accepted(SESSION, 1))]


def test_a_command_that_does_not_reach_the_worker_is_accepted_and_failed(opened: Desk) -> None:
    opened.unavailable = "the worker is thousands of messages behind"
    opened.ask(Run(BOOT, SESSION, 1))
    assert opened.told == [
        (b"one", Accepted(SESSION, 1)),
        (b"one", Failed("the worker is thousands of messages behind", session=SESSION, seq=1)),
    ]
    assert not opened.running()


def test_a_picture_that_cannot_be_asked_for_is_failed_by_its_number(opened: Desk) -> None:
    opened.unavailable = "the worker has just ended"
    opened.ask(Render(7, SESSION))
    assert opened.told == [(b"one", Failed("the worker has just ended", 7, SESSION))]


def test_a_worker_out_of_reach_does_not_keep_clients_from_vanishing_nor_their_sessions_from_closing(
    opened: Desk,
) -> None:
    opened.unavailable = "the worker is thousands of messages behind"
    opened.conversation.vanished(b"one", now=100)
    opened.conversation.expire(now=105)
    assert not opened.worked
    opened.unavailable = None
    due = opened.conversation.sessions.next_expiry()
    assert due is not None
    opened.conversation.expire(due)
    assert [type(request) for request in opened.worked] == [Close]


def test_a_vanished_clients_drag_is_stopped_and_its_session_closed_after_the_grace(opened: Desk) -> None:
    opened.conversation.vanished(b"one", now=100)
    opened.conversation.expire(now=104.9)
    assert [type(request) for request in opened.worked] == [Stop]
    opened.conversation.expire(now=105)
    assert [type(request) for request in opened.worked] == [Stop, Close]


def test_a_session_that_was_taken_up_in_time_is_not_closed(opened: Desk) -> None:
    opened.conversation.vanished(b"one", now=100)
    opened.ask(Attach(BOOT, SESSION), client=TWO)
    opened.conversation.expire(now=1000)
    assert [type(request) for request in opened.worked] == [Stop, Attach]


def test_when_the_worker_ends_every_picture_that_was_asked_for_is_failed_before_its_session_is_closed(
    opened: Desk,
) -> None:
    opened.ask(Render(7, SESSION), Render(8, SESSION))
    opened.hear(Rendered(7, SESSION, 0, PICTURE))
    opened.told.clear()
    opened.conversation.worker_lost(KILLED)
    (_, failed), (_, closed) = opened.told
    assert isinstance(failed, Failed)
    assert (failed.request, failed.session) == (8, SESSION)
    assert isinstance(closed, SessionClosed)
    assert "the worker stopped (it was ended by SIGKILL), and this session with it; open it again" in closed.sentence


def test_a_session_that_was_still_opening_when_the_worker_ended_is_failed(desk: Desk) -> None:
    desk.ask(OpenState(BOOT, SESSION, b"state"))
    desk.conversation.worker_lost(KILLED)
    sentence = "the worker stopped (it was ended by SIGKILL); try again: a fresh worker takes over"
    assert desk.told == [(b"one", Failed(sentence, session=SESSION))]


def test_a_worker_that_refused_speaks_for_itself(desk: Desk) -> None:
    desk.ask(OpenState(BOOT, SESSION, b"state"))
    desk.conversation.worker_lost(Ending("there is no device 'warp'; write cuda or cpu", refused=True))
    assert desk.told == [(b"one", Failed("there is no device 'warp'; write cuda or cpu", session=SESSION))]


def test_answers_go_to_whoever_asked_though_another_has_the_session_now(opened: Desk) -> None:
    opened.ask(Render(7, SESSION))
    opened.ask(Attach(BOOT, SESSION), client=TWO)
    opened.told.clear()
    opened.hear(Rendered(7, SESSION, 0, PICTURE))
    assert opened.told == [(b"one", Rendered(7, SESSION, 0, PICTURE))]


def test_a_new_owner_hears_nothing_of_the_session_before_it_is_opened_for_it(opened: Desk) -> None:
    opened.ask(Run(BOOT, SESSION, 1))
    opened.ask(Attach(BOOT, SESSION), client=TWO)
    opened.told.clear()
    opened.hear(STEP, Failed("no", session=SESSION, seq=1), OPENED, replace(STEP, step=2))
    assert opened.told == [(b"two", replace(OPENED, seq=1)), (b"two", replace(STEP, step=2))]


def test_whoever_opens_its_own_session_again_misses_nothing(opened: Desk) -> None:
    opened.ask(Run(BOOT, SESSION, 1), Attach(BOOT, SESSION))
    opened.told.clear()
    opened.hear(STEP, END, OPENED)
    assert [event for _, event in opened.told] == [STEP, END, replace(OPENED, seq=1)]


def test_a_session_runs_until_its_drag_ends_or_was_refused(opened: Desk) -> None:
    opened.ask(Run(BOOT, SESSION, 1))
    assert opened.running()
    opened.hear(Failed("nothing to drag", session=SESSION, seq=1))
    assert not opened.running()
    opened.ask(Run(BOOT, SESSION, 2))
    opened.hear(STEP)
    assert opened.running()
    opened.hear(END)
    assert not opened.running()


def test_a_command_that_is_refused_during_a_drag_does_not_make_it_look_ended(opened: Desk) -> None:
    opened.ask(Run(BOOT, SESSION, 1), Run(BOOT, SESSION, 2), Seek(BOOT, SESSION, 3, 0))
    opened.hear(*(Failed("a drag is running", session=SESSION, seq=seq) for seq in (2, 3)))
    assert opened.running()


def test_an_unknown_model_is_told_without_troubling_the_worker(desk: Desk) -> None:
    desk.ask(OpenSeed(BOOT, SESSION, "unicorns", 1))
    ((_, failed),) = desk.told
    assert isinstance(failed, Failed)
    assert "there is no model 'unicorns'" in failed.sentence
    assert not desk.worked
