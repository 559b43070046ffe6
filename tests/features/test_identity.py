"""identity: how long, how steady and how surely one person."""

from __future__ import annotations

from datetime import date
from typing import Any

from jobs.features.identity import build
from schemas.cleaned.accounts import ACCOUNTS
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.browsing_events import BROWSING_EVENTS
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.identities import IDENTITIES
from schemas.features.identity import IDENTITY
from schemas.table import Table
from tests.conftest import GivenRows, TableMaker, rows

AS_OF = date(2026, 3, 31)


def described(table: TableMaker, given: dict[Table, GivenRows], *columns: str, as_of: date = AS_OF) -> list[Any]:
    parents: tuple[Table, ...] = IDENTITY.built_from  # type: ignore[assignment]
    built = build(*(table(parent, given.get(parent, [])) for parent in parents), as_of=as_of)
    return rows(built, "customer_id", *columns)


def test_the_limits_of_open_credit_cards_are_added_and_no_overdraft_of_an_account(table: TableMaker) -> None:
    def opened(name: str, kind: str, limit: int | None, closed: str | None = None) -> dict[str, Any]:
        held = {"source_record_id": f"harbour:{name}", "account_id": f"{name}-{kind}", "account_type": kind}
        return {**held, "credit_limit_cents": limit, "opened_at": "2020-01-01", "closed_at": closed}

    given: dict[Table, GivenRows] = {
        IDENTITIES: [{"source_record_id": f"harbour:{name}", "customer_id": name} for name in ("ann", "bob", "cem")],
        ACCOUNTS: [
            opened("ann", "credit_card", 5_000),
            opened("ann", "current", 700),
            opened("bob", "current", 900),
            opened("cem", "credit_card", 4_000, "2026-03-01"),
        ],
    }
    assert described(table, given, "account_count", "card_count", "credit_limit_cents_sum") == [
        ("ann", 2, 1, 5_000),
        ("bob", 1, 0, 0),
        ("cem", 0, 0, 0),
    ]


def test_a_conflict_halves_the_confidence_and_the_weakest_pair_decides(table: TableMaker) -> None:
    records = [
        ("shop:ann", "ann", 0.99, "one", "1990-01-01"),
        ("harbour:ann", "ann", 0.99, "one", "1990-01-01"),
        ("shop:bob", "bob", 0.9, "one", "1990-01-01"),
        ("harbour:bob", "bob", 0.9, "two", "1990-01-01"),
        ("shop:cem", "cem", None, None, None),
        ("shop:dia", "dia", 0.96, None, None),
    ]
    given: dict[Table, GivenRows] = {
        IDENTITIES: [
            {"source_record_id": r, "customer_id": c, "weakest_match_probability": sure, "has_bridge": c == "dia"}
            for r, c, sure, _, _ in records
        ],
        SHOP_USERS: [
            {"source_record_id": r, "national_id_token": token, "birth_date": born}
            for r, _, _, token, born in records
            if r.startswith("shop:")
        ],
        BANK_CUSTOMERS: [
            {"source_record_id": r, "national_id_token": token, "birth_date": born, "kyc_level": 2}
            for r, _, _, token, born in records
            if r.startswith("harbour:")
        ],
    }
    columns = ("identity_confidence", "conflict_count", "kyc_level_max", "age_band", "filled_share")
    assert described(table, given, *columns) == [
        ("ann", 0.99, 0, 2, "35-44", 0.25),
        ("bob", 0.45, 1, 2, "35-44", 0.25),
        ("cem", 1.0, 0, None, None, 0.0),
        ("dia", 0.96, 0, None, None, 0.0),
    ]
    weakest = ("match_probability_min", "has_identity_bridge", "record_count")
    assert described(table, given, *weakest) == [
        ("ann", 0.99, False, 2),
        ("bob", 0.9, False, 2),
        ("cem", None, False, 1),
        ("dia", 0.96, True, 1),
    ]


def test_t34_t3_a_record_that_begins_after_midnight_is_tomorrows(table: TableMaker) -> None:
    given: dict[Table, GivenRows] = {
        IDENTITIES: [
            {"source_record_id": "shop:ann", "customer_id": "ann", "record_since": "2026-03-31 23:59:59+08:00"},
            {"source_record_id": "shop:bob", "customer_id": "bob", "record_since": "2026-04-01 00:00:00+08:00"},
        ]
    }
    assert described(table, given, "tenure_days", "shop_tenure_days", "bank_tenure_days") == [("ann", 0, 0, None)]


def test_whoever_was_born_on_a_29_february_is_a_year_older_on_the_first_of_march(table: TableMaker) -> None:
    given: dict[Table, GivenRows] = {
        IDENTITIES: [{"source_record_id": "shop:ann", "customer_id": "ann"}],
        SHOP_USERS: [{"source_record_id": "shop:ann", "birth_date": "2008-02-29"}],
    }
    assert described(table, given, "age_band", as_of=date(2026, 2, 28)) == [("ann", "under 18")]
    assert described(table, given, "age_band", as_of=date(2026, 3, 1)) == [("ann", "18-24")]


def test_addresses_devices_and_ip_addresses_are_counted_once_however_often_they_are_used(table: TableMaker) -> None:
    given: dict[Table, GivenRows] = {
        IDENTITIES: [{"source_record_id": "shop:ann", "customer_id": "ann"}],
        PURCHASES: [
            {"order_id": f"o{n}", "source_record_id": "shop:ann", "paid_at": paid_at, "shipping_address_token": where}
            | {"ip_address_token": where and f"at {where}"}
            for n, (paid_at, where) in enumerate(
                (
                    ("2026-03-30", "home"),
                    ("2026-03-30", None),
                    ("2026-03-01", "home"),
                    ("2026-02-01", "work"),
                    ("2024-01-01", "old"),
                )
            )
        ],
        BROWSING_EVENTS: [
            {"event_id": f"e{n}", "source_record_id": "shop:ann", "occurred_at": at, "device_id": device}
            for n, (at, device) in enumerate((("2026-03-21", "phone"), ("2026-03-21", "phone"), ("2026-01-15", "old")))
        ],
    }
    columns = ("address_count_180d", "new_address_count_365d", "main_address_share_365d", "days_since_new_address")
    assert described(table, given, *columns) == [("ann", 2, 2, 2 / 3, 30)]
    assert described(table, given, "ip_address_count_30d", "ip_address_count_90d") == [("ann", 1, 2)]
    of_devices = ("device_count_30d", "device_count_90d", "days_since_new_device")
    assert described(table, given, *of_devices) == [("ann", 1, 2, 10)]
