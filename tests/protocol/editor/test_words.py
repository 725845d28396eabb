"""Texts: every one that is shown is in the catalogue, in each language, with the same values in it."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from draglayer_protocol.editor.words import LANGUAGES, Words, catalogue

ROOT = Path(__file__).parents[3]
FOLDERS = [
    ROOT / "protocol" / "draglayer_protocol" / "editor",
    ROOT / "krita_plugin" / "draglayer_krita",
    ROOT / "gimp_plugin" / "draglayer_gimp",
]
CALLED = {"words", "tr"}  # names of what texts go through


def texts() -> Iterator[tuple[str, str]]:
    """Every literal that is the first argument of a call of `words`, with its place."""
    for file in (file for folder in FOLDERS for file in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name.lstrip("_") in CALLED:
                    first = node.args[0]
                    place = f"{file.name}:{node.lineno}"
                    if isinstance(first, ast.Constant) and isinstance(first.value, str):
                        yield first.value, place
                    elif not isinstance(first, (ast.Name, ast.Attribute)):  # these hold a text of a table
                        raise AssertionError(f"{place}: a text must be written out, or no catalogue can have it")


def tables() -> Iterator[str]:
    """Texts in tables: literals inside a call of `text`, which only marks them."""
    for file in (file for folder in FOLDERS for file in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "text" and node.args:
                assert isinstance(node.args[0], ast.Constant)
                yield str(node.args[0].value)


def names(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def used() -> set[str]:
    return {sentence for sentence, _ in texts()} | set(tables())


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_text_is_translated_and_nothing_else(language: str) -> None:
    known = set(catalogue(language))
    assert used() - known == set()
    assert known - used() == set()


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_translations_have_the_same_values_in_them(language: str) -> None:
    for english, other in catalogue(language).items():
        assert names(english) == names(other), english
        assert other.strip()


@pytest.mark.parametrize(
    ("said", "language"), [("de_AT.UTF-8", "de"), ("de-CH", "de"), ("fr", "en"), ("", "en"), ("C", "en")]
)
def test_the_systems_way_of_naming_a_language_is_understood(said: str, language: str) -> None:
    assert Words(said).language == language


def test_values_are_filled_in() -> None:
    assert Words("de")(
        "Points {first} and {second} have the same handle; move or delete one of them.", first=1, second=2
    )
    assert Words()("step {n}", n=3) == "step 3"


def test_german_numbers_have_a_comma() -> None:
    assert Words("de")("{distance:.1f} px to go", distance=28.44) == "noch 28,4 px"
    assert Words()("{distance:.1f} px to go", distance=28.44) == "28.4 px to go"
