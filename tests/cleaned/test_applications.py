"""Applications as they stood on the day."""

from __future__ import annotations

from datetime import date

from jobs.cleaned.applications import build
from schemas.captured.bank_card_applications import BANK_CARD_APPLICATIONS
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)


def test_t1_what_the_bank_decided_after_the_day_is_not_known_on_the_day(table: TableMaker) -> None:
    approved = {
        "bank_code": "harbour",
        "applied_at": "2026-03-01",
        "decision": "approved",
        "decided_at": "2026-03-10",
        "approved_limit_cents": 500_000,
        "activated_at": "2026-03-20",
        "updated_at": "2026-03-20",
    }
    late, used_late = {"decided_at": "2026-03-31 16:00:00", "activated_at": None}, {"activated_at": "2026-04-01"}
    applications = table(
        BANK_CARD_APPLICATIONS,
        [
            {**approved, "application_id": "ann"},
            {
                **approved,
                "application_id": "bob",
                **late,
                "updated_at": "2026-03-31 16:00:00",
            },  # only the later version
            {**approved, "application_id": "cem", **used_late, "updated_at": "2026-04-01"},
            {**approved, "application_id": "dia", "applied_at": "2026-03-31 16:00:00"},
            {"bank_code": "harbour", "application_id": "eve", "applied_at": "2026-03-31 15:59:59"},
        ],
    ).drop("product_code")
    found = build(applications, as_of=AS_OF).selectExpr(
        "application_id",
        "decision",
        "decided_at is null as waits",
        "approved_limit_cents",
        "activated_at is null as idle",
    )
    assert rows(found, *found.columns) == [
        ("ann", "approved", False, 500_000, False),
        ("bob", None, True, None, True),
        ("cem", "approved", False, 500_000, True),
        ("eve", None, True, None, True),
    ]


def test_without_applications_there_are_none(table: TableMaker) -> None:
    assert rows(build(table(BANK_CARD_APPLICATIONS, []), as_of=AS_OF), "application_id") == []
