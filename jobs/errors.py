"""How the program may fail, and with which exit code a scheduler learns what to do about it."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a process tells whoever started it.

    75 is EX_TEMPFAIL of sysexits.h: the same command may succeed later. Everything else will fail again.
    """

    OK = 0
    UNEXPECTED = 1
    BAD_INPUT = 2
    STEP_MISSING = 3
    TEMPORARY = 75


class StepMissingError(RuntimeError):
    """Something that must be built first is not there; the message says which command builds it."""


class JobBrokenError(RuntimeError):
    """A job returned something else than its contract promises."""
