"""What the daemon and the connection say, in the user's language.

Their sentences are English, for they do not know who reads them; the usual ones are listed here and found again by
their words. A sentence that is not among them stays as it came.
"""

from __future__ import annotations

import re
import string
from dataclasses import replace
from functools import lru_cache

from ..link import LinkDown, LinkEvent
from ..messages import DragEnded, Failed, SessionClosed
from .words import Words, text

NUMBER = re.compile(r"\d+\.\d+")
HEARD = (
    # how a drag ended
    text("every handle reached its target after {steps} steps"),
    text("every handle reached its target after 1 step"),
    text(
        "after {steps} steps the limit is reached and the farthest handle is {distance} px from its target;"
        " run again to go on"
    ),
    text(
        "after 1 step the limit is reached and the farthest handle is {distance} px from its target;"
        " run again to go on"
    ),
    text("stopped after {steps} steps; the farthest handle is {distance} px from its target"),
    text("stopped after 1 step; the farthest handle is {distance} px from its target"),
    text(
        "the handles came no nearer, so the drag ended after {steps} steps; the farthest handle is {distance} px from"
        " its target. Move the targets nearer, or free more of the mask"
    ),
    text(
        "the handles were lost after {steps} steps: nothing near them looks like them any more. Go back some steps, or"
        " set them anew"
    ),
    text(
        "the drag failed at step {step} ({why}); the picture stands at its last good step, and you can run again from"
        " there"
    ),
    # the connection
    text("no Draglayer daemon has left its connection file at {file}; start one with `draglayer serve`"),
    text("no connection to {where} ({why}); start the daemon with `draglayer serve`"),
    text("the connection to {where} broke ({why}); start the daemon again if it has ended"),
    text("{where} closed the connection: the daemon has ended, or did not want it"),
    text("the daemon at {where} has been silent for {seconds} s, although it was asked; restart it if it hangs"),
    text(
        "{where} did not answer within {seconds} s; is it a Draglayer daemon, and is it well? `draglayer status` tells"
    ),
    text("the daemon of {file} speaks protocol {theirs}, this program {ours}; update the older of the two"),
    text("{clients} clients are connected and this daemon serves {most}; close one of them, then connect again"),
    # a session
    text(
        "{why}, and this session with it; open it again from its last state or its seed: a fresh worker takes over"
    ),
    text("the worker stopped ({why})"),
    text("{why}; try again: a fresh worker takes over"),
    text("it was ended by {signal}, often because the machine ran out of memory"),
    text("it was ended by {signal}"),
    text("it ended with exit code {code}"),
    text("the worker ended {times} times in a row ({why}); {soon}. Its log is {log}"),
    text("the next try is possible in {seconds} s"),
    text("the daemon was stopped; start it again to go on"),
    text("another connection has taken this session up"),
    text(
        "the daemon was restarted since this session began, and its sessions ended with it; open a new one from the"
        " last saved state or the seed"
    ),
    text(
        "{sessions} sessions are open and this daemon holds {most}; close a document that you no longer drag in, then"
        " try again"
    ),
    text("there is no model {name}. `draglayer models list` shows all {count}."),
    text("there is no model {name}; did you mean {other}? `draglayer models list` shows all {count}."),
    text(
        "this state belongs to a model whose weights have the hash {hash}..., and none of the models here ({names}) has"
        " it; install that model, then open the state again"
    ),
)  # fmt: skip


def heard(sentence: str, words: Words) -> str:
    """In the user's language, and so are the sentences inside of it."""
    if words.language == "en":
        return sentence
    for english, pattern in _patterns():
        found = pattern.fullmatch(sentence)
        if found is not None:
            return words(english, **{name: _value(value, words) for name, value in found.groupdict().items()})
    return sentence


def _value(value: str, words: Words) -> object:
    """A number as such, which languages write differently; what is a sentence again, in the language."""
    return float(value) if NUMBER.fullmatch(value) else heard(value, words)


def translated(event: LinkEvent, words: Words) -> LinkEvent:
    """The event, with its sentence in the user's language."""
    if isinstance(event, LinkDown):
        return event._replace(sentence=heard(event.sentence, words))
    if isinstance(event, (DragEnded, Failed, SessionClosed)):
        return replace(event, sentence=heard(event.sentence, words))
    return event


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Of every sentence; those with more words of their own come first."""

    def pattern(sentence: str) -> re.Pattern[str]:
        parts = [
            re.escape(literal) + ("" if name is None else f"(?P<{name}>.+)")
            for literal, name, _, _ in string.Formatter().parse(sentence)
        ]
        return re.compile("".join(parts), re.DOTALL)

    def own(sentence: str) -> int:
        return sum(len(literal) for literal, _, _, _ in string.Formatter().parse(sentence))

    return tuple((sentence, pattern(sentence)) for sentence in sorted(HEARD, key=own, reverse=True))
