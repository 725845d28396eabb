"""The tool: what the artist asks for, what the daemon says, and what happens in the document."""

from __future__ import annotations

import pytest

from draglayer_protocol.editor.canvas import Inside
from draglayer_protocol.editor.document import load
from draglayer_protocol.editor.frame import Box
from draglayer_protocol.editor.gesture import Gesture
from draglayer_protocol.editor.life import Phase
from draglayer_protocol.editor.mask import Movable
from draglayer_protocol.editor.pairs import End
from draglayer_protocol.editor.placing import move_frame
from draglayer_protocol.editor.scene import scene
from draglayer_protocol.geometry import Frame, Point
from draglayer_protocol.link import LinkDown, LinkUp
from draglayer_protocol.messages import (
    Accepted,
    AskStatus,
    Attach,
    Credit,
    DragEnded,
    EndReason,
    ExportState,
    Failed,
    ListModels,
    MoveTargets,
    OpenSeed,
    OpenState,
    Preview,
    Render,
    Run,
    Seek,
    SessionClosed,
    SessionInfo,
    SetFrame,
    SetMask,
    SetPoints,
    Sought,
    State,
    Status,
    StepDone,
    Stop,
    Welcome,
)

from .fakes import BOOT, MODEL, WORDS, FakeCanvas, Studio, picture

A, B = Point(10, 10), Point(20, 10)


def step(studio: Studio, number: int, handle: Point = A) -> StepDone:
    count = len(studio.tool.drag.ids)
    return StepDone(studio.session, number, (handle,) * count, (5.0,) * count, 0.5, (1.0,) * count, 10.0)


def preview(studio: Studio, number: int, value: int) -> Preview:
    return Preview(studio.session, number, picture(value))


def ended(studio: Studio, number: int, reason: EndReason = EndReason.ARRIVED) -> DragEnded:
    return DragEnded(studio.session, number, reason, f"{reason.value} after {number} steps")


def dragging(studio: Studio | None = None) -> Studio:
    """In the middle of a drag, after its first step."""
    studio = Studio() if studio is None else studio
    studio.ready()
    studio.tool.pairs.add(A, B)
    studio.tool.drag.start()
    studio.pump()
    studio.accept()
    studio.bring(step(studio, 1))
    return studio


def finished(studio: Studio, number: int, value: int) -> None:
    """The drag ends, its last picture and its state come."""
    studio.bring(ended(studio, number))
    studio.rendered(value, number)
    studio.bring(State(asked_state(studio), studio.session, number, b"state-%d" % number))


def asked_state(studio: Studio) -> int:
    export = studio.line.last(ExportState)
    assert isinstance(export, ExportState)
    return export.request


def test_a_new_picture_comes_into_a_layer_of_its_own() -> None:
    studio = Studio()
    studio.tool.new_from_model(MODEL, 3)
    assert studio.tool.life.phase is Phase.OPENING
    opening = studio.line.last(OpenSeed)
    assert isinstance(opening, OpenSeed)
    assert (opening.model, opening.seed, opening.frame) == ("small", 3, Frame(0, 0, 64, 64))
    studio.bring(studio.opened())
    assert studio.canvas.drawn == []
    studio.rendered(9)
    assert studio.canvas.drawn == [9]
    assert list(studio.canvas.layers) == ["Drag – Small, 3 #0"]
    assert studio.tool.life.phase is Phase.READY


def test_a_drag_sends_frame_mask_and_points_before_it_runs() -> None:
    studio = dragging()
    kinds = [type(request) for request in studio.line.sent]
    run = kinds.index(Run)
    assert {SetFrame, SetMask, SetPoints, Credit} <= set(kinds[:run])
    points = studio.line.last(SetPoints)
    assert isinstance(points, SetPoints)
    assert [(pair.handle, pair.target) for pair in points.points] == [(A, B)]
    assert studio.tool.life.phase is Phase.DRAGGING


def test_of_several_pictures_the_newest_is_drawn_and_all_are_paid_for() -> None:
    studio = dragging()
    before = len(studio.canvas.drawn)
    studio.line.sent.clear()
    studio.bring(*(preview(studio, 1, value) for value in (21, 22, 23)))
    assert studio.canvas.drawn[before:] == [23]
    assert sum(credit.amount for credit in studio.line.all(Credit) if isinstance(credit, Credit)) == 3 * 768


def test_pictures_never_come_faster_than_the_artist_set() -> None:
    studio = dragging()
    studio.tool.layer.pause = 3600.0
    studio.bring(preview(studio, 1, 21))  # the first one waits for nothing
    count = len(studio.canvas.drawn)
    studio.bring(preview(studio, 2, 22))
    assert len(studio.canvas.drawn) == count
    due = studio.desk.due()
    assert due is not None
    assert due > 3000


def test_handles_follow_what_was_tracked_and_leave_a_trail() -> None:
    studio = dragging()
    studio.bring(step(studio, 2, Point(12, 10)), step(studio, 3, Point(14, 10)))
    assert studio.tool.pairs.items[0].handle == Point(14, 10)
    mark = scene(studio.tool, Gesture(studio.tool)).marks[0]
    assert mark.trail == (A, A, Point(12, 10), Point(14, 10))


