"""From delivered batches to staged files: every row is staged, quarantined or dropped as a duplicate, and counted."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from jobs.arrow_types import arrow_schema
from jobs.captured.capture import Capture, Counts, Delivery
from jobs.captured.conform import conform
from jobs.captured.money import MoneyLedger, money_columns
from jobs.captured.origins import Origins
from jobs.captured.quarantine import Quarantine
from jobs.captured.repeats import (
    CONFLICT,
    DUPLICATE,
    KEPT,
    Verdicts,
    batches_in,
    key_hasher,
    repeated_hashes,
    verdicts,
)
from jobs.captured.row_hashes import Hashes
from jobs.captured.rows import Batch, RefusedRow, written_out
from jobs.captured.tokens import Tokeniser
from jobs.parquet_files import StagedFiles

MOST_REFUSED_IN_MEMORY = 200_000  # beyond it a source of unknown length is judged by the rows it has brought so far
SAME_KEY = "has the key of an earlier row and other content"


class UnreconciledError(AssertionError):
    """Rows or money were lost between source and staging: a fault of ours, so nothing may be published."""


class Intake:
    """Takes the batches of one table and one day in their order; memory stays bounded whatever their number."""

    def __init__(self, delivery: Delivery, tokeniser: Tokeniser, staging: Path) -> None:
        self._started = time.monotonic()
        self._delivery, self._tokeniser, self._staging = delivery, tokeniser, staging
        self._files = StagedFiles(staging, arrow_schema(delivery.table))
        self._quarantine = Quarantine(delivery, tokeniser)
        self._origins = Origins()
        self._money = MoneyLedger(delivery.table)
        self._hasher = key_hasher(delivery.table, tokeniser.hash_seed)
        self._hashes: list[Hashes] = []
        self._unusable = self._duplicates = 0
        self.rows_in = 0

    def add(self, batch: Batch, rows_expected: int = 0) -> None:
        """Take in a batch; too many bad rows among the expected ones raise BadSourceError at once."""
        self.rows_in += batch.row_count
        conformed = conform(self._delivery, batch, self._tokeniser)
        self._quarantine.add(batch.place, sorted([*batch.refused, *conformed.refused], key=lambda row: row.line))
        self._money.read(conformed.read)
        self._money.set_aside(conformed.set_aside)
        self._unusable += conformed.unusable_personal_values
        if conformed.rows.num_rows:
            self._hashes.append(self._hasher.hashes(conformed.rows))
            self._origins.add(batch.place, conformed.lines)
            self._files.write(conformed.rows)
        if rows_expected or self._quarantine.row_count > MOST_REFUSED_IN_MEMORY:
            self._quarantine.stop_when_too_many(rows_expected or self.rows_in)

    def finish(self, source_digests: Mapping[str, str], notes: Mapping[str, str]) -> Capture:
        """The reconciled capture; BadSourceError when too many rows, or the same field of every row, are bad."""
        self._quarantine.stop_when_a_field_changed(self.rows_in)
        self._quarantine.stop_when_too_many(self.rows_in)
        files = self._without_repeats(self._files.close())
        return Capture(
            self._delivery.table.address,
            self._delivery.business_date,
            files,
            self._counts(),
            self._money.sums(),
            self._quarantine.as_table(),
            dict(source_digests),
            {**notes, **self._encoded_by()},
            time.monotonic() - self._started,
        )

    def _encoded_by(self) -> dict[str, str]:
        """The parameters of encodings, without which nobody could compare them with later ones."""
        has_encodings = any(column.encodes for column in self._delivery.table.columns)
        return {"encodings": self._tokeniser.encoder.parameters} if has_encodings else {}

    def abandon(self) -> None:
        """Leave nothing behind after a failure."""
        self._files.abandon()
        for path in self._staging.rglob("part-*.parquet"):
            path.unlink()

    def _without_repeats(self, files: tuple[Path, ...]) -> tuple[Path, ...]:
        suspects = repeated_hashes(self._hashes)
        self._hashes.clear()
        row_count = self._files.row_count
        if len(suspects):
            judged = verdicts(self._delivery.table, self._tokeniser.hash_seed, files, row_count, suspects)
        else:
            judged = np.full(row_count, KEPT, dtype=np.uint8)
        self._duplicates = int((judged == DUPLICATE).sum())
        self._quarantine.stop_when_too_many(self.rows_in, coming=int((judged == CONFLICT).sum()), reason=SAME_KEY)
        if (judged == KEPT).all():
            self._count_staged_money(files)
            return files
        return self._rewritten(files, judged)

    def _rewritten(self, files: tuple[Path, ...], judged: Verdicts) -> tuple[Path, ...]:
        """The files without duplicates and conflicts; the rows that stay keep their order."""
        folder = self._staging / "distinct"
        self._files = StagedFiles(folder, arrow_schema(self._delivery.table))
        position = 0
        for batch in batches_in(files):
            verdict = judged[position : position + batch.num_rows]
            kept, others = batch.filter(pa.array(verdict == KEPT)), batch.filter(pa.array(verdict != KEPT))
            self._files.write(kept)
            self._money.set_aside(_columns(others))
            self._quarantine_conflicts(batch, verdict, position)
            position += batch.num_rows
        for path in files:
            path.unlink()
        distinct = tuple(path.rename(self._staging / path.name) for path in self._files.close())
        folder.rmdir()
        self._count_staged_money(distinct)
        return distinct

    def _quarantine_conflicts(self, batch: pa.RecordBatch, verdict: Verdicts, start: int) -> None:
        for index in np.flatnonzero(verdict == CONFLICT).tolist():
            place, line = self._origins.of(start + index)
            row = batch.slice(index, 1).to_pylist()[0]
            self._quarantine.add(place, [RefusedRow(line, written_out(row), "", SAME_KEY)])

    def _count_staged_money(self, files: tuple[Path, ...]) -> None:
        """Read back what was written, so that the sums prove the files and not our memory."""
        names = money_columns(self._delivery.table)
        for batch in batches_in(files, names) if names else ():
            self._money.staged(_columns(batch))

    def _counts(self) -> Counts:
        quarantined = self._quarantine.row_count
        counts = Counts(self.rows_in, self._files.row_count, quarantined, self._duplicates, self._unusable)
        lost_rows = counts.rows_in - counts.rows_out - counts.quarantined - counts.duplicates
        lost_cents = [name for name, sums in self._money.sums().items() if sums.read != sums.staged + sums.set_aside]
        if lost_rows or lost_cents:
            raise UnreconciledError(
                f"{self._delivery.title}: {lost_rows} rows lost, sums differ in {lost_cents}; "
                "nothing was published: report this as a fault of Nightledger"
            )
        return counts


def _columns(batch: pa.RecordBatch) -> dict[str, pa.Array]:
    return dict(zip(batch.schema.names, batch.columns, strict=True))
