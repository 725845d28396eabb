"""What `draglayer models list`, `status` and `doctor` tell, with a daemon and without."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from draglayer_daemon.cli_doctor import Finding
from tests.daemon.processes import Home, draglayer, end
from tests.daemon.test_cli_drag import without_torch


@pytest.fixture
def alone(draglayer_home: Path) -> Path:
    """A home folder with the descriptions of two models and no daemon."""
    return draglayer_home


def findings(out: str) -> dict[str, Finding]:
    """What `doctor --json` said, by what was looked at."""
    found: list[dict[str, Any]] = json.loads(out)
    return {values["what"]: Finding(**values) for values in found}


# models list


def test_models_are_listed_where_no_daemon_runs(alone: Path) -> None:
    code, out, err = draglayer("models", "list")
    assert (code, err) == (0, "")
    head, *rows = out.splitlines()
    assert head.split() == ["NAME", "PICTURE", "LABELS", "LICENCE", "LOADED", "TITLE"]
    listed = {row.split()[0]: row.split()[1:] for row in rows}
    assert listed["small"] == ["16x12", "0", "CC0-1.0", "cold", "Small"]
    assert listed["large"] == ["32x32", "0", "CC0-1.0", "cold", "Large"]


def test_a_damaged_model_is_complained_of_and_the_others_are_listed(alone: Path) -> None:
    (alone / "models" / "small" / "model.json").write_text("{")
    code, out, err = draglayer("models", "list", "--json")
    assert code == 0
    names = [model["name"] for model in json.loads(out)]
    assert "large" in names
    assert "small" not in names
    assert err.startswith("draglayer models: the model 'small' cannot be read")
    assert "is damaged (JSONDecodeError(" in err
    assert err.endswith("; install it again\n")


def test_a_listed_model_is_ready_once_the_daemon_has_read_it(tiny_home: Home, desk: Path) -> None:
    with tiny_home.client() as client, client.open_seed("tiny", 1):
        _, out, _ = draglayer("models", "list", "--json")
    assert {model["name"]: model["load"] for model in json.loads(out)}["tiny"] == "ready"


# status


def test_status_without_a_daemon_says_how_to_start_one(alone: Path) -> None:
    code, out, err = draglayer("status")
    assert (code, out) == (1, "")
    assert err.startswith("draglayer status: no Draglayer daemon has left its connection file")
    assert "start one with `draglayer serve`" in err


def test_status_without_a_daemon_says_so_in_json_too(alone: Path) -> None:
    code, out, _ = draglayer("status", "--json")
    assert code == 1
    assert json.loads(out)["running"] is False
    assert "draglayer serve" in json.loads(out)["sentence"]


def test_status_shows_the_daemon_and_its_sessions(tiny_home: Home, desk: Path) -> None:
    pid = tiny_home.connection().pid
    with tiny_home.client() as client, client.open_seed("tiny", 1) as session:
        _, out, _ = draglayer("status", "--json")
        values = json.loads(out)
        assert (values["running"], values["pid"], values["device"]) == (True, pid, "cpu")
        info = {"session": session.id, "model": "tiny", "client": "test", "step": 0, "running": False}
        assert info | {"model_sha256": session.opened.model_sha256} in values["sessions"]
        code, words, err = draglayer("status")
        assert (code, err) == (0, "")
        assert f"process {pid}, up for " in words
        assert "worker: ready, process " in words
        (row,) = [line for line in words.splitlines() if line.startswith(session.id[:8])]
        assert row.split()[1:] == ["tiny", "test", "0", "idle"]


# doctor


def test_the_doctor_names_what_is_here(tiny_home: Home, desk: Path) -> None:
    _, out, err = draglayer("doctor", "--json")
    assert err == ""
    found = findings(out)
    assert {name for name, finding in found.items() if finding.ok} >= {
        "Python",
        "Draglayer",
        "PyTorch",
        "device",
        "home folder",
        "daemon",
    }
    assert found["home folder"].seen == str(tiny_home.folder)
    assert f"process {tiny_home.connection().pid}, at tcp://127.0.0.1:" in found["daemon"].seen
    assert all(finding.next for finding in found.values() if not finding.ok)


def test_the_doctor_calls_a_daemon_that_does_not_run_no_problem(alone: Path) -> None:
    _, out, _ = draglayer("doctor")
    (line,) = [line for line in out.splitlines() if " daemon: " in line]
    assert line.split("  ", 1)[0] == "ok"
    assert line.endswith("none is running; one starts when it is needed")


@pytest.fixture
def killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home folder whose daemon was killed."""
    home = Home(tmp_path / "home")
    process = home.spawn("serve")
    assert process.stdout is not None
    process.stdout.readline()
    end(process.pid, signal.SIGKILL)
    monkeypatch.setenv("DRAGLAYER_HOME", str(home.folder))
    yield home
    process.communicate()


def test_the_doctor_finds_what_a_killed_daemon_left_behind(killed: Home) -> None:
    code, out, _ = draglayer("doctor", "--json")
    assert code == 1
    found = findings(out)["daemon"]
    assert not found.ok
    assert "connection.json is there, but: no connection to tcp://127.0.0.1:" in found.seen
    assert found.next == "start it with `draglayer serve`, which writes the file anew"


def test_the_doctor_says_what_to_install_where_torch_is_missing(alone: Path, tmp_path: Path) -> None:
    looked = Home(alone).run("doctor", "--json", path=without_torch(tmp_path))
    assert looked.returncode == 1
    found = findings(looked.stdout)
    assert found["PyTorch"].seen == "cannot be used (ModuleNotFoundError: No module named 'torch')"
    assert "pip install 'draglayer[worker]'" in found["PyTorch"].next
    assert found["Draglayer"].ok  # everything else is looked at all the same


def test_the_doctor_finds_a_home_folder_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DRAGLAYER_HOME", str(tmp_path / "file" / "home"))
    _, out, _ = draglayer("doctor", "--json")
    found = findings(out)["home folder"]
    assert not found.ok
    assert "cannot be made: Not a directory" in found.seen
    assert found.next == "or set DRAGLAYER_HOME to a folder of yours"
