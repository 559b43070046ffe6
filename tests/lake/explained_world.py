"""A small random world whose values are explained, and computed once more from nothing but the rows that are shown."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from jobs.explain import days_for, explain, feature_of, parents_read
from jobs.explained_rows import DAY_OF_PLAN
from jobs.inputs import night
from jobs.lake import Lake
from jobs.storage_local import LocalStorage
from schemas.cleaned.accounts import ACCOUNTS
from schemas.cleaned.browsing_events import BROWSING_EVENTS
from schemas.cleaned.credit_accounts import CREDIT_ACCOUNTS
from schemas.cleaned.ended_orders import ENDED_ORDERS
from schemas.cleaned.instalments import INSTALMENTS
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.refunds import REFUNDS
from schemas.cleaned.repayments import REPAYMENTS
from schemas.cleaned.transactions import TRANSACTIONS
from schemas.customers.identities import IDENTITIES
from schemas.features.browsing import BOT_EVENTS
from schemas.measures import Feature
from schemas.table import Table
from tests.conftest import arrow_rows
from tests.features.random_rows import AS_OF, CUSTOMERS, ZONE, RandomRows, Row, local_day
from tests.lake.explained_night import settings
from tests.published_rows import publish_rows
from tests.reference.answer import rows_of, without_zone
from tests.reference.answers import ANSWERED, ANSWERS
from tests.reference.small_worlds import PERSONAL_IDS

SEED: Final = 5
GUS: Final = "gus"
BANKS: Final = ("harbour", "meridian")


ALL_KINDS: Final = ("view", "search", "add_to_cart", "checkout", "login", "purchase")
ONE_AGGREGATE: Final = r"(?: FILTER \(WHERE (?:(?!sum\(|count\().)*\))?"
SUM: Final = re.compile(rf"coalesce\(sum\(([^()]+)\){ONE_AGGREGATE}, 0\)")
COUNT: Final = re.compile(rf"count\(1\){ONE_AGGREGATE}")
"""A formula that only sums, and one that only counts."""

CENTS_OF: Final[Mapping[Table, Mapping[str, Callable[[Row], int]]]] = {
    ACCOUNTS: {"credit_limit_cents": lambda row: row["credit_limit_cents"] or 0},
    BROWSING_EVENTS: dict.fromkeys((f"{kind}_count" for kind in ALL_KINDS), lambda _: 1),
    CREDIT_ACCOUNTS: {"limit_cents": lambda row: row["limit_cents"]},
    ENDED_ORDERS: {"net_cents": lambda row: row["net_cents"]},
    INSTALMENTS: {"owed_cents": lambda row: max(row["due_cents"] - row["paid_cents"], 0)},
    PURCHASES: dict.fromkeys(("cents", "paid_cents - refunded_cents"), lambda row: row["net_cents"]),
    REFUNDS: dict.fromkeys(("cents", "paid_cents - refunded_cents"), lambda row: -row["amount_cents"]),
    REPAYMENTS: {"reversal_count": lambda _: 1},
    TRANSACTIONS: {
        "amount_cents": lambda row: row["amount_cents"],
        "deposits_cents": lambda row: row["balance_after_cents"],
        "paid_cents": lambda row: abs(row["amount_cents"]),
        **dict.fromkeys(("cents", "-amount_cents"), lambda row: -row["amount_cents"]),
    },
}
"""Parent, what a formula sums -> the amount that a row of the parent adds."""

ONE_FOR_EACH: Final[Mapping[str, Callable[[Row], Any]]] = {
    "address_count": lambda row: row["shipping_address_token"],
    "article_count": lambda row: (row["category_code"], row["sku_id"]),
    "device_count": lambda row: row["device_id"],
    "ip_address_count": lambda row: row["ip_address_token"],
    "merchant_count": lambda row: (row["bank_code"], row["merchant_id"]),
    "purchase_day_count": lambda row: local_day(row["paid_at"]),
    "record_count": lambda row: row["source_record_id"],
    "trade_count": lambda row: row["mcc"],
    **dict.fromkeys(("plan_count", "active_plan_count", "stacked_plan_count"), lambda row: row["plan_id"]),
    **dict.fromkeys(
        ("recurring_payee_count", "regular_payer_count"),
        lambda row: (row["merchant_id"], row["counterparty_account_id"]),
    ),
}
"""Beginning of a column's name -> what is counted, where it is not rows."""

OF_SEVERAL_ROWS: Final = ("session_count", "abandoned_cart_count", "new_address_count")
"""Counts of what no row tells alone; their rows are only seen to be enough."""


