"""Conversations with a gateway over real sockets, its worker a process with the stub engine."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from draglayer_daemon.settings import Settings
from draglayer_protocol.client import Client
from draglayer_protocol.geometry import Frame, Point
from draglayer_protocol.messages import (
    Accepted,
    Attach,
    Close,
    Credit,
    DragEnded,
    EndReason,
    ExportState,
    Failed,
    Hello,
    Image,
    ListModels,
    Load,
    Mask,
    Models,
    MoveTargets,
    OpenPixels,
    OpenSeed,
    OpenState,
    Parameters,
    Ping,
    PointPair,
    Pong,
    Preview,
    Refused,
    Render,
    Rendered,
    Run,
    Seek,
    SessionClosed,
    SessionOpened,
    SetMask,
    SetParameters,
    SetPoints,
    Sought,
    State,
    StepDone,
    Stop,
    Welcome,
)
from tests.daemon.conftest import Gate, Running, Serve
from tests.daemon.peers import Peer
from tests.daemon.stub_engine import DIES, DIES_OPENING, FAILS

FAR = (Point(1, 1), Point(14, 10))


# Letting in


def test_a_client_with_the_token_is_welcome(running: Running) -> None:
    with Peer(running.gateway.endpoint, None) as peer:
        peer.send(Hello(running.gateway.token, "test", "1"))
        assert peer.wait(Welcome).boot == running.gateway.boot


def test_a_client_with_another_token_is_refused_and_can_cause_nothing(running: Running) -> None:
    with Peer(running.gateway.endpoint, None) as peer, running.peer() as friend:
        peer.send(Hello("guessed", "test", "1"))
        assert "token is not this daemon's" in peer.wait(Refused).sentence
        peer.send(OpenSeed(running.gateway.boot, "0" * 32, "small", 1))
        assert "begins with Hello" in peer.wait(Refused).sentence
        assert not friend.status_when(lambda status: status.clients == 1).sessions


def test_a_peer_that_names_itself_is_refused(running: Running) -> None:
    """Its name might be that of a client that has just gone."""
    with Peer(running.gateway.endpoint, None, identity=b"me") as peer:
        peer.send(Hello(running.gateway.token, "test", "1"))
        assert "ZeroMQ identity" in peer.wait(Refused).sentence


def test_a_client_too_many_is_refused_until_another_leaves(serve: Serve) -> None:
    running = serve(Settings(max_clients=1))
    with running.peer(), Peer(running.gateway.endpoint, None) as late:
        late.send(Hello(running.gateway.token, "test", "1"))
        assert "serves 1" in late.wait(Refused).sentence
    with running.peer() as peer:
        peer.send(Ping(5))
        assert peer.wait(Pong).request == 5


def test_a_peer_of_another_protocol_version_is_refused_in_words(peer: Peer) -> None:
    peer.send_frames([b"\x93\x07\xa4Ping\x81\xa7request\x01"])
    assert "speaks protocol 7" in peer.wait(Refused).sentence


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        ([b""], "msgpack"),
        ([b"\xc1"], "msgpack"),
        ([b"\x93\x01\xa4Nope\x80"], "'Nope' are not known"),
        ([b"\x93\x01\xa4Ping\x80"], "'request' is missing"),
        ([b"x"] * 40, "too many frames"),
        ([b"\x93\x01\xa4Ping\x81\xa7request\x01"[:-3]], "msgpack"),
    ],
    ids=["empty", "junk", "unknown kind", "field missing", "40 frames", "cut off"],
)
def test_what_is_no_message_is_answered_in_words(peer: Peer, frames: list[bytes], words: str) -> None:
    peer.send_frames(frames)
    assert words in peer.wait(Failed).sentence
    peer.send(Ping(1))
    peer.wait(Pong)


# Sessions


def test_a_drag_arrives_step_by_step(peer: Peer) -> None:
    session = peer.open()
    peer.drag(session, Point(2, 2), Point(5, 2))
    end = peer.wait(DragEnded)
    assert (end.step, end.reason, end.sentence) == (
        3,
        EndReason.ARRIVED,
        "every handle reached its target after 3 steps",
    )
    assert [(step.step, step.handles[0].x) for step in peer.came(StepDone)] == [(1, 3), (2, 4), (3, 5)]
    assert [accepted.seq for accepted in peer.came(Accepted)] == [1, 2]


def test_a_command_that_is_repeated_is_accepted_again_and_has_no_second_effect(peer: Peer) -> None:
    session = peer.open()
    peer.drag(session, Point(2, 2), Point(5, 2))
    peer.wait(DragEnded)
    peer.send(Run(peer.boot, session, 2))
    assert peer.wait(Accepted).seq == 2
    peer.send(Render(9, session))
    assert peer.wait(Rendered).step == 3
    assert len(peer.came(DragEnded)) == 1


def test_opening_a_session_again_says_where_it_stands(peer: Peer) -> None:
    session = peer.open(seed=4)
    peer.drag(session, Point(2, 2), Point(5, 2))
    peer.wait(DragEnded)
    peer.send(OpenSeed(peer.boot, session, "small", 4))
    opened = peer.wait(SessionOpened)
    assert (opened.step, opened.steps, opened.seq, opened.running) == (3, 3, 2, False)
    assert opened.points == (PointPair(Point(5, 2), Point(5, 2)),)


def test_a_command_of_another_boot_is_told_about_the_restart(peer: Peer) -> None:
    session = peer.open()
    peer.send(Run("another", session, 1))
    failed = peer.wait(Failed)
    assert "the daemon was restarted" in failed.sentence
    assert (failed.session, failed.seq) == (session, 1)


def test_closing_twice_is_harmless_and_later_commands_are_told(peer: Peer) -> None:
    session = peer.open()
    for _ in range(2):
        peer.send(Close(peer.boot, session, 1))
        peer.wait(Accepted)
        assert "closed" in peer.wait(SessionClosed).sentence
    peer.send(Run(peer.boot, session, 2))
    assert "this session was closed" in peer.wait(Failed).sentence


def test_a_session_too_many_is_refused_in_words(serve: Serve) -> None:
    with serve(Settings(max_sessions=1)).peer() as peer:
        session = peer.open()
        peer.send(OpenSeed(peer.boot, "1" * 32, "small", 1))
        assert "this daemon holds 1" in peer.wait(Failed).sentence
        peer.send(Close(peer.boot, session, 1))
        peer.wait(SessionClosed)
        peer.open(seed=2)


def test_the_session_of_a_client_that_vanished_gives_way_where_no_more_fit(serve: Serve) -> None:
    running = serve(Settings(max_sessions=1))
    with running.peer() as gone:
        first = gone.open()
    with running.peer() as peer:
        peer.status_when(lambda status: all(not session.client for session in status.sessions))
        second = peer.open(seed=2)
        assert [session.session for session in peer.status_when(lambda status: len(status.sessions) == 1).sessions] == [
            second
        ]
        assert second != first


def test_an_unknown_model_names_the_nearest(peer: Peer) -> None:
    peer.send(OpenSeed(peer.boot, "1" * 32, "smal", 1))
    failed = peer.wait(Failed)
    assert "there is no model 'smal'; did you mean 'small'?" in failed.sentence
    assert "draglayer models list" in failed.sentence


def test_pixels_are_refused_with_what_to_do_instead(peer: Peer) -> None:
    peer.send(OpenPixels(peer.boot, "1" * 32, "small", Image(1, 1, 3, b"abc")))
    failed = peer.wait(Failed)
    assert "cannot begin with a layer's pixels yet" in failed.sentence
    assert "Open a seed" in failed.sentence


def test_models_are_listed_with_their_load(peer: Peer) -> None:
    def loads() -> dict[str, Load]:
        peer.send(ListModels(3))
        return {model.name: model.load for model in peer.wait(Models).models}

    assert loads() == {"small": Load.COLD, "large": Load.COLD}
    peer.open()
    assert loads() == {"small": Load.READY, "large": Load.COLD}


def test_a_state_opens_where_it_was_exported(peer: Peer) -> None:
    session = peer.open(seed=4)
    peer.drag(session, Point(2, 2), Point(5, 2))
    peer.wait(DragEnded)
    peer.send(ExportState(1, session))
    state = peer.wait(State).state
    peer.send(OpenState(peer.boot, "2" * 32, state))
    assert peer.wait(SessionOpened).step == 3
    peer.send(ExportState(2, "2" * 32))
    assert peer.wait(State).state == state


def test_a_damaged_state_and_one_of_another_model_are_refused(peer: Peer) -> None:
    peer.send(OpenState(peer.boot, "2" * 32, b"junk"))
    assert "damaged" in peer.wait(Failed).sentence
    peer.send(OpenState(peer.boot, "2" * 32, b'{"sha256": "ffff"}'))
    sentence = peer.wait(Failed).sentence
    assert "whose weights have the hash ffff" in sentence
    assert "small, large" in sentence or "large, small" in sentence


def test_points_outside_the_frame_are_named_with_the_frame(peer: Peer) -> None:
    session = peer.open()
    points = (PointPair(Point(1, 1), Point(2, 2)), PointPair(Point(3, 3), Point(16, 3)))
    peer.send(SetPoints(peer.boot, session, 1, points))
    failed = peer.wait(Failed)
    assert "point 2's target is at (16, 3), outside the frame, which spans x from 0 to 15 and y from 0 to 11" in (
        failed.sentence
    )
    assert failed.seq == 1


def test_a_mask_of_another_size_is_told_both_sizes(peer: Peer) -> None:
    session = peer.open()
    peer.send(SetMask(peer.boot, session, 1, Mask(2, 2, b"\xff\0\0\0")))
    assert "the mask has 2 x 2 pixels, the model's picture 16 x 12" in peer.wait(Failed).sentence


def test_running_without_points_is_refused(peer: Peer) -> None:
    session = peer.open()
    peer.send(Run(peer.boot, session, 1))
    assert "nothing to drag" in peer.wait(Failed).sentence
    assert not peer.status_when(lambda status: bool(status.sessions)).sessions[0].running


def test_targets_of_another_number_are_told_both_numbers(peer: Peer) -> None:
    session = peer.open()
    peer.send(MoveTargets(peer.boot, session, 1, (Point(1, 1),)))
    assert "1 targets were sent for 0 points" in peer.wait(Failed).sentence


def test_positions_are_canvas_pixels_of_the_sessions_frame(peer: Peer) -> None:
    session = "3" * 32
    peer.send(OpenSeed(peer.boot, session, "small", 1, frame=Frame(100, 200, 32, 24)))
    peer.wait(SessionOpened)
    peer.drag(session, Point(104.5, 204.5), Point(110.5, 204.5))
    peer.wait(DragEnded)
    steps = peer.came(StepDone)
    assert [step.handles[0] for step in steps] == [Point(106.5, 204.5), Point(108.5, 204.5), Point(110.5, 204.5)]
    assert [step.distances[0] for step in steps] == [4, 2, 0]


def test_the_history_can_be_walked(peer: Peer) -> None:
    session = peer.open()
    peer.drag(session, Point(2, 2), Point(5, 2))
    peer.wait(DragEnded)
    peer.send(Seek(peer.boot, session, 3, 1))
    assert peer.wait(Sought).step == 1
    peer.send(Render(1, session))
    assert peer.wait(Rendered).step == 1
    peer.send(Seek(peer.boot, session, 4, 7))
    assert "step 7 does not exist; this session's history goes from step 0 to 3" in peer.wait(Failed).sentence


# While a step runs


def test_stop_is_accepted_while_the_worker_is_in_the_middle_of_a_step(gate: Gate, peer: Peer) -> None:
    session = peer.open()
    peer.drag(session, *FAR, hold=True)
    gate.entered()
    peer.send(Stop(peer.boot, session, 3))
    peer.wait(Accepted, lambda event: event.seq == 3)
    assert not peer.came(StepDone)  # the answer came though the step cannot end before the next line
    gate.release()
    assert peer.wait(DragEnded).reason is EndReason.STOPPED
    assert peer.came(StepDone)[0].step == 1


def test_targets_that_move_during_a_drag_are_followed(gate: Gate, peer: Peer) -> None:
    session = peer.open()
    peer.drag(session, Point(5, 5), Point(5, 10), hold=True)
    gate.entered()
    for seq, target in enumerate([Point(5, 9), Point(1, 1), Point(9, 5)], start=3):
        peer.send(MoveTargets(peer.boot, session, seq, (target,)))
    gate.release()
    peer.wait(StepDone, lambda step: step.handles[0] == Point(9, 5))


def test_points_and_parameters_that_change_during_a_drag_count_from_the_next_step_on(gate: Gate, peer: Peer) -> None:
    session = peer.open()
    peer.drag(session, Point(5, 5), Point(5, 10))
    gate.entered()
    peer.send(SetPoints(peer.boot, session, 3, (PointPair(Point(1, 1), Point(9, 1)),)))
    peer.send(SetPoints(peer.boot, session, 4, (PointPair(Point(2, 2), Point(9, 2)),)))
    peer.send(SetParameters(peer.boot, session, 5, Parameters(max_steps=1)))
    peer.wait(Accepted, lambda event: event.seq == 5)
    gate.release()
    assert peer.wait(DragEnded).reason is EndReason.MAX_STEPS
    *before, last = peer.came(StepDone)
    assert all(step.handles[0].x == 5 for step in before if step.seq < 3)  # how many there are is the worker's luck
    assert before[0].handles == (Point(5, 6),)
    assert (last.seq, last.handles[0].y) == (5, 2)


def test_a_picture_that_a_dying_worker_was_asked_for_is_failed(gate: Gate, peer: Peer) -> None:
    session = peer.open()
    peer.drag(session, *FAR)
    gate.entered()
    peer.send(Render(7, session))
    worker = peer.status_when(lambda status: True).worker_pid
    assert worker is not None
    os.kill(worker, signal.SIGKILL)
    assert peer.wait(Failed).request == 7
    assert "the worker stopped" in peer.wait(SessionClosed).sentence


def test_a_mask_that_does_not_fit_is_refused_while_the_drag_goes_on(gate: Gate, peer: Peer) -> None:
    session = peer.open()
    peer.drag(session, Point(5, 5), Point(5, 7))
    gate.entered()
    peer.send(SetMask(peer.boot, session, 3, Mask(2, 2, b"\xff\0\0\0")))
    peer.send(SetMask(peer.boot, session, 4, Mask(16, 12, b"\xff" * 100 + b"\0" * 92)))
    peer.wait(Accepted, lambda event: event.seq == 4)
    gate.release()
    assert peer.wait(DragEnded).reason is EndReason.ARRIVED
    peer.send(Render(1, session))  # behind both masks
    peer.wait(Rendered)
    assert [failed.seq for failed in peer.came(Failed)] == [3]


def test_sessions_share_the_worker(running: Running) -> None:
    with running.peer() as one, running.peer() as two:
        first, second = one.open(), two.open()
        one.drag(first, *FAR, hold=True)
        two.drag(second, *FAR, hold=True)
        for peer in (one, two):
            seen = peer.wait(StepDone).step
            peer.wait(StepDone, lambda step, seen=seen: step.step > seen + 5)  # type: ignore[misc]


# Previews


def test_without_credit_no_preview_is_made_and_the_last_comes_as_soon_as_there_is_some(peer: Peer) -> None:
    session = peer.open()
    peer.drag(session, Point(2, 2), Point(5, 2))
    peer.wait(DragEnded)
    assert not peer.came(Preview)
    peer.send(Credit(session, 3 * 16 * 12))
    assert peer.wait(Preview).step == 3


def test_a_picture_for_every_credit(peer: Peer) -> None:
    session = peer.open()
    peer.send(Credit(session, 2 * 3 * 16 * 12 + 5))
    peer.drag(session, Point(2, 2), Point(7, 2))
    peer.wait(DragEnded)
    first, second = (preview.step for preview in peer.came(Preview))
    assert first == 1 < second <= 5
    peer.send(Credit(session, 3 * 16 * 12))
    assert second == 5 or peer.wait(Preview, lambda preview: preview.step > second).step == 5


# Clients that vanish


def test_the_drag_of_a_client_that_vanishes_stops_and_can_be_taken_up(running: Running) -> None:
    with running.peer() as watcher:
        peer = running.peer()
        session = peer.open()
        peer.drag(session, *FAR, hold=True)
        peer.wait(StepDone)
        peer.close()
        status = watcher.status_when(lambda status: status.clients == 1 and not status.sessions[0].running)
        assert status.sessions[0].client == ""
        watcher.send(Attach(watcher.boot, session))
        opened = watcher.wait(SessionOpened)
        assert (opened.running, opened.seq) == (False, 2)
        assert opened.step >= 1


def test_what_a_client_says_just_before_it_leaves_is_done(running: Running) -> None:
    def open_and_fail() -> None:
        with (
            Client.connect(running.gateway.endpoint, running.gateway.token) as client,
            client.open_seed("small", 1),  # closes the session, but does not wait for it
        ):
            raise ZeroDivisionError

    with running.peer() as watcher:
        for _ in range(40):  # it was lost once in twenty times
            with pytest.raises(ZeroDivisionError):
                open_and_fail()
        watcher.status_when(lambda status: not status.sessions)  # long before they would be closed unasked


def test_a_session_that_nobody_takes_up_is_closed(serve: Serve) -> None:
    running = serve(Settings(grace=0.05))
    with running.peer() as watcher:
        peer = running.peer()
        session = peer.open()
        peer.close()
        watcher.status_when(lambda status: not status.sessions)
        watcher.send(Attach(watcher.boot, session))
        assert "this session was closed" in watcher.wait(Failed).sentence


def test_a_client_that_hangs_is_noticed_by_its_silence(serve: Serve) -> None:
    running = serve(Settings(heartbeat=0.05, silence=0.2))
    code = (
        "import sys; sys.path.insert(0, sys.argv[3]); from tests.daemon.peers import Peer\n"
        "peer = Peer(sys.argv[1], sys.argv[2]); print(peer.open(), flush=True); sys.stdin.read()"
    )
    root = str(Path(__file__).parents[2])
    child = subprocess.Popen(
        [sys.executable, "-c", code, running.gateway.endpoint, running.gateway.token, root],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline()
        with running.peer() as watcher:
            watcher.status_when(lambda status: status.clients == 2)
            child.send_signal(signal.SIGSTOP)
            watcher.status_when(lambda status: status.clients == 1)
    finally:
        child.kill()
        child.communicate()


def test_a_session_that_another_connection_takes_up_is_told_to_the_first(running: Running) -> None:
    with running.peer() as one, running.peer() as two:
        session = one.open()
        two.send(Run(two.boot, session, 1))
        assert "belongs to another connection" in two.wait(Failed).sentence
        two.send(Attach(two.boot, session))
        two.wait(SessionOpened)
        assert "another connection has taken this session up" in one.wait(SessionClosed).sentence


def test_whoever_takes_a_session_up_hears_first_where_it_stands(gate: Gate, running: Running) -> None:
    with running.peer() as one, running.peer() as two:
        session = one.open()
        one.drag(session, *FAR, hold=True)
        gate.entered()
        one.send(Render(1, session))
        one.send(Ping(2))
        one.wait(Pong)  # the gateway has read Render
        two.send(Attach(two.boot, session))
        two.send(Ping(1))
        two.wait(Pong)
        gate.release()
        opened = two.wait(SessionOpened)
        assert opened.running
        assert two.wait(StepDone).step == opened.step + 1
        assert not [event for event in two.events if isinstance(event, Rendered)]
        assert one.wait(Rendered).step <= opened.step


# The worker


def test_an_error_inside_one_sessions_step_ends_that_drag_alone(running: Running) -> None:
    with running.peer() as one, running.peer() as two:
        first, second = one.open(seed=FAILS), two.open()
        two.drag(second, *FAR, hold=True)
        one.drag(first, *FAR)
        end = one.wait(DragEnded)
        assert (end.reason, end.step) == (EndReason.FAILED, 1)
        assert "not enough memory for 7 GiB" in end.sentence
        before = two.wait(StepDone).step
        two.wait(StepDone, lambda step: step.step > before)
        one.send(Render(1, first))
        assert one.wait(Rendered).step == 1


@pytest.mark.parametrize("death", ["in a step", "from outside"])
def test_when_the_worker_dies_its_sessions_are_told_and_a_fresh_one_takes_over(peer: Peer, death: str) -> None:
    session = peer.open(seed=DIES)
    first = peer.status_when(lambda status: status.worker == "ready").worker_pid
    assert first is not None
    if death == "in a step":
        peer.drag(session, *FAR)
    else:
        os.kill(first, signal.SIGKILL)
    sentence = peer.wait(SessionClosed).sentence
    assert "the worker stopped (it was ended by SIGKILL" in sentence
    assert "open it again" in sentence
    again = peer.open(seed=1)
    peer.drag(again, Point(2, 2), Point(5, 2))
    assert peer.wait(DragEnded).reason is EndReason.ARRIVED
    assert peer.status_when(lambda status: status.worker == "ready").worker_pid != first


def test_a_worker_that_dies_while_a_session_is_opened_is_told_by_failing_to_open_it(peer: Peer) -> None:
    peer.send(OpenSeed(peer.boot, "1" * 32, "small", DIES_OPENING))
    failed = peer.wait(Failed)
    assert (failed.session, failed.seq) == ("1" * 32, None)
    assert "the worker stopped (it was ended by SIGKILL" in failed.sentence
    assert "try again" in failed.sentence
    peer.open()


def test_a_worker_that_dies_again_and_again_is_not_started_at_once(peer: Peer) -> None:
    peer.status_when(lambda status: status.worker == "ready")
    for _ in range(2):
        session = peer.open(seed=DIES)
        peer.drag(session, *FAR)
        peer.wait(SessionClosed)
    peer.send(OpenSeed(peer.boot, secrets.token_hex(16), "small", 1))
    sentence = peer.wait(Failed).sentence
    assert "the worker ended 2 times in a row (it was ended by SIGKILL" in sentence
    assert "the next try is possible in" in sentence


def test_a_worker_that_cannot_start_says_why_to_whoever_opens(serve: Serve) -> None:
    code = (
        "import sys\nfrom draglayer_daemon.worker import Refusal, listen, serve\n"
        "def no(device): raise Refusal('there is no device here')\n"
        "sys.exit(serve(listen(sys.stdin), no))"
    )
    with serve(worker=[sys.executable, "-c", code]).peer() as peer:
        peer.send(OpenSeed(peer.boot, "1" * 32, "small", 1))
        assert peer.wait(Failed).sentence.startswith("there is no device here")
        peer.status_when(lambda status: status.worker == "not started: there is no device here")
        peer.send(OpenSeed(peer.boot, "1" * 32, "small", 1))
        assert peer.wait(Failed).sentence.startswith("there is no device here")


def test_a_worker_whose_program_is_missing_costs_its_sessions_not_the_daemon(serve: Serve, tmp_path: Path) -> None:
    with serve(worker=[str(tmp_path / "missing")]).peer() as peer:
        peer.send(OpenSeed(peer.boot, "1" * 32, "small", 1))
        assert "the worker process cannot be started" in peer.wait(Failed).sentence
        peer.send(Ping(1))
        peer.wait(Pong)


def test_sessions_are_told_when_the_daemon_is_stopped(running: Running) -> None:
    with running.peer() as peer:
        peer.open()
        running.gateway.stop()
        assert "the daemon was stopped" in peer.wait(SessionClosed).sentence
