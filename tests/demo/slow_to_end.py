"""A program that holds a server, as Airflow's guard does: told to end, it needs a second to put everything away."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from demo.processes import end_in_order_on_signals

if __name__ == "__main__":
    note = Path(sys.argv[1])
    end_in_order_on_signals()
    try:
        note.write_text("holding")
        time.sleep(60)
    finally:
        time.sleep(1)
        note.write_text("put away")
