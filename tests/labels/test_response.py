"""response: every message meets what was visible before it, and counts once it is certain."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from jobs.labels.response import build
from schemas.cleaned.contacts import CONTACTS
from schemas.customers.identities import IDENTITIES
from schemas.labels.credit_default import observation_dates
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)
FIRST, NEWEST = observation_dates(AS_OF)[0], observation_dates(AS_OF)[-1]


def message(name: str, sent: date, applied_after: int | None = None, **others: Any) -> dict[str, Any]:
    applied = None if applied_after is None else f"{sent + timedelta(days=applied_after)} 15:59:59"
    row = {"contact_id": f"to {name}", "source_record_id": f"shop:{name}", "sent_at": f"{sent} 02:00:00"}
    return {**row, "contact_channel": "push", "applied_at": applied, **others}


def test_t5_t21_a_message_is_certain_after_two_weeks_and_a_month_and_never_meets_its_own_day(table: TableMaker) -> None:
    day = timedelta(days=1)
    messages = [
        message("ann", NEWEST + day, 14),
        message("bob", NEWEST + day, 15),
        message("cem", NEWEST, 0),  # what is visible at the end of that day might come of the message
        message("dia", FIRST),  # nothing was observed before
        message("eve", NEWEST + 10 * day, 2, is_control=True),
        message("fay", AS_OF - 44 * day),
        message("gus", AS_OF - 43 * day),  # not certain yet
        {**message("hal", NEWEST + day, 3), "source_record_id": "shop:hal"},
        {**message("hal", NEWEST + day, 3), "source_record_id": "harbour:1"},  # may have gone to ida
    ]
    names = ("ann", "bob", "cem", "dia", "eve", "fay", "gus", "hal")
    identities = [{"source_record_id": f"shop:{name}", "customer_id": name} for name in names]
    identities.append({"source_record_id": "harbour:1", "customer_id": "ida"})
    built = build(table(CONTACTS, messages), table(IDENTITIES, identities), as_of=AS_OF)
    found = rows(built, "customer_id", "observation_date", "responds", "is_control", "window_end_date")
    before_newest = observation_dates(AS_OF)[-2]
    assert found == [
        ("ann", NEWEST, True, False, NEWEST + 15 * day),
        ("bob", NEWEST, False, False, NEWEST + 15 * day),
        ("cem", before_newest, True, False, NEWEST + 14 * day),
        ("eve", NEWEST, True, True, NEWEST + 24 * day),
        ("fay", NEWEST, False, False, AS_OF - 30 * day),
    ]
