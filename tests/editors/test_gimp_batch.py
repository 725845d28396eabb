"""The procedures in a real GIMP without a display: a story from seed to saved file and on, other images, mistakes."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.daemon.processes import end, wait_until

from .gimp_console import PATIENCE, Console, plugin_process

pytestmark = pytest.mark.editors


def test_a_story_from_a_seed_to_a_saved_image_and_on(console: Console) -> None:
    told = console.tell("batch_story", DRAGLAYER_PARTS="story")
    seed, result = "Drag – Creatures, 256 px, 7", "Drag – Creatures, 256 px, 7 #1"
    assert told["new"] == ["success", [[seed, [10, 0]], ["Background", [0, 0]]]]
    status, why, steps, distance, sentence = told["drag"]
    assert (status, why, steps) == ("success", "", 6)
    assert distance < 16
    assert "6 steps" in sentence
    assert told["layers"] == [[result, [10, 0]], [seed, [10, 0]], ["Background", [0, 0]]]
    left, top, right, bottom, opaque = told["opaque"]
    assert (left, top, right, bottom) == (70, 60, 219, 209)  # the selection's box, and in it its ellipse
    assert abs(opaque - 75 * 75 * 3.1416) < 500
    assert opaque / 2 < told["changed"] <= opaque
    assert told["untouched"]
    assert told["parasites"] == [2, ["draglayer"], ["draglayer"]]
    step, handles, size = told["state"]
    assert step == 6
    assert handles != [[130, 130], [180, 130]]  # they have moved; GIMP's half pixels are ours at integers
    assert abs(handles[1][0] - 180) < 8
    assert size > 10_000
    status, why, steps, _, same, nearer = told["continued"]
    assert (status, why, steps, same, nearer) == ("success", "", 4, True, True)
    assert told["continued pixels"] == [True, True, told["opaque"]]
    assert told["copy"] == ["success", "", True, True, True]
    status, why, fresh, kept, sentence = told["painted"]
    assert (status, why, fresh, kept) == ("success", "", True, True)
    assert "painted on" in sentence
    assert (console.folder / "story.png").stat().st_size > 10_000
    keep = os.environ.get("DRAGLAYER_SHOTS")
    if keep:
        Path(keep).mkdir(parents=True, exist_ok=True)
        shutil.copy(console.folder / "story.png", Path(keep) / f"gimp-batch-{console.room.suite}.png")


def test_the_documented_command_makes_a_layered_image_and_a_picture(console: Console) -> None:
    """docs/gimp.md, pasted into a shell."""
    text = (Path(__file__).parents[2] / "docs" / "gimp.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"```sh\n(gimp-console .*?)```", text, re.DOTALL)
    said, _ = console.shell(command).communicate(timeout=PATIENCE)
    assert "success" in said
    assert (console.folder / "dragged.png").read_bytes().startswith(b"\x89PNG")
    assert (console.folder / "dragged.xcf").stat().st_size > 100_000
    assert "Traceback" not in said


def test_other_precisions_gray_and_indexed(console: Console) -> None:
    told = console.tell("batch_story", DRAGLAYER_PARTS="kinds")
    *_, plain = told["plain"]
    assert max(plain) - min(plain) > 60  # a picture
    for name in ("rgb 16 linear", "rgb float", "gray 8", "gray 16 linear"):
        status, why, offsets, size, luminance = told[name]
        assert (status, why, offsets, size) == ("success", "", [100, 90], [256, 256]), name
        assert max(abs(a - b) for a, b in zip(luminance, plain, strict=True)) <= 1, name
    status, why = told["indexed"]
    assert status == "execution-error"
    assert "indexed colours" in why
    assert "Image > Mode > RGB" in why


def test_mistakes_are_answered_with_a_sentence_and_leave_the_image_alone(console: Console) -> None:
    told = console.tell("batch_story", DRAGLAYER_PARTS="mistakes")
    expected = {
        "several": "Several layers are selected",
        "channel": "A channel is active",
        "not ours": "not made by Draglayer",
        "malformed": "cannot be read as JSON",
        "nan": "NaN is not a number",
        "huge": "too large",
        "three": "not four numbers",
        "nested": "cannot be read as JSON",  # in the words of each Python
        "many": "100000 points are too many",
        "none": "nothing to drag",
        "outside": "lies outside the frame",
        "frame": "it is empty",
        "model": "it has: creatures-256",
        "no state": "damaged",
        "selection beside": "does not touch the frame",
    }
    for name, part in expected.items():
        status, why = told[name]
        assert status == "execution-error", name
        assert part in why, name
        assert "Traceback" not in why
    assert told["image intact"]
    assert told["no layer at all"] == ["success", "", 1]
    status, sentence = told["mask"]
    assert status == "success"
    assert "above its layer" in sentence
    status, sentence, *places = told["group"]
    assert status == "success"
    assert "the result comes above it" in sentence
    assert places == [0, 1]


def test_settings_are_kept_by_gimp_and_menus_speak_its_language(console: Console) -> None:
    first = console.tell("settings", DRAGLAYER_RATE="7")
    assert (first["before"], first["status"]) == (None, "success")
    assert first["menu"] == ["_Drag…", "_New from Model…", "_Connection and Settings…"]
    german = console.tell("settings", LANGUAGE="de", LANG="de_DE.UTF-8")
    assert german["before"] == {"whole": "whole", "rate": 7}
    assert german["menu"] == ["_Ziehen …", "_Neu aus Modell …", "_Verbindung und Einstellungen …"]
    assert "Draglayer-Dienst" in german["blurb"][2]


def test_a_plug_in_that_is_killed_leaves_the_layer_so_far_and_frees_the_device(console: Console) -> None:
    """GIMP's own Cancel does just that: it kills the plug-in's process."""
    process = console.start("endless")
    with console.daemon.home.client() as client:
        wait_until(lambda: any(s.running and s.step > 3 for s in client.status().sessions), "the drag")
        killed = plugin_process(console)
        assert killed is not None
        (before,) = [s for s in client.status().sessions if s.running]
        end(killed, signal.SIGKILL)
        began = time.monotonic()
        wait_until(lambda: not any(s.running for s in client.status().sessions), "the end of the drag")
        took = time.monotonic() - began
        (after,) = [s for s in client.status().sessions if s.session == before.session]  # it is kept
    assert took < 5.0 or after.step - before.step <= 10, (took, before, after)
    told = console.told(process)
    del told["said"]  # GIMP's own words
    assert told == {"status": "calling-error", "layers": ["Drag – Background", "Background"], "white": True}
    assert process.wait(PATIENCE) == 0
