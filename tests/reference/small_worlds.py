"""Small worlds for the second opinion: many random customers in one, and one with a customer for every edge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from schemas.cleaned.accounts import ACCOUNTS
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.browsing_events import BROWSING_EVENTS
from schemas.cleaned.credit_accounts import CREDIT_ACCOUNTS
from schemas.cleaned.ended_orders import ENDED_ORDERS
from schemas.cleaned.instalments import INSTALMENTS
from schemas.cleaned.purchase_lines import PURCHASE_LINES
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.refunds import REFUNDS
from schemas.cleaned.repayments import REPAYMENTS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.cleaned.statements import STATEMENTS
from schemas.cleaned.transactions import TRANSACTIONS
from schemas.customers.identities import IDENTITIES
from schemas.table import Table
from tests.features.random_rows import AS_OF, ZONE, RandomRows, Row

World = Mapping[Table, list[Row]]

NEIGHBOURHOODS: Final = 8
"""Random worlds of five customers each that are put side by side: one Spark job then compares forty customers."""

PERSONAL_IDS: Final = frozenset(
    {
        *("account_id", "counterparty_account_id", "customer_id", "event_id", "order_id", "plan_id", "refund_id"),
        *("credit_account_id", "repayment_id", "session_id", "source_record_id", "statement_id", "transaction_id"),
    }
)

EDGE_DAYS: Final = (0, 6, 7, 13, 14, 29, 30, 59, 60, 89, 90, 179, 180, 364, 365, 394, 395, 424, 425, 454, 455, 729, 730)
"""The first and the last day of every window, counted back from as_of."""

MANY: Final = 10_000


def random_world(seed: int, as_of: date) -> World:
    """Random rows of forty customers, moved so that the day they crowd around is as_of; the same for the same seed."""
    world: dict[Table, list[Row]] = {}
    for number in range(NEIGHBOURHOODS):
        for table, given in RandomRows(seed * NEIGHBOURHOODS + number).rows.items():
            world.setdefault(table, []).extend(_moved(_renamed(row, number), AS_OF - as_of) for row in given)
    return world


def world_of_edges(as_of: date) -> World:
    """ann did nothing, bob one thing, cem something on every edge day, dia at midnights, eve ten thousand things.

    ivy has a card with a statement on every edge day, joe is known to two partners who tell different things.
    """
    happened = [
        *((("bob"), at(as_of, 3, time(12))),),
        *(("cem", at(as_of, days, time(9, 30))) for days in EDGE_DAYS),
        *(("dia", at(as_of, days, clock)) for days in (-1, 0, 1, 29, 30) for clock in (time(0), time(23, 59, 59))),
        *(("eve", at(as_of, number % 400, time(number % 24, number % 60))) for number in range(MANY)),
    ]
    names = ("ann", "bob", "cem", "dia", "eve", "fay", "gus", "hal", "ivy", "joe")
    return {
        IDENTITIES: [
            {"source_record_id": f"{partner}:{name}", "customer_id": name, "matched_by": "alone"}
            for name in names
            for partner in ("shop", "harbour")
        ],
        PURCHASES: [
            *(_purchase(number, *what) for number, what in enumerate(happened)),
            _purchase(-1, "fay", at(as_of, 9)),
        ],
        PURCHASE_LINES: [_purchase_line(number, *what) for number, what in enumerate(happened)],
        REFUNDS: [
            {"refund_id": f"r{part}", "order_id": "o-1", "refunded_at": at(as_of, part), "amount_cents": 50}
            for part in (1, 2)  # together all that fay paid
        ],
        BROWSING_EVENTS: [_event(number, *what) for number, what in enumerate(happened)],
        TRANSACTIONS: [_movement(number, *what) for number, what in enumerate(happened)],
        **_loans(as_of),
        STATEMENTS: [_statement(as_of, days) for days in EDGE_DAYS],
        **_people(as_of),
    }


def at(as_of: date, days: int, clock: time = time(12)) -> datetime:
    """The moment so many local days before as_of."""
    return datetime.combine(as_of - timedelta(days=days), clock, ZONE)


def _loans(as_of: date) -> World:
    """gus paid and was taken back the money; hal's plan was rescheduled."""
    terms: Row = {"instalment_number": 1, "due_cents": 1_000, "instalment_count": 1, "annual_rate": 0.1188}
    owed: Row = {"plan_opened_at": at(as_of, 200), **terms}
    due_date = as_of - timedelta(days=40)
    return {
        CREDIT_ACCOUNTS: [
            {"credit_account_id": "c1", "source_record_id": "shop:gus", "opened_at": at(as_of, 200), "limit_cents": 0},
            {
                "credit_account_id": "c2",
                "source_record_id": "shop:hal",
                "opened_at": at(as_of, 200),
                "limit_cents": 900,
            },
            {"credit_account_id": "c3", "source_record_id": "shop:hal", "opened_at": at(as_of, -1), "limit_cents": 900},
        ],
        ENDED_ORDERS: [
            {
                "order_id": f"d{days} {ending}",
                "source_record_id": "shop:gus",
                "ended_at": at(as_of, days),
                "ending": ending,
                "payment_method": "cash_on_delivery",
                "is_paid": days % 2 == 0,
            }
            for days in EDGE_DAYS
            for ending in ("refused", "cancelled")
        ],
        INSTALMENTS: [
            {**owed, "plan_id": "p1", "source_record_id": "shop:gus", "due_date": due_date, "paid_cents": 0},
            {
                **owed,
                "plan_id": "p2",
                "source_record_id": "shop:hal",
                "is_rescheduled": True,
                "rescheduled_at": at(as_of, 41),
                "schedule_version": 2,
                "first_due_date": due_date,
                "due_date": as_of - timedelta(days=10),
                "paid_cents": 1_000,
                "settled_date": as_of - timedelta(days=10),
                "last_paid_at": at(as_of, 10),
            },
        ],
        REPAYMENTS: [
            {"repayment_id": "y1", "plan_id": "p1", "paid_at": at(as_of, 41), "amount_cents": 1_000},
            {
                "repayment_id": "y2",
                "plan_id": "p1",
                "paid_at": at(as_of, 39),
                "amount_cents": -1_000,
                "is_reversal": True,
            },
        ],
    }


