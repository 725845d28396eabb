"""The blocking client against a small pretended daemon."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import cast

import pytest

from draglayer_protocol.client import Client, NoConnection, RequestFailed
from draglayer_protocol.geometry import Frame, Point
from draglayer_protocol.messages import (
    VERSION,
    Accepted,
    AskStatus,
    AskThumbnails,
    Attach,
    Close,
    Command,
    Credit,
    DragEnded,
    EndReason,
    Event,
    ExportState,
    Failed,
    Image,
    InvalidMessage,
    ListModels,
    Load,
    Mask,
    ModelLoading,
    Models,
    MoveTargets,
    OpenSeed,
    OpenState,
    Parameters,
    PointPair,
    Preview,
    Render,
    Rendered,
    Request,
    Run,
    Seek,
    SessionClosed,
    SessionOpened,
    SetFrame,
    SetMask,
    SetParameters,
    SetPoints,
    Sought,
    State,
    Status,
    StepDone,
    Stop,
    Thumbnails,
)

from . import examples
from .examples import BOOT
from .fake_gateway import TOKEN, FakeGateway

SIDE = 4
PICTURE = bytes(3 * SIDE * SIDE)


class PretendedDaemon:
    """Every drag takes `steps` steps (None: until Stop); a preview comes with every step that credit pays for."""

    def __init__(self, steps: int | None = 3) -> None:
        self.steps = steps
        self.step = 0
        self.running = False
        self.credit = 0
        self.owed = False
        self.refused: dict[type, str] = {}  # what the worker says no to, after the gateway accepted it

    def __call__(self, request: Request) -> Iterable[Event]:
        session = getattr(request, "session", "")
        if isinstance(request, Command):
            yield Accepted(session, request.seq)
            if type(request) in self.refused:
                yield Failed(self.refused[type(request)], None, session, request.seq)
                return
            yield from self.command(request)
            return
        match request:
            case ListModels(number):
                yield Models(number, ())
            case AskThumbnails(request=number, model="creatures-256"):
                yield ModelLoading("creatures-256", "ab" * 32, Load.LOADING, 1, 2)
                yield Thumbnails(number, "creatures-256", "ab" * 32, (0,), (), 0.7, Image(SIDE, SIDE, 3, PICTURE))
            case AskThumbnails(request=number, model=model):
                yield Failed(f"there is no model {model}", number)
            case AskStatus(number):
                yield Status(number, "0", 1, 1.0, "cpu", "ready", None, 1, ())
            case OpenSeed(model="creatures-256") | OpenState() | Attach():
                yield self.opened(session)
            case OpenSeed(model=model):
                yield Failed(f"there is no model {model}", None, session, None)
            case Credit(amount=amount):
                self.credit += amount
                yield from self.show(session)
            case Render(request=number, step=at):
                yield Rendered(number, session, self.step if at is None else at, Image(SIDE, SIDE, 3, PICTURE))
            case ExportState(request=number):
                yield State(number, session, self.step, b"a state")

    def command(self, command: Command) -> Iterator[Event]:
        match command:
            case Run(session=session):
                for _ in range(1 if self.steps is None else self.steps):
                    self.step += 1
                    self.owed = True
                    yield StepDone(session, self.step, (Point(1, 1),), (1.0,), 0.5, (1.0,), 1.0)
                    yield from self.show(session)
                self.running = self.steps is None
                if not self.running:
                    yield DragEnded(session, self.step, EndReason.ARRIVED, "arrived")
            case Stop(session=session):
                if self.running:
                    self.running = False
                    yield DragEnded(session, self.step, EndReason.STOPPED, "stopped")
            case Seek(session=session, step=step):
                self.step = step
                yield Sought(session, step, 9)
            case Close(session=session):
                yield SessionClosed(session, "the session was closed")

    def opened(self, session: str) -> SessionOpened:
        frame = Frame(100, 0, 2 * SIDE, 2 * SIDE)
        return SessionOpened(session, "creatures-256", "ab" * 32, SIDE, SIDE, frame, self.step, 0, 40, (), False)

    def show(self, session: str) -> Iterator[Event]:
        if self.owed and self.credit >= len(PICTURE):
            self.owed = False
            self.credit -= len(PICTURE)
            yield Preview(session, self.step, Image(SIDE, SIDE, 3, PICTURE))


def connect(gateway: FakeGateway) -> Client:
    return Client.connect(f"tcp://127.0.0.1:{gateway.port}", TOKEN, name="test")


def kinds(events: Iterable[object]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_the_ten_lines_of_the_readme_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGLAYER_HOME", str(tmp_path))
    with FakeGateway(PretendedDaemon()) as gateway:
        said = {"endpoint": gateway.peer().endpoint, "token": TOKEN, "boot": BOOT, "pid": 1, "version": "0"}
        (tmp_path / "connection.json").write_text(json.dumps({**said, "protocol": VERSION}))
        with Client.connect() as client:
            session = client.open_seed("creatures-256", seed=7)
            session.set_points([((120, 130), (140, 130))])
            seen = list(session.drag(previews=True))
            picture = session.render()
            state = session.export_state()
    assert kinds(seen) == ["StepDone", "Preview", "StepDone", "StepDone", "DragEnded"]  # credit for one picture
    assert picture.pixels == PICTURE
    assert state == b"a state"


def test_commands_carry_the_boot_id_and_numbers_that_grow_from_where_the_session_stood() -> None:
    mask = Mask(SIDE, SIDE, b"\xff" * SIDE * SIDE)
    with FakeGateway(PretendedDaemon()) as gateway, connect(gateway) as client:
        session = client.open_seed("creatures-256", 7, label=2, truncation=0.7, frame=examples.FRAME)
        session.set_points([PointPair(Point(1, 2), Point(3, 4))])
        session.move_targets([(5, 6)])
        session.set_mask(mask)
        session.set_mask(None)
        session.set_frame(Frame(0, 0, SIDE, SIDE))
        session.set_parameters(Parameters(r1=2.0))
        assert session.seek(2) == Sought(session.id, 2, 9)
        session.stop()
        session.close()
        commands = [request for request in gateway.requests if isinstance(request, Command)]
    assert commands == [
        SetPoints(BOOT, session.id, 41, (PointPair(Point(1, 2), Point(3, 4)),)),
        MoveTargets(BOOT, session.id, 42, (Point(5, 6),)),
        SetMask(BOOT, session.id, 43, mask),
        SetMask(BOOT, session.id, 44, None),
        SetFrame(BOOT, session.id, 45, Frame(0, 0, SIDE, SIDE)),
        SetParameters(BOOT, session.id, 46, Parameters(r1=2.0)),
        Seek(BOOT, session.id, 47, 2),
        Stop(BOOT, session.id, 48),
        Close(BOOT, session.id, 49),
    ]
    assert OpenSeed(BOOT, session.id, "creatures-256", 7, 2, 0.7, examples.FRAME) in gateway.requests
    assert session.mapping.to_model(Point(0, 0)) == (0, 0)  # of the frame that was set


def test_thumbnails_are_asked_for_and_how_far_their_model_was_read_is_seen() -> None:
    seen: list[ModelLoading] = []
    with FakeGateway(PretendedDaemon()) as gateway:
        endpoint = f"tcp://127.0.0.1:{gateway.port}"
        with Client.connect(endpoint, TOKEN, name="test", watch=seen.append) as client:
            assert client.thumbnails("creatures-256").image.pixels == PICTURE
            with pytest.raises(RequestFailed, match="there is no model unicorns"):
                client.thumbnails("unicorns", 3)
    assert [(event.load, event.done, event.size) for event in seen] == [(Load.LOADING, 1, 2)]
    asked = [request for request in gateway.requests if isinstance(request, AskThumbnails)]
    assert [(request.model, request.label) for request in asked] == [("creatures-256", None), ("unicorns", 3)]


def test_sessions_are_told_apart_and_taken_up_again() -> None:
    with FakeGateway(PretendedDaemon()) as gateway, connect(gateway) as client:
        first = client.open_seed("creatures-256", 7)
        second = client.open_state(b"a state")
        again = client.attach(first.id)
        assert len({first.id, second.id}) == 2
        assert again.id == first.id
        assert kinds(second.drag()) == ["StepDone"] * 3 + ["DragEnded"]
        assert client.models() == ()
        assert client.status().device == "cpu"
        client.ping()


def test_a_preview_is_paid_for_again_only_after_it_was_looked_at() -> None:
    frame = len(PICTURE)
    with FakeGateway(PretendedDaemon(steps=5)) as gateway, connect(gateway) as client:
        session = client.open_seed("creatures-256", 7)
        previews = [event for event in session.drag(previews=True) if isinstance(event, Preview)]
        assert session.seek(0).step == 0  # everything before this has been heard by the gateway
        granted = [request.amount for request in gateway.requests if isinstance(request, Credit)]
        assert granted[0] == 4 * SIDE * SIDE  # one picture, whatever its channels
        assert granted[1:] == [frame] * len(previews)
        assert previews

        list(session.drag(previews=True))
        session.seek(0)
        granted = [request.amount for request in gateway.requests if isinstance(request, Credit)]
        received = sum(len(event.image.pixels) for event in previews)
        assert sum(granted[: 1 + len(previews)]) <= 4 * SIDE * SIDE + received  # never two pictures at once


def test_without_previews_no_credit_is_granted() -> None:
    with FakeGateway(PretendedDaemon()) as gateway, connect(gateway) as client:
        session = client.open_seed("creatures-256", 7)
        assert kinds(session.drag()) == ["StepDone"] * 3 + ["DragEnded"]
        session.seek(0)
        assert not any(isinstance(request, Credit) for request in gateway.requests)


def test_a_drag_is_stopped_from_another_thread() -> None:
    with FakeGateway(PretendedDaemon(steps=None)) as gateway, connect(gateway) as client:
        session = client.open_seed("creatures-256", 7)
        events = session.drag(hold=True)
        assert isinstance(next(events), StepDone)
        stopper = threading.Thread(target=session.stop)
        stopper.start()
        (ended,) = list(events)
        stopper.join()
        assert isinstance(ended, DragEnded)
        assert ended.reason is EndReason.STOPPED
        assert any(isinstance(request, Run) and request.hold for request in gateway.requests)


def test_leaving_a_drag_early_stops_it_and_the_next_one_does_not_see_its_end() -> None:
    daemon = PretendedDaemon(steps=None)
    with FakeGateway(daemon) as gateway, connect(gateway) as client:
        session = client.open_seed("creatures-256", 7)
        for event in session.drag():
            assert isinstance(event, StepDone)
            break
        gateway.wait(Stop)
        daemon.steps = 2
        last = list(session.drag())[-1]
        assert isinstance(last, DragEnded)
        assert last.reason is EndReason.ARRIVED


def test_what_the_daemon_refuses_is_raised_in_its_words() -> None:
    with FakeGateway(PretendedDaemon()) as gateway, connect(gateway) as client:
        with pytest.raises(RequestFailed, match="there is no model unicorns") as caught:
            client.open_seed("unicorns", 7)
        assert caught.value.sentence == "there is no model unicorns"
        with pytest.raises(InvalidMessage, match="the seed is -1"):
            client.open_seed("creatures-256", -1)


def test_a_drag_that_cannot_run_raises_and_leaves_the_session_usable() -> None:
    daemon = PretendedDaemon()
    daemon.refused[Run] = "there are no points to drag"
    with FakeGateway(daemon) as gateway, connect(gateway) as client:
        session = client.open_seed("creatures-256", 7)
        with pytest.raises(RequestFailed, match="there are no points to drag"):
            list(session.drag())
        assert not any(isinstance(request, Stop) for request in gateway.requests)  # nothing ran
        daemon.refused.clear()
        assert kinds(session.drag())[-1] == "DragEnded"


def test_a_refusal_that_comes_late_is_raised_by_what_relied_on_it() -> None:
    """The gateway accepts, the worker refuses later: the drag must not go on with other points than were asked for."""
    daemon = PretendedDaemon()
    daemon.refused[SetPoints] = "point 1's handle lies outside the frame"
    with FakeGateway(daemon) as gateway, connect(gateway) as client:
        session = client.open_seed("creatures-256", 7)

        def points_then_drag() -> None:
            session.set_points([((1, 1), (2, 2))])
            list(session.drag())

        with pytest.raises(RequestFailed, match="outside the frame"):
            points_then_drag()
        daemon.refused.clear()
        assert kinds(session.drag()) == ["StepDone"] * 3 + ["DragEnded"]


def test_a_command_refused_during_a_drag_is_one_of_its_events_and_does_not_end_it() -> None:
    daemon = PretendedDaemon(steps=None)
    daemon.refused[MoveTargets] = "2 targets were sent for 1 points"
    with FakeGateway(daemon) as gateway, connect(gateway) as client:
        session = client.open_seed("creatures-256", 7)
        events = session.drag()
        next(events)
        refused = daemon.refused[MoveTargets]
        with suppress(RequestFailed):  # it is told here when it comes together with the acceptance
            session.move_targets([(1, 1), (2, 2)])
            assert next(events) == Failed(refused, None, session.id, 42)
        session.stop()
        assert kinds(events) == ["DragEnded"]


def test_a_session_that_is_lost_ends_its_drag_with_the_daemons_sentence() -> None:
    with FakeGateway(PretendedDaemon(steps=None)) as gateway, connect(gateway) as client:
        session = client.open_seed("creatures-256", 7)
        events = session.drag()
        next(events)
        gateway.say(SessionClosed(session.id, "the worker stopped (killed), and this session with it"))
        with pytest.raises(RequestFailed, match="the worker stopped"):
            next(events)
        with pytest.raises(RequestFailed, match="the worker stopped"):
            session.set_points([])


def test_a_daemon_that_ends_ends_what_waits_for_it() -> None:
    with FakeGateway(PretendedDaemon(steps=None)) as gateway, connect(gateway) as client:
        session = client.open_seed("creatures-256", 7)
        events = session.drag()
        next(events)
        gateway.stop()
        with pytest.raises(NoConnection, match="closed the connection"):
            next(events)
        with pytest.raises(NoConnection, match="closed the connection"):
            session.render()


def test_an_answer_that_does_not_come_in_time_is_named() -> None:
    def mute(request: Request) -> list[Event]:
        return []

    with (
        FakeGateway(mute) as gateway,
        connect(gateway) as client,
        pytest.raises(NoConnection, match=r"ListModels was not answered within 0\.05 s"),
    ):
        client.models(timeout=0.05)


def test_what_the_daemon_could_not_read_at_all_fails_whoever_waits() -> None:
    def puzzled(request: Request) -> list[Event]:
        return [Failed("a message's first frame is not msgpack")]

    with FakeGateway(puzzled) as gateway, connect(gateway) as client, pytest.raises(RequestFailed, match="not msgpack"):
        client.models()


def test_a_wrong_token_and_a_missing_daemon_are_said_on_connecting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeGateway() as gateway, pytest.raises(NoConnection, match="the token is another one"):
        Client.connect(gateway.peer().endpoint, "guess")
    monkeypatch.setenv("DRAGLAYER_HOME", str(tmp_path))
    with pytest.raises(NoConnection, match="draglayer serve"):
        Client.connect()


def test_a_session_that_is_lost_while_it_is_opened_is_told_at_once() -> None:
    def dying(request: Request) -> Iterator[Event]:
        if isinstance(request, OpenSeed):
            yield SessionClosed(request.session, "the worker stopped (killed)")

    with FakeGateway(dying) as gateway, connect(gateway) as client, pytest.raises(RequestFailed, match="the worker"):
        client.open_seed("creatures-256", 7)


def test_whoever_gives_up_a_drag_does_not_wait_for_its_end() -> None:
    daemon = PretendedDaemon(steps=None)
    with FakeGateway(daemon) as gateway, connect(gateway) as client:
        session = client.open_seed("creatures-256", 7)
        events = cast("Generator[object, None, None]", session.drag())
        next(events)
        daemon.running = False  # as one whose step never ends: Stop is not followed by DragEnded
        with pytest.raises(KeyboardInterrupt):
            events.throw(KeyboardInterrupt())


def test_an_error_inside_a_sessions_block_closes_it_without_waiting() -> None:
    daemon = PretendedDaemon()

    def mute(request: Request) -> Iterable[Event]:
        return () if isinstance(request, Close) else daemon(request)

    def fail_inside(client: Client) -> None:
        with client.open_seed("creatures-256", 7) as session:
            session.set_points([((1, 1), (2, 2))])
            raise ZeroDivisionError

    with FakeGateway(mute) as gateway, connect(gateway) as client:
        with pytest.raises(ZeroDivisionError):
            fail_inside(client)
        assert gateway.wait(Close).seq == gateway.wait(SetPoints).seq + 1


def test_leaving_a_sessions_block_closes_it_in_the_daemon() -> None:
    with FakeGateway(PretendedDaemon()) as gateway, connect(gateway) as client:
        with client.open_seed("creatures-256", 7) as session:
            list(session.drag())
        assert gateway.wait(Close).session == session.id
