"""A file behind HTTP on a port that the system chooses, with a server's habits and faults."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Habits:
    """How the server serves its file.

    ranges      whether it can send a part
    mark        its ETag; empty: it tells none
    cut         bodies after so many bytes, one for each answer; then whole ones
    status      answered to everything, if not 200
    announced   Content-Length, if not the true one
    ignores_if  sends a part even of another version than the one that was asked for
    """

    data: bytes
    ranges: bool = True
    mark: str = '"one"'
    kind: str = "application/octet-stream"
    cut: list[int] = field(default_factory=list)
    status: int = 200
    ignores_if: bool = False
    announced: int | None = None
    hold: threading.Event | None = None  # what a cut body waits for before its connection ends
    asked: list[dict[str, str]] = field(default_factory=list)  # headers of every request


class _Handler(http.server.BaseHTTPRequestHandler):
    habits: Habits

    def do_GET(self) -> None:
        habits = self.habits
        habits.asked.append(dict(self.headers))
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/model.pkl")
            self.end_headers()
            return
        if self.path in ("/unsafe", "/listening"):
            self.send_response(302)
            elsewhere = {"/unsafe": "file:///etc/passwd", "/listening": "ftp://127.0.0.1/model.pkl"}
            self.send_header("Location", elsewhere[self.path])
            self.end_headers()
            return
        if habits.status != 200:
            self.send_error(habits.status)
            return
        begin = self._begin()
        if begin is not None and begin >= len(habits.data):
            self.send_error(416)
            return
        body = habits.data[begin or 0 :]
        self.send_response(200 if begin is None else 206)
        self.send_header("Content-Type", habits.kind)
        self.send_header("Content-Length", str(len(body) if habits.announced is None else habits.announced))
        if habits.mark:
            self.send_header("ETag", habits.mark)
        if begin is not None:
            self.send_header("Content-Range", f"bytes {begin}-{len(habits.data) - 1}/{len(habits.data)}")
        self.end_headers()
        cut = bool(habits.cut)
        if cut:
            body = body[: habits.cut.pop(0)]
        self.wfile.write(body)
        if cut and habits.hold is not None:
            self.wfile.flush()
            habits.hold.wait(60)

    def _begin(self) -> int | None:
        habits, asked = self.habits, self.headers.get("Range", "")
        if not (habits.ranges and asked.startswith("bytes=")):
            return None
        if self.headers.get("If-Range") not in (None, habits.mark) and not habits.ignores_if:
            return None
        return int(asked.removeprefix("bytes=").rstrip("-"))

    def log_message(self, *_: object) -> None:
        """Nothing on standard error."""


@contextmanager
def serving(habits: Habits) -> Iterator[str]:
    """The server's address, without a path."""
    handler = type("Handler", (_Handler,), {"habits": habits})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
