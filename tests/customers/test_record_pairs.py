"""Record pairs as a night makes them: from the partners' tables, with what reviewers said, whole or by what changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from jobs.customers.record_pairs import build
from jobs.customers.verdicts import Verdict
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.consents import CONSENTS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.record_pairs import RECORD_PAIRS
from schemas.table import ContractError
from tests.conftest import TableMaker, rows
from tests.customers.small_records import Row, record

AS_OF = date(2026, 4, 1)

YESTERDAY = [
    record("shop:ann", "王小明", "1990-02-01", national_id="A", phone="1"),
    record("harbour:ann", "王小明", "1990-02-01", national_id="A", phone="2"),
    record("shop:bob", "李静", "1991-02-01", phone="3", email="b@"),
    record("harbour:bob", "李静", "1991-02-01", phone="4", email="b@"),
    record("shop:cem", "陈静", "1992-02-01", phone="5", email="c@"),
    record("shop:dia", phone="6"),
]
TODAY = [
    *YESTERDAY[:3],
    record("harbour:bob", "李静", "1991-02-01", phone="4", email="other@"),
    record("shop:cem", "陈静", "1992-02-01", phone="5", email="c@"),
    record("meridian:cem", "陈静", "1992-02-01", phone="5"),
]


def at_partners(table: TableMaker, records: list[Row]) -> tuple[Any, Any]:
    at_shop = [row for row in records if row["source_record_id"].startswith("shop:")]
    return table(SHOP_USERS, at_shop), table(BANK_CUSTOMERS, [row for row in records if row not in at_shop])


@pytest.mark.parametrize("compare_all_below", [1_000, 0])
def test_a_night_compares_all_or_what_changed_and_finds_the_same(table: TableMaker, compare_all_below: int) -> None:
    verdicts = [Verdict("harbour:bob", "shop:cem", is_same=False)]
    before = at_partners(table, YESTERDAY)
    first = build(*before, previous=None, pair_decisions=verdicts, as_of=date(2026, 3, 31))
    columns = ("left_record_id", "right_record_id", "matched_by", "decision", "reason")
    assert rows(first, *columns) == [
        ("harbour:ann", "shop:ann", "national_id", "automatic", None),
        ("harbour:bob", "shop:bob", "email_and_birth_date", "automatic", None),
        ("harbour:bob", "shop:cem", "reviewed", "rejected", "reviewer_said_no"),
    ]
    second = build(
        *at_partners(table, TODAY[::-1]),
        previous=first,
        previous_shop_users=before[0],
        previous_bank_customers=before[1],
        pair_decisions=[Verdict("harbour:bob", "shop:cem", is_same=True)],
        compare_all_below=compare_all_below,
        as_of=AS_OF,
    )
    assert [row for row in rows(second, *columns) if row[2] != "probabilistic"] == [
        ("harbour:ann", "shop:ann", "national_id", "automatic", None),
        ("harbour:bob", "shop:cem", "reviewed", "automatic", None),
        ("meridian:cem", "shop:cem", "phone_and_birth_date", "automatic", None),
    ]
    assert second.columns == list(RECORD_PAIRS.column_names)


def test_without_records_there_are_no_pairs(table: TableMaker) -> None:
    assert rows(build(*at_partners(table, []), as_of=AS_OF), "left_record_id") == []


def test_only_parents_of_a_dataset_that_reads_the_night_before_are_read_again_of_it() -> None:
    assert replace(RECORD_PAIRS).also_previous == RECORD_PAIRS.built_from
    wrongs: tuple[dict[str, Any], ...] = ({"reads_previous_night": False}, {"also_previous": (CONSENTS,)})
    for wrong in wrongs:
        with pytest.raises(ContractError, match="read again of yesterday and no parents"):
            replace(RECORD_PAIRS, **wrong)
