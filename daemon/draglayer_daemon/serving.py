"""A daemon's life: lock, bind, publish, serve, withdraw."""

from __future__ import annotations

import logging
import logging.handlers
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from draglayer_protocol.connection import home

from .files import CannotWrite, make_folder
from .gateway import Gateway
from .lock import DaemonLock
from .publishing import publish, withdraw
from .registry import Registry
from .settings import Settings
from .shelf import Shelf
from .supervisor import WORKER

log = logging.getLogger(__name__)

ENDING = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if os.name == "posix" else []))
LOG_BYTES = 1 << 20  # a log that is larger is put aside


def log_folder() -> Path:
    return home() / "logs"


def serve(
    settings: Settings,
    ready: Callable[[str], None],
    log_file: Path | None = None,
    worker_command: Sequence[str] = WORKER,
) -> None:
    """Serve until SIGINT, SIGTERM, SIGHUP or idleness; `ready` is called with the endpoint once clients can connect.

    Raises AlreadyRunning, PortTaken, CannotWrite.
    """
    make_folder(home(), 0o700)
    make_folder(log_folder())
    with DaemonLock(home()) as lock:
        set_up_log(log_file or log_folder() / "daemon.log")
        worker_log = log_folder() / "worker.log"
        _put_aside(worker_log)
        if Shelf().tidy():
            log.info("removed what interrupted imports had left behind")
        gateway = Gateway(settings, Registry(), worker_log, worker_command)
        endpoint = gateway.bind()
        lock.say(f"process {os.getpid()} at {endpoint}")
        for number in ENDING:
            if number in (signal.SIGINT, signal.SIGTERM) or signal.getsignal(number) is not signal.SIG_IGN:  # nohup's
                signal.signal(number, lambda *_: gateway.stop())
        signal.set_wakeup_fd(gateway.wakeup, warn_on_full_buffer=False)
        path = publish(endpoint, gateway.token, gateway.boot)
        try:
            log.info("serving at %s; connection file %s", endpoint, path)
            ready(endpoint)
            gateway.run()
        finally:
            signal.set_wakeup_fd(-1)
            withdraw(gateway.boot)
            log.info("ended")


def set_up_log(path: Path) -> None:
    """Everything from INFO on goes to the file; to a terminal too, if there is one. Raises CannotWrite."""
    make_folder(path.parent)
    layout = logging.Formatter("%(asctime)s daemon %(process)d %(levelname)s %(message)s")
    try:
        file = logging.handlers.RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=2, encoding="utf-8")
    except OSError as error:
        raise CannotWrite(
            f"the log {path} cannot be written: {error.strerror}; choose another one with --log"
        ) from error
    handlers: list[logging.Handler] = [file]
    if sys.stderr is not None and sys.stderr.isatty():
        handlers.append(logging.StreamHandler())
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    for handler in handlers:
        handler.setFormatter(layout)
        root.addHandler(handler)


def _put_aside(path: Path) -> None:
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
