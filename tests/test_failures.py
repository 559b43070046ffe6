"""What goes wrong on a disk ends with a code that tells a scheduler whether to try again, and one line for people."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from jobs.errors import ExitCode
from jobs.failures import exit_code_of, sentence_of


def test_a_folder_that_cannot_be_used_is_a_setting_to_mend(tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()
    with pytest.raises(NotADirectoryError) as told:
        (tmp_path / "a-file" / "downloads").mkdir()
    assert exit_code_of(told.value) is ExitCode.BAD_INPUT
    assert sentence_of(told.value).startswith(f"{tmp_path / 'a-file' / 'downloads'}: Not a directory: ")
    assert "NIGHTLEDGER_SCRATCH" in sentence_of(told.value)


def test_a_full_disk_is_worth_another_try() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert exit_code_of(full) is ExitCode.TEMPORARY
    assert "make room" in sentence_of(full)


def test_what_nobody_expected_says_its_kind() -> None:
    assert exit_code_of(FileNotFoundError(2, "No such file", "x")) is ExitCode.UNEXPECTED
    assert sentence_of(ValueError("two\nlines")) == "unexpected ValueError: two lines"
