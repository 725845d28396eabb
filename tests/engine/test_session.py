"""A session from begin to end, in a world where the right answer is known."""

from __future__ import annotations

import math

import pytest
import torch

from draglayer_engine.architecture import Size
from draglayer_engine.config import PRESETS, EndReason, Space, preset
from draglayer_engine.ending import Watch
from draglayer_engine.points import PointsError
from draglayer_engine.session import DivergedError, DragSession, Step
from tests.engine.worlds import SIZE, TranslatingGenerator, config, points, session


@pytest.fixture(autouse=True, params=["whole maps", "windows"])
def _world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything here holds as well where features are known near the handles only."""
    monkeypatch.setattr(TranslatingGenerator, "windowed", request.param == "windows")


def drag(s: DragSession, hold: bool = False) -> Step:
    s.begin(hold)
    while True:
        step = s.step()
        if step.ended is not None:
            return step


def test_a_drag_moves_the_content_to_its_target_and_says_that_it_arrived() -> None:
    s = session()
    s.set_points(*points((30, 30, 36, 24)))
    end = drag(s)
    assert end.ended is EndReason.ARRIVED
    assert float(end.distances.max()) <= 1
    assert torch.allclose(s.ws[0, 0], torch.tensor([6.0, -6.0]), atol=1.2)


def test_a_drag_arrives_when_its_handles_have_stayed_at_their_targets() -> None:
    first, settled = session(settle=1), session(settle=12)
    for s in (first, settled):
        s.set_points(*points((30, 30, 36, 24)))
    assert drag(settled).step == drag(first).step + 11
    assert float(settled.handles.sub(settled.targets).norm()) <= 1


def test_only_our_own_preset_waits_for_handles_to_settle() -> None:
    size, blocks = Size(256, 256), (4, 8, 16, 32, 64, 128, 256)
    settle = {name: preset(name, size, blocks).settle for name in PRESETS}
    assert settle["reference"] == settle["paper"] == 1
    assert settle["default"] >= 20  # fewer, and handles are at their targets before the picture is


def test_a_handle_that_leaves_its_target_again_has_not_arrived() -> None:
    cfg = config(settle=3)
    watch, sure = Watch(), torch.ones(1)
    there, near, gone = (torch.tensor([d]) for d in (1.0, 1.9, 2.1))
    seen = [watch.judge(d, sure, cfg) for d in (near, there, near, gone, near, there, near, near)]
    assert seen == [None] * 7 + [EndReason.ARRIVED]


def test_the_last_step_of_a_drag_says_that_it_arrived_where_it_did() -> None:
    s = session(settle=100, max_steps=60)
    s.set_points(*points((30, 30, 36, 24)))
    end = drag(s)
    assert (end.ended, end.step) == (EndReason.ARRIVED, 60)


def test_two_points_and_an_anchor_that_contradict_each_other_stall() -> None:
    s = session()
    s.set_points(*points((30, 30, 40, 30), (20, 20, 20, 20)))
    assert drag(s).ended is EndReason.STALLED


def test_a_drag_ends_at_its_maximum_of_steps_and_goes_on_when_begun_again() -> None:
    s = session(max_steps=3)
    s.set_points(*points((30, 30, 40, 30)))
    first = drag(s)
    assert first.ended is EndReason.MAX_STEPS
    assert first.step == 3
    second = drag(s)
    assert second.step == 6
    assert float(second.distances[0]) < float(first.distances[0])


def test_a_drag_stops_when_told_and_reports_where_the_handles_are() -> None:
    s = session()
    s.set_points(*points((30, 30, 44, 30)))
    s.begin()
    moved = [s.step() for _ in range(4)][-1]
    end = s.stop()
    assert end.ended is EndReason.STOPPED
    assert torch.equal(end.handles, moved.handles)
    assert not s.running


def test_nothing_like_the_handle_left_ends_the_drag_as_lost() -> None:
    s = session(lost_below=0.999, lost_after=2)
    s.set_points(*points((30, 30, 60, 60)))
    assert drag(s).ended is EndReason.LOST


def test_a_step_that_leads_to_no_number_is_refused_and_changes_nothing() -> None:
    s = session()
    s.set_points(*points((30, 30, 36, 24)))
    s.begin()
    s.step()
    before = s.ws
    s.configure(config(regularisation=math.inf))
    with pytest.raises(DivergedError, match="loss of step 2"):
        s.step()
    assert torch.equal(s.ws, before)
    assert s.history_length == 1
    s.configure(config())
    assert s.step().step == 2


def test_a_moving_target_is_followed_while_the_drag_is_held() -> None:
    s = session(step_size=0.6)
    s.set_points(*points((30, 30, 30, 30)))
    s.begin(hold=True)
    for i in range(60):
        angle = 2 * math.pi * i / 60
        target = torch.tensor([[30 + 4 * math.sin(angle), 34 - 4 * math.cos(angle)]])
        s.move_targets(target)
        step = s.step()
        assert step.ended is None
    assert float(step.distances[0]) < 4


def test_a_held_drag_outlasts_the_maximum_of_steps_and_rests_while_its_handles_are_at_their_targets() -> None:
    s = session(max_steps=2)
    s.set_points(*points((30, 30, 36, 30)))
    s.begin(hold=True)
    assert not s.resting
    for _ in range(40):
        assert s.step().ended is None
    assert s.resting
    s.move_targets(torch.tensor([[24.0, 30.0]]))
    assert not s.resting
    assert s.stop().ended is EndReason.STOPPED
    assert not s.resting


def test_new_points_during_a_drag_are_looked_up_in_the_present_picture() -> None:
    s = session()
    s.set_points(*points((30, 30, 36, 30)))
    s.begin()
    for _ in range(5):
        s.step()
    s.set_points(*points((20, 40, 20, 46)))
    end = s.step()
    while end.ended is None:
        end = s.step()
    assert end.ended is EndReason.ARRIVED
    assert float(end.distances.max()) <= 1


def test_the_mask_keeps_what_it_fixes() -> None:
    free, masked = session(max_steps=20), session(max_steps=20)
    mask = torch.zeros(SIZE)
    mask[28:33, 28:33] = 1
    for s in (free, masked):
        s.set_points(*points((30, 30, 40, 30)))
    masked.set_mask(mask)
    assert float(drag(masked).distances[0]) > float(drag(free).distances[0]) + 1


def test_seeking_returns_to_a_step_and_the_next_drag_goes_on_from_there() -> None:
    s = session(max_steps=10)
    s.set_points(*points((30, 30, 44, 30)))
    drag(s)
    pictures = [s.render(k) for k in (0, 4, 10)]
    s.seek(4)
    assert s.step_index == 4
    assert (s.render() == pictures[1]).all()
    assert (s.render(10) == pictures[2]).all()
    s.begin()
    assert s.step().step == 5
    assert s.history_length == 5


def test_seeking_where_nothing_is_says_what_is_there() -> None:
    s = session()
    with pytest.raises(ValueError, match="step 3 does not exist; the history has steps 0 to 0"):
        s.seek(3)


def test_a_session_that_was_exported_goes_on_exactly_like_the_original() -> None:
    original = session(max_steps=6)
    mask = torch.ones(SIZE)
    mask[:10] = 0
    original.set_points(*points((30, 30, 44, 30), (40, 40, 41, 50)))
    original.set_mask(mask)
    drag(original)
    copy = DragSession.from_state(original.generator, original.export())
    assert torch.equal(copy.ws, original.ws)
    again, other = drag(original), drag(copy)
    assert torch.equal(again.handles, other.handles)
    assert torch.equal(original.ws, copy.ws)
    assert again.loss == other.loss


def test_changing_the_space_in_a_session_keeps_the_picture() -> None:
    s = session(max_steps=5)
    s.set_points(*points((30, 30, 44, 30)))
    drag(s)
    before = s.ws
    s.configure(type(s.config)(**{**vars(s.config), "space": Space.W}))
    assert torch.equal(s.ws, before)
    s.begin()
    assert float(s.step().distances[0]) < 14


@pytest.mark.parametrize(
    ("handles", "targets", "sentence"),
    [
        ([[70.0, 3.0]], [[1.0, 1.0]], r"handle 1 at \(3, 70\) lies outside the 64x64 picture; move it inside"),
        ([[math.nan, 3.0]], [[1.0, 1.0]], "point 1 is not a finite position"),
        ([[3.0, 3.0], [3.0, 3.0]], [[1.0, 1.0], [5.0, 5.0]], "two handles lie on the same place"),
        ([[3.0, 3.0], [4.0, 3.0]], [[1.0, 1.0]], "2 handles and 1 targets were given"),
    ],
)
def test_points_that_cannot_be_dragged_are_refused_and_nothing_changes(
    handles: list[list[float]], targets: list[list[float]], sentence: str
) -> None:
    s = session()
    s.set_points(*points((30, 30, 36, 30)))
    with pytest.raises(PointsError, match=sentence):
        s.set_points(torch.tensor(handles), torch.tensor(targets))
    assert s.handles.tolist() == [[30, 30]]


def test_a_drag_without_points_or_with_all_on_their_targets_does_not_begin() -> None:
    s = session()
    with pytest.raises(PointsError, match="no points to drag; set a handle"):
        s.begin()
    s.set_points(*points((30, 30, 30, 30)))
    with pytest.raises(PointsError, match="every handle lies on its target"):
        s.begin()
    assert not s.running


def test_masks_of_another_size_or_all_black_are_refused_and_all_white_means_none() -> None:
    s = session()
    with pytest.raises(ValueError, match="the mask is 20x10 pixels, the picture 64x64"):
        s.set_mask(torch.ones(10, 20))
    with pytest.raises(ValueError, match="lets nothing move"):
        s.set_mask(torch.zeros(SIZE))
    s.set_mask(torch.ones(SIZE))
    assert s.mask is None


def test_a_step_costs_one_forward_pass_and_a_preview_none_to_the_feature_block() -> None:
    s = session()
    s.set_points(*points((30, 30, 44, 30)))
    s.begin()
    s.step()
    before = s.generator.calls  # type: ignore[attr-defined]
    s.step()
    s.render()
    assert s.generator.calls == before + 1  # type: ignore[attr-defined]


def test_a_live_pull_takes_longer_steps() -> None:
    lengths = {}
    for hold in (False, True):
        s = session(step_size=0.01, live_speed=4.0)
        s.set_points(*points((30, 30, 40, 30)))
        s.begin(hold=hold)
        before = s.ws
        s.step()
        lengths[hold] = float((s.ws - before).norm())
    assert lengths[True] == pytest.approx(4 * lengths[False], rel=1e-3)
