"""Messages, and what had come of them by the day."""

from __future__ import annotations

from datetime import date

from jobs.cleaned.contacts import build
from schemas.captured.bank_customers import BANK_CUSTOMERS
from schemas.captured.contacts import CONTACTS
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)


def test_t1_what_came_of_a_message_after_the_day_is_not_known_on_the_day(table: TableMaker) -> None:
    sent = {"subject_type": "shop_user", "sent_at": "2026-03-30", "updated_at": "2026-03-30"}
    opened = {**sent, "opened_at": "2026-03-31 15:59:59", "updated_at": "2026-03-31 15:59:59"}
    contacts = table(
        CONTACTS,
        [
            {**sent, "contact_id": "1", "subject_id": "ann"},
            {**opened, "contact_id": "1", "subject_id": "ann"},
            {**opened, "contact_id": "1", "subject_id": "ann", "applied_at": "2026-04-01", "updated_at": "2026-04-01"},
            {**opened, "contact_id": "2", "subject_id": "bob", "opened_at": "2026-04-01", "updated_at": "2026-04-01"},
            {**sent, "contact_id": "3", "subject_id": "cem", "sent_at": "2026-03-31 16:00:00"},
        ],
    )
    found = build(contacts, table(BANK_CUSTOMERS, []), as_of=AS_OF).selectExpr(
        "contact_id", "source_record_id", "opened_at is not null as is_opened", "applied_at is not null as has_applied"
    )
    assert rows(found, *found.columns) == [("1", "shop:ann", True, False), ("2", "shop:bob", False, False)]


def test_a_message_counts_for_every_customer_it_may_have_reached(table: TableMaker) -> None:
    customers = [
        {"bank_code": "harbour", "bank_customer_id": "1"},
        {"bank_code": "meridian", "bank_customer_id": "1"},
    ]
    contacts = [
        {"contact_id": "a", "subject_type": "bank_customer", "subject_id": "1"},
        {"contact_id": "b", "subject_type": "bank_customer", "subject_id": "2"},
    ]
    found = build(table(CONTACTS, contacts), table(BANK_CUSTOMERS, customers), as_of=AS_OF)
    assert rows(found, "contact_id", "source_record_id") == [("a", "harbour:1"), ("a", "meridian:1"), ("b", "?:2")]


def test_without_messages_there_are_none(table: TableMaker) -> None:
    assert rows(build(table(CONTACTS, []), table(BANK_CUSTOMERS, []), as_of=AS_OF), "contact_id") == []
