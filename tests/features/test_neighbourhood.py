"""neighbourhood: everyone tied once, from both sides, and nobody their own neighbour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from jobs.features.neighbourhood import build
from schemas.cleaned.accounts import ACCOUNTS
from schemas.cleaned.instalments import INSTALMENTS
from schemas.cleaned.transfers import TRANSFERS as PAYMENTS
from schemas.customers.identities import IDENTITIES
from schemas.edges.favours import FAVOURS
from schemas.edges.shared_identifiers import SHARED_IDENTIFIERS
from schemas.edges.transfers import TRANSFERS
from schemas.features.neighbourhood import NEIGHBOURHOOD
from tests.conftest import TableMaker, rows
from tests.features.random_rows import AS_OF, RandomRows, Row, days_ago
from tests.features.test_network_position import favour

NAMES = ("ann", "bob", "cem", "dia", "eve")
PEOPLE = [{"source_record_id": f"shop:{name}", "customer_id": name} for name in NAMES]


def described(
    table: TableMaker,
    *columns: str,
    sent: Sequence[Row] = (),
    shared: Sequence[Row] = (),
    favoured: Sequence[Row] = (),
    paid: Sequence[Row] = (),
    owed: Sequence[Row] = (),
    cards: Sequence[Row] = (),
) -> list[tuple[Any, ...]]:
    given = {TRANSFERS: sent, SHARED_IDENTIFIERS: shared, FAVOURS: favoured, PAYMENTS: paid}
    given |= {INSTALMENTS: owed, ACCOUNTS: cards, IDENTITIES: PEOPLE}
    parents = (table(parent, given[parent]) for parent in given)
    return rows(build(*parents, as_of=AS_OF), "customer_id", *columns)


def sent(
    payer: str, payee: str, count: int = 1, cents: int = 100, since: str = "2026-01-01", until: str = "2026-03-01"
) -> Row:
    return {
        "payer_customer_id": payer,
        "payee_customer_id": payee,
        "transfer_count_180d": count,
        "amount_cents_sum_180d": cents,
        "first_transferred_at": since,
        "last_transferred_at": until,
    }


def shared(first: str, second: str, what: str = "phone", since: str = "2026-01-01") -> Row:
    return {
        "first_customer_id": first,
        "second_customer_id": second,
        "identifier_type": what,
        "first_seen_at": since,
    }


def owed(name: str, due_date: str, settled_date: str | None = None, opened: str = "2025-01-01") -> Row:
    return {
        "plan_id": f"{name} {due_date}",
        "source_record_id": f"shop:{name}",
        "plan_opened_at": opened,
        "due_date": due_date,
        "settled_date": settled_date,
    }


def test_a_tie_is_seen_from_both_sides_and_a_neighbour_counted_once(table: TableMaker) -> None:
    found = described(
        table,
        "paid_customer_count_180d",
        "paying_customer_count_180d",
        "sent_cents_sum_180d",
        "received_cents_sum_180d",
        "sharing_customer_count",
        "neighbour_count",
        sent=[
            sent("ann", "bob", 2, 500),
            sent("bob", "ann", 1, 70),
            sent("ann", "cem", 1, 9),
            sent("dia", "ann", 0, 0),
        ],
        shared=[shared("ann", "bob"), shared("ann", "bob", "device"), shared("cem", "dia")],
    )
    assert found == [
        ("ann", 2, 1, 509, 70, 1, 3),
        ("bob", 1, 1, 70, 500, 1, 1),
        ("cem", 0, 1, 0, 9, 1, 2),
        ("dia", 0, 0, 0, 0, 1, 2),  # paid ann longer ago than 180 days: still a neighbour
    ]


def test_t6_own_delays_never_enter_the_own_row(table: TableMaker) -> None:
    ties = [sent("ann", "bob"), sent("bob", "cem")]
    paid = [owed("ann", "2026-01-01", "2026-01-01"), owed("bob", "2026-01-01", "2026-01-01")]
    late = [owed("ann", "2026-01-01"), owed("bob", "2026-01-01", "2026-01-01")]
    columns = ("borrowing_neighbour_count", "late_neighbour_share")
    before = described(table, *columns, sent=ties, owed=paid)
    after = described(table, *columns, sent=ties, owed=late)
    assert before == [("ann", 1, 0.0), ("bob", 1, 0.0), ("cem", 1, 0.0)]
    assert after == [("ann", 1, 0.0), ("bob", 1, 1.0), ("cem", 1, 0.0)]


def test_t8_a_tie_or_a_plan_of_tomorrow_is_not_known_today(table: TableMaker) -> None:
    today, tomorrow = "2026-03-31 15:59:59", "2026-03-31 16:00:00"
    found = described(
        table,
        "neighbour_count",
        "borrowing_neighbour_count",
        sent=[sent("ann", "bob", since=today), sent("ann", "cem", since=tomorrow)],
        shared=[shared("bob", "dia", since=today), shared("bob", "eve", since=tomorrow)],
        owed=[owed("ann", "2026-05-01", opened=tomorrow), owed("bob", "2026-05-01", opened=today)],
    )
    assert found == [("ann", 1, 1), ("bob", 2, 0), ("dia", 1, 1)]


def test_a_neighbour_is_late_from_the_thirtieth_day_on_and_counts_once_however_much_is_late(table: TableMaker) -> None:
    found = described(
        table,
        "borrowing_neighbour_count",
        "late_neighbour_share",
        shared=[shared("ann", name) for name in ("bob", "cem", "dia", "eve")],
        owed=[
            owed("bob", "2026-03-01"),  # 30 days
            owed("bob", "2026-02-01"),
            owed("cem", "2026-03-02"),  # 29 days
            owed("dia", "2026-01-01", "2026-03-31"),  # paid at last
            owed("dia", "2026-04-20"),
        ],
    )
    assert found[0] == ("ann", 3, 1 / 3)
    assert found[1:] == [(name, 0, None) for name in ("bob", "cem", "dia", "eve")]


def test_who_paid_themselves_is_not_their_own_neighbour(table: TableMaker) -> None:
    found = described(table, "neighbour_count", sent=[sent("ann", "ann"), sent("bob", "cem")])
    assert found == [("bob", 1), ("cem", 1)]


@pytest.mark.parametrize("seed", [51, 52])
def test_a_second_implementation_in_plain_python_finds_the_same_neighbours(table: TableMaker, seed: int) -> None:
    given = RandomRows(seed).rows
    built = build(*(table(parent, given[parent]) for parent in NEIGHBOURHOOD.built_from), as_of=AS_OF)  # type: ignore[index, arg-type]

    pairs = [
        (row[one], row[other])
        for parent, one, other, moment in (
            (TRANSFERS, "payer_customer_id", "payee_customer_id", "first_transferred_at"),
            (SHARED_IDENTIFIERS, "first_customer_id", "second_customer_id", "first_seen_at"),
            (FAVOURS, "giver_customer_id", "receiver_customer_id", "first_seen_at"),
        )
        for row in given[parent]
        if days_ago(row[moment]) >= 0
    ]
    neighbours: dict[str, set[str]] = {}
    for one, other in (*pairs, *((other, one) for one, other in pairs)):
        neighbours.setdefault(one, set()).add(other)
    customer_of = {row["source_record_id"]: row["customer_id"] for row in given[IDENTITIES]}
    plans = [row for row in given[INSTALMENTS] if days_ago(row["plan_opened_at"]) >= 0]
    told = {
        borrower: [row for row in plans if customer_of.get(row["source_record_id"]) == borrower]
        for borrower in neighbours
    }
    borrowers = {name for name, owing in told.items() if owing}
    defaulted = {name for name, owing in told.items() if any(map(had_defaulted, owing))}
    matured = {name for name, owing in told.items() if any((AS_OF - row["due_date"]).days >= 60 for row in owing)}
    expected = [
        (name, len(theirs), len(borrowers & theirs), len(matured & theirs), len(defaulted & theirs))
        for name, theirs in sorted(neighbours.items())
    ]

    assert len(expected) >= 4
    assert defaulted
    counts = ("neighbour_count", *(f"{kind}_neighbour_count" for kind in ("borrowing", "matured", "defaulted")))
    assert rows(built, "customer_id", *counts) == expected
    shape = {(name, way): list(amounts) for (name, way), amounts in sorted(amounts_of(given[PAYMENTS], customer_of))}
    columns = [f"{way}_cents_{moment}_180d" for way in ("sent", "received") for moment in MOMENTS]
    for name, *found in rows(built, "customer_id", *columns):
        moments = (*moments_of(shape.get((name, "sent"), [])), *moments_of(shape.get((name, "received"), [])))
        assert [value is None for value in found] == [value is None for value in moments]
        assert [v for v in found if v is not None] == pytest.approx(
            [v for v in moments if v is not None], rel=1e-8, abs=1e-8
        )


MOMENTS = ("mean", "max", "variance", "skewness", "kurtosis")


def had_defaulted(owing: Row) -> bool:
    settled, known = owing["settled_date"], owing["due_date"] + timedelta(days=60)
    return bool(known <= AS_OF and (settled is None or settled >= known))


def amounts_of(payments: list[Row], customer_of: dict[str, str]) -> Iterator[tuple[tuple[str, str], list[int]]]:
    """The amounts of each customer and direction within 180 days, from others only."""
    found: dict[tuple[str, str], list[int]] = {}
    for row in payments:
        payer, payee = (customer_of[row[f"{role}_source_record_id"]] for role in ("payer", "payee"))
        if payer != payee and 0 <= days_ago(row["transferred_at"]) < 180:
            found.setdefault((payer, "sent"), []).append(row["amount_cents"])
            found.setdefault((payee, "received"), []).append(row["amount_cents"])
    yield from found.items()


def moments_of(amounts: list[int]) -> tuple[float | None, ...]:
    """Mean, maximum, variance, skewness and excess kurtosis in fractions, rounded once."""
    if not amounts:
        return (None,) * len(MOMENTS)
    number, mean = len(amounts), Fraction(sum(amounts), len(amounts))
    variance, third, fourth = (sum((amount - mean) ** power for amount in amounts) / number for power in (2, 3, 4))
    if not variance:
        return float(mean), max(amounts), 0.0, None, None
    return (
        float(mean),
        max(amounts),
        float(variance),
        float(third) / float(variance) ** 1.5,
        float(fourth / variance**2) - 3.0,
    )


def test_every_kind_of_tie_is_counted_for_itself_and_seen_from_both_sides(table: TableMaker) -> None:
    kinds = [f"{kind}_sharing_customer_count" for kind in ("phone", "recipient", "household", "card")]
    roles = [f"{role}_customer_count" for role in ("brought", "bringing", "gifted", "gifting")]
    found = described(
        table,
        "sharing_customer_count",
        *kinds,
        *roles,
        "neighbour_count",
        shared=[shared("ann", "bob"), shared("ann", "bob", "household"), shared("ann", "cem", "card")],
        favoured=[favour("ann", "dia"), favour("eve", "ann", "gift"), favour("bob", "ann")],
    )
    assert found == [
        ("ann", 2, 1, 0, 1, 1, 1, 1, 0, 1, 4),
        ("bob", 1, 1, 0, 1, 0, 1, 0, 0, 0, 1),
        ("cem", 1, 0, 0, 0, 1, 0, 0, 0, 0, 1),
        ("dia", 0, 0, 0, 0, 0, 0, 1, 0, 0, 1),
        ("eve", 0, 0, 0, 0, 0, 0, 0, 1, 0, 1),
    ]


def test_t21_counterparties_and_new_neighbours_are_counted_by_the_last_and_the_first_day(table: TableMaker) -> None:
    """ann paid bob on day 29, cem on day 30, dia on day 89, eve on day 90; bob and cem paid back."""
    days = {"bob": "2026-03-01 16:00:00", "cem": "2026-03-01 15:59:59", "dia": "2026-01-01", "eve": "2025-12-31"}
    since = {"bob": "2026-03-24 16:00:00", "cem": "2026-03-24 15:59:59", "dia": "2025-01-01", "eve": "2025-01-01"}
    found = described(
        table,
        *(f"counterparty_count_{window}d" for window in (30, 90, 180)),
        "new_neighbour_count_7d",
        "new_neighbour_count_30d",
        "reciprocal_counterparty_share_180d",
        "sent_received_ratio_180d",
        sent=[
            *(sent("ann", name, cents=100, since=since[name], until=day) for name, day in days.items()),
            sent("bob", "ann", cents=50, since="2026-03-30", until="2026-02-01"),
            sent("cem", "ann", count=0, cents=0, since="2026-03-30", until="2025-06-01"),
        ],
    )
    assert found[0] == ("ann", 1, 3, 4, 1, 2, 0.25, 8.0), "the first tie to a neighbour tells since when"
    assert found[3] == ("dia", 0, 1, 1, 0, 0, 0.0, 0.0)


def test_t6_t8_defaults_of_neighbours_count_when_known_and_the_own_never(table: TableMaker) -> None:
    columns = ("matured_neighbour_count", "defaulted_neighbour_count", "defaulted_neighbour_share")
    ties = [shared("ann", name) for name in ("bob", "cem", "dia")]
    known_today, known_tomorrow = "2026-01-30", "2026-01-31"
    before = described(
        table, *columns, shared=ties, owed=[owed("bob", known_tomorrow), owed("cem", "2025-06-01", "2025-06-01")]
    )
    assert before[0] == ("ann", 1, 0, pytest.approx(0.1 / 6))
    after = described(table, *columns, shared=ties, owed=[owed("bob", known_today), owed("ann", known_today)])
    assert after[0] == ("ann", 1, 1, pytest.approx(1.1 / 6))
    assert after[1] == ("bob", 1, 1, pytest.approx(1.1 / 6)), "ann's default is seen by the others"
    assert after[2][3] == pytest.approx(1.1 / 6)
    nobody = described(table, *columns, shared=ties)
    assert nobody[0] == ("ann", 0, 0, pytest.approx(0.02))


def test_a_neighbour_has_the_card_while_a_card_of_theirs_is_open(table: TableMaker) -> None:
    def card(name: str, **more: str) -> Row:
        open_card = {"source_record_id": f"shop:{name}", "account_type": "credit_card", "opened_at": "2026-03-31"}
        return {**open_card, "account_id": f"{name} {more}", **more}

    cards = [
        card("bob"),
        card("bob", opened_at="2025-01-01"),
        card("cem", account_type="savings"),
        card("dia", closed_at="2026-03-31 15:59:59"),
        card("eve", opened_at="2026-03-31 16:00:00"),
        card("ann"),
    ]
    ties = [shared("ann", name) for name in ("bob", "cem", "dia", "eve")]
    found = described(table, "card_holding_neighbour_count", shared=ties, cards=cards)
    assert found == [("ann", 1), ("bob", 1), ("cem", 1), ("dia", 1), ("eve", 1)]
