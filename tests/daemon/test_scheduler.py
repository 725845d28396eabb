"""The worker's scheduler with the stub engine, in this process: order is exact here."""

from __future__ import annotations

from pathlib import Path

import pytest

from draglayer_daemon.internal import pack
from draglayer_daemon.registry import Registry
from draglayer_daemon.worker_scheduler import Scheduler
from draglayer_protocol.geometry import Frame, Point
from draglayer_protocol.messages import (
    Attach,
    Close,
    Credit,
    DragEnded,
    EndReason,
    Event,
    Failed,
    Load,
    Mask,
    ModelLoading,
    MoveTargets,
    OpenSeed,
    OpenState,
    Parameters,
    PointPair,
    Preview,
    Render,
    Run,
    Seek,
    SessionOpened,
    SetFrame,
    SetMask,
    SetParameters,
    SetPoints,
    StepDone,
    Stop,
)
from tests.daemon.conftest import describe
from tests.daemon.stub_engine import DIVERGES, FAILS, REFUSED, StubDrag, StubEngine

BOOT = "boot"
A, B = "a" * 32, "b" * 32
PICTURE = 3 * 16 * 12
FAR = Point(15, 1)


class Worker:
    """A scheduler, its engine and everything it said."""

    def __init__(self, folder: Path) -> None:
        self.engine, self.said, self.drawing = StubEngine(), list[Event](), 0.0
        self.scheduler = Scheduler(self.engine, Registry((folder,)), self.say, clock=self.clock)

    def clock(self) -> float:
        """A step takes a second, a picture `drawing`."""
        return sum(drag.step_index + self.drawing * len(drag.rendered) for drag in self.engine.drags)

    def say(self, event: Event) -> None:
        pack(event)  # raises for what cannot be sent
        self.said.append(event)

    def open(self, session: str = A, seed: int = 1, model: str = "small") -> StubDrag:
        self.scheduler.handle([OpenSeed(BOOT, session, model, seed)])
        return self.engine.drags[-1]

    def run(self, session: str = A, target: Point = FAR, hold: bool = False) -> None:
        points = SetPoints(BOOT, session, 1, (PointPair(Point(1, 1), target),))
        self.scheduler.handle([points, Run(BOOT, session, 2, hold)])

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.said]

    def failures(self) -> list[tuple[int | None, str]]:
        return [(event.seq, event.sentence) for event in self.said if isinstance(event, Failed)]


@pytest.fixture
def worker(draglayer_home: Path) -> Worker:
    return Worker(draglayer_home / "models")


def test_a_held_drag_rests_at_its_targets_and_goes_on_when_they_move(worker: Worker) -> None:
    worker.open()
    worker.run(target=Point(3, 1), hold=True)
    for _ in range(10):
        worker.scheduler.turn()
    assert worker.kinds().count("StepDone") == 2
    assert not worker.scheduler.busy
    worker.scheduler.handle([MoveTargets(BOOT, A, 3, (Point(4, 1),))])
    assert worker.scheduler.busy
    worker.scheduler.turn()
    assert worker.kinds().count("StepDone") == 3
    worker.scheduler.handle([Stop(BOOT, A, 4)])
    assert isinstance(worker.said[-1], DragEnded)


def test_running_sessions_take_turns_step_by_step(worker: Worker) -> None:
    worker.open(A)
    worker.open(B)
    worker.run(A)
    worker.run(B)
    for _ in range(6):
        worker.scheduler.turn()
    steps = [(event.session[0], event.step) for event in worker.said if isinstance(event, StepDone)]
    assert steps == [("a", 1), ("b", 1), ("a", 2), ("b", 2), ("a", 3), ("b", 3)]


def test_of_what_came_between_two_steps_only_the_last_of_each_kind_reaches_the_engine(worker: Worker) -> None:
    drag = worker.open()
    worker.run()
    worker.scheduler.turn()
    drag.calls.clear()
    targets = [MoveTargets(BOOT, A, 3 + i, (Point(i, 1),)) for i in range(5)]
    masks = [SetMask(BOOT, A, 8 + i, Mask(16, 12, b"\x01" + bytes(191))) for i in range(3)]
    parameters = [SetParameters(BOOT, A, 11 + i, Parameters(max_steps=50 + i)) for i in range(2)]
    worker.scheduler.handle([*targets, *masks, *parameters])
    assert not drag.calls  # not before the next step
    worker.scheduler.turn()
    assert drag.calls == ["parameters 51", "mask", "targets 4"]


