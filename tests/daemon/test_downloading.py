"""A file comes from a server of this machine: in one go, in pieces, and when everything goes wrong."""

from __future__ import annotations

import os
import resource
import socket
from pathlib import Path

import pytest

from draglayer_daemon import downloading
from draglayer_daemon.downloading import CannotFetch, Download
from draglayer_daemon.files import CannotWrite
from tests.daemon.http_server import Habits, serving

DATA = bytes(range(256)) * 4096  # a megabyte
HALF = len(DATA) // 2


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy between this machine and itself."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


class Watch:
    """What a download said."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.seen: list[tuple[int, int | None]] = []

    def at(self, done: int, size: int | None) -> None:
        self.seen.append((done, size))

    def say(self, sentence: str) -> None:
        self.said.append(sentence)


class Fetch:
    """A download into a folder."""

    def __init__(self, address: str, folder: Path) -> None:
        self.watch = Watch()
        self.download = Download(address, folder / "part", self.watch)
        self.part = folder / "part"

    def run(self) -> str:
        """What it failed with; empty when the file came."""
        try:
            self.download.run()
        except (CannotFetch, CannotWrite) as error:
            return str(error)
        return ""


def test_a_file_comes_whole_and_is_counted(tmp_path: Path) -> None:
    with serving(Habits(DATA)) as address:
        fetch = Fetch(f"{address}/model.pkl", tmp_path)
        assert fetch.run() == ""
    assert fetch.part.read_bytes() == DATA
    assert fetch.watch.seen[0] == (0, len(DATA))
    assert fetch.watch.seen[-1] == (len(DATA), len(DATA))
    assert fetch.watch.said == []


def test_a_connection_that_breaks_is_taken_up_where_it_broke(tmp_path: Path) -> None:
    habits = Habits(DATA, cut=[HALF, 1000])
    with serving(habits) as address:
        fetch = Fetch(f"{address}/model.pkl", tmp_path)
        assert fetch.run() == ""
    assert fetch.part.read_bytes() == DATA
    assert [asked.get("Range") for asked in habits.asked] == [None, f"bytes={HALF}-", f"bytes={HALF + 1000}-"]
    assert habits.asked[1]["If-Range"] == '"one"'
    assert fetch.watch.said[0] == "the connection to 127.0.0.1 ended after 0.5 of 1.0 MB; going on"


def test_what_an_interrupted_download_left_is_gone_on_with_by_the_next(tmp_path: Path) -> None:
    habits = Habits(DATA, cut=[HALF, 0])
    with serving(habits) as address:
        first = Fetch(f"{address}/model.pkl", tmp_path).run()
        assert first == (
            "the connection to 127.0.0.1 ended after 0.5 of 1.0 MB; the 0.5 MB that came are kept, and the next pull"
            " goes on from there"
        )
        second = Fetch(f"{address}/model.pkl", tmp_path)
        assert second.run() == ""
    assert second.part.read_bytes() == DATA
    assert habits.asked[-1]["Range"] == f"bytes={HALF}-"
    assert second.watch.seen[0] == (HALF, len(DATA))


def test_a_server_that_cannot_send_a_part_sends_the_whole_again(tmp_path: Path) -> None:
    habits = Habits(DATA, ranges=False, cut=[HALF])
    with serving(habits) as address:
        fetch = Fetch(f"{address}/model.pkl", tmp_path)
        assert fetch.run() == ""
    assert fetch.part.read_bytes() == DATA
    assert fetch.watch.said[1] == "127.0.0.1 cannot send the rest of a file alone, so it begins again"


@pytest.mark.parametrize("ignores_if", [False, True], ids=["server compares", "server does not"])
def test_a_file_that_changed_between_its_halves_begins_again_and_is_never_mixed(
    tmp_path: Path, ignores_if: bool
) -> None:
    habits = Habits(DATA, cut=[HALF, 0])
    with serving(habits) as address:
        Fetch(f"{address}/model.pkl", tmp_path).run()
        habits.data, habits.mark, habits.ignores_if = DATA[::-1], '"two"', ignores_if
        again = Fetch(f"{address}/model.pkl", tmp_path)
        assert again.run() == ""
    assert again.part.read_bytes() == DATA[::-1]
    assert again.watch.said == [
        "127.0.0.1 has another version of the file than the one that had begun to come; beginning again"
        if ignores_if
        else "the file at 127.0.0.1 has changed since its first part came, so it begins again"
    ]


def test_a_file_that_became_shorter_than_what_had_come_begins_again(tmp_path: Path) -> None:
    habits = Habits(DATA, cut=[HALF, 0])
    with serving(habits) as address:
        Fetch(f"{address}/model.pkl", tmp_path).run()
        habits.data, habits.ignores_if = DATA[:1000], True
        again = Fetch(f"{address}/model.pkl", tmp_path)
        assert again.run() == ""
    assert again.part.read_bytes() == DATA[:1000]
    assert again.watch.said == [
        "the file at 127.0.0.1 is shorter than what had come, so it is another one; beginning again"
    ]


def test_nothing_is_kept_of_a_server_that_does_not_tell_versions_apart(tmp_path: Path) -> None:
    habits = Habits(DATA, mark="", cut=[HALF, HALF])
    with serving(habits) as address:
        fetch = Fetch(f"{address}/model.pkl", tmp_path)
        assert fetch.run().endswith("ended after 0.5 of 1.0 MB; nothing was kept; pull it again")
        assert not list(tmp_path.iterdir())
        habits.cut.clear()
        assert fetch.run() == ""
    assert all("Range" not in asked for asked in habits.asked)
    assert fetch.part.read_bytes() == DATA


def test_a_download_that_was_ended_after_its_last_byte_asks_for_nothing_more(tmp_path: Path) -> None:
    habits = Habits(DATA)
    with serving(habits) as address:
        Fetch(f"{address}/model.pkl", tmp_path).run()
        assert Fetch(f"{address}/model.pkl", tmp_path).run() == ""
    assert len(habits.asked) == 1


def test_a_server_that_gives_a_little_each_time_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloading, "ATTEMPTS", 3)
    with serving(Habits(DATA, cut=[10] * 10)) as address:
        assert Fetch(f"{address}/model.pkl", tmp_path).run() == (
            "127.0.0.1 broke the connection 3 times; the 0.0 MB that came are kept, and the next pull goes on from"
            " there"
        )


@pytest.mark.parametrize(
    ("habits", "words"),
    [
        (Habits(DATA, status=404), "127.0.0.1 has no such file any more (HTTP 404); look for it elsewhere, and import"),
        (Habits(DATA, status=410), "has no such file any more (HTTP 410)"),
        (Habits(DATA, status=403), "does not give the file to everybody (HTTP 403); fetch it with a browser"),
        (Habits(DATA, status=503), "cannot give the file now (HTTP 503); try again later; nothing was kept"),
        (Habits(DATA, status=400), "refuses to give the file (HTTP 400); see http://127.0.0.1"),
        (Habits(DATA, kind="text/html"), "answered with a web page instead of the file; fetch it with a browser"),
        (
            Habits(DATA, announced=1 << 50),
            "MB, and at most 17180 MB were expected, so it is another file and nothing of it was",
        ),
    ],
    ids=lambda value: None if isinstance(value, Habits) else str(value)[:30],
)
def test_what_a_server_does_not_give_is_told_and_nothing_is_left(habits: Habits, words: str, tmp_path: Path) -> None:
    with serving(habits) as address:
        assert words in Fetch(f"{address}/model.pkl", tmp_path).run()
    assert not list(tmp_path.iterdir())


def test_a_server_may_send_on_to_another_address_but_not_into_this_machine(tmp_path: Path) -> None:
    with serving(Habits(DATA)) as address:
        fetch = Fetch(f"{address}/moved", tmp_path)
        assert fetch.run() == ""
        assert fetch.part.read_bytes() == DATA
        (tmp_path / "other").mkdir()
        other = Fetch(f"{address}/unsafe", tmp_path / "other")
        assert "127.0.0.1 sends on in a circle, or to an address that is not safe to follow (HTTP 302)" in other.run()
        assert not other.part.exists()
        listening = Fetch(f"{address}/listening", tmp_path / "other").run()
        assert listening.startswith(
            "127.0.0.1 sends on to 'ftp://127.0.0.1/model.pkl', where the file could be changed"
        )


def test_where_nothing_listens_and_where_there_is_no_network_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert Fetch(f"http://127.0.0.1:{port}/model.pkl", tmp_path).run() == (
        "there is no connection to 127.0.0.1 (Connection refused); nothing was kept; pull it again"
    )

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert Fetch("https://models.example/model.pkl", tmp_path).run() == (
        "the address models.example is not found: this machine seems to be offline; nothing was kept; pull it again"
    )


def test_a_server_that_falls_silent_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloading, "PATIENCE", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        fetch = Fetch(f"http://127.0.0.1:{silent.getsockname()[1]}/model.pkl", tmp_path)
        assert fetch.run().startswith("127.0.0.1 did not answer within 0.05 s: it or this machine's connection is down")


def test_a_full_disk_is_told_with_what_is_needed_and_what_came_is_gone_on_with(tmp_path: Path) -> None:
    habits = Habits(DATA)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with serving(habits) as address:
        fetch = Fetch(f"{address}/model.pkl", tmp_path)
        resource.setrlimit(resource.RLIMIT_FSIZE, (HALF, before[1]))  # as a disk that is full
        try:
            sentence = fetch.run()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert sentence == (
            f"{fetch.part} cannot be written: File too large; 0.5 MB more are needed; make room, and the next pull goes"
            " on from the 0.5 MB that are here"
        )
        assert fetch.run() == ""
    assert fetch.part.read_bytes() == DATA
    assert habits.asked[-1]["Range"] == f"bytes={HALF}-"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_device_without_space_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "part").symlink_to("/dev/full")
    with serving(Habits(DATA, mark="")) as address:
        fetch = Fetch(f"{address}/model.pkl", tmp_path)
        fetch.download.drop = lambda: None  # type: ignore[method-assign]  # the link stays
        assert "part cannot be written: No space left on device; 1.0 MB more are needed" in fetch.run()
