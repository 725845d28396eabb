"""What the daemon says is known to the editors by its words: these are compared with what its code really says."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

from draglayer_daemon.registry import Registry, UnknownModel
from draglayer_daemon.supervisor import exit_words
from draglayer_daemon.worker_words import ended
from draglayer_protocol.connection import NoConnection, read_connection
from draglayer_protocol.editor.heard import HEARD, heard, translated
from draglayer_protocol.editor.words import Words
from draglayer_protocol.link import LinkDown
from draglayer_protocol.messages import DragEnded, EndReason

ROOT = Path(__file__).parents[2]
SAID = [ROOT / "daemon" / "draglayer_daemon", ROOT / "protocol" / "draglayer_protocol"]
GERMAN = Words("de")


def said() -> set[str]:
    """Every text of the code, its values left open."""
    found = set()
    for file in (file for folder in SAID for file in folder.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                found.add("".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def opened(sentence: str) -> str:
    return "".join(
        literal + ("" if name is None else "{}") for literal, name, _, _ in string.Formatter().parse(sentence)
    )


def pattern(sentence: str) -> re.Pattern[str]:
    return re.compile(".+".join(map(re.escape, opened(sentence).split("{}"))), re.DOTALL)


ENDS = [ended(reason, steps, 4.5) for reason in EndReason for steps in (1, 3)]


def no_model(name: str) -> str:
    with pytest.raises(UnknownModel) as unknown:
        Registry().find(name)
    return str(unknown.value)


def test_every_sentence_that_is_known_is_one_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGLAYER_HOME", str(tmp_path))
    texts = said()
    ends = {*ENDS, exit_words(3), exit_words(-9), exit_words(-11), no_model("zzz"), no_model("creature-256")}
    for sentence in HEARD:
        whole, rest = opened(sentence), opened(sentence).removeprefix("{}")  # some texts are added to another one
        assert whole in texts or rest in texts or any(pattern(sentence).fullmatch(end) for end in ends), sentence


@pytest.mark.parametrize(
    "reason", [reason for reason in EndReason if reason is not EndReason.FAILED]
)  # which the session says in words of its own
def test_how_a_drag_ended_is_said_in_the_users_language(reason: EndReason) -> None:
    english = ended(reason, 17, 4.5)
    event = translated(DragEnded("session", 17, reason, english), GERMAN)
    assert isinstance(event, DragEnded)
    assert event.sentence != english
    assert "17" in event.sentence
    assert ("4,5" in event.sentence) == ("4.5" in english)
    assert heard(english, Words()) == english


def test_sentences_within_a_sentence_are_too() -> None:
    why = f"the worker stopped ({exit_words(-9)}); try again: a fresh worker takes over"
    assert heard(why, GERMAN) == (
        "der Arbeiter hielt an (er wurde durch SIGKILL beendet, oft, weil der Maschine der Speicher ausging);"
        " versuchen Sie es noch einmal: Ein neuer Arbeiter übernimmt"
    )


def test_a_daemon_that_is_not_there_is_said_so_with_the_files_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAGLAYER_HOME", str(tmp_path))
    with pytest.raises(NoConnection) as missing:
        read_connection()
    event = translated(LinkDown(missing.value.sentence, 1.0), GERMAN)
    assert isinstance(event, LinkDown)
    assert event.sentence.startswith("kein Draglayer-Dienst")
    assert str(tmp_path / "connection.json") in event.sentence


def test_what_nobody_knows_stays_as_it_came() -> None:
    for strange in ("", "the moon is {full}", "({why}", "nothing\nof this"):
        assert heard(strange, GERMAN) == strange
