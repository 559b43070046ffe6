"""Shop users as they were on the day."""

from __future__ import annotations

from datetime import date

from jobs.cleaned.shop_users import build
from schemas.captured.erasure_requests import ERASURE_REQUESTS
from schemas.captured.shop_users import SHOP_USERS
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)


def test_t34_a_user_exists_from_the_local_day_of_registration(table: TableMaker) -> None:
    users = table(
        SHOP_USERS,
        [
            {"shop_user_id": "ann", "registered_at": "2026-03-31 23:59:59+08:00", "updated_at": "2026-03-31 15:59:59"},
            {"shop_user_id": "bob", "registered_at": "2026-04-01 00:00:00+08:00", "updated_at": "2026-03-31 16:00:00"},
        ],
    )
    assert rows(build(users, table(ERASURE_REQUESTS, []), as_of=AS_OF), "source_record_id", "shop_user_id") == [
        ("shop:ann", "ann")
    ]


def test_t1_a_change_after_the_day_does_not_change_the_user_of_the_day(table: TableMaker) -> None:
    of_the_day = {
        "shop_user_id": "ann",
        "registered_at": "2026-01-01",
        "updated_at": "2026-03-30",
        "phone_token": "old",
    }
    later = {**of_the_day, "updated_at": "2026-04-02", "phone_token": "new", "captured_date": "2026-04-02"}
    versions = table(SHOP_USERS, [of_the_day, later])
    assert rows(build(versions, table(ERASURE_REQUESTS, []), as_of=AS_OF), "phone_token") == [("old",)]
    assert rows(build(versions, table(ERASURE_REQUESTS, []), as_of=date(2026, 4, 2)), "phone_token") == [("new",)]


def test_a_user_known_only_from_a_later_version_is_there_since_registration(table: TableMaker) -> None:
    users = table(
        SHOP_USERS,
        [
            {"shop_user_id": "ann", "registered_at": "2025-01-01", "updated_at": "2026-04-02", "gender": "female"},
            {"shop_user_id": "bob", "registered_at": "2026-04-01", "updated_at": "2026-04-02"},
        ],
    )
    assert rows(
        build(users, table(ERASURE_REQUESTS, []), as_of=AS_OF), "shop_user_id", "gender", "national_id_token"
    ) == [("ann", "female", None)]


def test_t31_who_asked_to_be_forgotten_is_gone_from_every_day_in_whatever_version(table: TableMaker) -> None:
    users = [
        {"shop_user_id": name, "registered_at": "2025-01-01", "updated_at": updated}
        for name, updated in (
            ("ann", "2025-01-01"),
            ("ann", "2026-03-31"),
            ("bob", "2025-01-01"),
            ("cem", "2025-01-01"),
        )
    ]
    asked = [
        {"request_id": "1", "subject_type": "shop_user", "subject_id": "ann", "requested_at": "2026-05-01"},
        {"request_id": "2", "subject_type": "shop_user", "subject_id": "ann", "requested_at": "2026-03-01"},
        {"request_id": "3", "subject_type": "bank_customer", "subject_id": "bob"},  # another one of this id
        {"request_id": "4", "subject_type": "shop_user", "subject_id": "nobody we know"},
    ]
    found = rows(build(table(SHOP_USERS, users), table(ERASURE_REQUESTS, asked), as_of=AS_OF), "shop_user_id")
    assert found == [("bob",), ("cem",)]


def test_without_users_there_are_none(table: TableMaker) -> None:
    assert rows(build(table(SHOP_USERS, []), table(ERASURE_REQUESTS, []), as_of=AS_OF), "source_record_id") == []
