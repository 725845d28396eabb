"""Import a 1024-pixel generator of the largest usual kind, and print seconds and memory: `python -m
benchmarks.large_import`. Exit code 1 above 30 seconds or 1.5 GB.
"""

from __future__ import annotations

import sys

from tests.checkpoints.large_run import main

if __name__ == "__main__":
    sys.exit(main())
