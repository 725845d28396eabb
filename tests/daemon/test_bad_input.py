"""Whatever is wrong with a drag: a sentence with what, why and what next, no file left behind, a daemon that lives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import PIL.Image
import pytest

from draglayer_protocol.messages import MAX_POINTS
from tests.daemon.processes import Home, draglayer, wait_until

RESULTS = ("--out", "out.png", "--gif", "out.gif", "--frames", "frames", "--state-out", "out.state")
SEED = ("--model", "tiny", "--seed", "1")
DRAG = ("--drag", "8,8:20,20")
THOUSAND = [part for i in range(1000) for part in ("--drag", f"{i % 32},{i // 32}.{i % 7}:9,9")]


class Bad(NamedTuple):
    """A command line, its exit code, and what its sentence says: what is wrong, why, what next."""

    arguments: tuple[object, ...]
    code: int
    words: tuple[str, ...]


def points(*texts: str) -> tuple[str, ...]:
    return (*SEED, *(part for text in texts for part in ("--drag", text)))


BAD = {
    # points
    "a handle outside": Bad(
        points("40,5:10,10"),
        1,
        ("point 1's handle is at (40, 5)", "outside the frame, which spans x from 0 to 31", "move it inside"),
    ),
    "a target outside": Bad(
        points("3,3:4,4", "5,5:10,-3"),
        1,
        ("point 2's target is at (10, -3)", "y from 0 to 31", "move it inside"),
    ),
    "a handle on its target": Bad(
        points("5,5:5,5"), 1, ("every handle lies on its target", "nothing to drag", "move a target")
    ),
    "two equal handles": Bad(
        points("5,5:8,8", "5,5:9,9"), 1, ("points 1 and 2 have the same handle (5, 5)", "remove or move one of them")
    ),
    "two handles that nothing can tell apart": Bad(
        points("5.00000001,5:8,8", "5,5:9,9"), 1, ("two handles lie on the same place", "remove or move one of them")
    ),
    "NaN": Bad(points("nan,5:8,8"), 2, ("the handle is 'nan,5'", "finite pixels is needed")),
    "infinity": Bad(points("5,5:8,-inf"), 2, ("the target is '8,-inf'", "finite pixels is needed")),
    "far beyond": Bad(points("5,5:1e30,8"), 1, ("a target is at (1e+30, 8.0)", "in finite pixels is needed")),
    "words": Bad(points("nose:8,8"), 2, ("the handle is 'nose'", "two numbers X,Y are needed", "write X,Y:X,Y")),
    "no points": Bad(SEED, 2, ("say what to drag", "--drag X,Y:X,Y")),
    "a thousand points": Bad(
        (*SEED, *THOUSAND), 1, ("1000 points were sent", f"at most {MAX_POINTS} are accepted", "remove some")
    ),
    "a handle without target": Bad(points("5,5"), 2, ("has a handle but no target", "write X,Y:X,Y")),
    "an empty target": Bad(points("5,5:"), 2, ("the target is missing", "write X,Y:X,Y")),
    "three positions": Bad(points("1,1:2,2:3,3"), 2, ("has 3 positions", "--drag once more for another pair")),
    # masks
    "a mask of another size": Bad(
        (*SEED, *DRAG, "--mask", "small.png"),
        1,
        ("the mask has 16 x 16 pixels, the model's picture 32 x 32", "scale the mask"),
    ),
    "a mask that lets nothing move": Bad(
        (*SEED, *DRAG, "--mask", "black.png"), 1, ("the mask is black everywhere", "nothing may move", "paint white")
    ),
    "a mask that is missing": Bad((*SEED, *DRAG, "--mask", "none.png"), 1, ("there is no mask none.png", "name a")),
    "a mask that is no picture": Bad(
        (*SEED, *DRAG, "--mask", "text.png"), 1, ("the mask text.png cannot be read as a picture", "save it as PNG")
    ),
    "a mask that is cut off": Bad(
        (*SEED, *DRAG, "--mask", "cut.png"), 1, ("the mask cut.png cannot be read as a picture", "save it as PNG")
    ),
    "a mask beyond every size": Bad(
        (*SEED, *DRAG, "--mask", "huge.png"), 1, ("huge.png has 5000 x 2 pixels", "at most 4096", "must have the size")
    ),
    # where to begin
    "an unknown model": Bad(
        ("--model", "tyny", "--seed", "1", *DRAG),
        1,
        ("there is no model 'tyny'", "did you mean 'tiny'?", "`draglayer models list` shows all"),
    ),
    "a model without a name": Bad(("--model", "", "--seed", "1", *DRAG), 1, ("the model's name is empty", "must name")),
    "a seed that is a fraction": Bad(
        ("--model", "tiny", "--seed", "1.5", *DRAG),
        2,
        ("--seed: '1.5' was given", "a whole number from 0 to 4294967295 is needed"),
    ),
    "a seed that is a word": Bad(
        ("--model", "tiny", "--seed", "lucky", *DRAG), 2, ("--seed: 'lucky' was given", "a whole number from 0 to")
    ),
    "a seed below zero": Bad(
        ("--model", "tiny", "--seed=-1", *DRAG), 2, ("--seed: '-1' was given", "from 0 to 4294967295")
    ),
    "a seed that is too large": Bad(
        ("--model", "tiny", "--seed", 2**32, *DRAG), 2, ("--seed: '4294967296' was given", "from 0 to 4294967295")
    ),
    "no seed": Bad(("--model", "tiny", *DRAG), 2, ("say which picture to drag", "--seed N, or --state-in FILE")),
    "a label for a model without labels": Bad(
        (*SEED, "--label", "2", *DRAG), 1, ("label 2 was asked for", "this model has no labels", "leave it out")
    ),
    "a truncation that is no number": Bad(
        (*SEED, "--truncation", "nan", *DRAG), 2, ("--truncation: 'nan' was given", "a number from 0 to 2 is needed")
    ),
    # states
    "a state of another model": Bad(
        ("--state-in", "other.state"),
        1,
        ("belongs to a model whose weights have the hash", "none of the models here", "tiny) has it", "install that"),
    ),
    "a damaged state": Bad(("--state-in", "damaged.state"), 1, ("this state is damaged", "use an earlier copy")),
    "a state that is cut off": Bad(("--state-in", "cut.state"), 1, ("this state is damaged", "use an earlier copy")),
    "the first bytes of a state": Bad(
        ("--state-in", "begun.state"), 1, ("this state is damaged", "use an earlier copy")
    ),
    "a state of a later Draglayer": Bad(
        ("--state-in", "later.state"), 1, ("this state has format 2", "this Draglayer reads 1", "update it")
    ),
    "a state that is none": Bad(
        ("--state-in", "text.png"), 1, ("are not a Draglayer state", "choose one that was exported")
    ),
    "an empty state": Bad(("--state-in", "empty.state"), 1, ("empty.state has 0 bytes", "name one that --state-out")),
    "a state that is missing": Bad(
        ("--state-in", "none.state"), 1, ("the state none.state cannot be read", "No such file", "name a file")
    ),
    "a state and a seed": Bad(
        ("--state-in", "good.state", *SEED), 2, ("--state-in brings its own picture", "leave --model, --seed away")
    ),
    "a state with points outside": Bad(
        ("--state-in", "good.state", "--drag", "99,5:5,5"), 1, ("point 1's handle is at (99, 5)", "move it inside")
    ),
    # parameters
    "layers that the model does not have": Bad(
        (*SEED, *DRAG, "--layers", "9"), 1, ("9 layers cannot be edited", "this model has 8 rows", "choose 1 to 8")
    ),
    "no steps": Bad(
        (*SEED, *DRAG, "--max-steps", "0"), 2, ("--max-steps: '0' was given", "from 1 to 100000 is needed")
    ),
    "an unknown preset": Bad((*SEED, *DRAG, "--preset", "best"), 2, ("invalid choice: 'best'", "paper")),
    "a step size that is no number": Bad(
        (*SEED, *DRAG, "--step-size", "inf"), 2, ("--step-size: 'inf' was given", "a number from 1e-06 to 10")
    ),
    # results
    "a folder that is missing": Bad(
        (*SEED, *DRAG, "--out", "none/out.png"),
        1,
        ("none/out.png cannot", "there is no folder none", "make it first"),
    ),
    "a folder in the place of a file": Bad((*SEED, *DRAG, "--out", "."), 1, (". is a folder", "name a file in it")),
    "a file in the place of a folder": Bad(
        (*SEED, *DRAG, "--frames", "text.png/frames"), 1, ("text.png is a file", "choose another place")
    ),
    "one name for two results": Bad(
        (*SEED, *DRAG, "--gif", "out.png"), 1, ("two results are to be written to out.png", "a name of its own")
    ),
}


@pytest.fixture(scope="module")
def good(tiny_home: Home) -> bytes:
    """A state of the model that the daemon has."""
    with tiny_home.client() as client, client.open_seed("tiny", 1) as session:
        session.set_points([((8, 8), (20, 20))])
        return session.export_state()


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A state of a model that the daemon has not."""
    import torch

    from draglayer_engine.config import preset
    from draglayer_engine.models import load_model
    from draglayer_engine.session import DragSession
    from tests.daemon.tiny import save_tiny

    folder = tmp_path_factory.mktemp("other") / "other"
    save_tiny(folder, name="other", seed=7)
    model = load_model(folder, torch.device("cpu"))
    config = preset("default", model.generator.size, model.generator.architecture.blocks)
    return DragSession.from_seed(model.generator, 1, None, 1.0, config, model.sha256).export()


