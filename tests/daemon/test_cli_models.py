"""`draglayer models` import, list, info, verify, rename, remove: as a person uses them, and uses them wrongly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from draglayer_daemon.registry import Registry
from tests.checkpoints.formats import GREY, SKIP
from tests.checkpoints.hostile_files import hostile_files
from tests.checkpoints.networks import network
from tests.checkpoints.writer_nvidia import write_nvidia
from tests.daemon.processes import Home, draglayer


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("DRAGLAYER_HOME", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def checkpoint(home: Path, tmp_path: Path) -> Path:
    path = tmp_path / "cats.pkl"
    path.write_bytes(write_nvidia(network(SKIP), tmp_path / "canary"))
    return path


@pytest.fixture
def broken(home: Path, tmp_path: Path) -> Path:
    """A checkpoint with numbers that are none."""
    generator = network(SKIP)
    tensors = dict(generator.state_dict())
    name = "synthesis.b8.conv1.weight"
    tensors[name] = tensors[name].clone()
    tensors[name][0, 0, 0, :2] = torch.tensor([float("nan"), float("inf")])
    path = tmp_path / "burst.pkl"
    path.write_bytes(write_nvidia(generator, tmp_path / "canary", tensors=tensors, keys=("G_ema",)))
    return path


def names() -> list[str]:
    return [entry.name for entry in Registry().entries()]


def test_a_person_imports_lists_looks_renames_and_removes(home: Path, checkpoint: Path) -> None:
    code, out, _ = draglayer("models", "import", checkpoint, "--licence", "CC-BY-4.0")
    assert code == 0
    first, second = out.splitlines()
    assert first == "cats is imported: 16x16, StyleGAN2, NVIDIA PyTorch; licence CC-BY-4.0"
    assert second.startswith("try it: draglayer drag --model cats --seed 1 --drag 8,8:9,8")

    rows = {row.split()[0]: row.split()[1:] for row in draglayer("models", "list").out.splitlines()}
    assert rows["cats"] == ["16x16", "0", "CC-BY-4.0", "cold", "cats"]

    code, out, err = draglayer("models", "info", "cats")
    assert (code, err) == (0, "")
    lines = dict(line.split(":", 1) for line in out.splitlines())
    assert lines["picture"].split() == ["16x16,", "RGB"]
    assert "cats.pkl (StyleGAN2, NVIDIA PyTorch), sha256" in lines["imported from"]
    assert lines["discriminator"].strip() == "kept"

    code, out, _ = draglayer("models", "verify")
    assert (code, out.splitlines()) == (0, ["ok       creatures-256", "ok       cats", "2 of 2 are sound"])

    assert draglayer("models", "rename", "cats", "kittens").out.startswith("cats is called kittens now;")
    assert draglayer("models", "import", checkpoint).out.startswith("kittens is here already, with the same weights")
    assert draglayer("models", "remove", "kittens").out == "kittens is removed\n"
    assert names() == ["creatures-256"]
    assert not list((home / "models").glob("[!.]*"))


def test_the_same_as_json(home: Path, checkpoint: Path) -> None:
    added = json.loads(draglayer("models", "import", checkpoint, "--name", "a", "--title", "A cat", "--json").out)
    assert (added["name"], added["new"], added["width"], added["discriminator"]) == ("a", True, 16, True)
    assert not json.loads(draglayer("models", "import", checkpoint, "--json").out)["new"]
    (listed,) = [model for model in json.loads(draglayer("models", "list", "--json").out) if model["name"] == "a"]
    assert (listed["title"], listed["load"], listed["progress"], listed["thumbnails"]) == ("A cat", "cold", 0, False)
    info = json.loads(draglayer("models", "info", "a", "--json").out)
    assert info["source"]["sha256"] == added["source_sha256"]
    assert info["files"].keys() == {"model.safetensors", "discriminator.safetensors"}
    verified = json.loads(draglayer("models", "verify", "a", "--json").out)
    assert (verified["sound"], [model["name"] for model in verified["models"]]) == (True, ["a"])
    renamed = json.loads(draglayer("models", "rename", "a", "b", "--json").out)
    assert renamed == {"name": "b", "before": "a", "sha256": added["sha256"]}
    removed = json.loads(draglayer("models", "remove", "b", "--json").out)
    assert removed == {"removed": [{"name": "b", "sha256": added["sha256"]}]}


def test_labels_are_counted_and_may_be_named(home: Path, tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(write_nvidia(network(GREY), tmp_path / "canary"))
    out = draglayer("models", "import", "a.pkl", "--labels", "cat, dog,bird").out
    assert "8x8, 3 labels" in out
    assert "--seed 1 --label 0" in out
    assert "labels:        0 cat, 1 dog, 2 bird" in draglayer("models", "info", "a").out


def test_weights_that_are_no_numbers_are_said_loudly_wherever_the_model_is_shown(home: Path, broken: Path) -> None:
    loud = "draglayer models: ATTENTION, the model 'burst': 2 numbers of its weights are NaN or infinite, so its"
    imported = draglayer("models", "import", broken)
    assert imported.code == 0
    assert loud in imported.err
    assert "(in synthesis.b8.conv1.weight); get it from its source again" in imported.err
    for command in ("list", "verify"):
        assert loud in draglayer("models", command).err, command
    assert loud in draglayer("models", "info", "burst").err


def test_our_own_folder_keeps_its_name_title_and_licence(home: Path, checkpoint: Path, tmp_path: Path) -> None:
    draglayer("models", "import", checkpoint, "--name", "a", "--title", "A cat", "--licence", "CC0-1.0")
    folder = Registry().find("a").folder.rename(tmp_path / "from elsewhere")
    assert draglayer("models", "import", folder).code == 0
    entry = Registry().find("a")
    assert (entry.title, entry.licence) == ("A cat", "CC0-1.0")


# What is found


def test_a_damaged_model_is_found(home: Path, checkpoint: Path) -> None:
    draglayer("models", "import", checkpoint, "--name", "a")
    folder = Registry().find("a").folder
    for file, words in {
        "model.safetensors": "a: model.safetensors is damaged: its sha256 begins with",
        "discriminator.safetensors": "a: discriminator.safetensors is damaged: its sha256 begins with",
    }.items():
        whole = (folder / file).read_bytes()
        (folder / file).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        code, out, err = draglayer("models", "verify")
        assert (code, out.splitlines()[-1]) == (1, "1 of 2 are sound")
        assert err.startswith(f"draglayer models: {words}")
        assert err.endswith("was expected; remove it and install it again\n")
        (folder / file).write_bytes(whole)
    (folder / "discriminator.safetensors").unlink()
    assert "cannot be read: No such file or directory" in draglayer("models", "verify").err


def test_weights_of_another_architecture_than_described_are_found(home: Path, checkpoint: Path) -> None:
    draglayer("models", "import", checkpoint, "--name", "a")
    path = Registry().find("a").folder / "model.json"
    values = json.loads(path.read_text())
    values["architecture"]["channels"] = [8, 8, 8]
    path.write_text(json.dumps(values))
    code, _, err = draglayer("models", "verify", "a")
    assert code == 1
    assert "a: its weights do not fit its description (" in err


def test_what_lies_in_the_models_folder_and_is_no_model_is_found(home: Path, checkpoint: Path) -> None:
    draglayer("models", "import", checkpoint, "--name", "a")
    (home / "models" / "holiday").mkdir()
    code, _, err = draglayer("models", "verify")
    assert code == 1
    assert f"{home / 'models' / 'holiday'} is no model, and not Draglayer's; move it elsewhere" in err
    (home / "models" / "holiday").rmdir()
    Registry().find("a").folder.rename(home / "models" / "by-hand")
    code, _, err = draglayer("models", "verify")
    assert code == 0
    assert "it lies in the folder by-hand, not in that of its hash: somebody put it there" in err


def test_two_models_of_one_name_are_told(home: Path, checkpoint: Path) -> None:
    draglayer("models", "import", checkpoint, "--name", "a")
    folder = home / "models" / "twin"
    folder.mkdir()
    (folder / "model.json").write_bytes((Registry().find("a").folder / "model.json").read_bytes())
    assert "two models are called 'a', and the one in" in draglayer("models", "list").err


def test_what_a_killed_import_left_is_removed_by_verify(home: Path) -> None:
    left = home / "models" / ".importing-0123456789ab"
    left.mkdir(parents=True)
    (left / "lock").touch()
    code, out, _ = draglayer("models", "verify")
    assert code == 0
    assert out.startswith("removed what 1 interrupted import left behind")
    assert not left.exists()


def test_a_daemon_that_starts_removes_what_a_killed_import_left(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    left = home.folder / "models" / ".importing-0123456789ab"
    left.mkdir(parents=True)
    (left / "lock").touch()
    process = home.spawn("serve")
    assert process.stdout is not None
    assert "serving at" in process.stdout.readline()
    assert not left.exists()
    process.terminate()
    process.communicate()


# In use


def test_a_model_that_is_open_is_not_removed_unless_it_must_be_and_then_goes_on(tiny_home: Home, desk: Path) -> None:
    from tests.daemon.tiny import save_tiny

    save_tiny(tiny_home.folder / "models" / "busy", "busy", seed=5)
    with tiny_home.client() as client, client.open_seed("busy", 1) as session:
        code, _, err = draglayer("models", "remove", "busy")
        assert code == 1
        assert err.startswith("draglayer models: the model 'busy' is open in 1 session (test); close the drawing there")
        assert "busy" in [model.name for model in client.models()]

        draglayer("models", "rename", "busy", "idle")
        assert draglayer("models", "remove", "idle").code == 1  # known by its weights, whatever it is called
        state = session.export_state()
        with client.open_state(state) as again:
            assert again.opened.model == "idle"

        assert draglayer("models", "remove", "idle", "--force").code == 0
        assert "idle" not in [model.name for model in client.models()]
        session.set_points([((8, 8), (12, 8))])
        session.render()  # what is open goes on
        tried = draglayer("drag", "--model", "idle", "--seed", 1, "--drag", "1,1:2,2")
        assert tried.code == 1
        assert tried.err.startswith("draglayer drag: there is no model 'idle'")
        Path("kept.state").write_bytes(state)
        tried = draglayer("drag", "--state-in", "kept.state")
        assert "and none of the models here" in tried.err
        assert "install that model, then open the state again" in tried.err


# Wrong use


class Bad(NamedTuple):
    """A command line and what its sentence says."""

    arguments: tuple[object, ...]
    words: tuple[str, ...]
    code: int = 1


BAD = {
    "no such file": Bad(("import", "none.pkl"), ("none.pkl cannot be imported: there is no file none.pkl",)),
    "an empty file": Bad(("import", "empty.pkl"), ("empty.pkl cannot be imported: it is empty",)),
    "a text": Bad(("import", "text.pkl"), ("text.pkl cannot be imported: ", "; ")),
    "a folder": Bad(("import", "."), ("it is a folder without model.safetensors",)),
    "a name with a slash": Bad(("import", "cats.pkl", "--name", "a/b"), ("'a/b' cannot be a model's name",)),
    "a name that is taken": Bad(
        ("import", "cats.pkl", "--name", "creatures-256"), ("there is a model 'creatures-256' already",)
    ),
    "labels for a model without": Bad(
        ("import", "cats.pkl", "--labels", "a,b"), ("it has 0 labels, and 2 different names were given",)
    ),
    "empty labels": Bad(("import", "cats.pkl", "--labels", "a,,b"), ("names between commas are needed",), 2),
    "info about an unknown model": Bad(
        ("info", "creature-256"), ("there is no model 'creature-256'; did you mean 'creatures-256'?",)
    ),
    "verifying an unknown model": Bad(("verify", "x"), ("there is no model 'x'", "`draglayer models list`")),
    "renaming an unknown model": Bad(("rename", "x", "y"), ("there is no model 'x'",)),
    "renaming the bundled model": Bad(("rename", "creatures-256", "y"), ("comes with Draglayer and keeps its name",)),
    "removing the bundled model": Bad(("remove", "creatures-256"), ("comes with Draglayer and cannot be removed",)),
    "removing several of which one is unknown": Bad(("remove", "creatures-256", "x"), ("there is no model 'x'",)),
    "no action": Bad((), ("the following arguments are required: ACTION",), 2),
    "an unknown action": Bad(("polish",), ("invalid choice: 'polish'",), 2),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_what_is_wrong_is_said_in_one_sentence_and_nothing_changes(home: Path, checkpoint: Path, bad: Bad) -> None:
    Path("empty.pkl").touch()
    Path("text.pkl").write_text("not a checkpoint at all, but a letter to my aunt\n" * 50)
    code, out, err = draglayer("models", *bad.arguments)
    assert (code, out) == (bad.code, "")
    *usage, sentence = err.splitlines()
    assert sentence.startswith("draglayer models")
    assert not usage or usage[0].startswith("usage: draglayer models")
    for words in bad.words:
        assert words in sentence
    assert names() == ["creatures-256"]
    assert not [path for path in home.rglob("*") if path.name not in ("models", ".lock")]


HOSTILE = ("gadget os.system", "pickle 10 GB of text", "zip bomb", "generator with a wrong shape", "a pipe")


def test_hostile_files_are_refused_in_one_sentence_each_and_nothing_is_executed_or_left(
    home: Path, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    cases = {case.name: case for case in hostile_files(canary)}
    for number, name in enumerate(HOSTILE):
        cases[name].make(tmp_path / f"{number}.pkl")
        code, out, err = draglayer("models", "import", tmp_path / f"{number}.pkl")
        assert (code, out) == (1, ""), name
        assert err.startswith(f"draglayer models: {number}.pkl cannot be imported: ") and len(err.splitlines()) == 1
        assert not canary.exists()
        assert not (home / "models").exists() or not list((home / "models").iterdir())
    assert names() == ["creatures-256"]
