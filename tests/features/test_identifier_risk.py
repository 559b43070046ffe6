"""identifier_risk: the others behind a customer's identifiers, without the customer and without forming a pair."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.edges import heavy_identifiers
from jobs.features.identifier_risk import build
from jobs.relations.pairs import MAX_CUSTOMERS_SHARING as LIGHT_HOLDERS
from schemas.cleaned.instalments import INSTALMENTS
from schemas.customers.identities import IDENTITIES
from schemas.edges.identifier_holders import IDENTIFIER_HOLDERS
from tests.conftest import TableMaker, rows
from tests.features.random_rows import AS_OF, Row
from tests.features.test_default_influence import KNOWN_TODAY, KNOWN_TOMORROW, PEOPLE, owed

SHARES = ("identifier_default_share_mean", "identifier_default_share_max", "identifier_defaulter_count")


def held(name: str, identifier: str, since: str = "2026-01-01") -> Row:
    return {
        "identifier_type": "device",
        "identifier": identifier,
        "customer_id": name,
        "first_seen_at": since,
    }


def described(table: TableMaker, holders: list[Row], owing: list[Row], *columns: str) -> list[tuple[Any, ...]]:
    parents = (table(IDENTIFIER_HOLDERS, holders).repartition(3), table(INSTALMENTS, owing), table(IDENTITIES, PEOPLE))
    return rows(build(*parents, as_of=AS_OF), "customer_id", *columns)


def test_a_phone_is_new_since_a_record_has_it_and_a_recipients_is_none_of_the_own(table: TableMaker) -> None:
    def phone(name: str, number: str, since: str, kind: str = "phone") -> Row:
        return held(name, number, since) | {"identifier_type": kind}

    holders = [
        phone("ann", "p1", "2026-01-01"),
        phone("ann", "p2", "2026-03-30 16:00:00"),  # the last midnight of the alliance
        phone("ann", "p3", "2026-03-31 16:00:00"),  # tomorrow's
        phone("bob", "p1", "2026-03-30 15:59:59"),
        phone("cem", "p1", "2026-01-01", "recipient"),
        phone("dia", "p4", "2026-03-20", "recipient"),  # her own a day later: since then
        phone("dia", "p4", "2026-03-21"),
    ]
    assert described(table, holders, [], "days_since_new_phone") == [
        ("ann", 0),
        ("bob", 1),
        ("cem", None),
        ("dia", 10),
    ]


def test_shares_leave_the_customer_out_and_are_drawn_towards_the_usual(table: TableMaker) -> None:
    holders = [
        held("ann", "d1"),
        held("bob", "d1"),
        held("cem", "d1"),
        held("ann", "d2"),
        held("bob", "d2"),
        held("dia", "d3"),
    ]
    found = described(table, holders, [owed("bob", KNOWN_TODAY)], "shared_identifier_count_ever", *SHARES)
    of_three, of_two, nobody = 1.1 / 7, 1.1 / 6, 0.1
    assert [row[:2] for row in found] == [("ann", 2), ("bob", 2), ("cem", 1), ("dia", 0)]
    assert found[0][2:] == pytest.approx(((of_three + of_two) / 2, of_two, 2), abs=1e-9)
    assert found[1][2:] == pytest.approx(((nobody / 7 + nobody / 6) / 2, nobody / 6, 0), abs=1e-9)
    assert found[2][2:] == pytest.approx((of_three, of_three, 1), abs=1e-9)
    assert found[3][2:] == (None, None, 0)


def test_t6_t8_neither_the_own_default_nor_one_of_tomorrow_shows(table: TableMaker) -> None:
    holders = [held("ann", "d1"), held("bob", "d1")]
    nobody = described(table, holders, [], *SHARES)
    assert described(table, holders, [owed("bob", KNOWN_TOMORROW)], *SHARES) == nobody
    bob = described(table, holders, [owed("bob", KNOWN_TODAY)], *SHARES)
    assert bob[1] == nobody[1]
    assert bob[0] != nobody[0]


def test_t14_whoever_touched_a_heavy_identifier_is_told_and_no_pair_is_formed(table: TableMaker) -> None:
    crowd = [f"c{number:05d}" for number in range(20_000)]
    kiosk = [{**held(name, "kiosk"), "holder_count": len(crowd)} for name in crowd]
    tablet = [{**held(f"{number}", "tablet"), "holder_count": LIGHT_HOLDERS} for number in range(LIGHT_HOLDERS)]
    columns = ("has_heavy_identifier", "identifier_count_ever", "new_identifier_count_30d")
    found = described(table, [*kiosk, *tablet, held(crowd[0], "d1", "2026-03-02 00:00:00+08:00")], [], *columns)
    assert found[:LIGHT_HOLDERS] == [(f"{number}", False, 1, 0) for number in range(LIGHT_HOLDERS)]
    assert found[LIGHT_HOLDERS] == (crowd[0], True, 2, 1)
    assert found[LIGHT_HOLDERS + 1 :] == [(name, True, 1, 0) for name in crowd[1:]]


def test_t14_who_is_told_to_have_touched_a_heavy_identifier_holds_one_that_is_listed(table: TableMaker) -> None:
    """Six use a phone and six others have parcels sent to it: twelve people, and neither kind of use is heavy."""
    half = LIGHT_HOLDERS // 2 + 1
    phone = [
        {**held(f"{kind}-{number}", "p1"), "identifier_type": kind, "holder_count": half}
        for kind in ("phone", "recipient")
        for number in range(half)
    ]
    kiosk = [{**held(f"c{number:02d}", "kiosk"), "holder_count": 11} for number in range(11)]
    listed = heavy_identifiers.build(table(IDENTIFIER_HOLDERS, [*phone, *kiosk]), as_of=AS_OF)
    assert rows(listed, "identifier") == [("kiosk",)]
    told = described(table, [*phone, *kiosk], [], "has_heavy_identifier")
    assert {name for name, is_told in told if is_told} == {row["customer_id"] for row in kiosk}
