"""What the README shows is what happens."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from draglayer_daemon.cli import parser
from tests.daemon.processes import Home

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
COMMANDS = re.findall(r"^\.venv/bin/draglayer (.*)$", README, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_readme_is_one(command: str) -> None:
    arguments = parser().parse_args(shlex.split(command, comments=True))
    assert callable(arguments.run)


def test_the_python_of_the_readme_drags_the_bundled_model(tmp_path: Path) -> None:
    (script,) = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    home = Home(tmp_path)
    drag = home.run("drag", "--seed", 3, "--drag", "128,150:130,150", "--max-steps", 1)  # starts the daemon
    try:
        assert drag.returncode == 0, drag.stderr
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=home.environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        events = done.stdout.splitlines()
        assert events[0].startswith("StepDone")
        assert any(event.startswith("Preview") for event in events)
        assert "EndReason.ARRIVED" in events[-1]
    finally:
        home.end_daemon()
