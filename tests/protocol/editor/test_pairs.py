"""Point pairs as the artist edits them."""

from __future__ import annotations

import pytest

from draglayer_protocol.editor.pairs import CannotDrag, End, Pair, Pairs
from draglayer_protocol.editor.words import Words
from draglayer_protocol.geometry import Frame, Point
from draglayer_protocol.messages import PointPair

A, B, C, D = Point(10, 10), Point(20, 10), Point(30, 30), Point(40, 30)
FRAME = Frame(0, 0, 64, 64)


def two() -> Pairs:
    pairs = Pairs()
    pairs.add(A, B)
    pairs.add(C, D)
    return pairs


def test_every_edit_can_be_undone_and_done_again() -> None:
    pairs = Pairs()
    states = [pairs.items]
    pairs.add(A, B)
    states.append(pairs.items)
    pairs.move(0, End.TARGET, C)
    states.append(pairs.items)
    pairs.swap(0)
    states.append(pairs.items)
    pairs.lock(0, True)
    states.append(pairs.items)
    pairs.switch(0, False)
    states.append(pairs.items)
    pairs.clear()
    states.append(pairs.items)
    assert len(set(states)) == len(states) - 1  # the first is as empty as the last
    for state in reversed(states[:-1]):
        assert pairs.undo()
        assert pairs.items == state
    assert not pairs.undo()
    for state in states[1:]:
        assert pairs.redo()
        assert pairs.items == state
    assert not pairs.redo()


def test_the_moves_of_one_gesture_are_one_undo_step() -> None:
    pairs = two()
    for x in range(21, 30):
        pairs.move(0, End.TARGET, Point(x, 10))
    pairs.seal()
    pairs.move(0, End.TARGET, Point(50, 10))
    pairs.undo()
    assert pairs.items[0].target == Point(29, 10)
    pairs.undo()
    assert pairs.items[0].target == B


def test_a_new_edit_ends_what_could_be_done_again() -> None:
    pairs = two()
    pairs.undo()
    pairs.add(C, C)
    assert not pairs.redo()


def test_an_anchor_is_sent_with_equal_ends_and_gets_its_target_back_when_unlocked() -> None:
    pairs = two()
    pairs.lock(1, True)
    assert pairs.items[1].sent() == PointPair(C, C)
    pairs.lock(1, False)
    assert pairs.items[1].sent() == PointPair(C, D)


def test_swapping_exchanges_the_ends() -> None:
    pairs = two()
    pairs.swap(0)
    assert pairs.items[0] == Pair(B, A)


def test_handles_that_follow_the_picture_are_no_edit() -> None:
    pairs = two()
    pairs.follow({pairs.items[1].id: Point(35, 30)})
    assert pairs.items[1].handle == Point(35, 30)
    assert pairs.items[1].target == D
    pairs.undo()
    assert len(pairs.items) == 1


def test_an_undone_edit_leaves_handles_where_the_picture_took_them() -> None:
    pairs = two()
    first, second = (pair.id for pair in pairs.items)
    pairs.follow({first: Point(15, 10), second: Point(33, 30)})
    pairs.undo()
    assert [pair.handle for pair in pairs.items] == [Point(15, 10)]
    pairs.follow({first: Point(12, 10), second: Point(31, 30)})
    pairs.redo()
    assert [pair.handle for pair in pairs.items] == [Point(12, 10), Point(31, 30)]


def test_an_undone_edit_of_a_handle_puts_it_back() -> None:
    pairs = two()
    first = pairs.items[0].id
    pairs.follow({first: Point(15, 10)})
    pairs.move(0, End.HANDLE, Point(50, 50))
    pairs.seal()
    pairs.move(1, End.TARGET, Point(50, 30))
    pairs.undo()
    assert pairs.items[0].handle == Point(50, 50)
    pairs.undo()
    assert pairs.items[0].handle == Point(15, 10)


def test_pairs_keep_their_identity_through_every_edit() -> None:
    pairs = two()
    first, second = (pair.id for pair in pairs.items)
    assert first != second
    pairs.delete(0)
    pairs.swap(0)
    pairs.add(A, B)
    third = pairs.items[-1].id
    assert [pair.id for pair in pairs.items] == [second, third]
    assert third not in (first, second)
    pairs.replace([Pair(A, B), Pair(C, D)])
    assert len({pair.id for pair in pairs.items} | {first, second, third}) == 5


def test_the_nearest_end_within_reach_is_found_and_the_later_pair_where_two_are_as_near() -> None:
    pairs = two()
    assert pairs.nearest(Point(11, 10), 5) == (0, End.HANDLE)
    assert pairs.nearest(Point(39, 30), 5) == (1, End.TARGET)
    assert pairs.nearest(Point(25, 20), 5) is None
    pairs.add(A, C)
    assert pairs.nearest(A, 5) == (2, End.HANDLE)


def test_only_pairs_that_are_on_take_part() -> None:
    pairs = two()
    pairs.switch(0, False)
    assert pairs.active(FRAME, Words()) == (1,)


@pytest.mark.parametrize(
    ("items", "sentence"),
    [
        ((), "nothing to drag"),
        ((Pair(A, B, on=False),), "nothing to drag"),
        ((Pair(A, Point(64, 10)),), "Point 1 lies outside the frame"),
        ((Pair(A, B), Pair(Point(-1, 3), B)), "Point 2 lies outside the frame"),
        ((Pair(A, B), Pair(A, C)), "Points 1 and 2 have the same handle"),
        ((Pair(A, B, locked=True),), "All points are locked"),
        (tuple(Pair(Point(n % 60, n // 60), B) for n in range(257)), "257 points are too many"),
    ],
)
def test_what_cannot_be_dragged_is_answered_with_a_sentence(items: tuple[Pair, ...], sentence: str) -> None:
    pairs = Pairs()
    pairs.replace(items)
    with pytest.raises(CannotDrag, match=sentence):
        pairs.active(FRAME, Words())


def test_the_frame_reaches_half_a_pixel_around_its_pixel_centres() -> None:
    pairs = Pairs()
    pairs.add(Point(-0.5, 63.5), B)
    assert pairs.active(FRAME, Words()) == (0,)
