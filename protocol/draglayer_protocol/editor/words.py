"""Every text that a plugin shows, in the user's language. The key of a text is its English sentence."""

from __future__ import annotations

import json
import string
from pathlib import Path

LANGUAGES = ("en", "de")


class _Comma(string.Formatter):
    """Numbers with a comma."""

    def format_field(self, value: object, spec: str) -> str:
        written = super().format_field(value, spec)
        return written.replace(".", ",") if isinstance(value, float) else str(written)


class Words:
    """Call it with an English sentence and the values of its {names}; a sentence without translation stays English.

    language   as the system says it: "de", "de_AT", "de-CH.UTF-8"
    """

    def __init__(self, language: str = "en") -> None:
        short = language.replace("-", "_").partition("_")[0].lower()
        self.language = short if short in LANGUAGES else "en"
        self._format = (_Comma if self.language == "de" else string.Formatter)().vformat
        self._texts = {} if self.language == "en" else catalogue(self.language)

    def __call__(self, text: str, /, **values: object) -> str:
        return self._format(self._texts.get(text, text), (), values)


def text(sentence: str) -> str:
    """Marks a text of a table for the catalogue."""
    return sentence


def catalogue(language: str) -> dict[str, str]:
    """English -> the language."""
    file = Path(__file__).with_name(f"{language}.json")
    texts: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return texts
