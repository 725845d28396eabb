"""Finding the daemon: where its file lies, and what is said when it cannot be used."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from draglayer_protocol.connection import (
    Address,
    Connection,
    NoConnection,
    connection_file,
    home,
    parse_endpoint,
    read_connection,
)
from draglayer_protocol.messages import VERSION

SAID: dict[str, Any] = {
    "endpoint": "tcp://127.0.0.1:5555",
    "token": "secret",
    "boot": "b00",
    "pid": 4711,
    "version": "0.1.0",
    "protocol": VERSION,
}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DRAGLAYER_HOME", str(tmp_path))
    return tmp_path / "connection.json"


def refusal(file: Path) -> str:
    with pytest.raises(NoConnection) as caught:
        read_connection()
    assert str(file) in caught.value.sentence
    return caught.value.sentence


def test_what_the_daemon_wrote_is_read(file: Path) -> None:
    file.write_text(json.dumps({**SAID, "a field of a newer daemon": [1]}))
    assert read_connection() == Connection("tcp://127.0.0.1:5555", "secret", "b00", 4711, "0.1.0", VERSION)
    assert read_connection(file) == read_connection()


def test_without_a_daemon_the_sentence_says_how_to_start_one(file: Path) -> None:
    assert "start one with `draglayer serve`" in refusal(file)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[" * 30_000, "is not JSON"),
        ("\ud800", "is not JSON"),
        ("[1]", "holds no JSON object"),
        (" " * 70_000, "more than 65536 bytes"),
        (json.dumps({**SAID, "token": None}), "has no token that is a string"),
        (json.dumps({**SAID, "pid": True}), "has no pid that is a whole number"),
        (json.dumps({**SAID, "pid": "4711"}), "has no pid that is a whole number"),
        (json.dumps({name: value for name, value in SAID.items() if name != "endpoint"}), "has no endpoint"),
    ],
)
def test_a_damaged_file_is_described(file: Path, text: str, words: str) -> None:
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    sentence = refusal(file)
    assert words in sentence
    assert "restart the daemon" in sentence


def test_a_daemon_of_another_major_version_is_told_even_if_the_rest_of_its_file_is_other(file: Path) -> None:
    file.write_text(json.dumps({"protocol": VERSION + 1, "address": "somewhere"}))
    assert f"speaks protocol {VERSION + 1}, this program {VERSION}; update the older of the two" in refusal(file)


def test_a_folder_in_the_files_place_is_described(file: Path) -> None:
    file.mkdir()
    assert "is not a file" in refusal(file) or "cannot be read" in refusal(file)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFOs in the file system and no uids")
def test_a_fifo_in_the_files_place_does_not_make_anybody_wait(file: Path) -> None:
    os.mkfifo(file)
    assert "is not a file" in refusal(file)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFOs in the file system and no uids")
def test_another_users_file_is_not_trusted(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(json.dumps(SAID))
    owner = file.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert f"belongs to another user (uid {owner}, you are {owner + 1})" in refusal(file)


def test_the_folder_follows_the_platforms_custom(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DRAGLAYER_HOME", "XDG_STATE_HOME", "HOST_XDG_STATE_HOME", "FLATPAK_ID", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(sys, "platform", "linux")
    assert home() == tmp_path / ".local" / "state" / "draglayer"
    monkeypatch.setenv("XDG_STATE_HOME", "relative/is/invalid")
    assert home() == tmp_path / ".local" / "state" / "draglayer"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert home() == tmp_path / "state" / "draglayer"
    monkeypatch.setenv("FLATPAK_ID", "org.kde.krita")  # whose own XDG_STATE_HOME the daemon outside does not see
    assert home() == tmp_path / ".local" / "state" / "draglayer"
    monkeypatch.setenv("HOST_XDG_STATE_HOME", str(tmp_path / "outside"))
    assert home() == tmp_path / "outside" / "draglayer"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert home() == tmp_path / "Library" / "Application Support" / "draglayer"
    monkeypatch.setattr(sys, "platform", "win32")
    assert home() == tmp_path / "AppData" / "Local" / "draglayer"
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert home() == tmp_path / "local" / "draglayer"
    monkeypatch.setenv("DRAGLAYER_HOME", str(tmp_path / "chosen"))
    assert home() == tmp_path / "chosen"
    assert connection_file() == tmp_path / "chosen" / "connection.json"


def test_endpoints_are_literals_and_a_port() -> None:
    assert parse_endpoint("tcp://127.0.0.1:5555") == Address("127.0.0.1", 5555, False)
    assert parse_endpoint("tcp://[::1]:65535") == Address("::1", 65535, True)


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "127.0.0.1:5555",
        "ipc:///tmp/socket",
        "tcp://localhost:5555",
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:0",
        "tcp://127.0.0.1:65536",
        "tcp://127.0.0.1:+80",
        "tcp://127.0.0.1:٣",
        "tcp://::1:5555",
        "tcp://[127.0.0.1]:5555",
        "tcp://1.2.3:5555",
        "tcp://[::1]",
    ],
)
def test_other_endpoints_are_refused_with_an_example(endpoint: str) -> None:
    with pytest.raises(NoConnection, match=r"as in tcp://127\.0\.0\.1:5555") as caught:
        parse_endpoint(endpoint)
    assert repr(endpoint) in caught.value.sentence
