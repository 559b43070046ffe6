"""The rules of every dataset there is, as they stand in expectations/, and what they say about captured tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from expectations.bounds import Night, bind
from expectations.checks import Verdict, check, rules_for
from expectations.judge import refuse_misspelt
from expectations.rules import Severity
from schemas.captured.bank_transactions import BANK_TRANSACTIONS
from schemas.captured.shop_events import SHOP_EVENTS
from schemas.captured.shop_orders import SHOP_ORDERS
from schemas.captured.shop_referrals import SHOP_REFERRALS
from schemas.catalogue import all_datasets, captured_tables
from schemas.customers.identity_quality import IDENTITY_QUALITY
from schemas.table import Table
from tests.conftest import VALUE_WHEN_NOT_GIVEN
from tests.expectations.conftest import NIGHT, stage

TABLES = [dataset for dataset in all_datasets() if isinstance(dataset, Table)]
FOUR_NIGHTS = {NIGHT - timedelta(days=days): 100 for days in range(1, 5)}
NOON = datetime(2026, 4, 1, 4, tzinfo=UTC)
PLAIN: Mapping[str, Any] = {
    **VALUE_WHEN_NOT_GIVEN,
    "timestamp": NOON,
    "date": NIGHT,
}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.address)
def test_great_expectations_knows_every_rule_of_every_dataset(table: Table) -> None:
    night = Night(NIGHT, FOUR_NIGHTS, None, ("harbour", "meridian"), ZoneInfo("Asia/Shanghai"))
    bound, without_measure = bind(rules_for(table), night)
    refuse_misspelt(bound)
    assert not without_measure
    assert len(bound) > len(table.key)


@pytest.mark.parametrize("table", captured_tables(), ids=lambda table: table.address)
def test_a_single_odd_row_does_not_stop_a_whole_delivery_unless_it_is_from_the_future(table: Table) -> None:
    contract = {"the contract's key names one row", "the contract's allowed values", "the contract says so"}
    strict = [
        rule
        for rule in rules_for(table)
        if rule.severity is Severity.CRITICAL
        and rule.parameters.get("mostly", 1) == 1
        and rule.because not in contract
        and rule.expectation == "ExpectColumnValuesToBeBetween"
        and "NaN" not in rule.because
    ]
    assert all("the end of the business date" in rule.wish for rule in strict), strict


def captured(table: Table, rows: list[Mapping[str, Any]], folder: Path, **options: Any) -> Verdict:
    """The verdict about rows of which only the columns that matter are given."""
    plain = {c.name: None if c.is_nullable else (c.allowed or (PLAIN[c.type],))[0] for c in table.columns}
    whole = [{**plain, table.key[0]: "x", **row} for row in rows]
    files = stage(folder, whole, table)
    asked = {"business_date": NIGHT, "rows": len(rows), "partner_banks": ("harbour", "meridian"), **options}
    return check(table, files, **asked)


def orders(how_many: int, **given: Any) -> list[Mapping[str, Any]]:
    plain = {"gross_cents": 500, "discount_cents": 100, "net_cents": 400, **given}
    return [{"order_id": f"o{number}", **plain} for number in range(how_many)]


def test_a_believable_delivery_of_orders_passes(tmp_path: Path) -> None:
    verdict = captured(SHOP_ORDERS, orders(90), tmp_path, earlier_row_counts=FOUR_NIGHTS)
    assert verdict.passed, verdict.message
    assert not verdict.warnings


def test_t38_a_shop_that_falls_silent_stops_the_night(tmp_path: Path) -> None:
    events: list[Mapping[str, Any]] = [{"event_id": f"e{number}"} for number in range(39)]
    for table, rows in ((SHOP_ORDERS, orders(39)), (SHOP_EVENTS, events)):
        verdict = captured(table, rows, tmp_path / table.name, earlier_row_counts=FOUR_NIGHTS)
        assert "the number of rows must be at least 40% of the usual, is 39" in verdict.message
        assert not captured(table, [], tmp_path / table.name, earlier_row_counts=FOUR_NIGHTS).passed


def transactions(bank_code: str, how_many: int) -> list[Mapping[str, Any]]:
    return [{"bank_code": bank_code, "transaction_id": f"t{number}"} for number in range(how_many)]


def test_t38_one_silent_bank_stops_the_night_even_when_the_others_fill_it(tmp_path: Path) -> None:
    both = [*transactions("harbour", 60), *transactions("meridian", 60)]
    assert captured(BANK_TRANSACTIONS, both, tmp_path / "both", earlier_row_counts=FOUR_NIGHTS).passed
    one = captured(BANK_TRANSACTIONS, transactions("harbour", 100), tmp_path / "one", earlier_row_counts=FOUR_NIGHTS)
    assert "missing: meridian" in one.message


def test_t39_orders_whose_money_changed_its_meaning_stop_the_night(tmp_path: Path) -> None:
    in_whole_units = [*orders(90), *orders(10, order_id="x", updated_at=NOON, net_cents=4)]
    for number, row in enumerate(in_whole_units[90:]):
        in_whole_units[90 + number] = {**row, "order_id": f"x{number}"}
    verdict = captured(SHOP_ORDERS, in_whole_units, tmp_path)
    assert "must be such that net_cents = gross_cents - discount_cents in at least 95% of the rows" in verdict.message


def test_a_night_that_gives_more_than_one_known_record_in_a_thousand_another_customer_is_a_warning(
    tmp_path: Path,
) -> None:
    def moved(share: float) -> Verdict:
        rows: list[Mapping[str, Any]] = [
            {"measure": "known_records", "part": "all", "row_count": 2_000},
            {"measure": "known_records_moved", "part": "all", "row_count": 2_000 * share, "moved_share": share},
        ]
        return captured(IDENTITY_QUALITY, rows, tmp_path / str(share))

    assert not moved(0.001).warnings
    assert moved(0.0015).passed
    assert "moved_share must be at most 0.001" in " ".join(moved(0.0015).warning_sentences)


def test_a_row_from_the_future_warns_about_a_shop_and_stops_a_bank(tmp_path: Path) -> None:
    tomorrow = {"booked_at": datetime(2026, 4, 1, 16, 0, 1, tzinfo=UTC)}
    bank = [*transactions("harbour", 9), *transactions("meridian", 9), {**transactions("harbour", 1)[0], **tomorrow}]
    bank[-1] = {**bank[-1], "transaction_id": "late"}
    assert (
        "booked_at must be not after the end of the business date"
        in captured(BANK_TRANSACTIONS, bank, tmp_path / "bank").message
    )
    shop = captured(SHOP_ORDERS, orders(9, ordered_at=datetime(2026, 4, 1, 17, 0, 1, tzinfo=UTC)), tmp_path / "shop")
    assert shop.passed
    assert any("ordered_at must be not after the end" in sentence for sentence in shop.warning_sentences)


def test_rows_of_another_day_stop_a_captured_table(tmp_path: Path) -> None:
    verdict = captured(SHOP_ORDERS, orders(3, captured_date=date(2026, 3, 31)), tmp_path)
    assert "captured_date must be between the business date and the business date" in verdict.message


def test_someone_who_brings_themselves_is_a_warning(tmp_path: Path) -> None:
    row = {"referrer_shop_user_id": "ann", "referred_shop_user_id": "ann"}
    verdict = captured(SHOP_REFERRALS, [row], tmp_path)
    assert verdict.passed
    assert [sentence.split(" must")[0] for sentence in verdict.warning_sentences] == [
        "referrer_shop_user_id and referred_shop_user_id"
    ]
