"""The installed distribution's version."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed


def version() -> str:
    """As in pyproject.toml; "unknown" when the packages were put on the path without being installed."""
    try:
        return installed("draglayer")
    except PackageNotFoundError:
        return "unknown"
