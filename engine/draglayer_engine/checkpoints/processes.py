"""Starting the reading process, waiting for it no longer than allowed, and telling how it ended."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from .child import REPORT
from .errors import CheckpointError, shown
from .limits import JSON_BYTES, Limits

_LOG = "reader.log"
_REPORT_ROOM = 1 << 20  # bytes free below which a missing report is the disk's fault
_ELSEWHERE = "if it is a StyleGAN2 checkpoint, export the generator alone and import that"

# With -I and -S nothing but the standard library is importable; the two folders are added by hand, so that no .pth
# file and no sitecustomize runs in the process. -B: it writes nothing but its result. One thread of linear algebra is
# enough, and each takes memory.
_START = (
    "import os, sys; sys.path[1:1] = [sys.argv.pop(1), sys.argv.pop(1)];"
    " os.environ.update(OPENBLAS_NUM_THREADS='1', OMP_NUM_THREADS='1', MKL_NUM_THREADS='1');"
    " from draglayer_engine.checkpoints.child import main; sys.exit(main(sys.argv[1:]))"
)


def run_child(path: Path, work: Path, size: int, limits: Limits) -> dict[str, Any]:
    """Have `path` (`size` bytes) read into the folder `work`; returns the report of a success.

    Raises CheckpointError: the reader's own sentence, or how it ended.
    """
    log = work / _LOG
    with log.open("wb") as errors:
        process = subprocess.Popen(
            _command(path, work, size, limits),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd=work,
            env=_environment(),
            start_new_session=True,
        )
        try:
            code = process.wait(limits.wall_seconds)
        except subprocess.TimeoutExpired as error:
            raise CheckpointError(
                f"reading it took longer than the {limits.wall_seconds:g} seconds allowed; {_ELSEWHERE}"
            ) from error
        finally:
            _end(process)
    report = _report(work / REPORT)
    if "error" in report:
        raise CheckpointError(_plain(str(report["error"])))
    if not report and shutil.disk_usage(work).free < _REPORT_ROOM:
        raise CheckpointError("the disk of the models is full; make room there, then import it again")
    if code or not report:
        raise CheckpointError(f"{_ending(code, log, limits)}; {_ELSEWHERE}")
    return report


def _command(path: Path, work: Path, size: int, limits: Limits) -> list[str]:
    numpy = importlib.util.find_spec("numpy")
    if numpy is None or numpy.origin is None:
        raise CheckpointError("numpy is not installed, which reading checkpoints needs; install draglayer again")
    engine = Path(__file__).resolve().parents[2]
    # the file is mapped into the address space, which is why its size is added
    numbers = (limits.memory_bytes + size, limits.cpu_seconds, limits.output_bytes)
    return [
        *(sys.executable, "-I", "-S", "-B", "-c", _START),
        *(str(engine), str(Path(numpy.origin).parents[1])),
        *(str(path.absolute()), str(work.absolute())),
        *(str(number) for number in numbers),
    ]


def _environment() -> dict[str, str]:
    """Empty; Windows cannot start a program without its system folder."""
    return {"SYSTEMROOT": os.environ["SYSTEMROOT"]} if "SYSTEMROOT" in os.environ else {}


def _end(process: subprocess.Popen[bytes]) -> None:
    """The process, if it still runs, and whatever it may have started."""
    if process.poll() is None:
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def _report(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            value = json.loads(stream.read(JSON_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _plain(text: str) -> str:
    """One line of printable ASCII: the process has read what may be hostile, so it is not quite believed."""
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in text[:1000])


def _ending(code: int, log: Path, limits: Limits) -> str:
    """How the process ended that could not say it itself."""
    if code == -getattr(signal, "SIGXCPU", 24):
        return f"reading it took more than the {limits.cpu_seconds} seconds of computing allowed"
    if code < 0:
        return f"its reader was ended by signal {-code}, as happens to files that are made to break programs"
    try:
        with log.open("rb") as stream:
            lines = stream.read(JSON_BYTES).decode("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    return f"its reader failed ({shown(lines[-1] if lines else f'exit code {code}', 200)})"