def test_the_end_of_a_drag_is_drawn_kept_and_told() -> None:
    studio = dragging()
    finished(studio, 4, 99)
    assert studio.canvas.drawn[-1] == 99
    assert studio.tool.life.phase is Phase.READY
    assert studio.tool.life.sentence == "arrived after 4 steps"
    (kept,) = studio.canvas.data.values()
    saved = load(kept, WORDS)
    assert saved.state == b"state-4"
    assert saved.layer in studio.canvas.layers
    assert saved.written == studio.tool.layer.written != ""


def test_stop_is_sent_once_and_the_late_picture_of_an_earlier_step_is_not_drawn_over_the_last_one() -> None:
    studio = dragging()
    studio.tool.drag.stop()
    studio.tool.drag.stop()
    assert len(studio.line.all(Stop)) == 1
    finished(studio, 2, 50)
    studio.bring(preview(studio, 1, 40))
    assert studio.canvas.drawn[-1] == 50


def test_what_is_missing_for_a_drag_is_said_and_nothing_is_sent() -> None:
    studio = Studio()
    studio.tool.drag.start()
    assert "no picture" in studio.tool.note
    studio.tool.new_from_model(MODEL, 3)
    studio.tool.drag.start()
    assert "still on its way" in studio.tool.note
    studio.ready()
    studio.tool.drag.start()
    assert "nothing to drag" in studio.tool.note
    assert not studio.line.all(Run)


def test_a_selection_beside_the_frame_is_refused_before_anything_is_sent() -> None:
    studio = Studio(FakeCanvas(128, 64))
    studio.tool.frame = Frame(0, 0, 32, 32)
    studio.canvas.selected = bytes(255 if x >= 100 else 0 for _ in range(64) for x in range(128))
    studio.ready()
    studio.tool.pairs.add(A, B)
    studio.tool.drag.start()
    studio.pump()
    assert "does not touch the frame" in studio.tool.note
    assert studio.tool.life.phase is Phase.READY
    assert not studio.line.all(Run)


def test_the_selection_or_its_inverse_becomes_the_mask() -> None:
    for movable, expected in ((Movable.SELECTION, 255), (Movable.INVERSE, 0)):
        studio = Studio()
        studio.canvas.selected = bytes(255 if x < 32 else 0 for _ in range(64) for x in range(64))
        studio.tool.movable = movable
        dragging(studio)
        sent = studio.line.last(SetMask)
        assert isinstance(sent, SetMask)
        assert sent.mask is not None
        assert sent.mask.pixels == (bytes([expected]) * 8 + bytes([255 - expected]) * 8) * 16


def test_a_layer_that_was_painted_on_is_left_alone_and_the_new_one_is_opaque_in_the_selection_only() -> None:
    studio = dragging()
    finished(studio, 2, 50)
    (layer,) = studio.canvas.layers
    studio.canvas.layers[layer] = picture(51)  # the artist's brush
    studio.canvas.selected = bytes(255 if x < 32 else 0 for _ in range(64) for x in range(64))
    studio.tool.drag.start()
    studio.pump()
    assert "painted on" in studio.tool.note
    studio.bring(step(studio, 3), preview(studio, 3, 60))
    assert studio.canvas.layers[layer] == picture(51)
    assert len(studio.canvas.layers) == 2
    inside = studio.canvas.insides[-1]
    assert inside is not None
    assert inside.pixels == studio.canvas.selected


def test_a_layer_that_was_not_touched_is_drawn_into_again() -> None:
    studio = dragging()
    finished(studio, 2, 50)
    studio.tool.drag.start()
    studio.pump()
    studio.bring(step(studio, 3), preview(studio, 3, 60))
    assert len(studio.canvas.layers) == 1
    assert studio.canvas.drawn[-1] == 60


def test_a_layer_that_was_deleted_stops_the_drag() -> None:
    studio = dragging()
    studio.canvas.layers.clear()
    studio.bring(preview(studio, 1, 60))
    assert studio.tool.note == "the layer is gone"
    assert studio.tool.life.phase is Phase.STOPPING
    assert studio.canvas.layers == {}
    studio.bring(DragEnded(studio.session, 1, EndReason.STOPPED, "stopped"))
    studio.rendered(61, 1)
    assert studio.canvas.layers == {}  # nothing is drawn before the next drag
    assert studio.tool.settling is None
    studio.tool.drag.start()
    studio.pump()
    studio.bring(step(studio, 2, Point(14, 10)), preview(studio, 2, 62))
    assert len(studio.canvas.layers) == 1


def test_a_layer_that_is_there_again_after_it_was_deleted_in_a_drag_is_taken_up_unless_it_was_painted_on() -> None:
    for painted in (False, True):
        studio = dragging()
        ((layer, pixels),) = studio.canvas.layers.items()
        studio.canvas.layers.clear()
        studio.bring(preview(studio, 1, 60))
        studio.bring(DragEnded(studio.session, 1, EndReason.STOPPED, "stopped"))
        studio.rendered(61, 1)
        studio.canvas.layers[layer] = pixels  # the artist's redo
        studio.tool.look_again()
        studio.pump()
        if painted:
            studio.canvas.layers[layer] = picture(51)
        studio.tool.drag.start()
        studio.pump()
        studio.bring(step(studio, 2, Point(14, 10)), preview(studio, 2, 62))
        assert len(studio.canvas.layers) == (2 if painted else 1)
        assert studio.canvas.layers[layer] == picture(51 if painted else 62)