@pytest.fixture
def inputs(desk: Path, good: bytes, other: bytes) -> Path:
    """A folder with every file that the table names."""
    PIL.Image.new("L", (16, 16), 255).save("small.png")
    PIL.Image.new("L", (32, 32), 0).save("black.png")
    PIL.Image.new("L", (5000, 2), 255).save("huge.png")
    PIL.Image.effect_noise((32, 32), 50).save("noise.png")
    whole = Path("noise.png").read_bytes()
    files = {
        "text.png": b"no picture",
        "cut.png": whole[: len(whole) // 2],
        "good.state": good,
        "other.state": other,
        "damaged.state": good[:-9] + bytes([good[-9] ^ 255]) + good[-8:],
        "cut.state": good[:-9],
        "begun.state": good[:200],
        "later.state": good.replace(b"draglayer-state 1", b"draglayer-state 2", 1),
        "empty.state": b"",
    }
    for name, data in files.items():
        Path(name).write_bytes(data)
    return desk


def everything(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "logs" not in path.parts}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_what_is_wrong_is_said_nothing_is_left_behind_and_the_daemon_lives(
    tiny_home: Home, inputs: Path, bad: Bad
) -> None:
    before = everything(inputs), everything(tiny_home.folder)
    with tiny_home.client() as client:
        daemon = client.status()
        code, out, err = draglayer("drag", "--quiet", *RESULTS, *bad.arguments)
        assert (code, out) == (bad.code, "")
        *usage, sentence = err.splitlines()
        assert sentence.startswith("draglayer drag: ")
        for words in bad.words:
            assert words in sentence
        assert not usage or usage[0].startswith("usage: draglayer drag")  # argparse's; nothing else is said
        assert (everything(inputs), everything(tiny_home.folder)) == before
        wait_until(lambda: not client.status().sessions, "the end of the session that was opened for it")
        after = client.status()
    assert (after.pid, after.worker_pid) == (daemon.pid, daemon.worker_pid)


def test_after_all_of_it_the_daemon_drags(desk: Path) -> None:
    code, out, _ = draglayer("drag", *SEED, *DRAG, "--max-steps", 2, "--json", "--out", "out.png")
    assert code == 0
    assert json.loads(out)["steps"] == 2
    assert Path("out.png").exists()


def test_a_mask_that_is_white_everywhere_is_no_mask(desk: Path) -> None:
    PIL.Image.new("L", (32, 32), 255).save("white.png")
    PIL.Image.linear_gradient("L").resize((32, 32)).save("some.png")
    pictures = {}
    for mask in ((), ("--mask", "white.png"), ("--mask", "some.png")):
        draglayer("drag", *SEED, *DRAG, *mask, "--max-steps", 3, "--quiet", "--out", "out.png")
        pictures[mask] = Path("out.png").read_bytes()
    none, white, some = pictures.values()
    assert none == white
    assert none != some
