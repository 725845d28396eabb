"""`draglayer drag`: what it writes, goes on from, and does when it is stopped."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import PIL.Image
import pytest

from draglayer_daemon.publishing import publish
from draglayer_protocol.messages import Parameters, Preset, Space
from tests.daemon.conftest import Gate, Running
from tests.daemon.processes import DEADLINE, Home, draglayer, end
from tests.daemon.tiny import save_tiny

SEED = ("drag", "--model", "tiny", "--seed", 1)
PAIR = ("--drag", "8,8:24,20")
# Nothing moves at this step size, so that the drag neither arrives nor, with this preset, ever gives up.
ENDLESS = ("--preset", "paper", "--step-size", "1e-6", "--max-steps", 100_000)


# With the real engine


def test_a_drag_writes_its_picture_frames_animation_state_and_figures(desk: Path) -> None:
    names = ("--out", "out.png", "--frames", "some/frames", "--gif", "out.gif", "--state-out", "out.state")
    code, out, err = draglayer(*SEED, *PAIR, "--max-steps", 3, *names, "--json", "--quiet")
    assert (code, err) == (0, "")
    values = json.loads(out)
    assert {name: values[name] for name in ("model", "seed", "steps", "reason")} == {
        "model": "tiny",
        "seed": 1,
        "steps": 3,
        "reason": "max steps",
    }
    assert values["sentence"].startswith("after 3 steps the limit is reached")
    assert values["start_distances"] == [20.0]
    assert len(values["end_distances"]) == 1
    assert all(values[name] > 0 for name in ("first_preview_ms", "ms_per_step", "seconds"))
    assert values["stop_latency_ms"] is None  # nobody stopped it
    frames = sorted(Path("some/frames").iterdir())
    assert [frame.name for frame in frames] == [f"step_000{i}.png" for i in range(4)]
    assert Path("out.png").read_bytes() == frames[-1].read_bytes() != frames[0].read_bytes()
    with PIL.Image.open("out.png") as picture, PIL.Image.open("out.gif") as animation:
        assert (picture.size, picture.mode, picture.format) == ((32, 32), "RGB", "PNG")
        assert (getattr(animation, "n_frames", 1), animation.size, animation.format) == (4, (32, 32), "GIF")
    assert Path("out.state").stat().st_size > 0
    assert sorted(path.name for path in desk.iterdir()) == ["out.gif", "out.png", "out.state", "some"]


def test_a_saved_state_is_dragged_on_with_its_own_points(desk: Path) -> None:
    _, first, _ = draglayer(*SEED, *PAIR, "--max-steps", 2, "--out", "1.png", "--state-out", "1.state", "--json")
    more = ("--max-steps", 2, "--frames", "frames", "--state-out", "2.state", "--json")
    code, second, err = draglayer("drag", "--state-in", "1.state", *more)
    assert code == 0, err
    assert json.loads(second)["start_distances"] == pytest.approx(json.loads(first)["end_distances"], abs=1e-3)
    assert json.loads(second)["steps"] == 2
    frames = sorted(Path("frames").iterdir())
    assert len(frames) == 3
    assert frames[0].read_bytes() == Path("1.png").read_bytes()
    assert Path("2.state").read_bytes() != Path("1.state").read_bytes()


def test_a_saved_state_goes_on_as_it_was_dragged_but_for_what_is_said(tiny_home: Home, desk: Path) -> None:
    draglayer(*SEED, *PAIR, "--space", "w", "--layers", 4, "--max-steps", 1, "--state-out", "1.state")
    draglayer("drag", "--state-in", "1.state", "--max-steps", 2, "--state-out", "2.state")
    draglayer("drag", "--state-in", "1.state", "--preset", "paper", "--max-steps", 1, "--state-out", "3.state")
    with tiny_home.client() as client:
        found = [client.open_state(Path(f"{i}.state").read_bytes()) for i in (2, 3)]
        assert [session.opened.parameters for session in found] == [
            Parameters(space=Space.W, layers=4, max_steps=2),
            Parameters(preset=Preset.PAPER, max_steps=1),
        ]
        for session in found:
            session.close()


def test_a_drag_that_is_stopped_keeps_what_there_is(desk: Path) -> None:
    names = ("--out", "out.png", "--state-out", "out.state", "--frames", "frames")
    code, out, err = draglayer(*SEED, *PAIR, *ENDLESS, "--stop-after", 2, *names, "--json", "--quiet")
    assert (code, err) == (0, "")
    values = json.loads(out)
    assert values["reason"] == "stopped"
    assert values["steps"] >= 2
    assert values["stop_latency_ms"] > 0
    frames = sorted(Path("frames").iterdir())
    assert len(frames) == values["steps"] + 1
    assert frames[-1].read_bytes() == Path("out.png").read_bytes()
    assert Path("out.state").exists()


def test_without_json_a_drag_is_told_in_words(desk: Path) -> None:
    code, out, err = draglayer(*SEED, *PAIR, "--max-steps", 2)
    assert (code, err) == (0, "")
    sentence, figures = out.splitlines()
    assert sentence.startswith("after 2 steps the limit is reached and the farthest handle is")
    assert figures.startswith("2 steps in ")
    assert "farthest handle 20.0 px before" in figures
    assert not list(desk.iterdir())


def test_where_no_daemon_runs_a_drag_starts_one_and_leaves_it_running(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    save_tiny(home.folder / "models" / "tiny")
    try:
        first = home.run(*SEED, *PAIR, "--max-steps", 1, "--json")
        assert first.returncode == 0, first.stderr
        daemon = home.connection().pid
        assert home.run("status").returncode == 0
        assert home.connection().pid == daemon
    finally:
        home.end_daemon()


def test_where_torch_is_missing_a_drag_says_so_and_what_to_install(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    save_tiny(home.folder / "models" / "tiny")
    try:
        tried = home.run(*SEED, *PAIR, "--out", tmp_path / "out.png", path=without_torch(tmp_path))
        assert tried.returncode == 1
        assert tried.stderr.startswith("draglayer drag: the worker cannot start, because torch is not installed;")
        assert "pip install 'draglayer[worker]'" in tried.stderr
        assert not (tmp_path / "out.png").exists()
    finally:
        home.end_daemon()


def without_torch(folder: Path) -> Path:
    """A folder of modules in which torch is missing."""
    package = folder / "modules" / "torch"
    package.mkdir(parents=True)
    sentence = "raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')\n"
    (package / "__init__.py").write_text(sentence)
    return package.parent


# With the stub engine, whose steps the test lets pass


@pytest.fixture
def command(draglayer_home: Path, gate: Gate, running: Running, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A drag on the command line, its first step in progress."""
    publish(running.gateway.endpoint, running.gateway.token, running.gateway.boot)
    # Ctrl-C as in a terminal, also where the tests themselves run in a background that ignores it.
    code = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    code += "from draglayer_daemon.cli import main; sys.exit(main())"
    arguments = ("drag", "--model", "small", "--seed", "1", "--drag", "1,1:15,11", "--out", tmp_path / "out.png")
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    gate.entered()
    yield process
    process.kill()
    process.communicate()