def test_new_points_drop_targets_that_were_meant_for_the_old_ones(worker: Worker) -> None:
    drag = worker.open()
    worker.run()
    drag.calls.clear()
    pairs = tuple(PointPair(Point(i, 1), Point(i, 5)) for i in range(2))
    both = (Point(1, 9), Point(2, 9))
    worker.scheduler.handle(
        [MoveTargets(BOOT, A, 3, (Point(9, 9),)), SetPoints(BOOT, A, 4, pairs), MoveTargets(BOOT, A, 5, both)]
    )
    worker.scheduler.turn()
    assert drag.calls == ["points 2", "targets 1"]
    assert [pair.target for pair in drag.points] == list(both)


def test_a_mask_that_is_white_everywhere_is_no_mask(worker: Worker) -> None:
    drag = worker.open()
    worker.scheduler.handle([SetMask(BOOT, A, 1, Mask(16, 12, b"\xff" * 192))])
    assert drag.calls == ["mask none"]


def test_points_that_were_set_keep_their_place_in_the_picture_when_the_frame_moves(worker: Worker) -> None:
    drag = worker.open()
    points = SetPoints(BOOT, A, 1, (PointPair(Point(1, 1), Point(4, 1)),))
    frame = SetFrame(BOOT, A, 2, Frame(100, 0, 32, 24))
    worker.scheduler.handle([points, frame])
    assert drag.points == (PointPair(Point(1, 1), Point(4, 1)),)
    worker.scheduler.handle([SetPoints(BOOT, A, 3, (PointPair(Point(102.5, 2.5), Point(108.5, 2.5)),))])
    assert drag.points == (PointPair(Point(1, 1), Point(4, 1)),)


def test_parameters_that_do_not_fit_the_model_are_refused_and_change_nothing(worker: Worker) -> None:
    drag = worker.open()
    worker.scheduler.handle([SetParameters(BOOT, A, 1, Parameters(layers=9))])
    assert worker.failures() == [(1, "layers is 9, but this model has 8; choose 1 to 8")]
    assert drag.parameters == Parameters()


def test_previews_are_made_for_credit_only_and_show_the_newest_step(worker: Worker) -> None:
    drag = worker.open()
    worker.run()
    for _ in range(3):
        worker.scheduler.turn()
    assert not drag.rendered
    worker.scheduler.handle([Credit(A, PICTURE - 1)])
    assert not drag.rendered  # not enough for a picture
    worker.scheduler.handle([Credit(A, 1)])
    worker.scheduler.turn()
    worker.scheduler.handle([Credit(A, 1000 * PICTURE)])
    worker.scheduler.turn()
    assert drag.rendered == [3, 4, 5]
    assert [event.step for event in worker.said if isinstance(event, Preview)] == [3, 4, 5]


def test_pictures_take_no_more_time_than_steps_but_the_first_and_the_last_are_shown_at_once(worker: Worker) -> None:
    worker.drawing = 2.5
    drag = worker.open()
    worker.scheduler.handle([Credit(A, 1000 * PICTURE)])
    worker.run(target=Point(9, 1))
    while worker.scheduler.busy:
        worker.scheduler.turn()
    assert drag.rendered == [1, 4, 7, 8]
    worker.run(target=Point(5, 1))
    while worker.scheduler.busy:
        worker.scheduler.turn()
    assert drag.rendered[4:] == [9, 12]


def test_a_live_pull_shows_more_pictures_than_a_drag(worker: Worker) -> None:
    worker.drawing = 4.0
    drag = worker.open()
    worker.scheduler.handle([Credit(A, 1000 * PICTURE)])
    worker.run(hold=True)
    for _ in range(6):
        worker.scheduler.turn()
    assert drag.rendered == [1, 3, 5]


def test_credit_that_comes_between_two_steps_hurries_no_picture(worker: Worker) -> None:
    worker.drawing = 1.5
    drag = worker.open()
    worker.scheduler.handle([Credit(A, PICTURE)])
    worker.run()
    worker.scheduler.turn()
    worker.scheduler.turn()
    worker.scheduler.handle([Credit(A, PICTURE)])
    assert drag.rendered == [1]
    worker.scheduler.turn()
    assert drag.rendered == [1, 3]


