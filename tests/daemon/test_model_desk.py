"""What the gateway says about models: the list, how far they have been read, thumbnails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from draglayer_daemon.clients import Client
from draglayer_daemon.conversation import Conversation
from draglayer_daemon.registry import Entry, Registry, read_entry
from draglayer_daemon.supervisor import Ending, WorkerUnavailable
from draglayer_daemon.thumbnails import Strip, Strips
from draglayer_protocol.messages import (
    AskThumbnails,
    Event,
    Failed,
    Image,
    ListModels,
    Load,
    ModelLoading,
    Models,
    Request,
    Thumbnails,
)
from tests.daemon.conftest import Running, describe
from tests.daemon.peers import Peer

BOOT = "boot"
ONE, TWO = Client(b"one", "krita", "1"), Client(b"two", "gimp", "1")


@pytest.fixture
def entry(draglayer_home: Path) -> Entry:
    """`small`: 16 x 12 pixels."""
    return read_entry(draglayer_home / "models" / "small")


def picture(strip: Strip) -> Image:
    width, height = strip.size
    width *= len(strip.settings.seeds)
    return Image(width, height, 3, bytes([7]) * (3 * width * height))


class Desk:
    """A conversation, what it told whom, and what the worker got of it."""

    def __init__(self, folder: Path) -> None:
        self.told: list[tuple[bytes, Event]] = []
        self.worked: list[AskThumbnails] = []
        self.unavailable: str | None = None
        self.conversation = Conversation(
            BOOT, Registry((folder,)), self, lambda to, event: self.told.append((to, event)), max_sessions=8, grace=5
        )

    def send(self, request: Request) -> None:
        if self.unavailable is not None:
            raise WorkerUnavailable(self.unavailable)
        assert isinstance(request, AskThumbnails)
        self.worked.append(request)

    def ask(self, client: Client, request: Request) -> None:
        self.conversation.request(client, request, lambda number: pytest.fail("nobody asked for the status"))

    def models(self) -> dict[str, tuple[Load, float, bool]]:
        self.ask(ONE, ListModels(1))
        answer = self.told.pop()[1]
        assert isinstance(answer, Models)
        return {model.name: (model.load, model.progress, model.thumbnails) for model in answer.models}


@pytest.fixture
def desk(draglayer_home: Path) -> Desk:
    return Desk(draglayer_home / "models")


def test_a_strip_that_is_kept_is_told_without_troubling_the_worker(desk: Desk, entry: Entry) -> None:
    strip = Strip(entry)
    Strips().write(strip, picture(strip))
    desk.ask(ONE, AskThumbnails(5, "small"))
    assert desk.told == [(b"one", strip.answer(5, picture(strip)))]
    assert not desk.worked


def test_answers_find_who_asked_though_two_chose_the_same_number(desk: Desk, entry: Entry) -> None:
    large = read_entry(entry.folder.parent / "large")
    desk.ask(ONE, AskThumbnails(5, "small"))
    desk.ask(TWO, AskThumbnails(5, "large"))
    first, second = desk.worked
    desk.conversation.event(Strip(large).answer(second.request, picture(Strip(large))))
    desk.conversation.event(Failed("no memory", first.request))
    assert desk.told == [
        (b"two", Strip(large).answer(5, picture(Strip(large)))),
        (b"one", Failed("no memory", 5)),
    ]
    desk.conversation.event(Failed("no memory", first.request))  # nobody waits any more
    assert len(desk.told) == 2


def test_what_cannot_be_asked_is_told_at_once(desk: Desk) -> None:
    desk.ask(ONE, AskThumbnails(5, "smal"))
    desk.ask(ONE, AskThumbnails(6, "small", 3))
    desk.unavailable = "the worker is being mended"
    desk.ask(ONE, AskThumbnails(7, "small"))
    sentences = {event.request: event.sentence for _, event in desk.told if isinstance(event, Failed)}
    assert sentences[5].startswith("there is no model 'smal'; did you mean 'small'?")
    assert sentences[6] == "label 3 was asked for, but the model 'small' has no labels; choose another"
    assert sentences[7] == "the worker is being mended"
    assert not desk.worked


def test_a_worker_that_ends_is_told_to_those_who_wait_for_thumbnails(desk: Desk) -> None:
    desk.ask(ONE, AskThumbnails(5, "small"))
    desk.ask(TWO, AskThumbnails(6, "small"))
    desk.conversation.vanished(b"two", 0.0)
    desk.conversation.worker_lost(Ending("it was ended by SIGKILL", refused=False))
    sentence = "the worker stopped (it was ended by SIGKILL); try again: a fresh worker takes over"
    assert desk.told == [(b"one", Failed(sentence, 5))]


def test_how_far_a_model_has_been_read_is_in_the_list(desk: Desk, entry: Entry) -> None:
    sha256 = entry.sha256
    assert desk.models()["small"] == (Load.COLD, 0, False)
    desk.conversation.event(ModelLoading("small", sha256, Load.LOADING, 25, 100))
    assert desk.models()["small"] == (Load.LOADING, 0.25, False)
    desk.conversation.event(ModelLoading("small", sha256, Load.READY, 100, 100))
    assert desk.models()["small"] == (Load.READY, 1, False)
    path = entry.folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"name": "renamed"}))
    assert desk.models()["renamed"] == (Load.READY, 1, False)
    desk.conversation.worker_lost(Ending("it was ended by SIGKILL", refused=False))
    assert desk.models()["renamed"] == (Load.COLD, 0, False)


def test_a_list_that_is_too_long_for_a_message_is_told(desk: Desk, entry: Entry, draglayer_home: Path) -> None:
    text = json.loads((entry.folder / "model.json").read_text())
    for number in range(6):
        describe(draglayer_home / "models" / f"many-{number}", f"many-{number}", [3, 4])
        labels = [f"{label:05}" for label in range(40_000)]
        values = text | {"name": f"many-{number}", "labels": labels}
        (draglayer_home / "models" / f"many-{number}" / "model.json").write_text(json.dumps(values))
    desk.ask(ONE, ListModels(1))
    ((_, failed),) = desk.told
    assert isinstance(failed, Failed)
    assert "more than a message holds (1048576); remove some" in failed.sentence


# Through the wire


def test_every_client_is_told_that_a_model_is_being_read(running: Running) -> None:
    with running.peer() as one, running.peer() as other:
        one.open(model="small")
        other.wait(ModelLoading, lambda event: event.load is Load.READY)
    assert one.came(ModelLoading) == other.came(ModelLoading)
    assert [(event.model, event.load, event.done) for event in one.came(ModelLoading)] == [
        *(("small", Load.LOADING, done) for done in (0, 50, 100)),
        ("small", Load.READY, 100),
    ]


def test_thumbnails_come_through_the_gateway(peer: Peer, draglayer_home: Path) -> None:
    peer.send(AskThumbnails(9, "large"))
    answer = peer.wait(Thumbnails)
    assert (answer.request, answer.model, answer.image.width) == (9, "large", 8 * 32)
    assert len(list((draglayer_home / "thumbnails").iterdir())) == 1
