"""Models on disk, known by their descriptions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from draglayer_daemon.registry import Registry, UnknownModel
from tests.daemon.conftest import describe


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    describe(tmp_path / "small", "small", [3, 4])
    return tmp_path


def test_a_model_that_is_put_there_later_is_found(folder: Path) -> None:
    registry = Registry((folder,))
    assert [entry.name for entry in registry.entries()] == ["small"]
    describe(folder / "large", "large", [8, 8])
    assert (registry.find("large").width, registry.find("large").height) == (32, 32)


def test_of_two_models_of_one_name_the_first_folders_counts(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    describe(other / "small", "small", [8, 8])
    assert Registry((folder, other)).find("small").width == 16
    assert Registry((other, folder)).find("small").width == 32


def test_an_unknown_name_is_told_with_the_nearest_and_the_broken_ones(folder: Path) -> None:
    (folder / "smaller").mkdir()
    (folder / "smaller" / "model.json").write_text("[]")
    with pytest.raises(UnknownModel, match=r"there is no model 'smaller'; did you mean 'small'\?") as caught:
        Registry((folder,)).find("smaller")
    assert "the model 'smaller' cannot be read" in str(caught.value)
    with pytest.raises(UnknownModel, match=r"there is no model 'unicorns'\. `draglayer models list` shows all 1"):
        Registry((folder,)).find("unicorns")


@pytest.mark.parametrize(
    ("name", "value"),
    [("title", "\ud800"), ("architecture", {"base": [4], "channels": []}), ("architecture", 7), ("labels", 7)],
)
def test_a_description_that_makes_no_sense_is_a_problem_of_that_model_alone(
    folder: Path, name: str, value: object
) -> None:
    describe(folder / "bad", "bad", [8, 8])
    path = folder / "bad" / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: value}))
    registry = Registry((folder,))
    assert [entry.name for entry in registry.entries()] == ["small"]
    (problem,) = registry.problems()
    assert problem.startswith("the model 'bad' cannot be read")
    assert problem.endswith("install it again")
