"""Import every hostile file through the real importer, child process and all, and print what came of it.

`python -m tests.checkpoints.hostile_run [--every N]`; exit code 1 when anything was executed, hung, left behind, let
through, or answered by other than the reader's own sentence.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from draglayer_engine.checkpoints.errors import CheckpointError
from draglayer_engine.checkpoints.importing import import_checkpoint

from .hostile_files import hostile_files

HANG_SECONDS = 20.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth file")
    every = parser.parse_args().every
    counts: Counter[str] = Counter()
    slowest = (0.0, "none")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        canary, path, models = folder / "canary", folder / "file", folder / "models"
        models.mkdir()
        for case in hostile_files(canary)[::every]:
            case.make(path)
            start = time.monotonic()
            outcome = _import(path, models)
            seconds = time.monotonic() - start
            slowest = max(slowest, (seconds, case.name))
            problems = {
                "executed": canary.exists(),
                "hung": seconds > HANG_SECONDS,
                "leftovers": bool(list(models.iterdir())) or {p.name for p in folder.iterdir()} > {"file", "models"},
                "let through": outcome == "imported" and case.refused,
                "reader failed": outcome == "reader failed",
            }
            counts.update(["files", outcome, *(what for what, seen in problems.items() if seen)])
            for what, seen in problems.items():
                if seen:
                    print(f"{what}: {case.name}", flush=True)
            canary.unlink(missing_ok=True)
            _remove(path)
    print(
        f"{counts['files']} hostile files: {counts['refused']} refused, {counts['imported']} imported"
        " (a bit flipped in a number, or in what is not used), "
        f"{counts['executed']} executions, {counts['hung']} hangs over {HANG_SECONDS:g} s,"
        f" {counts['leftovers']} leftovers, {counts['let through']} let through, {counts['reader failed']} failures of"
        f" the reader; slowest {slowest[0]:.1f} s ({slowest[1]})"
    )
    return 1 if any(counts[what] for what in ("executed", "hung", "leftovers", "let through", "reader failed")) else 0


def _import(path: Path, models: Path) -> str:
    try:
        import_checkpoint(path, models / "mine", name="mine", title="Mine", licence="x")
    except CheckpointError as error:
        own = not any(words in str(error) for words in ("its reader", "seconds allowed", "of computing allowed"))
        return "refused" if own and "\n" not in str(error) else "reader failed"
    shutil.rmtree(models / "mine")
    return "imported"


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
