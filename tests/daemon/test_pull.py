"""Public models: agreed to, fetched from a server of this machine, compared, imported."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from draglayer_daemon.catalogue import PUBLIC_LIST, People, catalogue, read_list
from draglayer_daemon.cli_models_pull import terms
from draglayer_daemon.pulling import Note, Notes
from draglayer_daemon.registry import Registry
from tests.checkpoints.formats import GREY, SKIP
from tests.checkpoints.networks import network
from tests.checkpoints.writer_nvidia import write_nvidia
from tests.daemon.http_server import Habits, serving
from tests.daemon.processes import DEADLINE, DRAGLAYER, Home, Said, draglayer, wait_until

DATA = bytes(range(256)) * 4096  # a megabyte


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy between this machine and itself."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("DRAGLAYER_HOME", str(folder))
    return folder


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_nvidia(network(SKIP), tmp_path_factory.mktemp("canary") / "canary")


Listed = Callable[..., None]


@pytest.fixture
def listed(home: Path) -> Listed:
    """Put a studio's own list into the home folder, with one model."""

    def put(address: str, data: bytes, **other: Any) -> None:
        model = {
            "name": "tigers-16",
            "title": "Tigers",
            "address": f"{address}/model.pkl",
            "size": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "width": 16,
            "height": 16,
            "licence": "CC-BY-4.0",
            "terms": "https://example.org/terms",
            "people": "no",
        }
        (home / "catalogue.json").write_text(json.dumps([model | other]))

    return put


@pytest.fixture
def served(checkpoint: bytes, listed: Listed) -> Iterator[Habits]:
    habits = Habits(checkpoint)
    with serving(habits) as address:
        listed(address, checkpoint)
        yield habits


def pull(*arguments: object) -> Said:
    return draglayer("models", "pull", "tigers-16", *arguments)


def names() -> list[str]:
    return [entry.name for entry in Registry().entries()]


def left(home: Path) -> list[str]:
    """What is in the folder of downloads."""
    folder = home / "downloads"
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) if folder.exists() else []


def test_a_public_model_is_fetched_and_imported_with_its_licence_and_address(home: Path, served: Habits) -> None:
    code, out, err = pull("--yes", "--quiet")
    assert code == 0, err
    assert out.startswith("tigers-16 is imported: 16x16, StyleGAN2, NVIDIA PyTorch; licence CC-BY-4.0")
    assert "licence: CC-BY-4.0 (https://example.org/terms)\nits pictures show no people" in err
    (entry,) = [entry for entry in Registry().entries() if entry.name == "tigers-16"]
    assert (entry.title, entry.licence) == ("Tigers", "CC-BY-4.0")
    source = json.loads((entry.folder / "model.json").read_text())["source"]
    assert source["address"].endswith("/model.pkl") and source["file"] == "model.pkl"
    assert left(home) == []
    assert draglayer("models", "verify").code == 0


def test_a_model_that_is_here_is_not_fetched_again(served: Habits) -> None:
    pull("--yes")
    code, out, _ = pull("--yes")
    assert (code, out) == (0, "tigers-16 is here already, as tigers-16\n")
    assert len(served.asked) == 1


def test_without_a_terminal_the_licence_must_be_agreed_to_in_words(home: Path, served: Habits) -> None:
    tried = subprocess.run(
        [*DRAGLAYER, "models", "pull", "tigers-16"],
        stdin=subprocess.DEVNULL,
        env=Home(home).environment(),
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert tried.returncode == 1
    assert tried.stderr.splitlines()[-1] == (
        "draglayer models: the licence of tigers-16 must be agreed to, and there is no terminal to ask at; read"
        " https://example.org/terms, then say --yes"
    )
    assert not served.asked
    assert left(home) == []


@pytest.mark.parametrize(("answer", "agreed"), [("y", True), ("no", False), ("", False)])
def test_at_a_terminal_it_is_asked_once(home: Path, served: Habits, answer: str, agreed: bool) -> None:
    served.cut = [1000, 0]  # so that the first attempt does not finish

    def run() -> tuple[int, str]:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [*DRAGLAYER, "models", "pull", "tigers-16"],
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=Home(home).environment(),
            text=True,
        )
        os.write(ours, f"{answer}\n".encode())
        _, err = process.communicate(timeout=DEADLINE)
        os.close(ours)
        os.close(theirs)
        return process.returncode, err

    code, err = run()
    assert code == 1
    assert "shall it be fetched? [y/N]" in err
    if not agreed:
        assert err.endswith("the licence of tigers-16 was not agreed to, so nothing was fetched\n")
        assert not served.asked
        return
    assert "the next pull goes on from there" in err
    code, err = run()
    assert (code, "agree" in err) == (0, False), err
    assert served.asked[-1]["Range"] == "bytes=1000-"
    assert names() == ["creatures-256", "tigers-16"]