def test_a_drag_that_rests_at_its_targets_shows_where_it_rests(worker: Worker) -> None:
    worker.drawing = 100.0
    drag = worker.open()
    worker.scheduler.handle([Credit(A, 1000 * PICTURE)])
    worker.run(target=Point(4, 1), hold=True)
    for _ in range(5):
        worker.scheduler.turn()
    assert drag.rendered == [1, 3]


def test_pictures_between_steps_are_drafts_and_the_exact_one_follows_when_they_end(worker: Worker) -> None:
    drag = worker.open()
    worker.scheduler.handle([Credit(A, 1000 * PICTURE)])
    worker.run()
    for _ in range(3):
        worker.scheduler.turn()
    assert drag.drafts == drag.rendered == [1, 2, 3]
    worker.scheduler.handle([Stop(BOOT, A, 3)])
    assert drag.rendered == [1, 2, 3, 3]
    assert drag.drafts == [1, 2, 3]
    worker.scheduler.handle([Credit(A, PICTURE)])
    assert drag.rendered == [1, 2, 3, 3]  # once


def test_a_draft_is_made_good_by_credit_that_comes_after_the_end(worker: Worker) -> None:
    drag = worker.open()
    worker.scheduler.handle([Credit(A, PICTURE)])
    worker.run()
    worker.scheduler.turn()
    worker.scheduler.handle([Stop(BOOT, A, 3)])
    assert (drag.rendered, drag.drafts) == ([1], [1])
    worker.scheduler.handle([Credit(A, PICTURE)])
    assert (drag.rendered, drag.drafts) == ([1, 1], [1])


def test_the_last_picture_precedes_the_end_and_is_shown_once(worker: Worker) -> None:
    worker.open()
    worker.scheduler.handle([Credit(A, 1000 * PICTURE)])
    worker.run(target=Point(3, 1))
    while worker.scheduler.busy:
        worker.scheduler.turn()
    worker.scheduler.handle([Credit(A, PICTURE)])
    assert worker.kinds()[-5:] == ["StepDone", "Preview", "StepDone", "Preview", "DragEnded"]


def test_credit_that_comes_late_shows_the_newest_step_and_skips_those_before(worker: Worker) -> None:
    drag = worker.open()
    worker.run()
    for _ in range(4):
        worker.scheduler.turn()
    worker.scheduler.handle([Credit(A, PICTURE)])
    worker.scheduler.turn()
    worker.scheduler.turn()
    worker.scheduler.handle([Credit(A, PICTURE)])
    assert drag.rendered == [4, 6]


def test_whoever_takes_a_session_up_has_granted_nothing_yet(worker: Worker) -> None:
    drag = worker.open()
    worker.scheduler.handle([Credit(A, 1000 * PICTURE), Attach(BOOT, A)])
    worker.run()
    worker.scheduler.turn()
    assert not drag.rendered
    worker.scheduler.handle([Credit(A, PICTURE)])
    assert drag.rendered == [1]


def test_stopping_ends_a_drag_at_its_last_step_and_is_harmless_otherwise(worker: Worker) -> None:
    worker.open()
    worker.scheduler.handle([Stop(BOOT, A, 1)])
    worker.run()
    worker.scheduler.turn()
    worker.scheduler.handle([Stop(BOOT, A, 3), Stop(BOOT, A, 4)])
    assert worker.kinds()[-2:] == ["StepDone", "DragEnded"]
    end = worker.said[-1]
    assert isinstance(end, DragEnded)
    assert (end.step, end.reason) == (1, EndReason.STOPPED)
    assert end.sentence == "stopped after 1 step; the farthest handle is 13.0 px from its target"


def test_a_running_session_refuses_a_second_drag_a_seek_and_the_loss_of_its_points(worker: Worker) -> None:
    worker.open()
    worker.run()
    worker.scheduler.handle([Run(BOOT, A, 3), Seek(BOOT, A, 4, 0), SetPoints(BOOT, A, 5, ())])
    assert [seq for seq, _ in worker.failures()] == [3, 4, 5]
    assert all("drag" in sentence and "stop" in sentence for _, sentence in worker.failures())
    assert worker.scheduler.busy