@dataclass(frozen=True)
class Shown:
    """What explain shows of one customer for features that rest on the same rows, and the features' values."""

    number: int
    family: Table
    features: tuple[Feature, ...]
    customer_id: str
    rows: Mapping[Table, tuple[Row, ...]]
    values: Mapping[str, Any]


def rows_of_gus() -> dict[Table, list[Row]]:
    """Somebody in whose rows each is that a family leaves out, or counts with another one."""

    def at(days: int, clock: time = time(12)) -> datetime:
        return datetime.combine(AS_OF - timedelta(days=days), clock, ZONE)

    shop, records = {"source_record_id": f"shop:{GUS}"}, [f"{partner}:{GUS}" for partner in ("shop", *BANKS)]
    current, savings, card = (
        {
            "bank_code": bank,
            "account_id": f"{GUS}-{kind}",
            "source_record_id": f"{bank}:{GUS}",
            "account_type": kind,
            "transaction_type": how,
        }
        for bank, kind, how in (
            ("harbour", "current", "transfer_out"),
            ("meridian", "savings", "transfer_in"),
            ("harbour", "credit_card", "pos"),
        )
    )
    every_month: tuple[tuple[Row, int, str, str, int | None], ...] = (
        (current, -80_000, "counterparty_account_id", "landlord", 50),
        (current, 300_000, "counterparty_account_id", "employer", 999_999),
        (current, -50_000, "counterparty_account_id", f"{GUS}-savings", None),
        (savings, 50_000, "counterparty_account_id", f"{GUS}-current", 70_000),
        (current, 4_000, "merchant_id", "gives back", None),
        (card, -7_000, "merchant_id", "of no scene", None),
        (card, 1_500, "merchant_id", "of no scene", None),
    )
    movements = [
        {**what, "booked_at": at(30 * month + 5), "amount_cents": cents, name: other, "balance_after_cents": balance}
        for month in range(6)
        for what, cents, name, other, balance in every_month
    ]
    salaries = [{**current, "transaction_type": "salary", "booked_at": at(400), "amount_cents": 11}]
    bought = [
        {**shop, "order_id": order, "paid_at": at(days), "net_cents": cents, "gross_cents": cents, "scene": "travel"}
        | {"payment_method": method, "discount_cents": 0}
        for order, days, cents, method in (
            ("kept", 3, 41, "wallet"),
            ("sent back", 4, 300, "wallet"),
            ("booked by harbour, too", 5, 523, "bank_card"),
            ("of before harbour", 340, 5_201, "bank_card"),
            ("old", 500, 7_013, "instalment_credit"),
        )
    ]
    refunded = ("sent back", 300), ("booked by harbour, too", 29), ("old", 1_301), ("cancelled", 17_011)
    seen = [
        *(("bot", at(2, time(10)) + timedelta(seconds=n)) for n in range(BOT_EVENTS + 1)),
        *(("endless", at(8) + timedelta(minutes=30 * n)) for n in range(50)),
        *(("over midnight", at(7, time(23, 50)) + timedelta(minutes=20 * n)) for n in range(2)),
        *(("twice", at(29) + timedelta(hours=n)) for n in range(2)),
    ]
    kinds = ("view", "add_to_cart", "purchase")
    return {
        IDENTITIES: [
            {"source_record_id": record, "customer_id": GUS, "record_since": at(300), "matched_by": "alone"}
            for record in records
        ],
        TRANSACTIONS: [{**row, "transaction_id": f"g{n}"} for n, row in enumerate([*movements, *salaries])],
        PURCHASES: bought,
        REFUNDS: [
            {**shop, "refund_id": f"g{n}", "order_id": order, "refunded_at": at(1), "amount_cents": cents}
            for n, (order, cents) in enumerate(refunded)
        ],
        BROWSING_EVENTS: [
            {**shop, "event_id": f"g{n}", "session_id": f"g{session}", "occurred_at": moment}
            | {"event_type": kinds[n % 3], "category_code": "retail_c", "device_id": "g"}
            for n, (session, moment) in enumerate(seen)
        ],
    }