def test_a_file_with_another_checksum_is_removed_and_nothing_is_imported(home: Path, served: Habits) -> None:
    expected = hashlib.sha256(served.data).hexdigest()
    served.data = served.data[:-1] + b"?"
    found = hashlib.sha256(served.data).hexdigest()
    code, out, err = pull("--yes", "--quiet")
    assert (code, out) == (1, "")
    assert err.splitlines()[-1].startswith(
        f"draglayer models: the file that came is not tigers-16: its sha256 begins with {found[:12]}, the known one"
        f" with {expected[:12]}; it was removed. Pull it again;"
    )
    assert names() == ["creatures-256"]
    assert left(home) == []


def test_without_a_published_checksum_that_of_the_first_time_is_kept(
    home: Path, checkpoint: bytes, listed: Listed
) -> None:
    habits = Habits(checkpoint)
    with serving(habits) as address:
        listed(address, checkpoint, sha256=None)
        assert pull("--yes").code == 0
        assert pull("--yes").out == "tigers-16 is here already, as tigers-16\n"
        draglayer("models", "remove", "tigers-16")
        habits.data, habits.mark = write_nvidia(network(SKIP, 7), home / "canary"), '"two"'
        code, _, err = pull("--yes", "--quiet")
        assert code == 1
        assert "draglayer models: the file of tigers-16 was replaced: its sha256 begins with" in err
        assert "when it was first pulled on 20" in err
        assert err.endswith("If you trust the new one, pull it with --accept-change\n")
        assert (names(), left(home)) == (["creatures-256"], [])
        assert pull("--yes", "--accept-change").code == 0
        draglayer("models", "remove", "tigers-16")
        assert pull("--yes").code == 0  # the new one is the one that is known now


def test_a_file_that_is_gone_is_told_with_its_address(home: Path, served: Habits) -> None:
    served.status = 404
    code, out, err = pull("--yes", "--quiet")
    assert (code, out) == (1, "")
    sentence = err.splitlines()[-1]
    assert sentence.startswith(
        "draglayer models: 127.0.0.1 has no such file any more (HTTP 404); look for it elsewhere"
    )
    assert sentence.endswith("/model.pkl")
    assert left(home) == []


def test_a_pull_that_was_killed_is_gone_on_with(home: Path, served: Habits) -> None:
    half = len(served.data) // 2
    served.cut, served.hold = [half], threading.Event()
    process = subprocess.Popen(
        [*DRAGLAYER, "models", "pull", "tigers-16", "--yes", "--quiet"],
        env=Home(home).environment(),
        stderr=subprocess.DEVNULL,
    )
    part = home / "downloads" / "tigers-16.part"
    wait_until(lambda: part.exists() and part.stat().st_size == half, "the first half")
    process.kill()
    process.wait()
    served.hold.set()
    assert names() == ["creatures-256"]
    code, _, err = pull("--yes", "--quiet")
    assert code == 0, err
    assert served.asked[-1]["Range"] == f"bytes={half}-"
    assert (names(), left(home)) == (["creatures-256", "tigers-16"], [])


def test_a_folder_without_room_is_told_before_anything_is_fetched(
    home: Path, served: Habits, listed: Listed, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed("https://models.example", served.data, size=10**18)
    code, _, err = pull("--yes", "--quiet")
    assert code == 1
    assert "draglayer models: tigers-16 needs 1000000000016 MB more in" in err
    assert err.endswith("make room, then pull it again\n")
    assert not served.asked


def test_what_is_fetched_and_is_no_checkpoint_is_refused_and_removed(home: Path, listed: Listed) -> None:
    with serving(Habits(DATA)) as address:
        listed(address, DATA)
        code, out, err = pull("--yes", "--quiet")
    assert (code, out) == (1, "")
    assert "draglayer models: model.pkl cannot be imported: " in err
    assert (names(), left(home)) == (["creatures-256"], [])


def test_a_file_much_larger_than_the_list_says_is_not_fetched(home: Path, served: Habits, listed: Listed) -> None:
    served.announced = served_size = 50_000_000
    code, out, err = pull("--yes", "--quiet")
    assert (code, out) == (1, "")
    assert f"127.0.0.1 offers {served_size / 1e6:.0f} MB, and at most 16 MB were expected" in err
    assert (names(), left(home)) == (["creatures-256"], [])


def test_weights_that_are_here_under_another_name_are_told_and_leave_no_download(
    home: Path, served: Habits, tmp_path: Path
) -> None:
    same = tmp_path / "own.pt"
    same.write_bytes(write_nvidia(network(SKIP), tmp_path / "canary", protocol=5))
    draglayer("models", "import", same)
    code, out, err = pull("--yes", "--quiet")
    assert code == 0, err
    assert out == "own is here already, with the same weights; licence CC-BY-4.0\n"
    assert (names(), left(home)) == (["creatures-256", "own"], [])


def test_pulls_at_the_same_time_remember_both_licences(home: Path, listed: Listed) -> None:
    listed("http://127.0.0.1:1", DATA)
    model = catalogue()["tigers-16"]
    addresses = [f"http://127.0.0.1:1/{number}" for number in range(20)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda address: Notes().write(Note(address, model.licence)), addresses))
    assert all(Notes().find(replace(model, address=address)) for address in addresses)


