"""One Krita of every room for all tests of this folder; screenshots are kept in $DRAGLAYER_SHOTS if that is set."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .keeping import kept
from .room import SUITES
from .running import Running, running
from .screen import Screen
from .story import Artist


@pytest.fixture(scope="session", params=SUITES)
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def studio(suite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp(suite)
    with kept(folder, suite), running(suite, folder) as works:
        yield works


@pytest.fixture
def krita(studio: Running) -> Screen:
    return studio.screen


@pytest.fixture
def artist(krita: Screen) -> Iterator[Artist]:
    """In front of no document yet; every document is closed afterwards."""
    works = Artist(krita)
    yield works
    works.close_documents()
