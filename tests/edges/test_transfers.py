"""Who sent money to whom."""

from __future__ import annotations

from datetime import date
from typing import Any

from jobs.edges.transfers import build
from schemas.cleaned.transfers import TRANSFERS
from schemas.customers.identities import IDENTITIES
from tests.cleaned.layouts import in_every_layout
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)
RECORDS = ("harbour:ann", "meridian:ann", "harbour:bob", "harbour:cem")
IDENTITY_ROWS = [{"source_record_id": name, "customer_id": name.split(":")[1]} for name in RECORDS]


def transfer(name: str, payer: str, payee: str, cents: int, moment: str = "2026-03-01") -> dict[str, Any]:
    who = {"payer_source_record_id": payer, "payee_source_record_id": payee}
    return {"transaction_id": name, "amount_cents": cents, "transferred_at": moment, **who}


def test_t1_t21_a_tie_sums_the_transfers_by_the_day_ever_and_in_its_window(table: TableMaker) -> None:
    known = date(2026, 3, 2)
    transfers = [
        transfer("first day of 180", "harbour:ann", "harbour:bob", 1, "2025-10-03 00:00:00+08:00")
        | {"known_date": known},
        transfer("last day before", "harbour:ann", "harbour:bob", 2, "2025-10-02 23:59:59+08:00")
        | {"known_date": date(2026, 3, 9)},
        transfer("last second of the day", "harbour:ann", "harbour:bob", 4, "2026-03-31 23:59:59+08:00")
        | {"known_date": AS_OF},
        transfer("after the day", "harbour:ann", "harbour:bob", 8, "2026-04-01 00:00:00+08:00"),
        transfer("the other way", "harbour:bob", "harbour:ann", 16) | {"known_date": AS_OF},
        transfer("to a stranger", "harbour:ann", "harbour:nobody", 32),
    ]
    for layout in in_every_layout(table, TRANSFERS, transfers):
        found = build(layout, table(IDENTITIES, IDENTITY_ROWS), as_of=AS_OF)
        found = found.withColumns(
            {name: found[name].cast("string") for name in ("first_transferred_at", "last_transferred_at")}
        )
        assert rows(found, *(column for column in found.columns if not column.startswith("last"))) == [
            ("ann", "bob", 3, 2, 7, 5, "2025-10-02 15:59:59", known),
            ("bob", "ann", 1, 1, 16, 16, "2026-03-01 00:00:00", AS_OF),
        ]


def test_t18_two_records_of_one_person_pay_as_one_and_never_themselves(table: TableMaker) -> None:
    transfers = [
        transfer("a", "harbour:ann", "harbour:cem", 100),
        transfer("b", "meridian:ann", "harbour:cem", 200),
        transfer("c", "harbour:ann", "meridian:ann", 400),
    ]
    given = table(TRANSFERS, transfers)
    merged = build(given, table(IDENTITIES, IDENTITY_ROWS), as_of=AS_OF)
    columns = ("payer_customer_id", "payee_customer_id", "transfer_count", "amount_cents_sum")
    assert rows(merged, *columns) == [("ann", "cem", 2, 300)]
    apart = [{"source_record_id": name, "customer_id": name} for name in RECORDS]
    before = rows(build(given, table(IDENTITIES, apart), as_of=AS_OF), *columns)
    assert sum(cents for _, payee, _, cents in before if payee == "harbour:cem") == 300


def test_without_transfers_nobody_is_tied(table: TableMaker) -> None:
    assert rows(build(table(TRANSFERS, []), table(IDENTITIES, IDENTITY_ROWS), as_of=AS_OF), "payer_customer_id") == []