def test_going_through_the_steps_without_the_layer_says_that_it_is_gone_and_makes_none() -> None:
    studio = dragging()
    finished(studio, 4, 50)
    studio.canvas.layers.clear()
    for number in (2, 1):
        studio.tool.seek(number)
        studio.bring(Sought(studio.session, number, 4))
        studio.rendered(number, number)
        assert studio.tool.note == "The result layer was deleted; the next drag makes a new one."
    assert studio.canvas.layers == {}


def test_a_layer_that_was_painted_on_is_not_drawn_over_by_an_earlier_step() -> None:
    studio = dragging()
    finished(studio, 4, 50)
    painted = studio.tool.layer.name
    assert painted is not None
    studio.canvas.layers[painted] = picture(77)  # the artist's
    sought(studio, 2, 4)
    assert "painted on" in studio.tool.note
    assert studio.canvas.layers[painted] == picture(77)
    assert studio.tool.layer.name not in (None, painted)
    assert studio.canvas.drawn[-1] == 2
    sought(studio, 1, 4)  # into the new one
    assert len(studio.canvas.layers) == 2


@pytest.mark.parametrize("running", [False, True])
def test_nor_by_the_picture_that_continues_after_the_daemon_went(running: bool) -> None:
    studio = dragging()
    finished(studio, 4, 50)
    if running:
        studio.tool.drag.start()
        studio.pump()
        studio.accept()
        studio.bring(step(studio, 5), preview(studio, 5, 60))
        studio.pump()
    studio.bring(LinkDown("it ended", 0.2), LinkUp(Welcome("boot-2", "0.1", "cpu")))
    studio.pump()
    painted = studio.tool.layer.name
    assert painted is not None
    studio.canvas.layers[painted] = picture(77)  # the artist's
    studio.tool.drag.start()  # the button says Continue
    studio.bring(studio.opened(4))
    studio.rendered(50, 4)
    assert studio.canvas.layers[painted] == picture(77)
    assert studio.canvas.drawn[-1] == 50
    assert "painted on" in studio.tool.note


def test_a_layer_that_goes_and_comes_back_at_rest_is_said_once_and_no_more() -> None:
    studio = dragging()
    finished(studio, 2, 50)
    (name, shown) = next(iter(studio.canvas.layers.items()))
    studio.canvas.layers.clear()
    studio.tool.look_around()
    assert "was deleted" in studio.tool.note
    studio.tool.say("something else")
    studio.tool.look_around()
    assert studio.tool.note == "something else"
    studio.tool.say("The result layer was deleted; the next drag makes a new one.")
    studio.canvas.layers[name] = shown  # an undo
    studio.tool.look_around()
    assert studio.tool.note == ""


def test_a_layer_whose_making_was_undone_is_made_again_by_the_next_drag() -> None:
    studio = dragging()
    finished(studio, 2, 50)
    studio.canvas.layers.clear()
    studio.tool.drag.start()
    studio.pump()
    assert studio.tool.note == ""
    studio.bring(step(studio, 3), preview(studio, 3, 60))
    assert len(studio.canvas.layers) == 1


def test_waiting_says_how_many_others_drag() -> None:
    studio = Studio()
    studio.ready()
    studio.tool.pairs.add(A, B)
    studio.tool.drag.start()
    studio.pump()
    assert studio.tool.life.phase is Phase.WAITING
    others = tuple(SessionInfo(f"{n}" * 32, "small", "krita", 3, True) for n in "abc")
    studio.bring(Status(3, "0.1", 1, 1.0, "cpu", "ready", 2, 4, others))
    assert "3 other drags" in studio.tool.life.sentence


def test_a_lost_connection_is_said_and_the_same_daemon_gives_the_session_back() -> None:
    studio = dragging()
    session = studio.session
    studio.bring(LinkDown("the cable was cut", 0.2))
    assert studio.tool.life.phase is Phase.LOST
    assert studio.tool.life.sentence == "the cable was cut"
    studio.bring(LinkUp(Welcome(BOOT, "0.1", "cpu")))
    attach = studio.line.last(Attach)
    assert isinstance(attach, Attach)
    assert attach.session == session
    opened = studio.opened(5)
    studio.bring(opened)
    assert studio.tool.life.phase is Phase.READY


def test_after_another_daemon_or_a_dead_worker_the_picture_continues_from_its_last_state() -> None:
    for gone in ("daemon", "worker"):
        studio = dragging()
        finished(studio, 4, 99)
        studio.tool.drag.start()
        studio.pump()
        studio.bring(step(studio, 5, Point(17, 10)))
        if gone == "daemon":
            studio.bring(LinkDown("it ended", 0.2), LinkUp(Welcome("boot-2", "0.1", "cpu")))
        else:
            studio.bring(SessionClosed(studio.session, "the worker ended"))
        assert studio.tool.life.phase is Phase.LOST
        studio.tool.drag.start()  # the button says Continue
        opening = studio.line.last(OpenState)
        assert isinstance(opening, OpenState)
        assert opening.state == b"state-4"
        assert studio.tool.pairs.items[0].handle == A  # where it stood when the state was taken
        studio.bring(studio.opened(4))
        studio.rendered(99, 4)
        assert studio.canvas.drawn[-1] == 99
        assert studio.tool.life.phase is Phase.READY


