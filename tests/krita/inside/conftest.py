"""Collected only where tests/krita/test_both_qt.py says which Qt; one application for all tests."""

from __future__ import annotations

import os
from typing import Any

import pytest

collect_ignore_glob = [] if "DRAGLAYER_TEST_QT" in os.environ else ["test_*.py"]


@pytest.fixture(scope="session", autouse=True)
def application() -> Any:
    from draglayer_krita.qt import QtWidgets

    return QtWidgets.QApplication.instance() or QtWidgets.QApplication(["test"])
