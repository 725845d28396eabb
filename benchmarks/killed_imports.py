"""Kill the importer at random moments and look at the models each time: `python -m benchmarks.killed_imports`.

Every time `draglayer models import` is started anew and ended by SIGKILL after a random part of the time that an
undisturbed import takes; then `draglayer models verify` is run. Exit code 1 when that found anything wrong, or anything
was left behind.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.checkpoints.formats import SKIP
from tests.checkpoints.networks import network
from tests.checkpoints.writer_nvidia import write_nvidia

DRAGLAYER = (sys.executable, "-m", "draglayer_daemon")
NAME = "mine"
LATE = 1.1  # of an undisturbed import's time: some kills come too late


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50, metavar="N", help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the moments; default: %(default)s")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return run(Path(folder), arguments.times, random.Random(arguments.seed))


def run(folder: Path, times: int, moments: random.Random) -> int:
    path = folder / "a.pkl"
    path.write_bytes(write_nvidia(network(SKIP), folder / "canary"))
    environment = os.environ | {"DRAGLAYER_HOME": str(folder / "home")}
    usual = _usual(path, environment)
    counts: Counter[str] = Counter()
    for _ in range(times):
        process = subprocess.Popen(
            [*DRAGLAYER, "models", "import", path, "--name", NAME],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(moments.uniform(0, LATE * usual))
        counts["too late"] += process.poll() is not None
        process.kill()
        process.wait()
        verified = _draglayer(environment, "verify", "--json")
        said = json.loads(verified.stdout) if verified.stdout else {}
        counts["verified" if verified.returncode == 0 and said.get("sound") else "damaged"] += 1
        counts["leftovers"] += said.get("leftovers_removed", 0)
        counts["left behind"] += len(list((folder / "home" / "models").glob(".importing-*/lock")))
        if NAME in [model["name"] for model in said.get("models", [])]:
            counts["whole"] += 1
            counts["damaged"] += _draglayer(environment, "remove", NAME).returncode != 0
    print(
        f"{times} imports of {usual:.2f} s killed at random moments: `draglayer models verify` found the models sound"
        f" {counts['verified']} times and not so {counts['damaged']} times; the new model was there whole"
        f" {counts['whole']} times ({counts['too late']} kills came after the import's end), else not at all;"
        f" {counts['leftovers']} hidden leftovers were removed by the next command, {counts['left behind']} were not"
    )
    return 1 if counts["damaged"] or counts["left behind"] else 0


def _usual(path: Path, environment: dict[str, str]) -> float:
    """Seconds that an undisturbed import takes, from its start to its end."""
    _draglayer(environment, "verify")  # reads what Python has to read from the disk
    start = time.monotonic()
    done = _draglayer(environment, "import", path, "--name", NAME)
    seconds = time.monotonic() - start
    if done.returncode != 0:
        sys.exit(done.stderr)
    _draglayer(environment, "remove", NAME)
    return seconds


def _draglayer(environment: dict[str, str], *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [*DRAGLAYER, "models", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
