"""Record pairs as a night makes them: from the partners' tables, with what reviewers said, whole or by what changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jobs.customers.record_pairs import build
from jobs.customers.verdicts import Verdict
from jobs.needs import Needs
from jobs.settings import SettingsError, read_settings
from jobs.storage import open_storage
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.consents import CONSENTS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.identity_quality import IDENTITY_QUALITY
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


def test_from_how_many_records_on_changes_are_compared_is_a_setting_that_changes_no_input(tmp_path: Path) -> None:
    known = {"NIGHTLEDGER_LAKE": str(tmp_path), "NIGHTLEDGER_FIRST_BUSINESS_DATE": str(AS_OF)}
    changed = known | {"NIGHTLEDGER_COMPARE_ALL_BELOW": "7"}
    usual, seven = (Needs(read_settings(given), open_storage(str(tmp_path), None)) for given in (known, changed))
    assert [needs.value("compare_all_below", AS_OF) for needs in (usual, seven)] == [5_000_000, 7]
    assert usual.digests(RECORD_PAIRS, AS_OF) == seven.digests(RECORD_PAIRS, AS_OF)
    with pytest.raises(SettingsError, match="NIGHTLEDGER_COMPARE_ALL_BELOW is not a whole number"):
        read_settings(known | {"NIGHTLEDGER_COMPARE_ALL_BELOW": "many"})


def test_labelled_records_are_an_input_by_what_they_say(tmp_path: Path) -> None:
    known = {"NIGHTLEDGER_LAKE": str(tmp_path), "NIGHTLEDGER_FIRST_BUSINESS_DATE": str(AS_OF)}
    digests = [Needs(read_settings(known), open_storage(str(tmp_path), None)).digests(IDENTITY_QUALITY, AS_OF)]
    for name, content in (
        ("a.csv", "shop:a,p1\nshop:b,p1\n"),
        ("b.csv", "shop:b,p1\nshop:a,p1\n"),
        ("c.csv", "shop:a,p2\n"),
    ):
        (tmp_path / name).write_text(f"source_record_id,person_id\n{content}", encoding="utf-8")
        settings = read_settings(known | {"NIGHTLEDGER_LABELLED_RECORDS": str(tmp_path / name)})
        digests.append(Needs(settings, open_storage(str(tmp_path), None)).digests(IDENTITY_QUALITY, AS_OF))
    assert digests[0] == {}
    assert digests[1] == digests[2] != digests[3]
    with pytest.raises(SettingsError, match="NIGHTLEDGER_LABELLED_RECORDS is not a file"):
        read_settings(known | {"NIGHTLEDGER_LABELLED_RECORDS": str(tmp_path / "gone.csv")})


def test_without_records_there_are_no_pairs(table: TableMaker) -> None:
    assert rows(build(*at_partners(table, []), as_of=AS_OF), "left_record_id") == []


def test_only_parents_of_a_dataset_that_reads_the_night_before_are_read_again_of_it() -> None:
    assert replace(RECORD_PAIRS).also_previous == RECORD_PAIRS.built_from
    wrongs: tuple[dict[str, Any], ...] = ({"reads_previous_night": False}, {"also_previous": (CONSENTS,)})
    for wrong in wrongs:
        with pytest.raises(ContractError, match="read again of yesterday and no parents"):
            replace(RECORD_PAIRS, **wrong)
