"""Which calendar day a run closes: one rule for the command line, the scheduler, a hand trigger and a backfill."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

BUSINESS_DATE_PATTERN = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
"""For people and JSON schemas; `parse_business_date` also asks whether the day exists."""

_BUSINESS_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class BusinessDateError(ValueError):
    """A run was asked to close a day that cannot be closed: the message says which form is expected."""


def parse_business_date(text: str) -> date:
    """The day that `text` names, written YYYY-MM-DD and real.

    BusinessDateError otherwise; the text is repeated only when it has the form of a date, because anything else may
    hold what should not reach a log.
    """
    if not _BUSINESS_DATE.fullmatch(text):
        raise BusinessDateError("business_date is not written YYYY-MM-DD: give a day like 2026-04-01")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BusinessDateError(f"business_date {text} is not a day of the calendar: give a day that exists") from None


def resolve_business_date(
    requested: str | None,
    *,
    interval_start: datetime | None = None,
    time_zone: str = "UTC",
    first_business_date: date | None = None,
) -> date:
    """The day a run closes: the requested one, else the local day on which the run's data interval starts.

    The same interval gives the same day whether the scheduler, a person or a backfill made the run, because neither
    the logical date nor the moment of the run is looked at.
    BusinessDateError: neither is given, the interval carries no zone, or the day lies before the partners' first one.
    """
    if requested is not None:
        day = parse_business_date(requested)
    elif interval_start is None:
        raise BusinessDateError(
            "business_date is missing: this run has no data interval, so give a day like 2026-04-01"
        )
    elif interval_start.tzinfo is None:
        raise BusinessDateError("business_date is unknown: the start of the data interval carries no time zone")
    else:
        day = interval_start.astimezone(ZoneInfo(time_zone)).date()
    if first_business_date is not None and day < first_business_date:
        raise BusinessDateError(
            f"business_date {day} lies before {first_business_date}, the first day the partners deliver "
            f"(NIGHTLEDGER_FIRST_BUSINESS_DATE): give that day or a later one"
        )
    return day
