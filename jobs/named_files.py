"""Files that a person names on the command line: one that cannot be read or written is told in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.errors import ExitCode


class NamedFileError(ValueError):
    """A file of somebody's own cannot be read or written: the message names it and why."""

    exit_code = ExitCode.BAD_INPUT


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """For the block that writes the file, or the folder; what is above it is made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise NamedFileError(f"{path.name}: cannot be written ({error.strerror or type(error).__name__})") from None


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """For the block that reads the file and nothing else; libraries call a file of another kind a wrong value."""
    try:
        yield
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "it is not of the kind expected"
        raise NamedFileError(f"{path.name}: cannot be read ({reason})") from None
