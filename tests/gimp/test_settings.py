"""What is kept for all drags, and the parameters of a drag as arguments of a procedure."""

from __future__ import annotations

import pytest

from draglayer_gimp.asking import wish
from draglayer_gimp.batch import PICTURES
from draglayer_gimp.procedures import DECLARED, DRAG, WHOLE, Kind, Value
from draglayer_gimp.settings import Settings, arguments, parameters, read
from draglayer_protocol.editor.words import Words
from draglayer_protocol.messages import InvalidMessage, Parameters, Preset, Space


def declared(name: str = DRAG) -> dict[str, Value]:
    (found,) = (one for one in DECLARED if one.name == name)
    return {value.name: value for value in found.arguments}


def defaults(**changed: object) -> dict[str, object]:
    """As GIMP gives them to a script that names none."""
    nothing = {Kind.PATH: None, Kind.IMAGE: None}
    return {name: nothing.get(value.kind, value.default) for name, value in declared().items()} | changed


def test_arguments_that_nobody_names_leave_everything_to_the_default_preset() -> None:
    assert parameters(defaults().__getitem__) == Parameters()


def test_parameters_go_into_arguments_and_back() -> None:
    chosen = Parameters(
        Preset.PAPER, Space.W_PLUS, layers=6, step_size=0.002, r1=3.5, r2=12.0, mask_weight=0.0, stop_distance=1.5,
        max_steps=300,
    )  # fmt: skip
    assert parameters(arguments(chosen).__getitem__) == chosen
    assert parameters(arguments(Parameters()).__getitem__) == Parameters()


def test_every_value_that_a_state_may_carry_fits_its_argument() -> None:
    """A property that refuses a value would keep another one, silently."""
    low = Parameters(layers=1, step_size=1e-6, r1=0.5, r2=1.0, mask_weight=0.0, stop_distance=0.1, max_steps=1)
    high = Parameters(
        layers=64, step_size=10.0, r1=512.0, r2=512.0, mask_weight=1e6, stop_distance=512.0, max_steps=100_000
    )
    for given in (arguments(low), arguments(high), arguments(Parameters())):
        for name, value in given.items():
            of = declared()[name]
            if of.kind is Kind.CHOICE:
                assert value in [choice for choice, _ in of.choices], name
            else:
                assert of.low <= value <= of.high, name


def test_a_value_that_no_drag_can_have_is_refused_in_words() -> None:
    with pytest.raises(InvalidMessage, match="r1"):
        parameters(defaults(r1=0.1).__getitem__)


def test_settings_are_kept_as_text_and_read_again() -> None:
    assert read(Settings(WHOLE, 12).text()) == Settings(WHOLE, 12)
    assert Settings(WHOLE, 12).text().isascii()  # GIMP's parasites take no other


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        '{"whole": "all", "rate": 1}',
        '{"whole": "last"}',
        '{"whole": "last", "rate": true}',
        '{"whole": ["last"], "rate": 3}',
        '{"whole": "last", "rate": 1e9}',
        "[" * 100_000,
    ],
)
def test_damaged_settings_are_as_if_there_were_none(text: str) -> None:
    assert read(text) == Settings()


def test_the_rate_is_the_arguments_else_the_settings_else_a_scripts_own() -> None:
    def rate(asked: int, kept: int) -> float:
        return wish(defaults(rate=asked, points="[[1, 2, 3, 4]]").__getitem__, None, Settings(rate=kept), Words()).rate

    assert rate(7, 3) == 7
    assert rate(0, 3) == 0
    assert rate(-1, 3) == 3
    assert rate(-1, 0) == PICTURES


def test_names_of_arguments_are_what_gimp_takes_and_scripts_can_write() -> None:
    for procedure in DECLARED:
        values = [*procedure.arguments, *procedure.values]
        assert all(value.name.replace("-", "").isalnum() and value.name[0].isalpha() for value in values)
        assert len({value.name for value in procedure.arguments}) == len(procedure.arguments)
