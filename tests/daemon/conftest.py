"""Gateways in a thread with the stub engine's worker, and models that are descriptions only."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from draglayer_daemon.gateway import Gateway
from draglayer_daemon.registry import Registry
from draglayer_daemon.settings import Settings
from tests.daemon.peers import Peer
from tests.daemon.processes import Home, end

DEFAULTS = Settings()
STUB_WORKER = (sys.executable, str(Path(__file__).with_name("stub_worker.py")))


@pytest.fixture
def draglayer_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of its own, with the models `small` (16 x 12 pixels) and `large` (32 x 32) by description."""
    folder = tmp_path / "home"
    for name, base in (("small", [3, 4]), ("large", [8, 8])):
        describe(folder / "models" / name, name, base)
    monkeypatch.setenv("DRAGLAYER_HOME", str(folder))
    return folder


def describe(folder: Path, name: str, base: list[int]) -> None:
    """Write a model.json of three blocks: four times as large as its base, [height, width]."""
    folder.mkdir(parents=True)
    values = {
        "name": name,
        "title": name.title(),
        "sha256": hashlib.sha256(name.encode()).hexdigest(),
        "licence": "CC0-1.0",
        "labels": [],
        "architecture": {"base": base, "channels": [4, 4, 4]},
    }
    (folder / "model.json").write_text(json.dumps(values))


@pytest.fixture(scope="session")
def tiny_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home folder with the real model `tiny`, and one daemon with the real worker for all tests that talk to it."""
    from tests.daemon.tiny import save_tiny  # torch, for those who need it

    home = Home(tmp_path_factory.mktemp("tiny") / "home")
    save_tiny(home.folder / "models" / "tiny")
    process = home.spawn("serve")
    assert process.stdout is not None
    assert "serving at" in process.stdout.readline()
    yield home
    end(process.pid)


@pytest.fixture
def desk(tiny_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with the daemon of `tiny_home` behind the command line."""
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DRAGLAYER_HOME", str(tiny_home.folder))
    return folder


@dataclass(frozen=True)
class Running:
    """A gateway that serves in a thread."""

    gateway: Gateway

    def peer(self) -> Peer:
        """A client that said Hello."""
        return Peer(self.gateway.endpoint, self.gateway.token)


class Serve(Protocol):
    def __call__(self, settings: Settings = ..., worker: Sequence[str] = ...) -> Running: ...


@pytest.fixture
def serve(draglayer_home: Path) -> Iterator[Serve]:
    """Start gateways; they are ended with the test."""
    started: list[tuple[Gateway, threading.Thread]] = []

    def start(settings: Settings = DEFAULTS, worker: Sequence[str] = STUB_WORKER) -> Running:
        registry = Registry((draglayer_home / "models",))
        gateway = Gateway(settings, registry, draglayer_home / "worker.log", worker)
        gateway.bind()
        thread = threading.Thread(target=gateway.run)
        thread.start()
        started.append((gateway, thread))
        return Running(gateway)

    yield start
    for gateway, thread in started:
        gateway.stop()
        thread.join(30)
        assert not thread.is_alive(), "the gateway did not end"


@pytest.fixture
def running(serve: Serve) -> Running:
    return serve()


@pytest.fixture
def peer(running: Running) -> Iterator[Peer]:
    with running.peer() as peer:
        yield peer


class Gate:
    """Lets the stub engine's steps pass one at a time, or from some moment on all of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("entered", "go"):
            os.mkfifo(folder / name)

    def entered(self) -> None:
        """Wait until a step has begun."""
        with (self.folder / "entered").open("rb") as entered:
            assert entered.read(1) == b"."

    def go(self) -> None:
        """Let that step end."""
        with (self.folder / "go").open("wb") as go:
            go.write(b".")

    def release(self) -> None:
        """Let the step that was entered end, and every later one pass."""
        (self.folder / "free").touch()
        self.go()


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gate:
    folder = tmp_path / "gate"
    folder.mkdir()
    monkeypatch.setenv("DRAGLAYER_TEST_GATE", str(folder))
    return Gate(folder)
