"""Who brought whom to the shop, and who has parcels sent to whose phone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from jobs.edges.favours import build
from jobs.relations.pairs import MAX_CUSTOMERS_SHARING
from schemas.cleaned.referrals import REFERRALS
from schemas.customers.identities import IDENTITIES
from schemas.edges.favours import FAVOURS
from schemas.edges.identifier_holders import IDENTIFIER_HOLDERS
from tests.conftest import GivenRows, TableMaker, rows

AS_OF = date(2026, 3, 31)
PEOPLE = [{"source_record_id": f"shop:{name}", "customer_id": name[:3]} for name in ("ann", "ann2", "bob", "cem")]


def brought(number: str, referrer: str, referred: str, moment: str = "2026-01-01") -> dict[str, Any]:
    who = {"referrer_source_record_id": f"shop:{referrer}", "referred_source_record_id": f"shop:{referred}"}
    return {"referral_id": number, **who, "referred_at": moment, "known_date": moment[:10]}


def held(name: str, kind: str, since: str = "2026-01-01", phone: str = "p1", count: int = 2) -> dict[str, Any]:
    seen = {"first_seen_at": since, "last_seen_at": "2026-03-03", "known_date": since[:10]}
    return {"customer_id": name, "identifier_type": kind, "identifier": phone, "holder_count": count, **seen}


def favours(table: TableMaker, referrals: GivenRows, holders: GivenRows, partitions: int = 2) -> list[tuple[Any, ...]]:
    parents = (table(REFERRALS, referrals), table(IDENTIFIER_HOLDERS, holders), table(IDENTITIES, PEOPLE))
    found = build(*(parent.repartition(partitions) for parent in parents), as_of=AS_OF)
    found = found.selectExpr(
        *FAVOURS.column_names[:4], "string(date(first_seen_at))", "string(date(last_seen_at))", "string(known_date)"
    )
    return rows(found, *found.columns)


@pytest.mark.parametrize("partitions", [1, 5])
def test_t1_t17_who_brought_whom_is_told_between_customers_and_nobody_brings_themselves(
    table: TableMaker, partitions: int
) -> None:
    given = [
        brought("r1", "ann", "bob"),
        brought("r2", "ann2", "bob", "2026-02-01"),  # ann again
        brought("r3", "ann", "ann2"),
        brought("r4", "bob", "nobody"),
        brought("r5", "bob", "cem", "2026-03-31 15:59:59"),
        brought("r6", "cem", "bob", "2026-03-31 16:00:00"),
    ]
    assert favours(table, given, [], partitions) == [
        ("ann", "bob", "referral", 2, "2026-01-01", "2026-02-01", "2026-01-01"),
        ("bob", "cem", "referral", 1, "2026-03-31", "2026-03-31", "2026-03-31"),
    ]


@pytest.mark.parametrize("partitions", [1, 5])
def test_t1_t17_a_parcel_to_the_phone_of_another_is_a_gift_and_to_the_own_none(
    table: TableMaker, partitions: int
) -> None:
    holders = [
        held("ann", "phone", since="2026-02-01"),
        held("ann", "recipient"),  # to herself
        held("bob", "recipient"),
        held("cem", "recipient", phone="p2"),  # to nobody we know
        held("cem", "device"),
        held("dia", "recipient", since="2026-03-31 16:00:00"),
    ]
    gift = ("bob", "ann", "gift", 1, "2026-02-01", "2026-03-03", "2026-02-01")
    assert favours(table, [], holders, partitions) == [gift]


def test_t14_a_phone_of_too_many_buyers_or_owners_is_a_shops(table: TableMaker) -> None:
    limit = MAX_CUSTOMERS_SHARING
    at_limit = [held("ann", "phone", count=limit), held("bob", "recipient", count=limit)]
    assert len(favours(table, [], at_limit)) == 1
    for owners, buyers in ((limit + 1, 1), (1, limit + 1)):
        crowd = [held("ann", "phone", count=owners), held("bob", "recipient", count=buyers)]
        assert favours(table, [], crowd) == []


def test_without_referrals_and_recipients_nobody_does_a_favour(table: TableMaker) -> None:
    assert favours(table, [], []) == []