def test_two_pulls_of_one_model_do_not_meet(home: Path, served: Habits) -> None:
    from draglayer_daemon.lock import holding

    (home / "downloads").mkdir()
    with holding(home / "downloads" / ".tigers-16.lock", wait=False):
        code, _, err = pull("--yes", "--quiet")
    assert code == 1
    assert err.endswith("tigers-16 is being pulled by another process; wait until that one ends\n")
    assert not served.asked


def test_a_name_that_is_taken_is_told_before_anything_is_fetched(home: Path, served: Habits) -> None:
    code, _, err = pull("--yes", "--name", "creatures-256")
    assert code == 1
    assert "there is a model 'creatures-256' already; choose another name" in err
    assert not served.asked


def test_labels_of_the_list_become_the_models(home: Path, listed: Listed) -> None:
    data = write_nvidia(network(GREY), home / "canary")
    with serving(Habits(data)) as address:
        listed(address, data, labels=["cat", "dog", "bird"])
        assert pull("--yes").code == 0
    assert Registry().find("tigers-16").labels == ("cat", "dog", "bird")


# What is known


def test_the_list_tells_size_licence_people_and_what_is_here(home: Path, served: Habits) -> None:
    pull("--yes")
    code, out, _ = draglayer("models", "pull", "--list")
    assert code == 0
    head, *rows = out.splitlines()
    assert head.split() == ["NAME", "PICTURE", "SIZE", "PEOPLE", "HERE", "TITLE", "LICENCE"]
    listed = {row.split()[0]: row for row in rows}
    assert "tigers-16  " in listed["tigers-16"][20:]  # it is here, under that name
    assert "364 MB" in listed["lions-512"] and "CC-BY-4.0" in listed["lions-512"]
    values = {model["name"]: model for model in json.loads(draglayer("models", "pull", "--list", "--json").out)}
    assert values["ffhq-512"]["people"] == "yes"
    assert values["tigers-16"]["here"] == "tigers-16"


def test_every_public_model_has_an_address_a_checksum_a_licence_and_says_whether_it_shows_people() -> None:
    models = read_list(PUBLIC_LIST)
    assert len(models) == len({model.name for model in models}) == len({model.address for model in models}) >= 10
    for model in models:
        assert model.address.startswith("https://"), model.name
        assert model.terms.startswith("https://"), model.name
        assert model.sha256, model.name
        assert 200e6 < model.size < 400e6, model.name
        assert model.licence
    people = {model.name: model for model in models if model.people is People.YES}
    assert set(people) == {"ffhq-512", "ffhq-1024", "metfaces-1024", "human-512"}
    assert "whoever publishes them should say that they are made up" in terms(people["ffhq-512"])


def test_an_unknown_model_names_the_nearest(home: Path) -> None:
    code, out, err = draglayer("models", "pull", "lions")
    assert (code, out) == (1, "")
    assert err.startswith("draglayer models: no public model 'lions' is known; did you mean 'lions-512'?")


def test_without_a_name_it_is_said_what_is_missing(home: Path) -> None:
    code, _, err = draglayer("models", "pull")
    assert code == 2
    assert "say which model to fetch: NAME, or --list" in err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "JSONDecodeError"),
        ("7", "not iterable"),
        ('[{"name": "a"}]', "KeyError('sha256')"),
        ('[{"name": "a b"}]', "KeyError"),
    ],
)
def test_a_list_that_makes_no_sense_is_told(home: Path, text: str, words: str) -> None:
    (home / "catalogue.json").write_text(text)
    code, _, err = draglayer("models", "pull", "--list")
    assert code == 1
    assert err.startswith(f"draglayer models: the list {home / 'catalogue.json'} is no array of models")
    assert words in err


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"title": "\x1b[31mred"}, "is no line of text"),
        ({"licence": "x" * 5000}, "is no line of text"),
        ({"labels": ["cat", "\udcff"]}, "is no line of text"),
        ({"size": 0}, "is no number above 0"),
    ],
)
def test_a_model_of_a_list_that_could_not_be_shown_or_measured_is_told(
    home: Path, listed: Listed, wrong: dict[str, Any], words: str
) -> None:
    listed("https://models.example", DATA, **wrong)
    code, _, err = draglayer("models", "pull", "--list")
    assert code == 1
    assert words in err and err.isascii() and "\x1b" not in err


def test_an_address_that_anybody_could_change_needs_a_checksum(home: Path, listed: Listed) -> None:
    listed("http://models.example", DATA, sha256=None)
    code, _, err = pull("--yes")
    assert code == 1
    assert "the address of tigers-16 must begin with https, or its sha256 must be given" in err
    listed("http://models.example", DATA)
    assert catalogue()["tigers-16"].sha256
