"""Daemons that are not there, speak another protocol or lose a model, before a real Krita: a sentence, and no harm."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import msgpack
import PIL.Image
import pytest
import zmq

from tests.daemon.tiny import save_tiny

from .running import Running
from .screen import SHARED, Screen, wait
from .story import READY, Artist

pytestmark = pytest.mark.editors
HANDED_OUT = f"""#!/bin/sh
echo "$@" > {SHARED}/asking && mv {SHARED}/asking {SHARED}/asked
while [ ! -e {SHARED}/answered ]; do sleep 0.1; done
"""
STARTER = f'#!/bin/sh\necho "$@" > {SHARED}/started\n'


@pytest.fixture
def without_daemon(studio: Running, artist: Artist) -> Iterator[None]:
    """From the start of the test there is none; one serves again after it."""
    studio.daemon.kill()
    (studio.daemon.home.folder / "connection.json").unlink(missing_ok=True)
    try:
        yield
    finally:
        if not studio.daemon.runs:
            (studio.daemon.home.folder / "connection.json").unlink(missing_ok=True)
            studio.daemon.start()
        studio.screen.ask("desktop.desk.retry()")
        wait(lambda: artist.light().startswith("●"), "the connection")


def test_without_a_daemon_the_docker_says_so_and_its_button_starts_one(
    studio: Running, krita: Screen, artist: Artist, without_daemon: None
) -> None:
    """The button's own process runs in Krita's room, which has no torch: it tells what it was asked to start."""
    artist.new_document(connected=False)
    wait(lambda: "connection file" in artist.light(), "the sentence")
    assert artist.light().startswith("○")
    assert not artist.ask("panel._new.isEnabled()")
    krita.shot("no-daemon")
    started = krita.folder / "started"
    started.unlink(missing_ok=True)
    program = krita.folder / "home" / "starter"
    program.write_text(STARTER)
    program.chmod(0o755)
    launch = krita.folder / "home" / "launch.json"
    launch.write_text(json.dumps({"command": [f"{SHARED}/home/starter"]}))
    artist.press_button("_start")
    wait(started.exists, "the program that the button starts")
    wait(lambda: started.read_text().split() == ["serve", "--stop-when-idle", "600"], "what it was started with")
    launch.unlink()
    artist.press_button("_start")
    wait(lambda: "cannot be started from here" in artist.light(), "the command to type")
    krita.ask("desktop.desk.retry()")
    wait(lambda: "connection file" in artist.light(), "another look for the daemon")
    assert "cannot be started from here" in artist.light()  # it stays there to be typed
    krita.shot("no-daemon-command")
    studio.daemon.start()  # as typed
    wait(lambda: artist.light().startswith("●"), "the connection, by itself")
    artist.screen.ask("tool = desktop.tool()")
    artist.new_picture(3)


@pytest.mark.parametrize("told", [True, False], ids=["in its file", "in its answer"])
def test_a_daemon_of_another_version_is_refused_in_words(
    studio: Running, krita: Screen, artist: Artist, without_daemon: None, told: bool
) -> None:
    artist.new_document(connected=False)
    with newer_daemon() as endpoint:
        connection = {"endpoint": endpoint, "token": "t", "boot": "b", "pid": 1, "version": "9.0.0"}
        file = studio.daemon.home.folder / "connection.json"
        file.write_text(json.dumps(connection | {"protocol": 2 if told else 1}))
        krita.ask("desktop.desk.retry()")
        wait(lambda: "speaks protocol 2" in artist.light(), "the sentence")
    assert artist.light().startswith("○")
    assert "update" in artist.light()
    krita.shot(f"other-version-{told}")
    assert artist.layers() == ["Background"]


def test_all_steps_become_a_gif_by_the_daemons_program(studio: Running, krita: Screen, artist: Artist) -> None:
    """The program that Krita starts hands its command out of the room, where Pillow is, and waits for its end."""
    artist.new_document()
    artist.new_picture(3)
    artist.pair_by_table((290.0, 262.0), (350.0, 262.0))
    artist.parameters(max_steps=3, stop_distance=0.1)
    artist.press_button("_drag")
    wait(lambda: bool(artist.ask(f"{READY} and tool.history.step == 3")), "the drag")
    artist.until_ready("its end")
    asked, answered = krita.folder / "asked", krita.folder / "answered"
    for file in (asked, answered):
        file.unlink(missing_ok=True)
    program, launch = krita.folder / "home" / "gif", krita.folder / "home" / "launch.json"
    program.write_text(HANDED_OUT)
    program.chmod(0o755)
    launch.write_text(json.dumps({"command": [f"{SHARED}/home/gif"]}))
    (krita.folder / "out").mkdir(exist_ok=True)
    krita.ask(f"""
        from draglayer_krita.panel import animate, Path
        animate(tool, Path("{SHARED}/out/drag.gif"))
    """)
    wait(asked.exists, "the command")
    command = [word.replace(SHARED, str(krita.folder)) for word in asked.read_text().split()]
    done = studio.daemon.home.run(*command)
    answered.touch()
    assert done.returncode == 0, done.stderr
    wait(lambda: "The animation is in" in artist.note(), "the sentence")
    launch.unlink()
    assert [path.name for path in (krita.folder / "out").iterdir()] == ["drag.gif"]
    with PIL.Image.open(krita.folder / "out" / "drag.gif") as animation:
        assert (animation.n_frames, animation.size) == (4, (256, 256))
    krita.shot("gif")


@contextmanager
def newer_daemon() -> Iterator[str]:
    """A ROUTER that answers whatever comes as the second version of the protocol might; its endpoint."""
    context = zmq.Context()
    router = context.socket(zmq.ROUTER)
    router.setsockopt(zmq.LINGER, 0)
    port = router.bind_to_random_port("tcp://127.0.0.1")
    ends = threading.Event()

    def serve() -> None:
        while not ends.is_set():
            if router.poll(50):
                who, *_ = router.recv_multipart()
                router.send_multipart([who, msgpack.packb([2, "Welcome", {"hail": "fellow"}])])
        router.close()

    server = threading.Thread(target=serve)
    server.start()
    try:
        yield f"tcp://127.0.0.1:{port}"
    finally:
        ends.set()
        server.join()
        context.term()


def test_a_model_that_is_removed_under_its_picture_is_named_and_the_drawing_stays(
    studio: Running, krita: Screen, artist: Artist
) -> None:
    save_tiny(studio.daemon.home.folder / "models" / "passing", "passing", blocks=5)
    try:
        artist.new_document()
        krita.ask("desktop.desk.ask_models()")
        wait(lambda: artist.ask("panel._new_box.model.findText('Random passing') >= 0"), "the model in the list")
        krita.ask("box = panel._new_box.model; box.setCurrentIndex(box.findText('Random passing'))")
        artist.new_picture(1)
        artist.pair_by_table((290.0, 262.0), (350.0, 262.0))
        artist.parameters(max_steps=3, stop_distance=0.1)
    finally:
        said = studio.daemon.home.run("models", "remove", "passing", "--force")
    assert said.returncode == 0, said.stderr
    artist.press_button("_drag")  # the worker has it in memory
    wait(lambda: bool(artist.ask(f"{READY} and tool.history.step == 3")), "the drag")
    artist.until_ready("its end")
    drawn = artist.layer_hash()
    studio.daemon.kill_worker()
    wait(lambda: artist.ask("tool.life.phase.value") == "lost", "the loss of the session")
    wait(lambda: artist.ask("(panel.refresh(), panel._drag.text())[1]") == "Continue", "the button Continue")
    artist.press_button("_drag")
    wait(lambda: "passing" in artist.note(), "the model's name")
    wait(lambda: artist.ask("panel._new_box.model.findText('Random passing')") < 0, "its going from the list")
    krita.shot("model-removed")
    assert artist.layer_hash() == drawn
    artist.close_documents()
    artist.new_document()
    artist.new_picture(3)  # another model still works