class ExplainedWorld:
    """Every family of a random world as SQL tells it, published beside its parents; every condition is explained."""

    def __init__(self, folder: Path) -> None:
        self.given = RandomRows(SEED).rows
        for parent, rows in rows_of_gus().items():
            self.given[parent].extend(rows)
        self.lake = Lake(LocalStorage(folder / "lake"), folder / "scratch")
        self.settings = settings(folder, AS_OF)
        for parent in {parent for family in ANSWERED for parent in parents_of(family)}:
            publish_rows(self.lake, parent, night(AS_OF), self.given[parent])
        self.shown = [shown for family in ANSWERED for shown in self._explained(family)]

    def _explained(self, family: Table) -> Iterator[Shown]:
        values = told_again(family, {parent: self.given[parent] for parent in parents_of(family)})
        publish_rows(self.lake, family, night(AS_OF), list(values.values()))
        declared = [feature for name in family.column_names if (feature := feature_of(family, name))]
        alike: dict[tuple[Any, ...], list[Feature]] = {}  # hundreds share a condition
        for feature in declared:
            of_plans = days_for(family, feature) is DAY_OF_PLAN
            alike.setdefault((feature.rows, parents_read(family, feature), of_plans), []).append(feature)
        numbers = itertools.count()
        for place, features in enumerate(alike.values()):
            column = features[0].column.name
            described = [name for name in CUSTOMERS if name in values]
            others = [name for name in described if values[name][column]] or described  # nothing is soon explained
            another, of_gus = others[place % len(others)], values.get(GUS)
            both = (GUS, another) if of_gus and place % 4 == 0 else (GUS if of_gus and of_gus[column] else another,)
            for customer_id in both:
                found = explain(customer_id, column, AS_OF, self.lake, self.settings)
                rows = {parent: tuple(rows.to_pylist()) for parent, rows in found.rows}
                yield Shown(next(numbers), family, tuple(features), customer_id, rows, values[customer_id])

    def values_of_what_is_shown(self, family: Table) -> dict[int, Row]:
        """By the number of what is shown, the family's row of somebody of whom nothing but these rows is known."""
        world: dict[Table, list[Row]] = {parent: [] for parent in parents_of(family)}
        for shown in (shown for shown in self.shown if shown.family is family):
            known = {**shown.rows, IDENTITIES: tuple(self._records_of(shown.customer_id))}
            if REFUNDS in known:  # a refund counts with its purchase, which may lie before the window
                known[PURCHASES] = tuple(self._purchases_beside(known))
            for parent, rows in known.items():
                world[parent].extend(renamed(row, shown.number) for row in rows)
        return {int(name.rpartition("/")[2]): row for name, row in told_again(family, world).items()}

    def _records_of(self, customer_id: str) -> Iterator[Row]:
        return (row for row in self.given[IDENTITIES] if row["customer_id"] == customer_id)

    def _purchases_beside(self, known: Mapping[Table, tuple[Row, ...]]) -> Iterator[Row]:
        yield from known[PURCHASES]
        refunded = {row["order_id"] for row in known[REFUNDS]} - {row["order_id"] for row in known[PURCHASES]}
        yield from (row for row in self.given[PURCHASES] if row["order_id"] in refunded)


def parents_of(family: Table) -> tuple[Table, ...]:
    return tuple(parent for parent in family.built_from if isinstance(parent, Table))


def told_again(family: Table, world: Mapping[Table, list[Row]]) -> dict[str, Row]:
    """By customer, the family's row of the world as its second definition tells it."""
    answer = ANSWERS[family.name]
    parents = {parent.name: without_zone(arrow_rows(parent, rows)) for parent, rows in world.items()}
    names = answer.columns(family)
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows_of(answer, family, parents, AS_OF)}


def renamed(row: Row, number: int) -> Row:
    """The row as one of somebody who is nobody else, neither are the accounts, orders and plans."""
    return {name: f"{value}/{number}" if value and name in PERSONAL_IDS else value for name, value in row.items()}


def total_of(feature: Feature, shown: Mapping[Table, tuple[Row, ...]]) -> int | None:
    """What the rows shown add up to: amounts, or how many there are; None where the value is no such sum."""
    name, rows = feature.column.name, [(parent, row) for parent, of_parent in shown.items() for row in of_parent]
    summed = re.fullmatch(r"max\((deposits_cents)\)", feature.formula) or SUM.fullmatch(feature.formula)
    if summed:
        return sum(CENTS_OF[parent][summed[1]](row) for parent, row in rows)
    if name.startswith(OF_SEVERAL_ROWS) or not COUNT.fullmatch(feature.formula):
        return None
    of_row = next((of_row for beginning, of_row in ONE_FOR_EACH.items() if name.startswith(beginning)), None)
    return len({of_row(row) for _, row in rows}) if of_row else len(rows)
