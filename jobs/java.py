"""Which Java runs Spark, and the archive of classes that it starts from."""

from __future__ import annotations

import os
import re
import shutil
import sys
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


def java_program() -> str | None:
    """The Java that Spark starts, None when there is none."""
    home = java_home()
    return shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")


def class_archive() -> Path | None:
    """Where the classes of Spark are archived for this Java; None for a Java that does not say which build it is.

    The file need not be there: `python -m jobs.spark_archive` makes it. Another build of Java has another.
    """
    program = java_program()
    home = java_home() or (str(Path(program).resolve().parents[1]) if program else None)
    try:
        release = (Path(home or "") / "release").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    build = re.search(r'^JAVA_RUNTIME_VERSION="([\w.+-]+)"$', release, re.MULTILINE)
    return Path(sys.prefix) / f"spark-classes-{build[1]}.jsa" if build else None
