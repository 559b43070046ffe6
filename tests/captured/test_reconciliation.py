"""Rows in = rows out + quarantined + duplicates, and no cent is lost, whatever is delivered."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.captured.capture import BadSourceError, Capture, Delivery
from jobs.captured.conform import delivered_columns
from jobs.captured.csv_rows import read_csv
from jobs.captured.intake import Intake
from jobs.captured.json_rows import read_json_lines
from jobs.captured.tokens import Tokeniser
from jobs.settings import KeyRing
from schemas.captured.consents import CONSENTS
from schemas.captured.shop_credit_repayments import SHOP_CREDIT_REPAYMENTS as REPAYMENTS
from schemas.table import Table
from tests.captured.deliveries import DAY, as_csv, as_json_lines, staged

TOKENISER = Tokeniser(KeyRing("k1", {"k1": bytes(32)}))
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

NAMES = st.sampled_from(["ann", "bob", "cy", "dee"])
CENTS = st.sampled_from(["1", "2", "-3", str(2**62), "1.5", "", "9" * 20])
MOMENTS = st.sampled_from(["2026-04-01T09:30:00+08:00", "2026-02-30T09:30:00Z", "2026-04-01"])
ROWS = st.lists(st.fixed_dictionaries({"repayment_id": NAMES, "amount_cents": CENTS, "paid_at": MOMENTS}), max_size=18)
LINES = st.lists(
    st.one_of(
        st.sampled_from(as_csv(REPAYMENTS, [{"repayment_id": n} for n in ("ann", "bob")]).splitlines()[1:]),
        st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")),
    ),
    max_size=18,
)
OBJECTS = st.lists(
    st.one_of(
        st.sampled_from(as_json_lines(CONSENTS, [{"consent_id": n} for n in ("ann", "bob")]).splitlines()),
        st.text(alphabet='{}":,[]0a\\ \u2028é', max_size=12).map(str.encode),
        st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"")),
    ),
    max_size=18,
)


@contextmanager
def captured(table: Table, content: bytes) -> Iterator[Capture]:
    """What capture makes of the content of one file, without a server around it."""
    delivery = Delivery(table, DAY)

    def fail(problem: str, cure: str) -> BadSourceError:
        return delivery.bad("file", problem, cure)

    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.gz"
        path.write_bytes(gzip.compress(content, mtime=0))
        columns = delivered_columns(table)
        names = tuple(column.name_in_source for column in columns)
        is_csv = table is REPAYMENTS
        batches = read_csv(path, "file", names, fail) if is_csv else read_json_lines(path, "file", columns, fail)
        intake = Intake(delivery, TOKENISER, Path(folder) / "staging")
        for batch in batches:
            intake.add(batch)
        yield intake.finish({}, {})


def assert_reconciled(capture: Capture, delivered: int) -> None:
    counts = capture.counts
    assert counts.rows_in == delivered
    assert counts.rows_in == counts.rows_out + counts.quarantined + counts.duplicates
    assert counts.rows_out == len(staged(capture))
    assert counts.quarantined == capture.quarantine.num_rows
    lines = Counter(capture.quarantine["line"].to_pylist())
    assert not lines or max(lines.values()) == 1
    for sums in capture.cents.values():
        assert sums.read == sums.staged + sums.set_aside


@QUICK
@given(ROWS)
def test_every_row_of_a_csv_file_goes_to_exactly_one_place(rows: list[dict[str, str]]) -> None:
    with captured(REPAYMENTS, as_csv(REPAYMENTS, rows)) as capture:
        assert_reconciled(capture, len(rows))
        first_good: dict[str, int] = {}
        for row in rows:
            if row["amount_cents"] in ("1", "2", "-3", str(2**62)) and row["paid_at"].endswith("+08:00"):
                first_good.setdefault(row["repayment_id"], int(row["amount_cents"]))
        assert {row["repayment_id"]: row["amount_cents"] for row in staged(capture)} == first_good
        assert capture.cents["amount_cents"].staged == sum(first_good.values())


@QUICK
@given(LINES)
def test_every_line_of_any_bytes_in_a_csv_file_goes_to_exactly_one_place(lines: list[bytes]) -> None:
    content = as_csv(REPAYMENTS, []) + b"".join(line + b"\n" for line in lines)
    with captured(REPAYMENTS, content) as capture:
        assert_reconciled(capture, len(lines))


@QUICK
@given(OBJECTS)
def test_every_line_of_any_bytes_in_a_json_file_goes_to_exactly_one_place(lines: list[bytes]) -> None:
    content = as_json_lines(CONSENTS, [{"consent_id": "eve"}]) + b"".join(line + b"\n" for line in lines)
    with captured(CONSENTS, content) as capture:
        assert_reconciled(capture, len(lines) + 1)


def test_sums_beyond_64_bits_are_exact() -> None:
    rows = [{"repayment_id": f"r{number}", "amount_cents": str(2**63 - 1)} for number in range(4)]
    with captured(REPAYMENTS, as_csv(REPAYMENTS, rows)) as capture:
        assert capture.cents["amount_cents"].staged == 4 * (2**63 - 1)


@pytest.mark.parametrize("rows", [0, 1, 300])
def test_blocks_of_any_size_give_the_same_bytes(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = as_csv(REPAYMENTS, [{"repayment_id": f"r{number}"} for number in range(rows)])
    with captured(REPAYMENTS, content) as capture:
        whole = capture.files[0].read_bytes()
    monkeypatch.setattr("jobs.captured.lines.BLOCK_BYTES", 512)
    with captured(REPAYMENTS, content) as capture:
        assert capture.files[0].read_bytes() == whole