def heard(process: subprocess.Popen[str], words: str) -> None:
    """Read what it complains of, up to these words."""
    assert process.stderr is not None
    while words not in (line := process.stderr.readline()):
        assert line, f"{words!r} was never said"


def test_ctrl_c_stops_a_drag_after_the_step_in_progress_and_keeps_what_there_is(
    command: subprocess.Popen[str], running: Running, gate: Gate, tmp_path: Path
) -> None:
    command.send_signal(signal.SIGINT)
    heard(command, "stopping after the step in progress; Ctrl-C once more gives up")
    with running.peer() as peer:  # the gateway answers in order: by now it has passed the stop on
        peer.status_when(lambda status: True)
    gate.release()
    out, _ = command.communicate(timeout=DEADLINE)
    assert command.returncode == 0
    assert out.startswith("stopped after 1 step;")
    with PIL.Image.open(tmp_path / "out.png") as picture:
        assert picture.getpixel((0, 0)) == (1, 1, 1)  # the stub's picture of step 1


def test_ctrl_c_twice_gives_up_though_the_step_does_not_end(
    command: subprocess.Popen[str], running: Running, gate: Gate, tmp_path: Path
) -> None:
    command.send_signal(signal.SIGINT)
    heard(command, "Ctrl-C once more gives up")
    command.send_signal(signal.SIGINT)
    _, err = command.communicate(timeout=DEADLINE)
    assert command.returncode == 1
    assert err == "draglayer drag: interrupted; nothing more was written\n"
    assert not (tmp_path / "out.png").exists()
    gate.release()
    with running.peer() as peer:
        peer.status_when(lambda status: not status.sessions)


def test_a_worker_that_is_killed_ends_the_drag_with_a_sentence(
    command: subprocess.Popen[str], running: Running, tmp_path: Path
) -> None:
    with running.peer() as peer:
        worker = peer.status_when(lambda status: True).worker_pid
        assert worker is not None
        end(worker, signal.SIGKILL)
        _, err = command.communicate(timeout=DEADLINE)
        assert command.returncode == 1
        assert err.startswith("draglayer drag: the worker stopped (it was ended by SIGKILL")
        assert "open it again from its last state or its seed" in err
        assert not list(tmp_path.glob("*.png"))
        peer.status_when(lambda status: status.worker == "ready" and status.worker_pid != worker)


def test_a_daemon_that_is_ended_ends_the_drag_with_a_sentence(
    command: subprocess.Popen[str], running: Running, gate: Gate
) -> None:
    running.gateway.stop()
    _, err = command.communicate(timeout=DEADLINE)
    assert command.returncode == 1
    assert err.startswith("draglayer drag: the daemon was stopped; start it again")