def _statement(as_of: date, days: int) -> Row:
    """ivy's, published the day after and due in twenty days; some are above the limit, some of a card without one."""
    statement_date = as_of - timedelta(days=days)
    return {
        "bank_code": "harbour",
        "statement_id": f"s{days}",
        "account_id": "ivy",
        "source_record_id": "harbour:ivy",
        "statement_date": statement_date,
        "published_at": at(as_of, days - 1, time(2)),
        "due_date": statement_date + timedelta(days=20),
        "balance_cents": 100 * days,
        "credit_limit_cents": 0 if days % 10 == 4 else 9_000,
        "minimum_due_cents": 50,
        "paid_cents": 50 - days % 2,
    }


def _people(as_of: date) -> World:
    """Accounts opened and closed yesterday, today and tomorrow; people born on the day, and records that disagree."""
    born = date(as_of.year - 25, as_of.month, 28) + timedelta(days=1)  # of a 29 February the first of March
    ivy: Row = {"source_record_id": "harbour:ivy", "bank_code": "harbour", "birth_date": born, "kyc_level": 3}
    joe: Row = {"birth_date": date(2000, 2, 29), "national_id_token": "n1", "updated_at": at(as_of, 30)}
    return {
        ACCOUNTS: [
            {
                "bank_code": "harbour",
                "account_id": f"{kind} {opened} {closed}",
                "source_record_id": "harbour:cem",
                "account_type": kind,
                "credit_limit_cents": 100,
                "opened_at": at(as_of, opened, time(0)),
                "closed_at": None if closed is None else at(as_of, closed, time(23, 59, 59)),
            }
            for kind in ("current", "credit_card")
            for opened, closed in ((900, None), (900, 1), (900, 0), (900, -1), (0, None), (-1, None))
        ],
        SHOP_USERS: [
            {"source_record_id": "shop:joe", **joe, "is_real_name_verified": True, "city_tier": 2},
            {"source_record_id": "shop:ann", "birth_date": as_of, "updated_at": at(as_of, -1)},
        ],
        BANK_CUSTOMERS: [
            {
                "source_record_id": "harbour:joe",
                **joe,
                "national_id_token": "n2",
                "bank_code": "harbour",
                "kyc_level": 1,
            },
            {**ivy, "updated_at": at(as_of, 0, time(0))},
        ],
    }


def _purchase(number: int, name: str, paid_at: datetime) -> Row:
    return {
        "order_id": f"o{number}",
        "source_record_id": f"shop:{name}",
        "paid_at": paid_at,
        "scene": "retail",
        "gross_cents": 100,
        "net_cents": 100,
        "discount_cents": 0,
        "payment_method": "wallet",
        "item_count": 1,
        "piece_count": 3,
    }


def _purchase_line(number: int, name: str, paid_at: datetime) -> Row:
    return {
        "order_id": f"o{number}",
        "line_number": 1,
        "source_record_id": f"shop:{name}",
        "paid_at": paid_at,
        "category_code": f"retail_{number % 5}",
        "brand": None if number % 3 == 0 else f"b{number % 40}",
        "unit_price_cents": number % 8 * 100,
    }


def _event(number: int, name: str, occurred_at: datetime) -> Row:
    kinds = ("view", "add_to_cart", "purchase")
    return {
        "event_id": f"e{number}",
        "source_record_id": f"shop:{name}",
        "session_id": f"{name}-{number // 3}",
        "occurred_at": occurred_at,
        "event_type": kinds[number % 3],
        "category_code": "retail_a",
        "sku_id": f"s{number % 130}",
        "client": ("app", "web", None)[number // 3 % 3],
    }


def _movement(number: int, name: str, booked_at: datetime) -> Row:
    return {
        "bank_code": "harbour",
        "transaction_id": f"t{number:06d}",
        "account_id": name,
        "amount_cents": 100 - number % 7,
        "source_record_id": f"harbour:{name}",
        "booked_at": booked_at,
        "account_type": "current",
        "transaction_type": ("salary", "pos", "cash")[number % 3],
        "balance_after_cents": 9_990 + number % 20,
        "mcc": f"{5_000 + number % 11}",
    }


def _renamed(row: Row, number: int) -> Row:
    return {name: _own(value, number) if name in PERSONAL_IDS else value for name, value in row.items()}


def _own(value: str | None, number: int) -> str | None:
    """The id within its neighbourhood; a record keeps its partner in front."""
    if value is None:
        return None
    partner, colon, rest = value.rpartition(":")
    return f"{partner}{colon}{number}-{rest}"


def _moved(row: Row, by: timedelta) -> Row:
    def earlier(value: Any) -> Any:
        return value - by if isinstance(value, date) else value  # a moment is a date as well

    return {name: value if name == "birth_date" else earlier(value) for name, value in row.items()}