def test_a_daemon_that_was_started_again_is_no_longer_said_to_be_stopped() -> None:
    studio = dragging()
    finished(studio, 4, 99)
    studio.bring(LinkDown("the daemon was stopped; start it again to go on", 0.2))
    assert "was stopped" in studio.tool.life.sentence
    studio.bring(LinkUp(Welcome("boot-2", "0.1", "cpu")))
    assert "press “Continue”" in studio.tool.life.sentence
    assert studio.tool.note == ""


def test_answers_about_a_lost_session_do_not_touch_the_one_that_continues_it() -> None:
    studio = dragging()
    finished(studio, 4, 99)
    lost = studio.session
    studio.bring(SessionClosed(lost, "the worker ended"))
    studio.tool.drag.start()
    studio.bring(Failed("this session was closed", session=lost), SessionClosed(lost, "closed before"))
    assert studio.tool.life.phase is Phase.OPENING
    studio.bring(studio.opened(4))
    assert studio.tool.life.phase is Phase.READY


def test_a_refused_command_stops_the_drag_that_relied_on_it() -> None:
    studio = Studio()
    studio.ready()
    studio.tool.pairs.add(A, B)
    studio.tool.drag.start()
    studio.pump()
    points, run = studio.line.last(SetPoints), studio.line.last(Run)
    assert isinstance(points, SetPoints)
    assert isinstance(run, Run)
    studio.bring(Failed("the points are odd", session=studio.session, seq=points.seq))
    assert studio.tool.note == "the points are odd"
    assert studio.line.all(Stop)
    studio.bring(Failed("nothing to run", session=studio.session, seq=run.seq))
    assert studio.tool.life.phase is Phase.READY


def test_a_picture_that_cannot_be_opened_is_said() -> None:
    studio = Studio()
    studio.tool.new_from_model(MODEL, 3)
    assert studio.tool.session is not None
    studio.bring(Failed("there is no such model", session=studio.session))
    assert studio.tool.note == "there is no such model"
    assert studio.tool.life.phase is Phase.IDLE


def test_of_many_wishes_to_go_back_the_last_is_shown() -> None:
    studio = dragging()
    studio.bring(*(step(studio, number, Point(10 + number, 10)) for number in range(2, 9)))
    finished(studio, 8, 80)
    for wish in (7, 6, 5, 2):
        studio.tool.seek(wish)
    assert [seek.step for seek in studio.line.all(Seek) if isinstance(seek, Seek)] == [7]
    studio.bring(Sought(studio.session, 7, 8))
    studio.rendered(70, 7)
    assert [seek.step for seek in studio.line.all(Seek) if isinstance(seek, Seek)] == [7, 2]
    studio.bring(Sought(studio.session, 2, 8))
    studio.rendered(20, 2)
    assert studio.canvas.drawn[-1] == 20
    assert (studio.tool.history.step, studio.tool.history.steps) == (2, 8)
    assert studio.tool.pairs.items[0].handle == Point(12, 10)


def test_undoing_a_drag_goes_back_to_where_it_began() -> None:
    studio = dragging()
    finished(studio, 4, 40)
    studio.tool.drag.start()
    studio.pump()
    studio.bring(step(studio, 5))
    finished(studio, 6, 60)
    studio.tool.undo_drag()
    seek = studio.line.last(Seek)
    assert isinstance(seek, Seek)
    assert seek.step == 4


def of_two() -> Studio:
    """In the middle of a drag of two pairs."""
    studio = Studio()
    studio.ready()
    for handle in (A, B):
        studio.tool.pairs.add(handle, Point(40, 40))
    studio.tool.drag.start()
    studio.pump()
    studio.accept()
    studio.bring(came(studio, 1, A, B))
    return studio


def came(studio: Studio, number: int, *handles: Point) -> StepDone:
    count = len(handles)
    return StepDone(studio.session, number, handles, (5.0,) * count, 0.5, (1.0,) * count, 10.0)


def told(studio: Studio) -> list[tuple[Point, Point]]:
    """The points that the daemon was told last."""
    points = studio.line.last(SetPoints)
    assert isinstance(points, SetPoints)
    return [(pair.handle, pair.target) for pair in points.points]


def handles(studio: Studio) -> list[Point]:
    return [pair.handle for pair in studio.tool.pairs.items]


def test_a_pair_that_is_deleted_in_a_drag_is_no_longer_dragged_and_leaves_its_handle_to_no_other() -> None:
    studio = of_two()
    studio.tool.pairs.delete(0)
    assert told(studio) == [(B, Point(40, 40))]
    studio.bring(came(studio, 2, Point(11, 10), Point(21, 10)))  # made before the daemon heard of it
    assert handles(studio) == [Point(21, 10)]
    studio.bring(came(studio, 3, Point(22, 10)))
    assert handles(studio) == [Point(22, 10)]
    studio.accept()
    studio.tool.pairs.undo()
    assert told(studio) == [(Point(11, 10), Point(40, 40)), (Point(22, 10), Point(40, 40))]
    assert studio.tool.life.phase is Phase.DRAGGING


