"""Which Java runs Spark."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

BREW_PREFIXES = ("/opt/homebrew", "/usr/local")
"""Homebrew keeps a Java off the PATH, where macOS has a program of that name that only says how to get one."""


def java_home(prefixes: Sequence[str] = BREW_PREFIXES) -> str | None:
    """JAVA_HOME, else the newest Java of Homebrew; None where `java` on the PATH is the one."""
    given = os.environ.get("JAVA_HOME")
    if given:
        return given
    kegs = [keg for prefix in prefixes for keg in Path(prefix).glob("opt/openjdk@*/libexec/openjdk.jdk/Contents/Home")]
    return str(max(kegs, key=lambda keg: int(keg.parts[-4].partition("@")[2] or 0))) if kegs else None
