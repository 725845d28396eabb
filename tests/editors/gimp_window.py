"""A real GIMP on a virtual screen, worked with mouse and keys only: where things are is read off its pictures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PIL import Image as Picture
from PIL import ImageChops

from draglayer_gimp.view import View, fitting
from draglayer_protocol.editor.frame import Box
from draglayer_protocol.geometry import Point

from .gimp_console import SHARED, Console
from .screen import Screen, ScreenError, wait

GROUND = (0x60, 0x60, 0x60)  # of the preview, where there is no image
GIMPRC = "(show-welcome-dialog no)\n(check-updates no)\n"
KEYS = """(file-version 1)
(action "draglayer-drag" "<Primary><Alt>d")
(action "draglayer-new" "<Primary><Alt>n")
(action "draglayer-settings" "<Primary><Alt>s")
"""
IMAGE, DIALOG = "GIMP$", "^Draglayer$"  # what the windows' titles look like
ASIDE = (620, 0)  # where the dialog leaves the image window's canvas to be seen


class GimpWindow:
    """One image in one window."""

    def __init__(self, screen: Screen, image: str) -> None:
        self.screen = screen
        (screen.folder / "gimp").mkdir(exist_ok=True)
        with (screen.folder / "gimp" / "gimprc").open("a") as settings:
            settings.write(GIMPRC)  # after what it says of GIMP's version, without which GIMP shows what is new
        (screen.folder / "gimp" / "shortcutsrc").write_text(KEYS)
        screen.shell(f"export GIMP3_DIRECTORY={SHARED}/gimp")
        screen.shell(f"dbus-run-session gimp --no-splash {SHARED}/{image} >{SHARED}/gimp.log 2>&1 &")
        wait(lambda: self.layers() > 0, "GIMP's window with the image")

    def title(self) -> str:
        """Of the image's window: it tells how many layers there are, and a star whether the image is unsaved."""
        return self.names(IMAGE)

    def layers(self) -> int:
        found = re.search(r"(\d+) layers?", self.title())
        return int(found[1]) if found else 0

    def open(self, keys: str) -> None:
        """A dialog of ours, by its key."""
        wait(lambda: not self.runs(), "the end of the one before")
        self._press_until_it_runs(keys)
        wait(self.has_dialog, "the dialog")

    def close_dialog(self) -> None:
        self.screen.key("Escape")
        wait(lambda: not self.has_dialog(), "the dialog's end")

    def open_dialog(self) -> None:
        """The one to drag in, beside the image."""
        self.open("ctrl+alt+d")
        # now and then the window manager places it after it was seen first
        wait(lambda: self._moved() and self._preview() is not None, "its preview beside the image")

    def view(self, size: Box) -> View:
        """Where the preview of an image of that size looks, on the screen."""
        found = self._preview()
        assert found is not None
        left, top, width, height = found
        return fitting(size, width, height).moved(left, top)

    def has_dialog(self) -> bool:
        return self.names(DIALOG) != ""

    def runs(self) -> bool:
        """Whether a procedure of the plug-in does."""
        return self.screen.shell("ps ax -o args | grep -c '[d]raglayer.py .*-run' || true").strip() != "0"

    def front(self) -> None:
        """The image's window, as a taskbar brings it (two clicks on its title would make it fill the screen)."""
        self._windows(f"--onlyvisible --name '{IMAGE}' windowactivate --sync %1")

    def _press_until_it_runs(self, keys: str) -> None:
        """A key that comes while GIMP still opens its windows is lost."""

        def pressed() -> bool:
            self.front()
            self.screen.shell(f"sleep 0.5; xdotool key {keys}; for n in $(seq 20); do sleep 0.2; done")
            self.screen.shot("while-pressing")
            return self.runs()

        wait(lambda: self.runs() or pressed(), "the plug-in")

    def press_until(self, keys: str, that: Callable[[], bool], what: str) -> None:
        """Keys that may come too early, before what they are for can be used: again, if nothing came of them."""

        def came() -> bool:
            self.screen.key(keys)
            try:
                wait(that, what, timeout=5.0)
            except ScreenError:
                return False
            return True

        wait(came, what)

    def drag(self, view: View, start: Point, end: Point) -> None:
        self.screen.drag(view.to_widget(start), view.to_widget(end))

    def hold(self, view: View, start: Point, end: Point) -> None:
        """Press and move, until `let_go`."""
        (a, b), (c, d) = view.to_widget(start), view.to_widget(end)
        way = " ".join(
            f"mousemove {round(a + (c - a) * n / 6)} {round(b + (d - b) * n / 6)} sleep 0.05" for n in range(1, 7)
        )
        self.screen.shell(f"xdotool mousemove {round(a)} {round(b)} sleep 0.1 mousedown 1 sleep 0.05 {way}")

    def let_go(self) -> None:
        self.screen.shell("xdotool mouseup 1")

    def preview_of(self, view: View, size: Box, name: str) -> Picture.Image:
        """What the dialog's preview shows of the image."""
        left, top = view.to_widget(Point(size.x - 0.5, size.y - 0.5))
        right, bottom = view.to_widget(Point(size.x + size.width - 0.5, size.y + size.height - 0.5))
        return self.look(name).crop((round(left), round(top), round(right), round(bottom)))

    def canvas(self, name: str) -> Picture.Image:
        """What the image window's canvas shows, as far as the dialog leaves it."""
        return self.look(name).crop((220, 190, 540, 490))

    def look(self, name: str) -> Picture.Image:
        return Picture.open(self.screen.shot(name)).convert("RGB")

    def _moved(self) -> bool:
        x, y = ASIDE
        self._windows(f"--name '{DIALOG}' windowmove %@ {x} {y}")
        said = self._windows(f"--name '{DIALOG}' getwindowgeometry --shell")
        found = re.search(r"^X=(\d+)", said, re.MULTILINE)
        return found is not None and abs(int(found[1]) - x) < 20

    def _preview(self) -> tuple[int, int, int, int] | None:
        """Left, top, width and height on the screen, by the ground that is seen above and below the image."""
        picture = self.look("preview")
        bands = [band.point([255 * (value == GROUND[0]) for value in range(256)]) for band in picture.split()]
        mask = ImageChops.darker(ImageChops.darker(bands[0], bands[1]), bands[2])
        across = _longest(mask)
        down = _longest(mask.transpose(Picture.Transpose.TRANSPOSE))
        if across is None or down is None or min(across[1], down[1]) < 300:
            return None
        return across[0], down[0], across[1], down[1]

    def names(self, pattern: str) -> str:
        """Titles of the windows that look like this."""
        return self._windows(f"--name '{pattern}' getwindowname %@")

    def _windows(self, search: str) -> str:
        """What xdotool says of those that it finds; it fails on any window that closes while it searches."""
        wrong = f"{SHARED}/xdotool.log"
        while True:
            said = self.screen.shell(f"xdotool search {search} 2>{wrong} || grep -o 'X Error' {wrong} || true").strip()
            if not said.endswith("X Error"):
                return said


def _longest(mask: Picture.Image) -> tuple[int, int] | None:
    """Start and length of the longest white run in any row: around the image there is ground all along both sides."""
    best, width, pixels = None, mask.width, mask.tobytes()
    for start in range(0, len(pixels), width):
        for run in re.finditer(b"\xff+", pixels[start : start + width]):
            if best is None or run.end() - run.start() > best[1]:
                best = (run.start(), run.end() - run.start())
    return best


@contextmanager
def gimp_window(console: Console, image: str) -> Iterator[GimpWindow]:
    """In a screen of its own, in the console's room and folder."""
    screen = Screen(console.room, console.folder)
    try:
        yield GimpWindow(screen, image)
    finally:
        screen.close()
