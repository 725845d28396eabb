"""A command of the command line that is killed at its n-th change of the disk: `python killing.py N models import ...`

The kill comes before the change, so that the first N - 1 changes have happened. Exit code -9 when it came to that.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate"}
WRITING = os.O_WRONLY | os.O_CREAT | os.O_TRUNC  # opening another import's lock changes nothing


def watch(number: int, folder: str) -> None:
    seen = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        if event == "open":
            path, _, flags = arguments
            if not (isinstance(flags, int) and flags & WRITING and str(path).startswith(folder)):
                return
        elif event not in CHANGES:
            return
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


if __name__ == "__main__":
    from draglayer_daemon.cli import main

    watch(int(sys.argv[1]), str(Path(os.environ["DRAGLAYER_HOME"])))
    sys.exit(main(sys.argv[2:]))
