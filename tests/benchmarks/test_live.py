"""How far a handle is behind a moving hand: known answers."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pytest

from benchmarks.lag import Circle, Lag, Seen
from benchmarks.live import Hand, Watched, report, words
from draglayer_protocol.client import RequestFailed
from draglayer_protocol.geometry import Point

CIRCLE = Circle(Point(100.0, 80.0), radius=12.0, turn=5.0)


def _behind(delay: float, moments: Iterable[float]) -> list[Seen]:
    return [Seen(moment, CIRCLE.at(moment - delay)) for moment in moments]


def _moments(count: int = 75, step: float = 1 / 15) -> list[float]:
    return [0.02 + i * step for i in range(count)]


def test_the_hand_waits_at_the_right_until_it_goes_round_and_a_turn_brings_it_back() -> None:
    assert CIRCLE.at(-3.0) == CIRCLE.at(0.0) == Point(112.0, 80.0)
    assert CIRCLE.at(1.25) == pytest.approx(Point(100.0, 92.0))
    assert CIRCLE.at(5.0) == pytest.approx(Point(112.0, 80.0))


def test_a_handle_that_takes_the_same_path_later_is_that_much_behind() -> None:
    lag = Lag.of(_behind(0.25, _moments()), CIRCLE)
    assert lag.delay == pytest.approx(0.25, abs=0.003)
    assert lag.rest < 0.05
    chord = 2 * 12 * math.sin(math.pi * 0.25 / 5)  # between two points of the circle, 0.25 s apart
    assert lag.high == pytest.approx(chord, abs=0.01)
    assert lag.mean == pytest.approx(chord, rel=0.05)  # less in the first quarter of a second


def test_a_handle_on_the_target_is_not_behind() -> None:
    assert Lag.of(_behind(0.0, _moments()), CIRCLE) == pytest.approx((0.0, 0.0, 0.0, 0.0))


def test_a_handle_on_a_smaller_circle_is_beside_the_path_and_not_late() -> None:
    inner = [Seen(m, Point(100 + (p.x - 100) * 0.75, 80 + (p.y - 80) * 0.75)) for m, p in _behind(0.0, _moments())]
    lag = Lag.of(inner, CIRCLE)
    assert lag.delay == pytest.approx(0.0, abs=0.01)
    assert lag.rest == pytest.approx(3.0, abs=0.01)


class Refusing:
    """A session whose daemon takes so many targets and then no more."""

    def __init__(self, takes: int) -> None:
        self.takes, self.taken, self.stopped = takes, 0, False

    def move_targets(self, targets: list[tuple[float, float]]) -> None:
        if self.taken == self.takes:
            raise RequestFailed("no more")
        self.taken += 1

    def stop(self) -> None:
        self.stopped = True


def test_a_hand_whose_target_is_refused_stops_the_drag_and_tells_why() -> None:
    session = Refusing(takes=2)
    hand = Hand(session, CIRCLE, seconds=1e9, rate=1e9)  # type: ignore[arg-type]
    hand.near.set()
    hand.run()
    assert session.stopped and hand.updates == 2
    assert isinstance(hand.failure, RequestFailed)


def _moved(began: float, stopped: float) -> Hand:
    hand = Hand(Refusing(0), CIRCLE, seconds=5.0, rate=30.0)  # type: ignore[arg-type]
    hand.began, hand.asked_to_stop, hand.updates = began, stopped, 150
    return hand


def test_the_report_counts_only_what_came_while_the_hand_moved() -> None:
    hand = _moved(1000.0, 1005.0)
    steps = [Seen(1000 + s.at, s.handle) for s in _behind(0.1, _moments(70))]
    before = [Seen(999.0, Point(0.0, 0.0))]
    watched = Watched([*before, *steps], [999.5, 1001.0, 1002.0], ended=1005.04, reason="stopped")
    v = report(watched, hand)
    assert v["steps_per_second"] == pytest.approx(14)
    assert v["previews_per_second"] == pytest.approx(0.4)
    assert v["updates_per_second"] == pytest.approx(30)
    assert v["stop_latency_ms"] == pytest.approx(40, abs=0.01)
    assert v["lag_ms"] == pytest.approx(100, abs=4)


def test_a_handle_that_stays_where_it_is_has_no_delay_but_does_not_follow() -> None:
    watched = Watched([Seen(0.1 * i, Point(112, 80)) for i in range(70)], ended=6.0, reason="stopped")
    v = report(watched, _moved(1.0, 5.9))
    assert v["lag_ms"] is None
    assert "the handle does not follow" in words(v)


def test_a_drag_that_ended_by_itself_or_without_a_step_was_not_measured() -> None:
    with pytest.raises(SystemExit, match=r"ended before the hand stopped it \(failed: out of memory\)"):
        report(Watched([Seen(1.0, Point(0, 0))], ended=2.0, reason="failed", sentence="out of memory"), _moved(1, 6))
    with pytest.raises(SystemExit, match="no step came while the hand moved"):
        report(Watched([Seen(0.5, Point(0, 0))], ended=6.1, reason="stopped"), _moved(1, 6))
