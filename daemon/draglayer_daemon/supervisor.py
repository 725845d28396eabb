"""The worker process: started, watched, started again. The gateway's only knowledge of it besides messages."""

from __future__ import annotations

import json
import logging
import math
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path
from typing import NamedTuple

log = logging.getLogger(__name__)

WORKER = (sys.executable, "-m", "draglayer_daemon.worker")
LONGEST_PAUSE = 60.0  # seconds between two tries
STABLE = 60.0  # a worker that lived so long, in seconds, starts a new count of failures
MANY_WAITING = 4096  # messages for a worker that is still starting


class WorkerUnavailable(Exception):
    """There is no worker now; the sentence says why, and when to try again."""


class Ending(NamedTuple):
    """Why a worker ended. `refused`: it said so itself before, in a whole sentence with what to do."""

    why: str
    refused: bool


class Life(Enum):
    NONE = "not started"
    STARTING = "starting"
    READY = "ready"


class Supervisor:
    """Keeps one worker process alive; times are on the caller's monotonic clock, in seconds.

    `exited` is called from another thread when the process ends: it shall wake the gateway, which calls `buried`.
    """

    def __init__(
        self, device: str | None, log_file: Path, exited: Callable[[], None], command: Sequence[str] = WORKER
    ) -> None:
        self._device, self._log_file, self._exited, self._command = device, log_file, exited, command
        self._process: subprocess.Popen[bytes] | None = None
        self._secret = ""
        self._started = 0.0
        self._failures = 0
        self._retry_at = 0.0
        self._why = ""  # the last worker's end, in words
        self._refusal: str | None = None  # what it said itself before it ended
        self.life = Life.NONE
        self.device = device or "not known yet"
        self.routing: bytes | None = None
        self.waiting: list[list[bytes]] = []

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def words(self) -> str:
        return f"{self.life.value}: {self._why}" if self.life is Life.NONE and self._why else self.life.value

    def ensure(self, endpoint: str, now: float) -> None:
        """Start a worker unless there is one.

        Raises WorkerUnavailable during the pause after repeated failures, or when the system starts no process.
        """
        if self._process is not None:
            return
        if now < self._retry_at:
            soon = f"the next try is possible in {math.ceil(self._retry_at - now)} s"
            if self._refusal is not None:
                raise WorkerUnavailable(f"{self._why}; {soon}")
            raise WorkerUnavailable(
                f"the worker ended {self._failures} times in a row ({self._why}); {soon}. Its log is {self._log_file}"
            )
        self._start(endpoint, now)

    def hello(self, secret: str, routing: bytes, device: str) -> bool:
        """Whether this peer is the worker that was started; if so it takes work from now on."""
        if not self._knows(secret):
            return False
        self.routing, self.device, self.life = routing, device, Life.READY
        log.info("worker %s is ready on %s", self.pid, device)
        return True

    def refused(self, secret: str, sentence: str) -> None:
        """The worker says that it cannot work here; it waits for its standard input to close, and ends."""
        if self._knows(secret) and self._process is not None and self._process.stdin is not None:
            self._refusal = sentence
            self._process.stdin.close()

    def buried(self, now: float) -> Ending | None:
        """How the worker ended, if it did since the last call; another one may be started then."""
        process = self._process
        if process is None or process.poll() is None:
            return None
        if self.life is Life.READY and now - self._started > STABLE:
            self._failures = 0
        self._failures += 1
        self._why = self._refusal or exit_words(process.returncode)
        pause = (
            0.0 if self._failures == 1 and self._refusal is None else min(2.0 ** (self._failures - 1), LONGEST_PAUSE)
        )
        self._retry_at = now + pause
        log.error("worker %s ended: %s", process.pid, self._why)
        self._forget(process)
        return Ending(self._why, self._refusal is not None)

    def restart_now(self, now: float) -> bool:
        """Whether a fresh worker should be started before anybody asks: the last one ended unexpectedly, once."""
        return self._process is None and self._failures == 1 and self._refusal is None and now >= self._retry_at

    def end(self, patience: float = 3.0) -> None:
        """End the worker: its standard input closes, which it watches; kill it when that is not enough."""
        process = self._process
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._forget(process)

    def _start(self, endpoint: str, now: float) -> None:
        self._secret, self._refusal = secrets.token_hex(32), None
        try:
            with self._log_file.open("ab") as log_file:
                self._process = subprocess.Popen(
                    self._command,
                    bufsize=0,
                    stdin=subprocess.PIPE,
                    stdout=log_file,
                    stderr=log_file,
                    env=_environment(),
                )
        except OSError as error:
            raise WorkerUnavailable(
                f"the worker process cannot be started ({error}); see that there is memory, that the disk is not full"
                f" and that {self._log_file} can be written, then try again"
            ) from error
        self.life, self._started = Life.STARTING, now
        # Not an argument and not the environment: other users can read those.
        told = json.dumps({"endpoint": endpoint, "secret": self._secret, "device": self._device})
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(told.encode() + b"\n")
        except BrokenPipeError:
            log.warning("the worker ended before it could be told anything")  # `buried` says why
        threading.Thread(target=self._watch, args=(self._process,), daemon=True).start()
        log.info("worker %s started", self._process.pid)

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        process.wait()
        self._exited()

    def _knows(self, secret: str) -> bool:
        return bool(self._secret) and secrets.compare_digest(secret.encode(), self._secret.encode())

    def _forget(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is not None:
            process.stdin.close()
        self._process, self.routing, self._secret, self.life = None, None, "", Life.NONE
        self.waiting.clear()


def exit_words(code: int) -> str:
    """A process's return code as a person would say it."""
    if code >= 0:
        return f"it ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = ", often because the machine ran out of memory" if name == "SIGKILL" else ""
    return f"it was ended by {name}{hint}"


def _environment() -> dict[str, str]:
    """glibc gives large freed tensors back to the system and page-faults them in again; these settings keep them."""
    keep = str(1 << 32)
    return {"MALLOC_MMAP_THRESHOLD_": keep, "MALLOC_TRIM_THRESHOLD_": keep} | dict(os.environ)
