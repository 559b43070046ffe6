"""card_uptake: three steps, each asked of those who took the one before, and of nobody because of later events."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from jobs.labels.card_uptake import build
from schemas.cleaned.applications import APPLICATIONS
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.identities import IDENTITIES
from schemas.labels.card_uptake import ACTIVATES
from schemas.labels.credit_default import observation_dates
from tests.conftest import TableMaker, rows

Row = dict[str, Any]

AS_OF = date(2026, 3, 31)
OBSERVED = observation_dates(AS_OF)[-1]  # 31 August 2025
NAMES = ("ann", "bob", "cem", "dia", "eve", "fay", "gus", "hal")


def day(count: int) -> str:
    """The last local second of the day that many days after the observation."""
    return f"{OBSERVED + timedelta(days=count)} 15:59:59"


def application(name: str, applied: int, decision: str | None = None, **others: Any) -> Row:
    decided = {"decision": decision, "decided_at": day(applied + 1)} if decision else {}
    named = {"application_id": f"of {name} on {applied}", "national_id_token": f"id of {name}", "phone_token": None}
    return {**named, "bank_code": "harbour", "applied_at": day(applied), **decided, **others}


def steps(table: TableMaker, applications: list[Row], *, as_of: date = AS_OF) -> dict[str, list[Any]]:
    """applies, is_approved, is_reject and activates on the newest observation date, by customer."""
    users = [
        {"source_record_id": f"shop:{name}", "national_id_token": f"id of {name}", "phone_token": f"phone of {name}"}
        for name in NAMES
    ]
    users[1] |= {"phone_token": "shared phone"}
    users[2] |= {"phone_token": "shared phone"}
    since = {"hal": day(1)}
    identities = [
        {"source_record_id": f"shop:{name}", "customer_id": name, "record_since": since.get(name, "2024-01-01")}
        for name in NAMES
    ]
    built = build(
        table(APPLICATIONS, applications),
        table(SHOP_USERS, users),
        table(BANK_CUSTOMERS, []),
        table(IDENTITIES, identities),
        as_of=as_of,
    )
    found = rows(built, "observation_date", "customer_id", "applies", "is_approved", "is_reject", "activates")
    return {name: answer for observed, name, *answer in found if observed == OBSERVED}


def test_t21_each_step_has_a_window_of_its_own_and_is_asked_of_those_who_took_the_one_before(table: TableMaker) -> None:
    applications = [
        application("ann", 1, "approved", activated_at=day(150)),
        application("ann", 40, "declined"),  # the first one counts
        application("bob", 60, "declined"),
        application("cem", 61, "approved"),  # the day after the window
        application("dia", 30, "approved", decided_at=day(91)),  # decided too late
        application("eve", 5, "approved", activated_at=day(151)),
        application("fay", 0, "declined"),  # had applied before
        application("gus", 9, "approved", phone_token="shared phone", national_id_token=None),
    ]
    assert steps(table, applications) == {
        "ann": [True, True, False, True],
        "bob": [True, False, True, None],
        "cem": [False, None, False, None],
        "dia": [True, None, False, None],
        "eve": [True, True, False, False],
        # fay is not asked; a phone that bob and cem share names nobody; hal became known later
        "gus": [False, None, False, None],
    }
    assert ACTIVATES.window_days == 150


def test_t3_who_is_asked_is_the_same_a_month_later_and_whatever_was_applied_for_since(table: TableMaker) -> None:
    before = [application("fay", -20, "approved")]
    later = [*before, *(application(name, 3, "approved") for name in NAMES), application("ann", 200, "declined")]
    asked = steps(table, before)
    assert set(asked) == set(NAMES) - {"fay", "hal"}
    assert set(steps(table, later)) == set(asked) == set(steps(table, later, as_of=AS_OF + timedelta(days=30)))
    assert {name for name, answer in steps(table, later).items() if answer[0]} == set(asked)
