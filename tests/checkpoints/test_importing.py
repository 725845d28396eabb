"""Importing is all or nothing, within limits, and in a process that can do little."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import draglayer_engine
from draglayer_engine.checkpoints import processes
from draglayer_engine.checkpoints.errors import CheckpointError
from draglayer_engine.checkpoints.importing import import_checkpoint
from draglayer_engine.checkpoints.limits import DEFAULT_LIMITS, MIB, Limits
from draglayer_engine.checkpoints.workplace import remove_leftovers, workplace
from draglayer_engine.models import save_generator

from .formats import SKIP
from .networks import network
from .writer_nvidia import write_nvidia

ENGINE = Path(draglayer_engine.__file__).parents[1]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "a.pkl"
    path.write_bytes(write_nvidia(network(SKIP), tmp_path / "canary"))
    return path


def refused(path: Path, out: Path, limits: Limits = DEFAULT_LIMITS) -> str:
    with pytest.raises(CheckpointError) as caught:
        import_checkpoint(path, out, name="mine", title="Mine", licence="x", limits=limits)
    return str(caught.value)


def test_a_model_of_that_name_is_never_overwritten(checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "models" / "mine"
    out.mkdir(parents=True)
    (out / "model.json").write_text("mine")
    assert "exists already; choose another name" in refused(checkpoint, out)
    assert [p.name for p in out.iterdir()] == ["model.json"]
    assert [p.name for p in out.parent.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (replace(DEFAULT_LIMITS, input_bytes=10), "more than the 0.0 GiB allowed"),
        (replace(DEFAULT_LIMITS, output_bytes=2000), "File too large"),
        (replace(DEFAULT_LIMITS, wall_seconds=0.0), "longer than the 0 seconds allowed"),
        (replace(DEFAULT_LIMITS, memory_bytes=25 * MIB), "its reader failed|more than the 25 MiB|memory"),
    ],
)
def test_every_limit_ends_the_import_with_a_sentence(
    checkpoint: Path, tmp_path: Path, limits: Limits, words: str
) -> None:
    models = tmp_path / "models"
    sentence = refused(checkpoint, models / "mine", limits)
    assert sentence.startswith("a.pkl cannot be imported: ")
    assert any(part in sentence for part in words.split("|")), sentence
    assert not list(models.glob("*")) if models.exists() else True


def test_a_disk_too_full_for_the_readers_report_is_told_as_such(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_REPORT_ROOM", 1 << 62)  # as if less were free
    sentence = refused(checkpoint, tmp_path / "models" / "mine", replace(DEFAULT_LIMITS, output_bytes=0))
    assert sentence.endswith("the disk of the models is full; make room there, then import it again")


def test_a_reader_without_room_removes_what_it_wrote_before_it_reports(checkpoint: Path, tmp_path: Path) -> None:
    limits = replace(DEFAULT_LIMITS, output_bytes=2000)
    with pytest.raises(CheckpointError, match="File too large"):
        processes.run_child(checkpoint, tmp_path, checkpoint.stat().st_size, limits)
    assert not list(tmp_path.glob("*.safetensors"))


def test_a_folder_whose_description_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    save_generator(network(SKIP), tmp_path / "own", name="a", title="A", licence="CC0-1.0")
    (tmp_path / "own" / "model.json").unlink()
    os.mkfifo(tmp_path / "own" / "model.json")
    assert "its model.json is no ordinary file" in refused(tmp_path / "own", tmp_path / "models" / "mine")


def test_a_file_with_a_name_that_is_no_text_is_described_in_text(checkpoint: Path, tmp_path: Path) -> None:
    odd = checkpoint.rename(tmp_path / os.fsdecode(b"h\xf6hle\n.pkl"))
    import_checkpoint(odd, tmp_path / "out", name="mine", title="Mine", licence="x")
    assert json.loads((tmp_path / "out" / "model.json").read_text())["source"]["file"] == "h?hle?.pkl"


def test_a_place_that_cannot_be_written_is_named(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where a folder should be")
    assert str(tmp_path / "models") in refused(checkpoint, tmp_path / "models" / "mine")


def test_what_a_killed_import_left_is_removed_by_the_next_and_what_runs_is_not(
    checkpoint: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    left = models / ".importing-0123456789ab"
    left.mkdir(parents=True)
    (left / "lock").touch()
    (left / "model.safetensors").write_bytes(b"half")
    with workplace(models) as running:
        assert not left.exists()
        assert remove_leftovers(models) == 0
        import_checkpoint(checkpoint, models / "mine", name="mine", title="Mine", licence="x")
        assert running.is_dir()
    assert [p.name for p in models.iterdir()] == ["mine"]


@pytest.mark.skipif(os.name != "posix", reason="kills with a signal")
def test_an_import_that_is_killed_leaves_what_the_next_one_removes(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        f"sys.path.insert(0, {str(ENGINE)!r})\n"
        "from draglayer_engine.checkpoints.workplace import workplace\n"
        f"with workplace(Path({str(tmp_path)!r})) as folder:\n"
        "    (folder / 'half').write_text('half')\n    os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-B", "-c", code], check=False)
    assert killed.returncode == -9
    assert [p.name for p in tmp_path.glob("*/half")] == ["half"]
    assert remove_leftovers(tmp_path) == 1
    assert not list(tmp_path.iterdir())


def test_the_same_file_gives_the_same_model(checkpoint: Path, tmp_path: Path) -> None:
    first, second = (
        import_checkpoint(checkpoint, tmp_path / name, name=name, title="", licence="") for name in ("one", "two")
    )
    assert first.sha256 == second.sha256


def confined(code: str) -> subprocess.CompletedProcess[str]:
    """A process under the reader's limits that then tries something; needs nothing but the standard library."""
    start = (
        f"import sys; sys.path.insert(0, {str(ENGINE)!r});"
        "from draglayer_engine.checkpoints.sandbox import confine; held = confine(1 << 28, 1, 1000);"
    )
    return subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", f"{start}\n{code}"], capture_output=True, text=True, check=False
    )


linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's means for this are Linux's")


@linux
def test_the_reader_cannot_open_a_socket() -> None:
    result = confined("import socket\nsocket.create_connection(('127.0.0.1', 9))")
    assert result.returncode == 1
    assert "PermissionError" in result.stderr or "unreachable" in result.stderr


@linux
def test_the_reader_cannot_start_a_program(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    result = confined(f"import os\nprint(held)\nos.execv('/bin/touch', ['touch', {str(canary)!r}])")
    if "seccomp" not in result.stdout:
        pytest.skip("this kernel or processor has no filter of system calls that is known here")
    assert "PermissionError" in result.stderr
    assert not canary.exists()


@linux
def test_the_reader_cannot_take_more_memory_or_write_more_than_allowed(tmp_path: Path) -> None:
    assert "MemoryError" in confined("x = bytearray(1 << 29)").stderr
    confined(f"open({str(tmp_path / 'big')!r}, 'wb', buffering=0).write(bytes(5000))")
    assert (tmp_path / "big").stat().st_size == 1000


@linux
def test_the_reader_ends_when_it_computes_too_long() -> None:
    assert confined("while True: pass").returncode == -24  # SIGXCPU


def test_the_reader_starts_without_torch_and_reads_pictures_without_numpy() -> None:
    code = (
        "import sys\n"
        "from draglayer_engine.checkpoints.reading import read_checkpoint\n"
        "try:\n    read_checkpoint(memoryview(b'\\x89PNG\\r\\n\\x1a\\n' + bytes(100)))\n"
        "except ValueError as error: print(error)\n"
        "print('numpy' in sys.modules, 'torch' in sys.modules)"
    )
    assert confined(code).stdout.splitlines()[-1] == "False False"
