"""What a description of a generator may say."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from draglayer_engine.architecture import MAX_BLOCKS, Architecture, ArchitectureError

GOOD = Architecture(z_dim=8, c_dim=0, w_dim=16, mapping_layers=2, channels=(8, 8, 4)).to_json()


def test_a_description_comes_back_as_it_was_written() -> None:
    assert Architecture.from_json(json.loads(json.dumps(GOOD))).to_json() == GOOD


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("z_dim", math.inf, "OverflowError"),
        ("w_dim", math.nan, "malformed"),
        ("w_dim", "wide", "malformed"),
        ("z_dim", 10**30, "a million million and more"),
        ("c_dim", 10**6, "a length of 1000000"),
        ("mapping_layers", 10**5000, "a million million and more mapping layers"),
        ("channels", [8] * (MAX_BLOCKS + 1), "14 blocks"),
        ("channels", [8] * 10**6, "1000000 blocks"),
        ("channels", [10**400], "a length of a million million and more"),
        ("channels", 7, "malformed"),
        ("base", [4], "malformed"),
        ("base", [10**300, 4], "a length of a million million and more"),
        ("conv_clamp", "much", "malformed"),
        ("conv_clamp", 10**400, "OverflowError"),
        ("kind", None, "is not one of skip, resnet"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # some are too long to be written
)
def test_what_describes_no_generator_is_refused_in_words_and_at_once(field: str, value: Any, words: str) -> None:
    with pytest.raises(ArchitectureError, match=words):
        Architecture.from_json(GOOD | {field: value})


def test_a_description_that_lacks_something_is_refused() -> None:
    with pytest.raises(ArchitectureError, match="conv_clamp"):
        Architecture.from_json({name: value for name, value in GOOD.items() if name != "conv_clamp"})