def test_a_target_that_is_moved_in_a_drag_counts_at_once_newest_wins() -> None:
    studio = of_two()
    for x in (41, 42, 43):
        studio.tool.pairs.move(1, End.TARGET, Point(x, 40))
    studio.accept()
    sent = [move.targets for move in studio.line.all(MoveTargets) if isinstance(move, MoveTargets)]
    assert sent == [(Point(40, 40), Point(x, 40)) for x in (41, 43)]
    studio.bring(came(studio, 2, A, Point(21, 10)))  # steps alone tell the daemon nothing
    assert len(studio.line.all(MoveTargets)) == 2
    assert len(studio.line.all(SetPoints)) == 1


def test_a_pair_that_is_added_or_locked_in_a_drag_takes_part() -> None:
    studio = of_two()
    studio.tool.pairs.lock(0, True)
    assert told(studio) == [(A, A), (B, Point(40, 40))]
    studio.accept()
    studio.tool.pairs.add(Point(5, 5), Point(6, 6))
    assert told(studio)[2:] == [(Point(5, 5), Point(6, 6))]
    studio.accept()
    studio.bring(came(studio, 2, A, B), came(studio, 3, A, B, Point(5.5, 5.5)))
    assert handles(studio) == [A, B, Point(5.5, 5.5)]


def test_a_handle_that_is_put_elsewhere_in_a_drag_stays_there_though_earlier_steps_still_come() -> None:
    studio = of_two()
    studio.tool.pairs.move(0, End.HANDLE, Point(30, 30))
    studio.tool.pairs.move(0, End.HANDLE, Point(31, 30))
    studio.bring(came(studio, 2, Point(11, 10), B))
    assert handles(studio) == [Point(31, 30), B]
    studio.accept()
    assert told(studio)[0] == (Point(31, 30), Point(40, 40))
    studio.bring(came(studio, 3, Point(12, 10), B))
    assert handles(studio)[0] == Point(31, 30)
    studio.bring(came(studio, 4, Point(32, 31), B))
    assert handles(studio)[0] == Point(32, 31)


def test_points_that_a_running_drag_cannot_take_are_said_and_it_goes_on_with_those_it_has() -> None:
    studio = of_two()
    studio.tool.pairs.add(Point(99, 5), Point(6, 6))
    assert "Point 3 lies outside the frame" in studio.tool.note
    assert len(studio.line.all(SetPoints)) == 1
    studio.bring(came(studio, 2, A, Point(21, 10)))
    assert handles(studio)[:2] == [A, Point(21, 10)]
    studio.tool.pairs.move(2, End.HANDLE, Point(9, 5))
    points = studio.line.last(SetPoints)
    assert isinstance(points, SetPoints)
    studio.bring(Failed("the points are odd", session=studio.session, seq=points.seq))
    assert studio.tool.note == "the points are odd"
    studio.bring(came(studio, 3, A, Point(22, 10)))
    assert handles(studio)[1] == Point(22, 10)
    assert not studio.line.all(Stop)


def test_a_drag_whose_last_point_is_deleted_stops_and_says_so() -> None:
    studio = of_two()
    studio.tool.pairs.clear()
    assert len(studio.line.all(Stop)) == 1
    assert "No point is left" in studio.tool.note


def sought(studio: Studio, number: int, steps: int) -> None:
    studio.tool.seek(number)
    studio.bring(Sought(studio.session, number, steps))
    studio.rendered(number, number)


def test_handles_of_a_step_are_found_again_though_pairs_came_and_went() -> None:
    studio = Studio()
    studio.ready()
    for handle in (A, B):
        studio.tool.pairs.add(handle, Point(40, 40))
    studio.tool.drag.start()
    studio.pump()
    one, two = Point(11, 10), Point(21, 10)
    studio.bring(StepDone(studio.session, 1, (one, two), (5.0,) * 2, 0.5, (1.0,) * 2, 10.0))
    studio.bring(StepDone(studio.session, 2, (Point(12, 10), Point(22, 10)), (5.0,) * 2, 0.5, (1.0,) * 2, 10.0))
    finished(studio, 2, 50)
    studio.tool.pairs.delete(0)
    studio.tool.pairs.add(Point(5, 5), Point(6, 6))
    sought(studio, 1, 2)
    assert [pair.handle for pair in studio.tool.pairs.items] == [two, Point(5, 5)]
    sought(studio, 0, 2)
    assert [pair.handle for pair in studio.tool.pairs.items] == [B, Point(5, 5)]


def test_a_handle_that_was_set_by_hand_is_there_when_its_step_is_seen_again() -> None:
    studio = dragging()
    finished(studio, 1, 50)
    studio.tool.pairs.move(0, End.HANDLE, Point(30, 30))
    sought(studio, 0, 1)
    assert studio.tool.pairs.items[0].handle == A
    sought(studio, 1, 1)
    assert studio.tool.pairs.items[0].handle == Point(30, 30)


