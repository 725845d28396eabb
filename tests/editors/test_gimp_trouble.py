"""What is unusual or goes wrong beside a real GIMP without a window: one sentence, the image as it was, no hanging."""

from __future__ import annotations

import io
import json
import signal

import pytest
from PIL import Image as Picture
from PIL import ImageCms

from tests.daemon.processes import wait_until

from .gimp_console import PATIENCE, SHARED, Console
from .icc import wide_gamut
from .running import Daemon

pytestmark = pytest.mark.editors


def test_canvases_layers_and_selections_of_every_kind_are_dragged_on_or_refused_in_a_sentence(console: Console) -> None:
    told = console.tell("trouble", DRAGLAYER_PARTS="canvases layers selections")
    assert not [told[name] for name in told if name.startswith("mistake")]
    drawn = {  # where the result came: x, y, width, height
        "wide": [7680, 0, 1024, 1024],
        "one pixel": [0, 0, 1, 1],
        "tall": [0, 1480, 40, 40],
        "partly outside": [0, 80, 200, 200],  # in what is left of the layer
        "wholly outside": [0, 0, 300, 300],
        "frame partly outside": [-60, -70, 256, 256],
        "cropped away": [0, 50, 200, 200],
    }
    for name, where in drawn.items():
        assert told[name] == {"status": "success", "said": "", "same": True, "where": where, "layers": 2}, name
    refused = {
        "infinity": "-Infinity is not a number",
        "far frame": "1000000000.0 is too large",
        "huge frame": "a layer of 9000000 x 9000000 pixels is too large",
        "locked": "The result layer is locked",
        "newer": "saved by a newer Draglayer",
        "damaged": "is damaged (JSONDecodeError)",
        "junk": "is damaged (JSONDecodeError)",
        "other crc": "its checksum is wrong",
        "model gone": "which the daemon does not have",
        "hollow": "neither a state nor a seed",
        "beside": "The selection does not touch the frame",
        "all, inverse": "The whole frame is selected",
    }
    for name, part in refused.items():
        assert told[name]["status"] == "execution-error", name
        assert part in told[name]["said"], name
        assert told[name]["same"], name
        assert told[name].get("kept", True), name
    assert told["text"]["status"] == "success"
    assert told["text"]["still text"]
    assert told["mended"]["status"] == "success"
    moved = told["in another image"]
    assert (moved["status"], moved["first"], moved["into it"]) == ("success", True, True)
    assert told["crop leaves"]  # nothing is selected then, so everything may move


def test_in_an_image_of_a_wide_gamut_the_picture_has_the_colours_that_it_has_in_srgb(console: Console) -> None:
    """GIMP writes the layers with the image's profile; LittleCMS reads them as sRGB again."""
    (console.folder / "wide.icc").write_bytes(wide_gamut())
    told = console.tell("trouble", DRAGLAYER_PARTS="profiles")
    assert {told[name]["status"] for name in told} == {"success"}
    plain = Picture.open(console.folder / "plain.png").convert("RGB")
    srgb = ImageCms.createProfile("sRGB")
    for name in ("wide-8", "wide-16-linear", "wide-float"):
        shown = Picture.open(console.folder / f"{name}.png")
        profile = ImageCms.ImageCmsProfile(io.BytesIO(shown.info["icc_profile"]))
        assert max(_apart(shown.convert("RGB"), plain)) > 20, name  # the numbers are others
        same = ImageCms.profileToProfile(shown.convert("RGB"), profile, srgb, renderingIntent=1)
        assert same is not None
        worst = _apart(same, plain)
        assert sorted(worst)[int(0.99 * len(worst))] <= 3, name
        assert max(worst) <= 8, name


def _apart(one: Picture.Image, other: Picture.Image) -> list[int]:
    return [abs(a - b) for a, b in zip(one.tobytes(), other.tobytes(), strict=True)]


def test_a_full_disk_fails_the_saving_and_nothing_else(console: Console) -> None:
    command = f"mount -t tmpfs -o size=20k none /mnt; {console.command('trouble')}"
    told = console.told(console.shell(command, DRAGLAYER_PARTS="full"))
    saved, said, same, carried = told["saving"]
    assert saved is not True
    assert "No space left" in said
    assert (same, carried) == (True, True)
    assert told["after"]["status"] == "success"
    assert told["elsewhere"] is True


def test_a_daemon_of_another_protocol_is_named(console: Console) -> None:
    home = console.folder / "other-home"
    home.mkdir()
    connection = json.loads((console.daemon.home.folder / "connection.json").read_text())
    (home / "connection.json").write_text(json.dumps(connection | {"protocol": 99}))
    (home / "connection.json").chmod(0o600)
    told = console.tell("trouble", DRAGLAYER_PARTS="alone", DRAGLAYER_HOME=f"{SHARED}/other-home")
    assert told["alone"]["status"] == "execution-error"
    assert "99" in told["alone"]["said"]
    assert told["alone"]["layers"] == 1


STARTER = f"""#!/bin/sh
echo "$@" > {SHARED}/asking && mv {SHARED}/asking {SHARED}/asked
while [ ! -e {SHARED}/served ]; do sleep 0.1; done
"""


def test_without_a_daemon_a_script_has_one_started(console: Console) -> None:
    """GIMP's room has no torch: what is started there asks for it outside."""
    home = console.folder / "new-home"
    daemon = Daemon(home)
    home.mkdir(exist_ok=True)
    (home / "starter").write_text(STARTER)
    (home / "starter").chmod(0o755)
    (home / "launch.json").write_text(json.dumps({"command": [f"{SHARED}/new-home/starter"]}))
    try:
        process = console.start("trouble", DRAGLAYER_PARTS="alone", DRAGLAYER_HOME=f"{SHARED}/new-home")
        wait_until((console.folder / "asked").exists, "the start")
        daemon.start()
        (console.folder / "served").touch()
        told = console.told(process)
    finally:
        daemon.kill(signal.SIGTERM)
    assert (console.folder / "asked").read_text() == "serve --stop-when-idle 600\n"
    assert told["alone"]["status"] == "success"
    none = console.tell("trouble", DRAGLAYER_PARTS="alone", DRAGLAYER_HOME=f"{SHARED}/no-home")
    assert none["alone"]["status"] == "execution-error"
    assert "draglayer serve" in none["alone"]["said"]
    assert none["alone"]["layers"] == 1


@pytest.mark.parametrize("victim", ["worker", "daemon"])
def test_what_is_killed_in_a_drag_is_said_and_the_layer_so_far_stays(console: Console, victim: str) -> None:
    process = console.start("endless")
    with console.daemon.home.client() as client:
        wait_until(lambda: any(s.running and s.step > 3 for s in client.status().sessions), "the drag")
    if victim == "worker":
        console.daemon.kill_worker()
        told = console.told(process)
    else:
        console.daemon.kill()
        try:
            told = console.told(process)
        finally:
            console.daemon.start()
    assert told["status"] == "execution-error"
    assert told["said"]
    assert told["layers"] == ["Drag – Background", "Background"]
    assert told["white"]
    assert process.wait(PATIENCE) == 0
    again = console.tell("trouble", DRAGLAYER_PARTS="alone")
    assert again["alone"]["status"] == "success"
