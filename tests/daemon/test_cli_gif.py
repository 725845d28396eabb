"""`draglayer gif`: exported steps become one animation, or a sentence."""

from __future__ import annotations

from pathlib import Path

import PIL.Image
import pytest

from draglayer_daemon.drag_outputs import LAST_MS, MOST_FRAMES
from tests.daemon.processes import draglayer


def step(folder: Path, number: int, colour: tuple[int, int, int], size: tuple[int, int] = (8, 6)) -> None:
    PIL.Image.new("RGB", size, colour).save(folder / f"step-{number:04d}.png")


def test_steps_become_an_animation_in_their_order(tmp_path: Path) -> None:
    for number, colour in ((10, (0, 0, 255)), (2, (0, 255, 0)), (0, (255, 0, 0))):
        step(tmp_path, number, colour)
    (tmp_path / "notes.png").write_text("nothing of ours")
    said = draglayer("gif", tmp_path)
    assert (said.code, said.out.strip()) == (0, str(tmp_path / "steps.gif"))
    with PIL.Image.open(tmp_path / "steps.gif") as animation:
        seen = []
        for frame in range(animation.n_frames):
            animation.seek(frame)
            seen.append(animation.convert("RGB").getpixel((3, 3)))
        assert seen == [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
        assert animation.info["duration"] == LAST_MS


def test_of_very_many_steps_some_are_shown_and_the_last_is_among_them(tmp_path: Path) -> None:
    for number in range(2 * MOST_FRAMES + 1):
        step(tmp_path, number, (number % 256, 0, 255 if number == 2 * MOST_FRAMES else 0))
    assert draglayer("gif", tmp_path, "--out", tmp_path / "all.gif").code == 0
    with PIL.Image.open(tmp_path / "all.gif") as animation:
        assert animation.n_frames <= MOST_FRAMES
        animation.seek(animation.n_frames - 1)
        assert animation.convert("RGB").getpixel((3, 3))[2] > 200


@pytest.mark.parametrize("bad", ["empty", "nowhere", "damaged", "other size", "folder"])
def test_what_is_no_steps_is_said_and_nothing_is_written(tmp_path: Path, bad: str) -> None:
    folder, out = tmp_path / "steps", tmp_path / "out.gif"
    if bad != "nowhere":
        folder.mkdir()
    if bad in ("damaged", "other size", "folder"):
        step(folder, 0, (1, 2, 3))
    if bad == "damaged":
        (folder / "step-0001.png").write_bytes((folder / "step-0000.png").read_bytes()[:40])
    if bad == "other size":
        step(folder, 1, (1, 2, 3), (9, 6))
    if bad == "folder":
        out.mkdir()
    said = draglayer("gif", folder, "--out", out)
    assert said.code == 1
    assert said.err.startswith("draglayer gif: ")
    assert len(said.err.splitlines()) == 1
    assert not out.is_file()