def test_a_drag_that_is_asked_for_while_a_step_is_sought_begins_from_there() -> None:
    studio = dragging()
    studio.bring(*(step(studio, number, Point(10 + number, 10)) for number in range(2, 9)))
    finished(studio, 8, 80)
    studio.tool.seek(5)
    studio.tool.seek(2)
    runs = len(studio.line.all(Run))
    studio.tool.drag.start()
    studio.pump()
    studio.bring(Sought(studio.session, 5, 8))
    studio.rendered(50, 5)
    assert len(studio.line.all(Run)) == runs
    studio.bring(Sought(studio.session, 2, 8))
    studio.rendered(20, 2)
    assert len(studio.line.all(Run)) == runs + 1
    assert told(studio) == [(Point(12, 10), B)]
    assert studio.tool.history.drags == [0, 2]


def test_a_drag_that_waits_for_a_step_can_be_stopped_and_ends_when_there_is_no_such_step() -> None:
    for ending in ("stop", "refused"):
        studio = dragging()
        finished(studio, 8, 80)
        studio.tool.seek(5)
        runs = len(studio.line.all(Run))
        studio.tool.drag.start()
        if ending == "stop":
            studio.tool.drag.stop()
            studio.bring(Sought(studio.session, 5, 8))
            studio.rendered(50, 5)
        else:
            studio.bring(Failed("there is no such step", session=studio.session))
            assert studio.tool.note == "there is no such step"
        assert studio.tool.life.phase is Phase.READY
        assert len(studio.line.all(Run)) == runs


def test_what_was_refused_because_of_a_drag_is_said_until_it_ends() -> None:
    for ending in ("stopped", "arrived"):
        studio = dragging()
        move_frame(studio.tool, Frame(0, 0, 32, 32))
        assert "stop it before you move the frame" in studio.tool.note
        studio.bring(step(studio, 2))
        assert studio.tool.note
        studio.tool.drag.stop() if ending == "stopped" else studio.bring(ended(studio, 2))
        assert studio.tool.note == ""


def test_how_a_drag_ended_is_no_longer_said_when_another_step_is_shown() -> None:
    studio = dragging()
    finished(studio, 4, 40)
    assert studio.tool.life.sentence
    studio.tool.undo_drag()
    assert studio.tool.life.sentence == ""


def pulling() -> tuple[Studio, Gesture]:
    """The hand holds the only pair, and the daemon has begun."""
    studio = Studio()
    studio.ready()
    studio.tool.pairs.add(A, A)
    gesture = Gesture(studio.tool)
    gesture.live = True
    assert gesture.press(A, 3)
    studio.pump()
    studio.accept()
    studio.bring(step(studio, 1))
    return studio, gesture


def test_a_live_pull_holds_and_its_target_follows_the_hand_newest_wins() -> None:
    studio, gesture = pulling()
    run = studio.line.last(Run)
    assert isinstance(run, Run)
    assert run.hold
    assert studio.tool.life.phase is Phase.PULLING
    for x in (12, 14, 16):
        gesture.move(Point(x, 10))
    assert len(studio.line.all(MoveTargets)) == 1
    studio.accept()
    sent = [move.targets[0].x for move in studio.line.all(MoveTargets) if isinstance(move, MoveTargets)]
    assert sent == [12, 16]


def test_a_hand_that_leaves_the_frame_pulls_to_its_edge() -> None:
    studio, gesture = pulling()
    gesture.move(Point(900, -5))
    move = studio.line.last(MoveTargets)
    assert isinstance(move, MoveTargets)
    assert move.targets == (Point(63, 0),)


def test_letting_go_settles_and_counts_as_one_drag() -> None:
    studio, gesture = pulling()
    gesture.release(Point(16, 10), 3)
    assert studio.tool.life.phase is Phase.STOPPING
    studio.bring(ended(studio, 3, EndReason.STOPPED))
    run = studio.line.last(Run)
    assert isinstance(run, Run)
    assert not run.hold
    studio.bring(step(studio, 4))
    finished(studio, 5, 50)
    studio.tool.undo_drag()
    seek = studio.line.last(Seek)
    assert isinstance(seek, Seek)
    assert seek.step == 0


def test_escape_takes_the_whole_pull_back() -> None:
    studio, gesture = pulling()
    before = studio.tool.drag.progress
    assert before is not None
    gesture.move(Point(30, 30))
    assert gesture.escape()
    studio.bring(ended(studio, 3, EndReason.STOPPED))
    seek = studio.line.last(Seek)
    assert isinstance(seek, Seek)
    assert seek.step == 0
    assert studio.tool.pairs.items[0].target == A


def test_escape_leaves_nothing_of_a_pair_that_was_set_by_the_press_of_the_pull() -> None:
    studio = Studio()
    studio.ready()
    gesture = Gesture(studio.tool)
    gesture.live = True
    assert gesture.press(A, 3)
    studio.pump()
    studio.accept()
    studio.bring(step(studio, 1))
    gesture.move(Point(30, 30))
    assert gesture.escape()
    studio.bring(ended(studio, 1, EndReason.STOPPED))
    assert not studio.tool.pairs.items


