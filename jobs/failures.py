"""One line and one exit code for everything that may go wrong, so that a scheduler and a person know what to do."""

from __future__ import annotations

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
    if isinstance(error, (ConnectionError, SourceUnavailableError)):
        return ExitCode.TEMPORARY
    return ExitCode.UNEXPECTED


def sentence_of(error: BaseException) -> str:
    """The error in one line; an unexpected one with its type, since its message was not written for people."""
    text = " ".join(str(error).split())
    if exit_code_of(error) is ExitCode.UNEXPECTED:
        return f"unexpected {type(error).__name__}: {text[:500]}"
    return text
