"""The daemon as a process: its lock, its files, its end. With the real worker."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from draglayer_daemon.lock import AlreadyRunning, DaemonLock
from draglayer_daemon.publishing import publish, withdraw
from draglayer_daemon.worker import GIVES_WAY
from draglayer_protocol.client import Client, NoConnection, RequestFailed
from draglayer_protocol.connection import connection_file, read_connection
from draglayer_protocol.messages import DragEnded, Parameters
from tests.daemon.processes import DEADLINE, Home, end, is_alive, wait_until
from tests.daemon.tiny import save_tiny


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "home")
    yield home
    home.end_daemon()


def serving(home: Home, *arguments: object, start_new_session: bool = False) -> int:
    """Start `draglayer serve`; its pid, once it can be connected to."""
    process = home.spawn("serve", *arguments, start_new_session=start_new_session)
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


def test_a_signal_that_meets_another_thread_ends_the_daemon_all_the_same(home: Home) -> None:
    """The system may hand a signal to any thread, and only the main one ever runs Python's handler."""
    process = home.spawn("serve")
    assert process.stdout is not None
    assert "serving" in process.stdout.readline()

    def others() -> list[int]:
        """Threads that take signals, which libzmq's do not: here the one that waits for the worker's end."""
        tasks = [task for task in Path(f"/proc/{process.pid}/task").iterdir() if int(task.name) != process.pid]
        return [int(task.name) for task in tasks if "SigBlk:\t0000000000000000" in (task / "status").read_text()]

    with home.client() as client:
        wait_until(lambda: client.status().worker == "ready", "the worker's start")
    log = home.folder / "logs" / "daemon.log"
    wait_until(lambda: "a client is gone; 0 left" in log.read_text(), "the end of everything else to do")
    os.kill(others()[0], signal.SIGTERM)
    assert process.wait(45) == 0  # it looks around once a minute anyway


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_terminal_that_ends_the_daemon_and_its_worker_at_once_ends_it_in_order(
    home: Home, number: signal.Signals
) -> None:
    """Ctrl-C, and a terminal that is closed, signal every process of the terminal's foreground."""
    before = signal.signal(number, signal.SIG_DFL)  # a child of tests under nohup would ignore it
    try:
        pid = serving(home, start_new_session=True)
    finally:
        signal.signal(number, before)
    with home.client() as client:
        wait_until(lambda: client.status().worker == "ready", "the worker's start")
        os.killpg(pid, number)
        wait_until(lambda: not is_alive(pid), "the daemon's end")
    assert not (home.folder / "connection.json").exists()
    log = (home.folder / "logs" / "daemon.log").read_text()
    assert "ended by" not in log  # the worker was not lost before
    assert log.rstrip().endswith("ended")


def test_a_worker_that_is_killed_costs_its_sessions_and_a_fresh_one_drags(home: Home) -> None:
    save_tiny(home.folder / "models" / "tiny")
    serving(home)
    with home.client() as client:
        session = client.open_seed("tiny", 1)
        worker = client.status().worker_pid
        assert worker is not None
        os.kill(worker, signal.SIGKILL)
        with pytest.raises(RequestFailed, match=r"the worker stopped .*SIGKILL"):
            session.render()
        again = client.open_seed("tiny", 1)
        again.set_parameters(Parameters(max_steps=2))
        again.set_points([((8, 8), (24, 24))])
        assert isinstance(list(again.drag())[-1], DragEnded)
        assert client.status().worker_pid != worker


def test_the_worker_gives_way_to_the_programs_beside_it(home: Home) -> None:
    gateway = serving(home)
    with home.client() as client:
        wait_until(lambda: client.status().worker == "ready", "the worker's start")
        worker = client.status().worker_pid
        assert worker is not None
        theirs, ours = (os.getpriority(os.PRIO_PROCESS, pid) for pid in (worker, gateway))
        assert theirs == min(19, ours + GIVES_WAY)


def test_two_that_start_a_daemon_at_once_use_one(home: Home) -> None:
    code = "from draglayer_daemon.starting import connect\nwith connect('test') as it: print(it.status().pid)"
    both = [
        subprocess.Popen([sys.executable, "-c", code], env=home.environment(), stdout=subprocess.PIPE, text=True)
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
    assert "draglayer serve: the lock" in tried.stderr
    assert "daemon.lock cannot be opened: Is a directory; remove what lies there" in tried.stderr
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