def test_a_pull_that_ends_before_the_daemon_began_is_an_ordinary_drag_or_nothing() -> None:
    for ending in ("release", "escape"):
        studio = Studio()
        studio.ready()
        studio.tool.pairs.add(A, A)
        gesture = Gesture(studio.tool)
        gesture.live = True
        gesture.press(A, 3)
        gesture.move(Point(20, 10))
        gesture.release(Point(20, 10), 3) if ending == "release" else gesture.escape()
        studio.pump()
        runs = [run.hold for run in studio.line.all(Run) if isinstance(run, Run)]
        assert runs == ([False] if ending == "release" else [])


def test_a_closed_document_is_never_drawn_into_again() -> None:
    studio = dragging()
    late = preview(studio, 1, 77)
    studio.tool.close()
    studio.bring(late)
    assert 77 not in studio.canvas.drawn


def test_a_drawing_is_dragged_on_where_it_was_saved() -> None:
    first = dragging()
    finished(first, 4, 99)
    (kept,) = first.canvas.data.values()
    saved = load(kept, WORDS)
    second = Studio(first.canvas)
    second.tool.continue_from(saved, saved.layer)
    opening = second.line.last(OpenState)
    assert isinstance(opening, OpenState)
    assert opening.state == b"state-4"
    second.tool.save()  # the host's clock
    assert load(first.canvas.data[next(iter(first.canvas.data))], WORDS) == saved
    second.bring(second.opened(4))
    assert not second.line.all(Render)  # the layer shows it already
    assert second.tool.pairs.items == first.tool.pairs.items
    second.tool.drag.start()
    second.pump()
    second.bring(step(second, 5), preview(second, 5, 101))
    assert len(second.canvas.layers) == 1
    assert second.canvas.drawn[-1] == 101


def test_a_drawing_saved_in_the_middle_of_a_drag_says_so_and_goes_on_from_where_that_began() -> None:
    first = dragging()
    finished(first, 1, 50)
    first.tool.drag.start()
    first.pump()
    for number in (2, 3):
        first.bring(step(first, number, Point(10 + number, 10)), preview(first, number, 50 + number))
    (kept,) = first.canvas.data.values()
    (layer,) = first.canvas.layers
    saved = load(kept, WORDS)
    assert saved.midway
    assert (saved.step, saved.state) == (1, b"state-1")
    assert [pair.handle for pair in saved.pairs] == [A]  # where it stood at that step
    second = Studio(first.canvas)
    opaque = bytes(range(64)) * 64
    second.tool.continue_from(saved, saved.layer, lambda box: opaque[64 * box.y : 64 * (box.y + box.height)])
    second.bring(second.opened(1))
    second.rendered(50, 1)
    assert "saved in the middle of a drag" in second.tool.note
    assert second.canvas.layers[layer] == picture(53)
    assert [shown for name, shown in second.canvas.layers.items() if name != layer] == [picture(50)]
    assert second.canvas.insides[-1] == Inside(Box(0, 0, 64, 64), opaque)
    second.tool.drag.start()
    second.pump()
    assert second.tool.note == ""
    assert len(second.canvas.layers) == 2


def test_a_layer_that_came_with_a_drags_first_picture_is_kept_while_the_drag_runs() -> None:
    studio = dragging()
    finished(studio, 1, 50)
    studio.tool.layer.name = None  # as in GIMP, where what is dragged comes into a layer above the picture's
    studio.canvas.data.clear()
    studio.tool.drag.start()
    studio.pump()
    studio.bring(step(studio, 2))
    assert not studio.canvas.data
    studio.bring(preview(studio, 2, 52))
    studio.pump()
    (kept,) = studio.canvas.data.values()
    assert load(kept, WORDS).layer == studio.tool.layer.name


def test_a_layer_that_a_drag_could_not_draw_into_is_not_said_to_be_in_the_middle_of_it() -> None:
    studio = dragging()
    finished(studio, 1, 50)
    (before,) = studio.canvas.data.values()
    studio.canvas.refuses = "the layer is locked"
    studio.tool.drag.start()
    studio.pump()
    studio.bring(step(studio, 2), preview(studio, 2, 52))
    studio.pump()
    assert studio.tool.layer.given_up
    (after,) = studio.canvas.data.values()
    assert not load(after, WORDS).midway
    assert load(after, WORDS).written == load(before, WORDS).written


def test_a_drawing_saved_after_a_drag_or_a_way_back_is_not_said_to_be_in_the_middle_of_one() -> None:
    studio = dragging()
    studio.bring(*(step(studio, number) for number in (2, 3, 4)))
    finished(studio, 4, 50)
    sought(studio, 2, 4)
    studio.rendered(2, 2)
    studio.bring(State(asked_state(studio), studio.session, 2, b"state-2"))
    (kept,) = studio.canvas.data.values()
    saved = load(kept, WORDS)
    assert (saved.midway, saved.step, saved.state) == (False, 2, b"state-2")
    assert saved.written


