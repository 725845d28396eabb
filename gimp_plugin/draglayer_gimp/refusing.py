"""How a script is told that something cannot be done."""

from __future__ import annotations


class Refused(Exception):
    """What was asked for cannot be done; the sentence says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
