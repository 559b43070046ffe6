"""What figures are worth nothing without: the machine they were measured on."""

from __future__ import annotations

import os

import psutil


def this_machine() -> str:
    """Cores and memory, as they stand above every table of `make bench`."""
    return f"{os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB"
