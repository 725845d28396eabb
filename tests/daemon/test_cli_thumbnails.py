"""Thumbnails and labels on the command line, with the real worker."""

from __future__ import annotations

import json
from pathlib import Path

import PIL.Image

from draglayer_engine.models import save_generator
from tests.checkpoints.formats import GREY
from tests.checkpoints.networks import network
from tests.daemon.processes import Home, draglayer


def test_the_command_line_tells_where_strips_lie_and_copies_them(tiny_home: Home, desk: Path) -> None:
    code, out, err = draglayer("models", "thumbnails", "tiny")
    assert (code, err) == (0, "drawing tiny\n")
    file = Path(out.strip())
    with PIL.Image.open(file) as strip:
        assert strip.size == (8 * 32, 32)
        assert len(set(strip.crop((0, 0, 64, 32)).tobytes())) > 100
    code, out, err = draglayer("models", "thumbnails", "tiny", "--out", ".", "--json")
    assert (code, err) == (0, "")  # it was there already
    (value,) = json.loads(out)
    assert (value["name"], value["seeds"], value["file"]) == ("tiny", list(range(8)), "tiny.png")
    assert Path("tiny.png").read_bytes() == file.read_bytes()
    listed = {model["name"]: model for model in json.loads(draglayer("models", "list", "--json").out)}
    assert listed["tiny"]["thumbnails"]


def test_what_the_command_line_cannot_show_is_told(tiny_home: Home, desk: Path) -> None:
    for arguments, words in {
        ("thumbnails", "tyny"): "there is no model 'tyny'; did you mean 'tiny'?",
        ("thumbnails", "tiny", "--label", "cat"): "the model 'tiny' has no labels, so there is none called 'cat'",
        ("thumbnails", "tiny", "--label", "3"): "label 3 was asked for, but the model 'tiny' has no labels",
        ("thumbnails", "tiny", "--out", "none"): "there is no folder none; make it, or choose another place",
    }.items():
        code, out, err = draglayer("models", *arguments)
        assert (code, out) == (1, ""), arguments
        assert words in err


def test_labels_are_chosen_by_number_or_name_wherever_a_seed_is(tiny_home: Home, desk: Path) -> None:
    folder = tiny_home.folder / "models" / "kinds"
    save_generator(network(GREY), folder, name="kinds", title="Kinds", licence="CC0-1.0")
    path = folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"labels": ["cat", "dog", "bird"]}))
    drag = ("drag", "--model", "kinds", "--seed", 1, "--drag", "2,2:4,4", "--max-steps", 1, "--quiet")
    pictures = {}
    for label in ("1", "dog", "2"):
        code, _, err = draglayer(*drag, "--label", label, "--out", "out.png")
        assert code == 0, err
        pictures[label] = Path("out.png").read_bytes()
    assert pictures["1"] == pictures["dog"] != pictures["2"]
    for label, words in {
        "dgo": "the model 'kinds' has no label 'dgo'; did you mean 'dog'? It has 0 cat, 1 dog, 2 bird",
        "3": "label 3 was asked for, but this model has labels 0 to 2; choose one",
        None: "the model 'kinds' draws 3 kinds of pictures, so it needs a label; choose one of 0 cat, 1 dog, 2 bird",
    }.items():
        code, _, err = draglayer(*drag, *(() if label is None else ("--label", label)))
        assert code == 1
        assert words in err
    with tiny_home.client() as client:
        with client.open_seed("kinds", 1, label=1) as session:
            assert session.render().channels == 1
        strip = client.thumbnails("kinds", 2)
        assert (strip.labels, strip.image.channels) == ((2,) * 8, 1)


def test_more_labels_than_a_message_holds_do_not_keep_the_list_from_being_shown(tiny_home: Home, desk: Path) -> None:
    text = json.loads((tiny_home.folder / "models" / "tiny" / "model.json").read_text())
    labels = [f"{label:05}" for label in range(40_000)]
    names = [f"many-{number}" for number in range(5)]
    for name in names:
        (tiny_home.folder / "models" / name).mkdir()
        values = text | {"name": name, "labels": labels, "architecture": text["architecture"] | {"c_dim": len(labels)}}
        (tiny_home.folder / "models" / name / "model.json").write_text(json.dumps(values))
    code, out, _ = draglayer("models", "list")
    assert code == 0
    assert all(name in out for name in names)
    assert draglayer("models", "remove", *names).code == 0
    assert draglayer("models", "list").code == 0


def test_a_strip_shows_what_comes_when_its_seeds_are_opened(tiny_home: Home, desk: Path) -> None:
    with tiny_home.client() as client:
        strip = client.thumbnails("tiny").image
        with client.open_seed("tiny", 3) as session:
            picture = session.render()
    rows = [strip.pixels[3 * (y * strip.width + 3 * 32) :][: 3 * 32] for y in range(32)]
    assert b"".join(rows) == picture.pixels
