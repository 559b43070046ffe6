"""One line and one exit code for everything that may go wrong, so that a scheduler and a person know what to do."""

from __future__ import annotations

import errno
from typing import TypeGuard

from expectations.rules import RuleError
from expectations.shape import ContractBrokenError
from expectations.verdict import CheckFailedError
from jobs.captured.capture import BadSourceError, SourceUnavailableError
from jobs.errors import ExitCode, JobBrokenError, StepMissingError
from jobs.lake_errors import LakeError, WriterBusyError
from jobs.settings import SettingsError
from schemas.catalogue import UnknownDatasetError
from schemas.table import ContractError

BAD_INPUT = (
    BadSourceError,
    CheckFailedError,
    ContractBrokenError,
    ContractError,
    JobBrokenError,
    RuleError,
    SettingsError,
    UnknownDatasetError,
)

REFUSED_BY_THE_DISK = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG}
"""A folder that was named wrongly, or that this user may not use: trying again does not help."""

FULL = {errno.ENOSPC, errno.EDQUOT}
"""A disk without room: trying again helps once somebody has made some."""


def exit_code_of(error: BaseException) -> ExitCode:
    """What a process that ends with this error tells its starter; an error may say so itself with `exit_code`."""
    told = getattr(error, "exit_code", None)
    if isinstance(told, int):
        return ExitCode(told)
    if isinstance(error, StepMissingError):
        return ExitCode.STEP_MISSING
    if isinstance(error, LakeError):
        return ExitCode.TEMPORARY if error.is_temporary or isinstance(error, WriterBusyError) else ExitCode.BAD_INPUT
    if isinstance(error, BAD_INPUT):
        return ExitCode.BAD_INPUT
    if isinstance(error, (ConnectionError, SourceUnavailableError)) or _says_the_disk(error, FULL):
        return ExitCode.TEMPORARY
    if _says_the_disk(error, REFUSED_BY_THE_DISK):
        return ExitCode.BAD_INPUT
    return ExitCode.UNEXPECTED


def sentence_of(error: BaseException) -> str:
    """The error in one line; an unexpected one with its type, since its message was not written for people."""
    text = " ".join(str(error).split())
    if exit_code_of(error) is ExitCode.UNEXPECTED:
        return f"unexpected {type(error).__name__}: {text[:500]}"
    if _says_the_disk(error, FULL):
        return (
            f"{error.filename or 'a file that was written'}: {error.strerror}: make room on the disk of "
            "NIGHTLEDGER_SCRATCH and of the lake, or name a larger one, and run the same command again"
        )
    if _says_the_disk(error, REFUSED_BY_THE_DISK):
        return (
            f"{error.filename or 'a folder'}: {error.strerror}: a job works there; give its user the right to, "
            "or set NIGHTLEDGER_LAKE and NIGHTLEDGER_SCRATCH to other folders"
        )
    return text


def _says_the_disk(error: BaseException, numbers: set[int]) -> TypeGuard[OSError]:
    return isinstance(error, OSError) and error.errno in numbers
