"""What an import keeps of a file besides its pictures, which tests/daemon/test_import_formats.py compares."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import torch

from draglayer_engine.checkpoints.importing import Imported, import_checkpoint
from draglayer_engine.models import BUNDLED, load_model, save_generator

from .formats import CLAMPED, GREY, SKIP
from .networks import network, picture
from .public_modules import public_modules
from .writer_nvidia import with_filters, write_nvidia
from .writer_tensorflow import write_tensorflow

CPU = torch.device("cpu")


def imported(path: Path, out: Path) -> Imported:
    return import_checkpoint(path, out, name="mine", title="Mine", licence="CC0-1.0")


@pytest.mark.parametrize("write", [write_nvidia, write_tensorflow])
def test_the_canary_is_alive_where_pickle_loads_the_same_file(write: object, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    data = write(network(SKIP), canary)  # type: ignore[operator]
    with public_modules():
        pickle.loads(data)
    assert canary.read_text() == "executed"


def test_our_own_folder_is_imported_with_hints_labels_and_clamp(tmp_path: Path) -> None:
    generator = network(CLAMPED)
    save_generator(generator, tmp_path / "own", name="a", title="A", licence="CC0-1.0")
    description = json.loads((tmp_path / "own" / "model.json").read_text())
    (tmp_path / "own" / "model.json").write_text(json.dumps(description | {"drag": {"feature_block": 8}}))
    for path in (tmp_path / "own", tmp_path / "own" / "model.safetensors"):
        out = tmp_path / f"of-{path.name}"
        assert imported(path, out).origin == "Draglayer"
        model = load_model(out, CPU)
        assert model.hints.feature_block == 8
        assert torch.equal(picture(model.generator), picture(generator))


def test_what_a_folder_says_of_dragging_is_kept_as_far_as_a_drag_can_use_it(tmp_path: Path) -> None:
    save_generator(network(SKIP), tmp_path / "own", name="a", title="A", licence="CC0-1.0")
    path = tmp_path / "own" / "model.json"
    good = {"space": "w", "feature_block": 8, "directions": 4, "step_size": 0.03, "template": 0.0}
    wrong = {"r1": 500.0, "r2": 1e300, "stride": True, "mask_weight": "much", "speed": 1}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"drag": good | wrong}))
    imported(tmp_path / "own", tmp_path / "out")
    description = json.loads((tmp_path / "out" / "model.json").read_text())
    assert description["drag"] == good
    assert any("r1, r2, stride and 2 more" in note for note in description["notes"])
    for block in (7, 1e300, 64):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"drag": {"feature_block": block}}))
        imported(tmp_path / "own", tmp_path / f"out-{block}")
        assert load_model(tmp_path / f"out-{block}", CPU).hints.feature_block is None


def test_the_bundled_model_is_dragged_in_the_same_way_after_it_was_imported(tmp_path: Path) -> None:
    bundled = BUNDLED / "creatures-256"
    imported(bundled, tmp_path / "out")
    said = [json.loads((folder / "model.json").read_text())["drag"] for folder in (bundled, tmp_path / "out")]
    assert said[0] == said[1]


def test_an_imported_folder_with_its_discriminator_can_be_imported_again(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(write_nvidia(network(CLAMPED), tmp_path / "canary"))
    first, second = imported(tmp_path / "a.pkl", tmp_path / "first"), imported(tmp_path / "first", tmp_path / "second")
    assert first.sha256 == second.sha256
    descriptions = [json.loads((tmp_path / n / "model.json").read_text()) for n in ("first", "second")]
    assert descriptions[0]["discriminator"] == descriptions[1]["discriminator"]
    assert descriptions[0]["discriminator"]["conv_clamp"] == 0.5


def test_the_description_tells_source_licence_labels_and_importer(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(write_nvidia(network(GREY), tmp_path / "canary"))
    result = imported(tmp_path / "a.pkl", tmp_path / "out")
    description = json.loads((tmp_path / "out" / "model.json").read_text())
    assert description["name"] == "mine" and description["licence"] == "CC0-1.0"
    assert description["labels"] == ["0", "1", "2"]
    assert description["source"]["sha256"] == result.source_sha256
    assert description["source"]["file"] == "a.pkl"
    assert description["source"]["num_fp16_res"] == 4
    assert description["importer"] == 1


def test_numbers_that_are_not_finite_are_reported(tmp_path: Path) -> None:
    generator = network(SKIP)
    tensors = dict(generator.state_dict())
    tensors["synthesis.b8.conv1.weight"] = tensors["synthesis.b8.conv1.weight"].clone()
    tensors["synthesis.b8.conv1.weight"][0, 0, 0, :2] = torch.tensor([float("nan"), float("inf")])
    (tmp_path / "a.pkl").write_bytes(write_nvidia(generator, tmp_path / "canary", tensors=tensors, keys=("G_ema",)))
    result = imported(tmp_path / "a.pkl", tmp_path / "out")
    assert result.unusable == {"synthesis.b8.conv1.weight": 2}
    assert json.loads((tmp_path / "out" / "model.json").read_text())["unusable"] == result.unusable


def test_the_average_w_is_computed_where_the_file_has_none(tmp_path: Path) -> None:
    generator = network(SKIP)
    tensors = {n: t for n, t in generator.state_dict().items() if n != "mapping.w_avg"}
    (tmp_path / "a.pkl").write_bytes(write_nvidia(generator, tmp_path / "canary", tensors=tensors, keys=("G_ema",)))
    result = imported(tmp_path / "a.pkl", tmp_path / "out")
    assert any("average w" in note for note in result.notes)
    z = torch.randn(20_000, 8, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        truth = generator.mapping(z, None).mean(dim=0)
    assert (load_model(tmp_path / "out", CPU).generator.mapping.w_avg - truth).abs().max() < 0.05


def test_the_child_is_kept_from_the_network_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(write_nvidia(network(SKIP), tmp_path / "canary"))
    result = imported(tmp_path / "a.pkl", tmp_path / "out")
    assert result.isolation
    assert result.foreign  # the gadget's name was met, and left alone
    assert any("augmentation.leave" in name for name in result.foreign)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"__metadata__": torch.zeros(1)}, "it has an unknown tensor __metadata__; import the generator alone"),
        ({"../../x": torch.zeros(1)}, "it has an unknown tensor ../../x; import the generator alone"),
        ({}, "numbers, many times what one has; import the generator alone"),
    ],
)
def test_a_discriminator_that_is_none_is_left_out_with_one_note(
    change: dict[str, torch.Tensor], words: str, tmp_path: Path
) -> None:
    generator = network(SKIP)
    many = torch.zeros(4_000_000)  # again and again, which costs the file nothing
    parts = {"b4.fc.weight": many, "b16.fromrgb.weight": torch.zeros(4, 3, 1, 1)} | change
    repeated = {} if change else {f"b{n}.conv0.weight": many for n in range(70)}
    wrong = {str(n): parts | repeated for n in range(1 if repeated else 500)}
    torch.save({"G_ema": with_filters(generator.state_dict()), "x": wrong}, tmp_path / "a.pt")
    result = imported(tmp_path / "a.pt", tmp_path / "out")
    assert not result.discriminator
    assert len([note for note in result.notes if "the discriminator was left out: it " in note]) == 1
    assert any(words in note for note in result.notes)
    assert sum(path.stat().st_size for path in (tmp_path / "out").iterdir()) < 1 << 20
