"""What every capture hands back, and the two ways in which one fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from schemas.table import Table


class BadSourceError(RuntimeError):
    """What the partner delivered cannot be believed: nothing was staged for publication, and a retry does not help."""


class SourceUnavailableError(RuntimeError):
    """A partner's server did not answer, or not in time: a retry may help."""


@dataclass(frozen=True)
class Delivery:
    """What one partner table brings on one day; it words the errors, so that all of them read alike."""

    table: Table
    business_date: date

    @property
    def title(self) -> str:
        """`captured/shop_orders 2026-04-01`, the start of every message."""
        return f"{self.table.address} {self.business_date}"

    def bad(self, place: str, problem: str, cure: str) -> BadSourceError:
        """The error to raise when file or bank `place` has `problem`; `problem` never holds a delivered value."""
        return BadSourceError(f"{self.title}: {place}: {problem}; {cure}")

    def unavailable(self, place: str, problem: str) -> SourceUnavailableError:
        """The error to raise when the server behind `place` did not answer."""
        return SourceUnavailableError(f"{self.title}: {place}: {problem}; try again when the server is back")


@dataclass(frozen=True)
class Counts:
    """Where every delivered row went, and how many personal values could not become a token.

    rows_in = rows_out + quarantined + duplicates, always.
    """

    rows_in: int
    rows_out: int
    quarantined: int
    duplicates: int
    unusable_personal_values: int


@dataclass(frozen=True)
class CentsSum:
    """Sums of one column of money in cents: what was read is what was staged plus what was set aside.

    Set aside are duplicates, and the readable amounts of quarantined rows.
    """

    read: int
    staged: int
    set_aside: int


@dataclass(frozen=True)
class Capture:
    """One captured table of one day, staged and reconciled but not published.

    files: Parquet, at least one, in the order of their rows; columns and order of the contract.
    quarantine: one row per refused row, see `quarantine.SCHEMA`; it never holds what the row said.
    source_digests: names what was read, so that an equal capture can be recognised.
    """

    address: str
    business_date: date
    files: tuple[Path, ...]
    counts: Counts
    cents: Mapping[str, CentsSum]
    quarantine: pa.Table
    source_digests: Mapping[str, str]
    notes: Mapping[str, str]
    seconds: float