def test_a_step_that_fails_leaves_the_session_at_its_last_good_step(worker: Worker) -> None:
    drag = worker.open(seed=FAILS)
    worker.run()
    worker.scheduler.turn()
    worker.scheduler.turn()
    end = worker.said[-1]
    assert isinstance(end, DragEnded)
    assert (end.step, end.reason) == (1, EndReason.FAILED)
    assert "MemoryError: not enough memory for 7 GiB" in end.sentence
    assert drag.calls[-1] == "abandon"
    assert not worker.scheduler.busy


def test_a_drag_that_leaves_what_the_model_can_draw_ends_in_its_own_words(worker: Worker) -> None:
    worker.open(seed=DIVERGES)
    worker.run()
    worker.scheduler.turn()
    worker.scheduler.turn()
    end = worker.said[-1]
    assert isinstance(end, DragEnded)
    assert (end.step, end.reason) == (1, EndReason.FAILED)
    assert end.sentence.startswith("the drag failed at step 2 (the loss is nan; go back some steps)")


def test_closing_a_session_ends_its_drag_first(worker: Worker) -> None:
    worker.open()
    worker.run()
    worker.scheduler.turn()
    worker.scheduler.handle([Close(BOOT, A, 3)])
    assert worker.kinds()[-2:] == ["DragEnded", "SessionClosed"]
    assert not worker.scheduler.busy


def test_points_that_are_set_during_a_drag_count_from_the_next_step_on(worker: Worker) -> None:
    worker.open()
    worker.run()
    worker.scheduler.turn()
    pairs = (PointPair(Point(3, 3), Point(3, 9)), PointPair(Point(9, 9), Point(9, 3)))
    worker.scheduler.handle([SetPoints(BOOT, A, 3, pairs)])
    worker.scheduler.turn()
    step = worker.said[-1]
    assert isinstance(step, StepDone)
    assert step.handles == (Point(3, 4), Point(9, 8))


def test_opening_again_tells_points_and_parameters_as_they_were_set(worker: Worker) -> None:
    worker.open()
    pairs, parameters = (PointPair(Point(3, 3), Point(3, 9)),), Parameters(r1=2.5, max_steps=7)
    worker.scheduler.handle([SetPoints(BOOT, A, 1, pairs), SetParameters(BOOT, A, 2, parameters), Attach(BOOT, A)])
    opened = worker.said[-1]
    assert isinstance(opened, SessionOpened)
    assert (opened.points, opened.parameters) == (pairs, parameters)


def test_a_states_words_that_are_no_unicode_are_told_all_the_same(worker: Worker) -> None:
    worker.scheduler.handle([OpenState(BOOT, A, b'{"sha256": "\\ud800"}')])
    ((_, sentence),) = worker.failures()
    assert r"the hash \ud800" in sentence


def test_a_session_that_cannot_be_opened_is_not_there_and_its_name_is_free(worker: Worker) -> None:
    worker.scheduler.handle([OpenSeed(BOOT, A, "small", REFUSED), Render(7, A)])
    (_, opening), (_, rendering) = worker.failures()
    assert opening == "seed 15 is refused"
    assert "no session" in rendering
    worker.open(A)
    assert isinstance(worker.said[-1], SessionOpened)


def test_models_that_nobody_uses_leave_the_memory_but_for_the_last_two(worker: Worker, draglayer_home: Path) -> None:
    for name in ("third", "fourth"):
        describe(draglayer_home / "models" / name, name, [3, 4])
    for model in ("small", "large", "third", "fourth"):
        worker.open(A, model=model)
        worker.scheduler.handle([Close(BOOT, A, 1)])
    loads = [event for event in worker.said if isinstance(event, ModelLoading)]
    assert [(e.model, e.load, e.done, e.size) for e in loads[:4]] == [
        ("small", Load.LOADING, 0, 0),  # the stub's models have no weights
        ("small", Load.LOADING, 50, 100),
        ("small", Load.LOADING, 100, 100),
        ("small", Load.READY, 100, 100),
    ]
    assert [e.model for e in loads if e.load is Load.COLD] == ["small", "large"]
    assert worker.engine.loads == ["third", "fourth"]
