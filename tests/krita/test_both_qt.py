"""The tests in `inside` run on PyQt5 and on PyQt6, each in a process of its own: one process has room for one Qt.

Krita 6 is in no Debian yet, so Qt 6 is tested here only, and pen events are synthetic.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

INSIDE = Path(__file__).with_name("inside")


@pytest.mark.parametrize("version", [5, 6])
def test_the_widgets_work(version: int) -> None:
    if find_spec(f"PyQt{version}") is None:
        pytest.skip(f"PyQt{version} is not installed; `pip install PyQt{version}`")
    environment = os.environ | {"DRAGLAYER_TEST_QT": str(version), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(INSIDE)]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert said.returncode == 0, said.stdout[-4000:] + said.stderr[-2000:]
