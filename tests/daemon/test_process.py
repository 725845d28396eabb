"""The daemon as a process: its lock, its files, its end. With the real worker."""

from __future__ import annotations

import os
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from draglayer_daemon.lock import AlreadyRunning, DaemonLock
from draglayer_daemon.publishing import publish, withdraw
from draglayer_protocol.client import Client, NoConnection
from draglayer_protocol.connection import connection_file, read_connection
from tests.daemon.processes import DEADLINE, Home, end, is_alive, wait_until


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "home")
    yield home
    home.end_daemon()


def serving(home: Home, *arguments: object) -> int:
    """Start `draglayer serve`; its pid, once it can be connected to."""
    process = home.spawn("serve", *arguments)
    assert process.stdout is not None
    assert "serving at tcp://127.0.0.1:" in process.stdout.readline()
    return process.pid


def test_the_connection_file_is_this_users_alone_and_goes_with_the_daemon(home: Home) -> None:
    pid = serving(home)
    file = home.folder / "connection.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert home.connection().pid == pid
    end(pid)
    assert not file.exists()


def test_a_second_daemon_is_told_who_runs_and_where(home: Home) -> None:
    pid = serving(home)
    second = home.run("serve")
    assert second.returncode == 1
    endpoint = home.connection().endpoint
    assert f"a Draglayer daemon is running already (process {pid} at {endpoint})" in second.stderr
    assert home.run("status").returncode == 0


def test_a_port_that_is_taken_is_named_with_what_to_do(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        tried = home.run("serve", "--port", port)
    assert tried.returncode == 1
    assert f"port {port} of 127.0.0.1 cannot be used: Address already in use; choose another one" in tried.stderr
    assert not (home.folder / "connection.json").exists()


def test_a_daemon_that_nobody_uses_ends_by_itself(home: Home) -> None:
    process = home.spawn("serve", "--stop-when-idle", 0.2)
    assert process.wait(DEADLINE) == 0
    assert not (home.folder / "connection.json").exists()


def test_a_daemon_does_not_end_while_a_client_is_there(home: Home) -> None:
    pid = serving(home, "--stop-when-idle", 0.2)
    with home.client() as client:
        worker = client.status().worker_pid
        assert worker is not None
        wait_until(lambda: client.status().worker == "ready", "the worker's start")  # takes longer than it may be idle
        assert is_alive(pid)
    wait_until(lambda: not is_alive(pid), "the daemon's end")
    assert not is_alive(worker)


def test_the_worker_does_not_outlive_a_gateway_that_is_killed(home: Home) -> None:
    pid = serving(home)
    with home.client() as client:
        worker = client.status().worker_pid
        assert worker is not None
        wait_until(lambda: client.status().worker == "ready", "the worker's start")
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not is_alive(worker), "the worker's end")
    assert home.run("status").returncode == 1  # the connection file is still there, but nobody answers
    assert home.run("serve", "--stop-when-idle", 0.1).returncode == 0  # and it does not hinder the next one


def test_two_that_start_a_daemon_at_once_use_one(home: Home) -> None:
    code = "from draglayer_daemon.starting import connect; import os; print(connect('test').status().pid); os._exit(0)"
    import subprocess
    import sys

    both = [
        subprocess.Popen(
            [sys.executable, "-c", f"import sys\n{code.replace('os._exit(0)', 'sys.stdout.flush(); os._exit(0)')}"],
            env=home.environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    pids = {process.communicate(timeout=DEADLINE)[0].strip() for process in both}
    assert pids == {str(home.connection().pid)}


def test_a_daemon_that_cannot_start_is_explained_with_the_end_of_its_log(home: Home) -> None:
    home.folder.mkdir()
    (home.folder / "daemon.lock").mkdir()
    tried = home.run("drag", "--model", "tiny", "--seed", 1, "--drag", "1,1:2,2")
    assert tried.returncode == 1
    assert "the daemon was started but ended" in tried.stderr
    assert "daemon.lock" in tried.stderr
    assert "Traceback" not in tried.stderr


def test_a_client_with_a_wrong_token_is_refused_in_words(home: Home) -> None:
    serving(home)
    with pytest.raises(NoConnection, match="the token is not this daemon's"):
        Client.connect(home.connection().endpoint, "wrong")


def test_a_lock_is_held_until_it_is_left(tmp_path: Path) -> None:
    with DaemonLock(tmp_path) as lock:
        lock.say("process 7 at tcp://127.0.0.1:5")
        with pytest.raises(AlreadyRunning, match="process 7 at tcp"), DaemonLock(tmp_path):
            pass
    with DaemonLock(tmp_path):
        pass


def test_a_connection_file_of_another_daemon_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGLAYER_HOME", str(tmp_path))
    publish("tcp://127.0.0.1:5", "token", "new")
    withdraw("old")
    assert read_connection().boot == "new"
    withdraw("new")
    assert not connection_file().exists()
