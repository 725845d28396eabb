"""In CI (DRAGLAYER_CI=1) a skipped test is a failed one, unless it needs hardware that CI does not have."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    allowed = item.get_closest_marker("accelerator") is not None
    if os.environ.get("DRAGLAYER_CI") and report.skipped and not hasattr(report, "wasxfail") and not allowed:
        report.outcome = "failed"
        report.longrepr = f"CI may not skip this: {report.longrepr}"
    return report
