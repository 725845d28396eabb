"""Models come, change and go whole or not at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from draglayer_daemon.registry import Registry, UnknownModel, models_folder
from draglayer_daemon.shelf import CannotChange, CannotImport, Shelf, Wish
from draglayer_daemon.thumbnails import Strip, Strips
from draglayer_daemon.verifying import verify
from draglayer_engine.architecture import Architecture
from draglayer_engine.models import load_model
from draglayer_protocol.messages import Image
from tests.checkpoints.formats import GREY, SKIP
from tests.checkpoints.networks import network
from tests.checkpoints.writer_nvidia import write_nvidia
from tests.daemon.processes import DEADLINE, Home, draglayer

KILLING = str(Path(__file__).with_name("killing.py"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("DRAGLAYER_HOME", str(folder))
    return folder


def checkpoint(path: Path, seed: int = 1, architecture: Architecture = SKIP) -> Path:
    path.write_bytes(write_nvidia(network(architecture, seed), path.with_name("canary"), keys=("G_ema",)))
    return path


def names() -> list[str]:
    return [entry.name for entry in Registry().entries()]


def is_sound() -> bool:
    return not [verdict for verdict in verify(Registry()) if verdict.problem]


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


@pytest.mark.parametrize(
    "wish",
    [
        Wish(title="x" * 5000),
        Wish(licence="x" * 5000),
        Wish(title="two\nlines"),
        Wish(licence="half a letter \udcff"),
        Wish(labels=("cat", "dog", "\udcff")),
    ],
)
def test_words_that_no_list_could_show_are_refused_before_anything_is_read(
    home: Path, tmp_path: Path, wish: Wish
) -> None:
    with pytest.raises(CannotChange, match="cannot be shown in a list; write"):
        Shelf().add(checkpoint(tmp_path / "a.pkl", architecture=GREY), wish)
    assert names() == ["creatures-256"] and is_sound()


def test_more_labels_than_a_list_can_show_are_refused_and_leave_nothing(home: Path, tmp_path: Path) -> None:
    path = checkpoint(tmp_path / "a.pkl", architecture=replace(GREY, c_dim=60_000))
    with pytest.raises(CannotImport, match=r"^a.pkl cannot be imported: the names of its 60000 labels have .*; give"):
        Shelf().add(path, Wish())
    assert visible(home / "models") == []
    assert is_sound()


def test_a_file_with_a_name_that_is_no_text_becomes_a_model(home: Path, tmp_path: Path) -> None:
    path = checkpoint(tmp_path / "a.pkl").rename(tmp_path / os.fsdecode(b"h\xf6hle.pkl"))
    assert Shelf().add(path, Wish()).entry.name == "h-hle"
    assert is_sound()


def test_a_model_lies_in_a_folder_named_by_the_hash_of_its_weights(home: Path, tmp_path: Path) -> None:
    added = Shelf().add(checkpoint(tmp_path / "a cat.pkl"), Wish(licence="CC0-1.0"))
    assert added.entry.name == "a-cat"
    assert added.entry.folder == home / "models" / added.entry.sha256
    assert visible(home / "models") == [added.entry.sha256]
    assert is_sound()
    assert load_model(added.entry.folder, torch.device("cpu")).sha256 == added.entry.sha256


def test_what_is_said_of_a_model_is_in_its_description(home: Path, tmp_path: Path) -> None:
    wish = Wish("mine", "My own", "CC-BY-4.0", ("cat", "dog", "bird"), "https://example.org/a.pkl")
    entry = Shelf().add(checkpoint(tmp_path / "a.pkl", architecture=GREY), wish).entry
    assert (entry.name, entry.title, entry.licence, entry.labels) == (*("mine", "My own", "CC-BY-4.0"), wish.labels)
    description = json.loads((entry.folder / "model.json").read_text())
    assert description["source"]["address"] == wish.address
    assert description["source"]["file"] == "a.pkl"


def test_labels_that_are_not_as_many_as_the_model_has_are_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotImport, match="it has 3 labels, and 2 different names were given for them"):
        Shelf().add(checkpoint(tmp_path / "a.pkl", architecture=GREY), Wish(labels=("cat", "dog")))
    assert names() == ["creatures-256"]


def test_the_same_weights_are_kept_once_and_what_is_said_anew_counts(home: Path, tmp_path: Path) -> None:
    path = checkpoint(tmp_path / "a.pkl")
    first = Shelf().add(path, Wish("mine"))
    again = Shelf().add(path, Wish(licence="CC0-1.0"))
    assert not again.new
    assert again.entry.name == "mine"
    assert [entry.licence for entry in Registry().entries()][1:] == ["CC0-1.0"]
    with pytest.raises(CannotChange, match="here already as 'mine'; `draglayer models rename mine yours`"):
        Shelf().add(path, Wish("yours"))
    assert visible(home / "models") == [first.entry.sha256]


def test_a_file_name_that_is_taken_gets_a_number_and_a_name_that_was_asked_for_does_not(
    home: Path, tmp_path: Path
) -> None:
    for seed in (1, 2, 3):
        Shelf().add(checkpoint(tmp_path / "network-snapshot.pkl", seed), Wish())
    assert names()[1:] == ["network-snapshot", "network-snapshot-2", "network-snapshot-3"]
    with pytest.raises(CannotChange, match="there is a model 'network-snapshot-2' already; choose another name"):
        Shelf().add(checkpoint(tmp_path / "other.pkl", 4), Wish("network-snapshot-2"))
    with pytest.raises(CannotChange, match="there is a model 'creatures-256' already"):
        Shelf().add(checkpoint(tmp_path / "other.pkl", 4), Wish("creatures-256"))


@pytest.mark.parametrize("name", ["", ".hidden", "-n", "a/b", "..", "a b", "a\nb", "x" * 65, "cafe\u0301"])
def test_what_cannot_be_a_name_is_refused_before_anything_is_read(home: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotChange, match="cannot be a model's name; write at most 64 letters"):
        Shelf().add(tmp_path / "there is no such file", Wish(name))
    assert not (home / "models").exists()


def test_importing_again_mends_a_model_whose_weights_were_damaged(home: Path, tmp_path: Path) -> None:
    path = checkpoint(tmp_path / "a.pkl")
    entry = Shelf().add(path, Wish("mine", licence="CC0-1.0")).entry
    weights = entry.folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    assert not is_sound()
    added = Shelf().add(path, Wish())
    assert added.new
    assert (added.entry.name, added.entry.licence) == ("mine", "CC0-1.0")
    assert is_sound()
    assert visible(home / "models") == [entry.sha256]


def test_importing_again_mends_a_model_whose_description_was_damaged(home: Path, tmp_path: Path) -> None:
    path = checkpoint(tmp_path / "a.pkl")
    entry = Shelf().add(path, Wish("mine")).entry
    (entry.folder / "model.json").write_text("{")
    assert Shelf().add(path, Wish()).new
    assert names() == ["creatures-256", "a"]
    assert is_sound()


def test_a_state_finds_its_model_after_it_was_renamed(home: Path, tmp_path: Path) -> None:
    entry = Shelf().add(checkpoint(tmp_path / "a.pkl"), Wish("mine")).entry
    renamed = Shelf().rename("mine", "yours")
    assert (renamed.name, renamed.folder) == ("yours", entry.folder)
    assert Registry().of_weights(entry.sha256).name == "yours"
    assert names() == ["creatures-256", "yours"]
    assert is_sound()


def test_a_title_that_nobody_gave_changes_with_the_name(home: Path, tmp_path: Path) -> None:
    Shelf().add(checkpoint(tmp_path / "a.pkl"), Wish("mine"))
    Shelf().add(checkpoint(tmp_path / "b.pkl", 2), Wish("other", title="My own"))
    assert Shelf().rename("mine", "yours").title == "yours"
    assert Shelf().rename("other", "another").title == "My own"


def test_a_model_takes_its_thumbnails_with_it(home: Path, tmp_path: Path) -> None:
    shelf, strips = Shelf(), Strips()
    entries = [shelf.add(checkpoint(tmp_path / f"{seed}.pkl", seed), Wish()).entry for seed in (1, 2)]
    for entry in entries:
        strips.write(Strip(entry), Image(8 * 16, 16, 3, bytes(3 * 8 * 16 * 16)))
    shelf.remove(entries[0].name)
    assert names() == ["creatures-256", entries[1].name]
    assert visible(home / "models") == [entries[1].sha256]
    assert [strips.has(Strip(entry)) for entry in entries] == [False, True]


def test_the_model_that_comes_with_draglayer_stays(home: Path) -> None:
    with pytest.raises(CannotChange, match="'creatures-256' comes with Draglayer and cannot be removed alone"):
        Shelf().remove("creatures-256")
    with pytest.raises(CannotChange, match="comes with Draglayer and keeps its name"):
        Shelf().rename("creatures-256", "mine")


def test_changing_an_unknown_model_names_the_nearest(home: Path, tmp_path: Path) -> None:
    Shelf().add(checkpoint(tmp_path / "a.pkl"), Wish("lions"))
    for change in (lambda: Shelf().remove("lion"), lambda: Shelf().rename("lion", "x")):
        with pytest.raises(UnknownModel, match="there is no model 'lion'; did you mean 'lions'"):
            change()


def test_hidden_folders_are_never_models(home: Path, tmp_path: Path) -> None:
    entry = Shelf().add(checkpoint(tmp_path / "a.pkl"), Wish("mine")).entry
    entry.folder.rename(entry.folder.with_name(".importing-0123"))
    assert names() == ["creatures-256"]
    assert not Registry().problems()


@pytest.mark.parametrize("same", [True, False], ids=["one file", "one name"])
def test_of_two_importers_at_once_one_is_first_and_the_other_is_told(home: Path, tmp_path: Path, same: bool) -> None:
    paths = [checkpoint(tmp_path / f"{seed}.pkl", 1 if same else seed) for seed in (1, 2)]

    def add(path: Path) -> str:
        try:
            return "new" if Shelf().add(path, Wish("mine")).new else "here"
        except CannotChange as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(add, paths))
    if same:
        assert outcomes == ["here", "new"]
    else:
        assert outcomes[0] == "new"
        assert outcomes[1].startswith("there is a model 'mine' already; choose another name")
    assert names() == ["creatures-256", "mine"]
    assert is_sound()
    assert len(visible(models_folder())) == 1


def test_a_disk_that_is_full_leaves_the_models_as_they_were(home: Path, tmp_path: Path) -> None:
    path = checkpoint(tmp_path / "a.pkl")
    Shelf().add(checkpoint(tmp_path / "b.pkl", 2), Wish("before"))
    size = path.stat().st_size
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size // 4}, {size // 4}))\n"
    code = f"{limited}import sys; from draglayer_daemon.cli import main; sys.exit(main())"
    tried = subprocess.run(
        [sys.executable, "-c", code, "models", "import", str(path)],
        env=Home(home).environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )
    assert (tried.returncode, tried.stdout) == (1, "")
    assert tried.stderr.startswith("draglayer models: a.pkl cannot be imported: reading or writing failed (File too l")
    assert "check the disk's free space" in tried.stderr
    assert names() == ["creatures-256", "before"]
    assert len(visible(home / "models")) == 1
    assert is_sound()


@pytest.mark.skipif(os.name != "posix", reason="kills with a signal")
@pytest.mark.parametrize("change", ["import", "mend", "rename", "remove"])
def test_killed_at_any_change_of_the_disk_the_models_are_sound_and_the_next_change_cleans_up(
    home: Path, tmp_path: Path, change: str
) -> None:
    path = checkpoint(tmp_path / "a.pkl")
    Shelf().add(checkpoint(tmp_path / "b.pkl", 2), Wish("before"))
    command = {
        "import": ("import", path, "--name", "mine"),
        "mend": ("import", path),
        "rename": ("rename", "mine", "yours"),
        "remove": ("remove", "mine"),
    }[change]
    expected = {"rename": ["yours"], "remove": []}.get(change, ["mine"])
    number, killed = 0, 0
    while True:
        number += 1
        if change != "import":
            present = [name for name in ("mine", "yours") if name in names()]
            if present == ["yours"]:
                Shelf().rename("yours", "mine")
            elif not present:
                Shelf().add(path, Wish("mine"))
        if change == "mend":
            weights = Registry().find("mine").folder / "model.safetensors"
            weights.write_bytes(b"damaged")
        done = subprocess.run(
            [sys.executable, KILLING, str(number), "models", *map(str, command)],
            env=Home(home).environment() | {"PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE,
        )
        if done.returncode != -signal.SIGKILL:
            break
        killed += 1
        assert names() in (["creatures-256", "before"], ["creatures-256", "before", *expected], _before(change))
        code, out, err = draglayer("models", "verify")
        assert code == (1 if change == "mend" and "damaged" in err else 0), err
        assert "sound" in out
        if change == "import" and "mine" in names():
            Shelf().remove("mine")
    assert done.returncode == 0, done.stderr
    assert killed >= {"import": 15, "mend": 15, "rename": 5, "remove": 8}[change]
    assert names() == ["creatures-256", "before", *expected]
    assert is_sound()
    # killed before it had its lock, a folder counts as one that just begins, for an hour; there is nothing in it
    assert not [f for left in (home / "models").glob(".importing-*") for f in left.iterdir() if f.name != "lock.new"]


def _before(change: str) -> list[str]:
    return ["creatures-256", "before", *(["mine"] if change != "import" else [])]
