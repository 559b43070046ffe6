"""When runs start, who owns them and how often they try: said once for every DAG."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import Context, Param

from schemas.dates import BUSINESS_DATE_PATTERN, parse_business_date, resolve_business_date
from schemas.windows import ALLIANCE_TIME_ZONE

logger = logging.getLogger(__name__)

TIME_ZONE = ALLIANCE_TIME_ZONE


def first_business_date() -> date:
    """The first day the partners deliver; a DAG that does not know it is an import error that says what to set."""
    text = os.environ.get("NIGHTLEDGER_FIRST_BUSINESS_DATE", "")
    if not text:
        raise LookupError("NIGHTLEDGER_FIRST_BUSINESS_DATE is not set: the first day the partners deliver")
    return parse_business_date(text)


def first_scheduled_moment() -> datetime:
    """Local midnight of the first day the scheduler closes: by default the second one.

    The first night is built by hand, because the model that scores the later ones is trained on it.
    """
    text = os.environ.get("NIGHTLEDGER_SCHEDULE_FROM")
    return local_midnight(parse_business_date(text) if text else first_business_date() + timedelta(days=1))


def last_scheduled_moment() -> datetime | None:
    """Local midnight of the last day the scheduler closes; without NIGHTLEDGER_SCHEDULE_UNTIL there is none."""
    text = os.environ.get("NIGHTLEDGER_SCHEDULE_UNTIL")
    return local_midnight(parse_business_date(text)) if text else None


def local_midnight(day: date) -> datetime:
    """The moment at which the day begins for the alliance."""
    return datetime.combine(day, time(), tzinfo=ZoneInfo(TIME_ZONE))


def business_date_of(context: Context) -> date:
    """The day this run closes: its parameter, else the local day on which its data interval starts."""
    return resolve_business_date(
        context["params"].get("business_date"),
        interval_start=context.get("data_interval_start"),
        time_zone=TIME_ZONE,
        first_business_date=first_business_date(),
    )


def say_what_to_do(context: Context) -> None:
    """One line in the failed task's log that repeats the reason and names the documentation."""
    instance = context["ti"]
    logger.error(
        "%s is red: %s. What to do is written in the documentation of the DAG %s (and at the top of dags/%s.py).",
        instance.task_id,
        context.get("exception"),
        instance.dag_id,
        instance.dag_id,
    )


PARAMS = {
    "business_date": Param(
        None,
        type=["null", "string"],
        format="date",
        pattern=BUSINESS_DATE_PATTERN,
        title="Business date",
        description="The day to close, YYYY-MM-DD. Empty: the day on which the run's data interval starts.",
    )
}

DEFAULT_ARGUMENTS: Mapping[str, Any] = {
    "owner": "nightledger",
    "retries": 3,
    "retry_delay": timedelta(seconds=30),  # a lost server is back in seconds, or not for a while:
    "retry_exponential_backoff": 2.0,  # 30 s, 1 min, 2 min
    "max_retry_delay": timedelta(minutes=10),
    "execution_timeout": timedelta(hours=2),  # of one dataset; a night has eight hours
    "on_failure_callback": say_what_to_do,
}