def test_a_layer_that_showed_only_the_selection_does_so_when_it_is_dragged_on() -> None:
    first = dragging()
    finished(first, 4, 99)
    (kept,) = first.canvas.data.values()
    saved = load(kept, WORDS)
    assert saved.frame == Frame(0, 0, 64, 64)
    opaque = bytes(range(64)) * 64
    second = Studio(first.canvas)
    second.tool.continue_from(saved, saved.layer, lambda box: opaque[64 * box.y : 64 * (box.y + box.height)])
    second.bring(second.opened(4))
    second.tool.drag.start()
    second.pump()
    second.bring(step(second, 5), preview(second, 5, 101))
    assert second.canvas.drawn[-1] == 101
    assert second.canvas.insides[-1] == Inside(Box(0, 0, 64, 64), opaque)
    second.tool.show_whole(True)
    second.tool.drag.stop()
    finished(second, 6, 102)
    second.tool.drag.start()
    second.pump()
    second.bring(step(second, 7), preview(second, 7, 103))
    assert second.canvas.insides[-1] is None  # as the artist wanted


def test_a_continued_layer_that_is_opaque_or_no_longer_readable_is_drawn_as_a_whole() -> None:
    for opacity in (lambda box: bytes([255]) * (box.width * box.height), lambda box: None):
        first = dragging()
        finished(first, 4, 99)
        (kept,) = first.canvas.data.values()
        saved = load(kept, WORDS)
        second = Studio(first.canvas)
        second.tool.continue_from(saved, saved.layer, opacity)
        second.bring(second.opened(4))
        second.tool.drag.start()
        second.pump()
        second.bring(step(second, 5), preview(second, 5, 101))
        assert second.canvas.insides[-1] is None


def test_a_copied_layer_goes_its_own_way() -> None:
    first = dragging()
    finished(first, 4, 99)
    (name,) = first.canvas.data
    saved = load(first.canvas.data[name], WORDS)
    first.canvas.layers["copy"] = first.canvas.layers[saved.layer]
    second = Studio(first.canvas)
    second.tool.continue_from(saved, "copy")
    assert second.tool.id != saved.id
    second.bring(second.opened(4))
    second.tool.pairs.add(B, A)
    second.tool.save()
    assert load(first.canvas.data[name], WORDS) == saved


def test_a_model_that_is_not_there_is_named() -> None:
    first = dragging()
    finished(first, 4, 99)
    (kept,) = first.canvas.data.values()
    saved = load(kept, WORDS)
    second = Studio(first.canvas)
    second.desk.models = ()
    second.tool.continue_from(saved, saved.layer)
    assert "small" in second.tool.note
    assert saved.sha256[:12] in second.tool.note
    assert second.tool.life.phase is Phase.IDLE


def test_without_a_connection_the_artist_is_told() -> None:
    studio = Studio()
    studio.bring(LinkDown("nobody there", 1.0))
    studio.tool.new_from_model(MODEL, 3)
    assert "no connection" in studio.tool.note
    assert studio.desk.sentence == "nobody there"


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_is_none_is_said(seed: int) -> None:
    studio = Studio()
    studio.tool.new_from_model(MODEL, seed)
    assert "seed" in studio.tool.note


def test_accepted_commands_of_nobody_are_harmless() -> None:
    studio = Studio()
    studio.bring(Accepted("0" * 32, 4), Failed("odd"))
    assert studio.desk.sentence == "odd"


def test_the_device_is_named_as_soon_as_the_daemon_knows_it() -> None:
    studio = Studio()
    studio.bring(LinkUp(Welcome(BOOT, "0.1", "not known yet")))
    assert studio.desk.sentence == "Connected: Draglayer 0.1, device not known yet."
    studio.ready()
    asked = studio.line.last(AskStatus)
    assert isinstance(asked, AskStatus)
    studio.bring(Status(asked.request, "0.1", 1, 9.0, "cuda:0", "ready", 2, 1, ()))
    assert studio.desk.sentence == "Connected: Draglayer 0.1, device cuda:0."


def test_the_connection_line_says_who_else_drags_but_not_that_we_do() -> None:
    studio = dragging()
    own = SessionInfo(studio.session, "small", "krita", 1, True)
    others = [SessionInfo(f"{n:032x}", "small", "gimp", 1, n < 3) for n in range(4)]  # the last one rests

    def heard(*sessions: SessionInfo) -> str:
        studio.desk.ask_status()
        asked = studio.line.last(AskStatus)
        assert isinstance(asked, AskStatus)
        studio.bring(Status(asked.request, "0.1", 1, 1.0, "cpu", "ready", 2, 5, sessions))
        return studio.desk.sentence

    assert "share" not in heard(own)
    assert "Another drag shares the device" in heard(own, others[0])
    assert "3 other drags share the device" in heard(own, *others)
    assert "share" not in heard(own, others[3])


def test_a_state_whose_model_is_gone_names_it_and_the_list_of_models_is_asked_for_anew() -> None:
    studio = dragging()
    finished(studio, 4, 99)
    studio.bring(SessionClosed(studio.session, "the worker stopped"))
    studio.tool.drag.start()
    asked = len(studio.line.all(ListModels))
    studio.bring(Failed("no model here has the hash 0123", session=studio.session))
    assert studio.tool.note == "no model here has the hash 0123. The picture was made with the model small."
    assert studio.tool.life.phase is Phase.LOST
    assert len(studio.line.all(ListModels)) == asked + 1
