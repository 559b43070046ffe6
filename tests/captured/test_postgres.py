"""The banks: one snapshot, the right slice, strict types, and errors that tell a lost server from a bad table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs.captured import postgres
from jobs.captured.bank_connection import connected
from jobs.captured.bank_sql import OPEN_SNAPSHOT
from jobs.captured.capture import BadSourceError, Capture, SourceUnavailableError
from jobs.captured.postgres import banks_are_ready, capture_banks, slice_digests, why_banks_are_not_ready
from schemas.captured.bank_accounts import BANK_ACCOUNTS
from schemas.captured.bank_card_payments import BANK_CARD_PAYMENTS
from schemas.captured.bank_customers import BANK_CUSTOMERS
from schemas.table import Table
from tests.captured.conftest import Banks
from tests.captured.deliveries import DAY, column, refusals, staged


def pay(name: str, paid_at: str = "2026-04-01 12:00:00+08", cents: str = "100") -> str:
    return f"INSERT INTO bank.card_payments VALUES ('{name}', 'a', '{paid_at}', {cents})"


def capture(banks: Banks, tmp_path: Path, *tables: Table, day: date = DAY) -> dict[str, Capture]:
    return capture_banks(tables, day, banks.settings, tmp_path / "staging")


def payments(banks: Banks, tmp_path: Path, day: date = DAY) -> Capture:
    return capture(banks, tmp_path, BANK_CARD_PAYMENTS, day=day)[BANK_CARD_PAYMENTS.address]


def stops(banks: Banks, tmp_path: Path, problem: str) -> None:
    with pytest.raises(BadSourceError) as raised:
        payments(banks, tmp_path)
    start = f"captured/bank_card_payments {DAY}: bank harbour: bank.card_payments: "
    assert str(raised.value).startswith(start + problem)
    assert not list(tmp_path.rglob("*.parquet"))


def test_rows_come_by_bank_and_key_with_the_same_bytes_each_time(banks: Banks, tmp_path: Path) -> None:
    banks.run("meridian", pay("p1"))
    banks.run("harbour", pay("b"), pay("a"), pay("B"))
    first = payments(banks, tmp_path)
    assert [(row["bank_code"], row["payment_id"]) for row in staged(first)] == [
        ("harbour", "B"),
        ("harbour", "a"),
        ("harbour", "b"),
        ("meridian", "p1"),
    ]
    assert tuple(staged(first)[0]) == BANK_CARD_PAYMENTS.column_names
    assert first.cents["amount_cents"].staged == 400
    before = first.files[0].read_bytes()
    assert payments(banks, tmp_path).files[0].read_bytes() == before


def test_t34_a_day_runs_from_local_midnight_to_local_midnight(banks: Banks, tmp_path: Path) -> None:
    moments = {
        "ann": "2026-03-31 23:59:59.999999+08",
        "bob": "2026-04-01 00:00:00+08",
        "cy": "2026-04-01 23:59:59.999999+08",
        "dee": "2026-04-02 00:00:00+08",
    }
    banks.run("harbour", *(pay(name, moment) for name, moment in moments.items()))
    slices = [column(payments(banks, tmp_path, DAY + timedelta(days=n)), "payment_id") for n in (0, 1, 2)]
    assert slices == [["bob", "cy"], ["dee"], []]


def test_t34_a_day_of_23_hours_belongs_to_one_slice_where_clocks_change(banks: Banks, tmp_path: Path) -> None:
    banks = replace(banks, settings=replace(banks.settings, time_zone="Europe/Berlin"))
    banks.run(
        "harbour",
        pay("ann", "2025-03-29 23:00:00Z"),
        pay("bob", "2025-03-30 21:59:59Z"),
        pay("cy", "2025-03-30 22:00:00Z"),
    )
    assert column(payments(banks, tmp_path, date(2025, 3, 30)), "payment_id") == ["ann", "bob"]


def test_the_first_day_brings_all_history_and_nothing_of_the_next_day(banks: Banks, tmp_path: Path) -> None:
    first = banks.settings.first_business_date
    banks.run("harbour", pay("ann", "1999-01-01 00:00:00Z"), pay("bob", f"{first} 23:59:59+08"), pay("cy"))
    assert first == DAY - timedelta(days=1)
    assert column(payments(banks, tmp_path, first), "payment_id") == ["ann", "bob"]


def test_all_tables_of_a_bank_come_from_one_snapshot(
    banks: Banks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    banks.run("harbour", pay("ann"))
    slice_of = postgres._slice_of

    def slice_while_the_bank_books(delivery: Any, bank: str, cursor: Any) -> Any:
        yield from slice_of(delivery, bank, cursor)
        if bank == "harbour":
            banks.run("harbour", pay(f"late {delivery.table.name}"))

    monkeypatch.setattr(postgres, "_slice_of", slice_while_the_bank_books)
    found = capture(banks, tmp_path, BANK_ACCOUNTS, BANK_CARD_PAYMENTS)
    assert column(found[BANK_CARD_PAYMENTS.address], "payment_id") == ["ann"]
    notes = [dict(capture.notes) for capture in found.values()]
    assert notes[0] == notes[1]
    assert set(notes[0]) == {"snapshot of harbour", "snapshot of meridian"}


def test_personal_data_become_tokens_that_match_across_banks(banks: Banks, tmp_path: Path) -> None:
    for bank, phone in (("harbour", "138 0013 8000"), ("meridian", "0086-13800138000")):
        banks.run(
            bank,
            "INSERT INTO bank.customers (bank_customer_id, full_name, phone, kyc_level, opened_at, updated_at) "
            f"VALUES ('c', 'Ann', '{phone}', 2, now(), '2026-04-01 12:00+08')",
        )
    found = capture(banks, tmp_path, BANK_CUSTOMERS)[BANK_CUSTOMERS.address]
    harbour, meridian = staged(found)
    assert harbour["phone_token"] == meridian["phone_token"] != None  # noqa: E711 (a token, not two nulls)
    assert harbour["national_id_token"] is None
    assert harbour["updated_at"] == datetime(2026, 4, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["integer", "smallint", "numeric", "numeric(18,0)"])
def test_any_exact_integer_holds_cents(banks: Banks, tmp_path: Path, kind: str) -> None:
    banks.run("harbour", f"ALTER TABLE bank.card_payments ALTER amount_cents TYPE {kind}", pay("ann", cents="-123"))
    assert column(payments(banks, tmp_path), "amount_cents") == [-123]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            "ALTER amount_cents TYPE double precision",
            "columns of another type: amount_cents is double precision instead of bigint; ",
        ),
        (
            "ALTER amount_cents TYPE numeric(18,2)",
            "columns of another type: amount_cents is numeric with 2 decimals instead of bigint; ",
        ),
        (
            "ALTER amount_cents TYPE money USING 0::money",
            "columns of another type: amount_cents is money instead of bigint; ",
        ),
        (
            "ALTER paid_at TYPE timestamp",
            "columns of another type: paid_at is timestamp without time zone instead of timestamp; ",
        ),
        ("ALTER paid_at TYPE date", "columns of another type: paid_at is date instead of timestamp; "),
        ("ADD colour text", "unknown columns colour; "),
        ("DROP account_id", "missing columns account_id; "),
        ("RENAME account_id TO account", "missing columns account_id; unknown columns account; "),
        ("RENAME TO payments_of_cards", "the table is not there, or we may not read it; "),
    ],
)
def test_t39_a_table_that_is_not_as_promised_stops_the_table(
    banks: Banks, tmp_path: Path, change: str, problem: str
) -> None:
    banks.run("harbour", f"ALTER TABLE bank.card_payments {change}")
    stops(banks, tmp_path, problem)


def test_amounts_and_moments_that_are_none_cost_their_row(banks: Banks, tmp_path: Path) -> None:
    banks.run(
        "harbour",
        "ALTER TABLE bank.card_payments ALTER amount_cents TYPE numeric, ALTER paid_at DROP NOT NULL, "
        "ALTER amount_cents DROP NOT NULL",
        pay("a good"),
        pay("b half", cents="12.5"),
        pay("c nan", cents="'NaN'"),
        pay("d large", cents="9223372036854775808"),
        pay("e none", cents="NULL"),
        "INSERT INTO bank.card_payments VALUES ('f never', 'a', NULL, 1)",
        "INSERT INTO bank.card_payments VALUES ('', 'a', '2026-04-01 12:00+08', 1)",
    )
    capture = payments(banks, tmp_path)
    assert column(capture, "payment_id") == ["a good"]
    assert [(where, line, at) for where, line, at, _ in refusals(capture)] == [
        ("harbour", 1, "payment_id"),
        ("harbour", 3, "amount_cents"),
        ("harbour", 4, "amount_cents"),
        ("harbour", 5, "amount_cents"),
        ("harbour", 6, "amount_cents"),
        ("harbour", 7, "paid_at"),
    ]


def test_a_payment_booked_twice_is_kept_once(banks: Banks, tmp_path: Path) -> None:
    banks.run("harbour", pay("ann"), pay("ann"), pay("bob"))
    banks.run("meridian", pay("ann"))
    capture = payments(banks, tmp_path)
    assert column(capture, "payment_id") == ["ann", "bob", "ann"]
    assert capture.counts.duplicates == 1


def test_a_moment_of_infinity_costs_its_row(banks: Banks, tmp_path: Path) -> None:
    banks.run(
        "harbour",
        "INSERT INTO bank.accounts VALUES "
        "('acc', 'ann', 'current', '-infinity', NULL, NULL, 'open', '2026-04-01 12:00+08')",
    )
    found = capture(banks, tmp_path, BANK_ACCOUNTS)[BANK_ACCOUNTS.address]
    assert [(at, why[:12]) for _, _, at, why in refusals(found)] == [("opened_at", "not a moment")]


def test_one_bank_that_is_down_is_temporary_and_no_password_is_told(banks: Banks, tmp_path: Path) -> None:
    urls = dict(banks.settings.banks) | {"meridian": "postgresql://reader:s3cret@127.0.0.1:1/meridian"}
    down = replace(banks, settings=replace(banks.settings, banks=urls))
    with pytest.raises(SourceUnavailableError) as raised:
        payments(down, tmp_path)
    assert str(raised.value) == f"bank meridian {DAY}: the server does not answer; try again when it is back"
    assert not list(tmp_path.rglob("*.parquet"))
    assert not banks_are_ready(DAY, down.settings)
    assert why_banks_are_not_ready(DAY, down.settings) == [str(raised.value)]


@pytest.mark.parametrize(("old", "new"), [("alliance_reader:", "alliance_reader:wrong"), ("/harbour", "/nowhere")])
def test_a_bank_that_refuses_us_is_not_temporary(banks: Banks, tmp_path: Path, old: str, new: str) -> None:
    urls = dict(banks.settings.banks) | {"harbour": banks.settings.banks["harbour"].replace(old, new)}
    refused = replace(banks, settings=replace(banks.settings, banks=urls))
    with pytest.raises(BadSourceError) as raised:
        payments(refused, tmp_path)
    assert str(raised.value).startswith(f"bank harbour {DAY}: the server refuses")
    assert "alliance_reader" not in str(raised.value)


@pytest.mark.parametrize("way", ["pg_terminate_backend", "pg_cancel_backend"])
def test_a_bank_that_cuts_us_off_while_we_read_is_temporary(
    banks: Banks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    fill = "INSERT INTO bank.card_payments SELECT 'p' || n, repeat('a', 5000), '2026-04-01 12:00+08', n "
    banks.run("harbour", fill + "FROM generate_series(1, 12000) n")
    cut = f"SELECT {way}(pid) FROM pg_stat_activity WHERE application_name = 'nightledger' AND datname = 'harbour'"
    slice_of = postgres._slice_of

    def slice_of_a_dying_bank(delivery: Any, bank: str, cursor: Any) -> Any:
        for number, batch in enumerate(slice_of(delivery, bank, cursor)):
            yield batch
            if number == 0:
                banks.run("harbour", cut)

    monkeypatch.setattr(postgres, "_slice_of", slice_of_a_dying_bank)
    with pytest.raises(SourceUnavailableError, match=f"bank harbour {DAY}: the server does not answer"):
        payments(banks, tmp_path)
    assert not list(tmp_path.rglob("*.parquet"))


def test_a_day_that_is_not_over_is_not_ready(banks: Banks, tmp_path: Path) -> None:
    today = datetime.now(UTC).date() + timedelta(days=1)
    assert banks_are_ready(DAY, banks.settings)
    assert why_banks_are_not_ready(today, banks.settings) == [
        f"bank {bank} {today}: its day is not over; wait for midnight" for bank in ("harbour", "meridian")
    ]
    with pytest.raises(SourceUnavailableError, match="its day is not over"):
        payments(banks, tmp_path, today)


def test_we_could_not_write_to_a_bank_even_if_we_wanted_to(banks: Banks) -> None:
    def delete_as_the_owner() -> None:
        with connected("harbour", banks.servers.replicas.owner_url("harbour"), DAY) as cursor:
            for statement in (*OPEN_SNAPSHOT, "DELETE FROM bank.card_payments"):
                cursor.execute(statement)

    with pytest.raises(BadSourceError, match="SQLSTATE 25006"):
        delete_as_the_owner()


def test_the_question_put_to_a_bank_names_bank_table_and_slice(banks: Banks) -> None:
    digests = slice_digests([BANK_CARD_PAYMENTS, BANK_ACCOUNTS], DAY, banks.settings)
    next_day = slice_digests([BANK_CARD_PAYMENTS], DAY + timedelta(days=1), banks.settings)
    every = [digest for by_bank in (*digests.values(), *next_day.values()) for digest in by_bank.values()]
    assert len(set(every)) == len(every) == 6
    assert slice_digests([BANK_ACCOUNTS], DAY, banks.settings) == {
        BANK_ACCOUNTS.address: digests[BANK_ACCOUNTS.address]
    }
