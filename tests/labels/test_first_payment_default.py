"""first_payment_default: the first instalment alone, from its first due date, once it is certain."""

from __future__ import annotations

from datetime import date, timedelta

from jobs.labels.first_payment_default import build
from schemas.cleaned.instalments import INSTALMENTS
from schemas.cleaned.repayments import REPAYMENTS
from schemas.customers.identities import IDENTITIES
from tests.conftest import TableMaker, rows
from tests.labels.test_credit_default import DUE_CENTS, Row, owed, paid

AS_OF = date(2026, 3, 31)
OPENED = date(2025, 11, 1)
DUE = date(2025, 12, 1)


def days(count: int) -> timedelta:
    return timedelta(days=count)


def plan(name: str, *, opened: date = OPENED, first: date = DUE, due: date | None = None) -> Row:
    return owed(name, due or first, opened=str(opened), first=first)


def test_t19_t20_t21_a_first_instalment_is_judged_from_the_day_it_was_first_due(table: TableMaker) -> None:
    instalments = [
        plan("ann"),
        owed("ann", DUE + days(30), number=2, opened=str(OPENED)),  # never paid, and not the first
        *(plan(name) for name in ("bob", "cem", "dia", "eve", "fay")),
        plan("gus", due=DUE + days(60)),  # rescheduled before anything was paid
        plan("hal", first=OPENED + days(61)),  # due too late for the window
        plan("ida", opened=AS_OF - days(119)),  # not certain yet
        plan("jon", opened=AS_OF - days(120), first=AS_OF - days(90)),
    ]
    repayments = [
        paid("ann", DUE - days(3)),
        paid("bob", DUE + days(7)),
        paid("cem", DUE + days(8)),
        paid("dia", DUE + days(29)),
        paid("eve", DUE + days(29), DUE_CENTS - 1),
        paid("fay", DUE),
        paid("fay", DUE + days(20), -DUE_CENTS),  # taken back: unpaid again
    ]
    names = sorted({row["source_record_id"] for row in instalments})
    identities = [{"source_record_id": name, "customer_id": name.split(":")[1]} for name in names]
    parents = (table(INSTALMENTS, instalments), table(REPAYMENTS, repayments), table(IDENTITIES, identities))
    found = rows(build(*parents, as_of=AS_OF), "customer_id", "outcome", "first_days_past_due", "observation_date")
    assert found == [
        ("ann", "good", 0, OPENED),
        ("bob", "good", 7, OPENED),
        ("cem", "indeterminate", 8, OPENED),
        ("dia", "indeterminate", 29, OPENED),
        ("eve", "bad", 30, OPENED),
        ("fay", "bad", 30, OPENED),
        ("gus", "bad", 30, OPENED),
        ("jon", "bad", 30, AS_OF - days(120)),
    ]
