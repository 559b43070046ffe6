# ruff: noqa: T201 what it prints is what the tests read
"""A program for the tests of `Command`: run as `python -m tests.dags.program <what> ...`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def main(what: str, *arguments: str) -> int:
    if what == "exit":
        print("first it says this", file=sys.stderr)
        print('{"dataset": "features/repayment", "rows": 7, "state": "published"}')
        print("features/repayment 2026-04-01: the reason", file=sys.stderr)
        return int(arguments[0])
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "environment":
        print("\n".join(sorted(os.environ)))
    if what == "loaded libraries":
        print("\n".join(sorted(sys.modules)))
    if what == "arguments":
        print(repr(arguments))
    if what == "say, then wait for":
        print("working")
        deadline = time.monotonic() + 30
        while not Path(arguments[0]).exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        print("done" if Path(arguments[0]).exists() else "nobody listened")
    if what == "start a child":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print(child.pid)
        child.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
