"""Import every hostile file that the tests know, and count: `python -m benchmarks.hostile_checkpoints`.

Exit code 1 when anything was executed, hung, left behind or let through.
"""

from __future__ import annotations

import sys

from tests.checkpoints.hostile_run import main

if __name__ == "__main__":
    sys.exit(main())
