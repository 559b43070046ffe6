"""severe_default: ninety days within twelve months, and what lies between good and bad."""

from __future__ import annotations

from datetime import date, timedelta

from jobs.labels.severe_default import build
from schemas.cleaned.instalments import INSTALMENTS
from schemas.cleaned.repayments import REPAYMENTS
from schemas.customers.identities import IDENTITIES
from schemas.labels.severe_default import DEFAULT_90_DAYS, SEVERE_DEFAULT
from tests.conftest import TableMaker, rows
from tests.labels.test_credit_default import owed, paid

AS_OF = date(2026, 3, 31)
OBSERVED, WINDOW_END = date(2025, 2, 28), date(2026, 2, 28)


def days(count: int) -> timedelta:
    return timedelta(days=count)


def test_t5_t21_the_thirtieth_and_the_ninetieth_day_decide_and_only_twelve_matured_months_count(
    table: TableMaker,
) -> None:
    due = {name: OBSERVED + days(10) for name in ("ann", "bob", "cem", "dia")}
    due |= {"eve": WINDOW_END - days(90), "fay": WINDOW_END - days(89), "gus": OBSERVED - days(90)}
    late = {"ann": 29, "bob": 30, "cem": 89, "dia": 90}
    instalments = [owed(name, day, opened="2024-10-01") for name, day in due.items()]
    repayments = [paid(name, due[name] + days(count)) for name, count in late.items()]
    names = [{"source_record_id": f"shop:{name}", "customer_id": name} for name in due]
    built = build(table(INSTALMENTS, instalments), table(REPAYMENTS, repayments), table(IDENTITIES, names), as_of=AS_OF)
    found = rows(built, *SEVERE_DEFAULT.column_names)
    assert {row[0] for row in found} <= set(DEFAULT_90_DAYS.observation_dates(AS_OF))
    assert [row[1:] for row in found if row[0] == OBSERVED] == [
        ("ann", "good", WINDOW_END, 29),
        ("bob", "indeterminate", WINDOW_END, 30),
        ("cem", "indeterminate", WINDOW_END, 89),
        ("dia", "bad", WINDOW_END, 90),
        ("eve", "bad", WINDOW_END, 90),
        # fay cannot be ninety days late within the window, and gus was so already
    ]
