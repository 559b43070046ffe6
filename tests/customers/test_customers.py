"""People, each once."""

from __future__ import annotations

from datetime import date

from jobs.customers.customers import build
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.identities import IDENTITIES
from tests.cleaned.layouts import in_every_layout
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)


def test_t17_a_customer_is_described_by_the_most_trusted_record_whatever_the_layout(table: TableMaker) -> None:
    records = ("shop:ann", "harbour:ann", "meridian:ann", "harbour:bob", "shop:bob", "shop:cem", "shop:gone")
    identities = [{"source_record_id": name, "customer_id": name.split(":")[1]} for name in records]
    users = table(
        SHOP_USERS,
        [
            {"source_record_id": "shop:ann", "birth_date": "1990-01-01", "city_code": "1", "updated_at": "2026-03-03"},
            {"source_record_id": "shop:bob", "birth_date": "1991-01-01", "updated_at": "2026-03-01"},
            {"source_record_id": "shop:cem", "is_real_name_verified": True},
        ],
    )
    customers = table(
        BANK_CUSTOMERS,
        [
            {"source_record_id": "harbour:ann", "birth_date": "1990-02-02", "kyc_level": 2, "updated_at": "2026-03-01"},
            {"source_record_id": "meridian:ann", "city_code": "2", "kyc_level": 1, "updated_at": "2026-03-04"},
            {"source_record_id": "harbour:bob", "birth_date": "1991-02-02", "kyc_level": 1, "updated_at": "2026-03-01"},
        ],
    )
    for layout in in_every_layout(table, IDENTITIES, identities):
        found = build(layout, users, customers, as_of=AS_OF)
        assert rows(found, "customer_id", "birth_date", "city_code", "is_verified") == [
            ("ann", date(1990, 2, 2), "2", True),  # the verified birth date; the only cities are unverified: the newest
            ("bob", date(1991, 1, 1), None, False),  # a tie goes to the larger record id
            ("cem", None, None, True),
            ("gone", None, None, False),
        ]


def test_t18_records_are_counted_where_they_are_and_none_is_lost_or_doubled(table: TableMaker) -> None:
    identities = table(
        IDENTITIES,
        [
            {"source_record_id": "shop:1", "customer_id": "ann", "record_since": "2026-03-30 15:59:59"},
            {"source_record_id": "meridian:1", "customer_id": "ann", "record_since": "2026-03-30 16:00:00"},
            {"source_record_id": "meridian:2", "customer_id": "ann", "record_since": "2026-03-31"},
            {"source_record_id": "harbour:1", "customer_id": "ann", "record_since": "2026-03-31"},
            {"source_record_id": "shop:2", "customer_id": "bob", "record_since": "2026-03-30 16:00:00"},
        ],
    )
    found = build(identities, table(SHOP_USERS, []), table(BANK_CUSTOMERS, []), as_of=AS_OF)
    assert rows(found, "customer_id", "known_since_date", "shop_record_count", "bank_record_count", "bank_codes") == [
        ("ann", date(2026, 3, 30), 1, 3, ["harbour", "meridian"]),
        ("bob", date(2026, 3, 31), 1, 0, []),
    ]


def test_without_identities_there_is_nobody(table: TableMaker) -> None:
    nothing = (table(contract, []) for contract in (IDENTITIES, SHOP_USERS, BANK_CUSTOMERS))
    assert rows(build(*nothing, as_of=AS_OF), "customer_id") == []
