"""Hostile files: one sentence each, nothing executed, nothing left behind."""

from __future__ import annotations

import pickle
import shutil
import subprocess
from pathlib import Path

import pytest

from draglayer_engine.checkpoints.child import Source, read_into
from draglayer_engine.checkpoints.errors import CheckpointError
from draglayer_engine.checkpoints.importing import import_checkpoint

from .hostile_case import Hostile
from .hostile_files import hostile_files
from .hostile_gadgets import gadgets
from .opcodes import call, name, pickled


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def refusal(case: Hostile, path: Path, out: Path) -> str | None:
    """The sentence, or None when the file was read. Anything but CheckpointError goes through."""
    case.make(path)
    out.mkdir()
    try:
        source = Source.of(path)
        if not source.weights.is_file():
            return None if case.refused else ""  # the parent's business
        read_into(source, out)
    except CheckpointError as error:
        return str(error)
    finally:
        remove(path)
        shutil.rmtree(out)
    return None


def test_every_hostile_file_is_refused_in_one_sentence_and_executes_nothing(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    cases = [case for case in hostile_files(canary) if case.name not in SPECIAL]
    assert len(cases) >= 500
    for case in cases:
        sentence = refusal(case, tmp_path / "file", tmp_path / "out")
        assert not canary.exists(), case.name
        assert sentence is not None or not case.refused, case.name
        if sentence is not None:
            assert len(sentence) < 600 and sentence.isascii() and sentence.isprintable(), case.name
            assert "; " in sentence, case.name  # what to do next
    assert not list(tmp_path.iterdir())


# What no reader ever opens; the parent refuses it, as the next test shows.
SPECIAL = (
    "no file",
    "a directory",
    "a link to nothing",
    "a link to itself",
    "a pipe",
    "a device",
    "folder without weights",
)
REPRESENTATIVE = (
    "file empty",
    "gadget os.system",
    "os.system _in_nested_storage",
    "pickle 10 GB of text",
    "pickle records in records",
    "zip half",
    "zip bomb",
    "generator with a wrong shape",
    "folder with damaged weights",
)


def test_hostile_files_leave_nothing_when_they_are_imported(tmp_path: Path) -> None:
    canary, models = tmp_path / "canary", tmp_path / "models"
    models.mkdir()
    cases = {case.name: case for case in hostile_files(canary)}
    chosen = [cases[name] for name in (*SPECIAL, *REPRESENTATIVE)]
    for case in chosen:
        path = tmp_path / "file"
        case.make(path)
        with pytest.raises(CheckpointError, match=r"^file cannot be imported: .+; .+$") as caught:
            import_checkpoint(path, models / "mine", name="mine", title="Mine", licence="x")
        assert "reader" not in str(caught.value), case.name  # it spoke for itself
        remove(path)
        assert not canary.exists()
        assert not list(models.iterdir())


@pytest.mark.parametrize(
    "gadget", ["os.system", "builtins.exec", "builtins.eval", "subprocess.check_output", "subprocess.Popen"]
)
def test_the_gadgets_are_live_where_pickle_loads_them(gadget: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    module, attribute, arguments = next(g for g in gadgets(canary) if f"{g[0]}.{g[1]}" == gadget)
    result = pickle.loads(pickled(call(name(module, attribute), *arguments)))
    if isinstance(result, subprocess.Popen):
        result.wait()
    assert canary.exists()
