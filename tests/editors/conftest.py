"""One Krita of every room for all tests, one GIMP for those of a file; screenshots go to $DRAGLAYER_SHOTS, if set."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .gimp_console import Console, gimp_console
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


@pytest.fixture(scope="module", params=SUITES)
def console(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    suite, file = str(request.param), request.path.stem.removeprefix("test_")
    folder = tmp_path_factory.mktemp(f"{file}-{suite}")
    with kept(folder, f"{file}-{suite}"), gimp_console(suite, folder) as works:
        yield works
