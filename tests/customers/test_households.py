"""Who lives together."""

from __future__ import annotations

from datetime import date
from typing import Any

from jobs.customers.households import MAX_CUSTOMERS_SHARING, MAX_HOUSEHOLD, build
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.households import HOUSEHOLDS
from schemas.customers.identities import IDENTITIES
from tests.cleaned.layouts import in_every_layout
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)
LAST, TOO_LATE = "2026-03-31 15:59:59", "2026-03-31 16:00:00"


def order(number: int, name: str, address: str | None, phone: str | None, when: str = LAST) -> dict[str, Any]:
    return {
        "order_id": f"o{number}",
        "source_record_id": f"shop:{name}",
        "ordered_at": when,
        "shipping_address_token": address,
        "recipient_phone_token": phone,
    }


def orders() -> list[dict[str, Any]]:
    crowd = [f"crowd{n}" for n in range(MAX_CUSTOMERS_SHARING + 1)]
    dormitory = [f"dormitory{n}" for n in range(MAX_HOUSEHOLD + 1)]
    given: list[tuple[Any, ...]] = [
        ("ann", "home", "family"),
        ("bob", "home", None),  # has the family's phone on his record at the bank
        ("cem", "home", "his own"),  # a flatmate: the address alone is no household
        ("dia", "elsewhere", "family"),  # a grown-up child: the phone alone is none either
        ("eve", "lane", "lane"),
        ("fay", "lane", "lane", TOO_LATE),
        ("gus", "street", "one"),
        ("gus", "street", "one"),
        ("gus-at-work", "office", "one"),
        *((name, "office tower", "switchboard") for name in crowd),
        *((name, "dormitory", "warden") for name in dormitory),
    ]
    return [order(number, *what) for number, what in enumerate(given)]


def test_t17_customers_who_share_an_address_and_a_phone_are_a_household_in_whatever_layout(table: TableMaker) -> None:
    given = orders()
    names = sorted({row["source_record_id"].removeprefix("shop:") for row in given})
    identities = [{"source_record_id": f"shop:{name}", "customer_id": name} for name in names]
    people = table(IDENTITIES, [*identities, {"source_record_id": "harbour:bob", "customer_id": "bob"}])
    at_bank = table(BANK_CUSTOMERS, [{"source_record_id": "harbour:bob", "phone_token": "family"}])
    for purchases in in_every_layout(table, PURCHASES, given):
        found = build(purchases, table(SHOP_USERS, []), at_bank, people, as_of=AS_OF)
        assert rows(found, *HOUSEHOLDS.column_names) == [("ann", "ann", 2, 1), ("bob", "ann", 2, 1)]
        later = build(purchases, table(SHOP_USERS, []), at_bank, people, as_of=date(2026, 4, 1))
        assert rows(later, "customer_id", "household_id")[2:] == [("eve", "eve"), ("fay", "eve")]


def test_two_records_of_one_person_are_a_person_and_no_household(table: TableMaker) -> None:
    given = [
        order(1, "ann", "home", "phone"),
        order(2, "ann-again", "home", "phone"),
        order(3, "nobody", "home", "phone"),
    ]
    one = [{"source_record_id": f"shop:{name}", "customer_id": "ann"} for name in ("ann", "ann-again")]
    tables = (table(PURCHASES, given), table(SHOP_USERS, []), table(BANK_CUSTOMERS, []), table(IDENTITIES, one))
    assert rows(build(*tables, as_of=AS_OF), "customer_id") == []


def test_without_orders_nobody_lives_with_anybody(table: TableMaker) -> None:
    nothing = (table(contract, []) for contract in (PURCHASES, SHOP_USERS, BANK_CUSTOMERS, IDENTITIES))
    assert rows(build(*nothing, as_of=AS_OF), "customer_id") == []
