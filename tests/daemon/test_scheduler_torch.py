"""The worker's scheduler with the real engine on a tiny random model: live changes, sharing, states."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TypeVar

import pytest
import torch

import draglayer_engine.session
from draglayer_daemon.internal import pack
from draglayer_daemon.registry import Registry
from draglayer_daemon.worker_scheduler import Scheduler
from draglayer_daemon.worker_torch import TorchEngine
from draglayer_protocol.geometry import Point
from draglayer_protocol.messages import (
    MAX_POINTS,
    Command,
    Credit,
    DragEnded,
    EndReason,
    Event,
    ExportState,
    Failed,
    Image,
    Mask,
    MoveTargets,
    OpenSeed,
    OpenState,
    Parameters,
    PointPair,
    Preset,
    Preview,
    Render,
    Rendered,
    Run,
    SessionOpened,
    SetMask,
    SetParameters,
    SetPoints,
    Space,
    State,
    StepDone,
    Stop,
)
from tests.daemon.tiny import save_tiny

BOOT = "boot"
E = TypeVar("E")
A, B = "a" * 32, "b" * 32
PAIRS = (PointPair(Point(10, 12), Point(25, 14)), PointPair(Point(5, 6), Point(5, 6)))
LEFT = Mask(32, 32, (b"\xff" * 16 + bytes(16)) * 32)
WHITE = Mask(32, 32, b"\xff" * 1024)


class Worker:
    """A scheduler on a fresh engine; commands get their numbers here."""

    def __init__(self, models: Path) -> None:
        self.said = list[Event]()
        self.scheduler = Scheduler(TorchEngine("cpu"), Registry((models,)), self.say)
        self.seq = 0

    def say(self, event: Event) -> None:
        pack(event)  # raises for what cannot be sent
        self.said.append(event)

    def last(self, kind: type[E]) -> E:
        return [event for event in self.said if isinstance(event, kind)][-1]

    def open(self, session: str = A, seed: int = 1) -> None:
        self.scheduler.handle([OpenSeed(BOOT, session, "tiny", seed)])

    def command(self, kind: type[Command], *values: object, session: str = A) -> None:
        self.seq += 1
        self.scheduler.handle([kind(BOOT, session, self.seq, *values)])

    def run(self, session: str = A, hold: bool = False) -> None:
        self.command(SetPoints, PAIRS, session=session)
        self.command(Run, hold, session=session)

    def turns(self, count: int) -> None:
        for _ in range(count):
            self.scheduler.turn()

    def picture(self, session: str = A) -> Image:
        self.scheduler.handle([Render(1, session)])
        return self.last(Rendered).image

    def state(self, session: str = A) -> bytes:
        self.scheduler.handle([ExportState(2, session)])
        return self.last(State).state


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    save_tiny(folder / "tiny")
    return folder


@pytest.fixture
def worker(models: Path) -> Worker:
    return Worker(models)


def test_sessions_that_take_turns_come_to_the_pictures_that_each_comes_to_alone(models: Path, worker: Worker) -> None:
    alone = []
    for seed in (1, 2):
        one = Worker(models)
        one.open(seed=seed)
        one.run()
        one.turns(3)
        alone.append(one.picture())
    for session, seed in ((A, 1), (B, 2)):
        worker.open(session, seed)
        worker.run(session)
    worker.turns(6)
    assert [worker.picture(A), worker.picture(B)] == alone
    assert alone[0] != alone[1]


def test_a_preview_is_nearly_the_picture_that_render_gives_and_exactly_at_the_end(worker: Worker) -> None:
    worker.open()
    worker.scheduler.handle([Credit(A, 2 * 3 * 32 * 32)])
    worker.run()
    worker.turns(1)
    preview = worker.last(Preview)
    assert preview.step == 1
    picture = worker.picture()
    assert max(abs(a - b) for a, b in zip(preview.image.pixels, picture.pixels, strict=True)) <= 12
    worker.scheduler.handle([Stop(BOOT, A, 9)])
    assert worker.last(Preview).image == picture


def test_targets_that_move_during_a_drag_are_measured_against_from_the_next_step_on(worker: Worker) -> None:
    worker.open()
    worker.run(hold=True)
    worker.turns(2)
    worker.command(MoveTargets, (Point(1, 30), Point(30, 1)))
    worker.command(MoveTargets, (Point(2, 3), Point(4, 5)))
    worker.turns(1)
    step = worker.last(StepDone)
    assert step.step == 3
    for handle, target, distance in zip(step.handles, ((2, 3), (4, 5)), step.distances, strict=True):
        assert distance == pytest.approx(math.dist(handle, target), abs=1e-4)


def test_points_that_are_set_during_a_drag_are_dragged_from_the_next_step_on(worker: Worker) -> None:
    worker.open()
    worker.run()
    worker.turns(2)
    worker.command(SetPoints, (PointPair(Point(20, 20), Point(8, 20)),))
    worker.turns(1)
    step = worker.last(StepDone)
    assert (step.step, len(step.handles)) == (3, 1)
    worker.command(Stop)
    assert worker.last(DragEnded).step == 3


@pytest.mark.parametrize(("mask", "changes"), [(LEFT, True), (WHITE, False), (None, False)])
def test_a_mask_that_is_set_during_a_drag_counts_from_the_next_step_on(
    models: Path, worker: Worker, mask: Mask | None, changes: bool
) -> None:
    other = Worker(models)
    for one in (worker, other):
        one.open()
        one.run()
        one.turns(2)
    assert worker.picture() == other.picture()
    worker.command(SetMask, mask)
    for one in (worker, other):
        one.turns(1)
    assert (worker.picture() != other.picture()) is changes


def test_a_limit_that_is_set_during_a_drag_ends_it(worker: Worker) -> None:
    worker.open()
    worker.run()
    worker.turns(2)
    worker.command(SetParameters, Parameters(max_steps=3))
    worker.turns(1)
    end = worker.last(DragEnded)
    assert (end.step, end.reason) == (3, EndReason.MAX_STEPS)
    assert end.sentence.startswith("after 3 steps the limit is reached")


def test_as_many_points_as_a_message_holds_can_be_dragged(worker: Worker) -> None:
    worker.open()
    places = [Point(2 * (i % 16), 2 * (i // 16)) for i in range(MAX_POINTS)]
    worker.command(SetPoints, tuple(PointPair(place, Point(31 - place.x, 31 - place.y)) for place in places))
    worker.command(Run)
    worker.turns(1)
    assert len(worker.last(StepDone).handles) == MAX_POINTS


def test_a_state_brings_its_points_parameters_and_picture(models: Path, worker: Worker) -> None:
    parameters = Parameters(preset=Preset.PAPER, space=Space.W, layers=4, r1=2.5, max_steps=9)
    worker.open()
    worker.command(SetParameters, parameters)
    worker.command(SetMask, LEFT)
    worker.run()
    worker.turns(2)
    other = Worker(models)
    other.scheduler.handle([OpenState(BOOT, A, worker.state())])
    opened = other.last(SessionOpened)
    assert opened.parameters == parameters
    assert tuple(pair.target for pair in opened.points) == tuple(pair.target for pair in PAIRS)
    assert tuple(pair.handle for pair in opened.points) == worker.last(StepDone).handles
    assert other.picture() == worker.picture()


def test_what_nobody_set_is_not_told_as_if_somebody_had(worker: Worker) -> None:
    worker.open()
    assert worker.last(SessionOpened).parameters == Parameters()


def test_a_state_that_is_damaged_anywhere_is_refused_in_words_and_opens_nothing(worker: Worker) -> None:
    worker.open()
    worker.run()
    worker.turns(1)
    state = worker.state()
    damaged = [state[:place] + bytes([state[place] ^ 1]) + state[place + 1 :] for place in range(0, len(state), 61)]
    cut = [state[:length] for length in range(1, len(state), 499)]
    for data in damaged + cut:
        worker.said.clear()
        worker.scheduler.handle([OpenState(BOOT, B, data), Render(3, B)])
        opening, rendering = worker.said
        assert isinstance(opening, Failed)
        assert any(word in opening.sentence for word in ("state", "damaged"))
        assert "worker could not" not in opening.sentence  # that is what nobody foresaw
        assert isinstance(rendering, Failed)
        assert "no session" in rendering.sentence


def test_a_state_of_another_model_names_the_models_that_are_here(
    worker: Worker, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    save_tiny(elsewhere / "tiny", seed=5)
    other = Worker(elsewhere)
    other.open()
    worker.scheduler.handle([OpenState(BOOT, A, other.state())])
    sentence = worker.last(Failed).sentence
    assert "belongs to a model whose weights have the hash" in sentence
    assert "none of the models here (tiny) has it; install that model" in sentence


def test_a_drag_that_leaves_what_the_model_can_draw_says_so_and_can_go_on(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.open()
    worker.run()
    worker.turns(1)
    good = worker.picture()
    with monkeypatch.context() as patch:
        patch.setattr(draglayer_engine.session, "motion_loss", lambda *_: torch.tensor(math.nan, requires_grad=True))
        worker.turns(1)
    end = worker.last(DragEnded)
    assert (end.step, end.reason) == (1, EndReason.FAILED)
    assert "the loss of step 2 is nan" in end.sentence
    assert worker.picture() == good
    worker.command(Run)
    worker.turns(1)
    assert worker.last(StepDone).step == 2
