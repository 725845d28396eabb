"""A worker process with the stub engine: what `python -m draglayer_daemon.worker` is with the real one."""

import sys

from stub_engine import StubEngine

from draglayer_daemon.worker import listen, serve

if __name__ == "__main__":
    sys.exit(serve(listen(sys.stdin), lambda device: StubEngine()))
