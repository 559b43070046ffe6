"""However a run is made, the day it closes is the same; and no other text than a day gets through."""

from __future__ import annotations

import importlib
from datetime import UTC, date, datetime
from types import ModuleType
from typing import Any

import pendulum
import pytest
from airflow.sdk.exceptions import ParamValidationError
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.trigger import CronTriggerTimetable

from dags.schedule import business_date_of
from schemas.dates import BusinessDateError, parse_business_date, resolve_business_date

SHANGHAI = "Asia/Shanghai"

NOT_DATES = [
    "2026-02-30",
    "2026-13-01",
    "2026-4-1",
    "20260401",
    "2026-W14-3",
    "2026-04-01T00:00:00",
    "2026-04-01\n",
    " 2026-04-01",
    "\uff12\uff10\uff12\uff16-04-01",
    "yesterday",
    "",
    "2026-04-01; rm -rf lake",
    "$(date)",
    "`date`",
    "../2026-04-01",
    "2026-04-01' or '1'='1",
    "{{ ds }}",
]


def context(start: datetime | None, requested: str | None = None) -> Any:
    return {"params": {"business_date": requested}, "data_interval_start": start}


def test_scheduled_backfilled_and_manual_runs_of_an_interval_close_the_same_day(nightly: ModuleType) -> None:
    stored = DagSerialization.from_dict(DagSerialization.to_dict(nightly.dag))
    midnight = pendulum.datetime(2026, 4, 1, tz=SHANGHAI)
    scheduled: Any = stored.next_dagrun_info(last_automated_run_info=None, restricted=True)
    backfilled: Any
    (backfilled,) = stored.iter_dagrun_infos_between(midnight, midnight)
    by_hand: Any = stored.timetable.infer_manual_data_interval(run_after=midnight.add(days=1, hours=9))
    starts = [scheduled.data_interval.start, backfilled.data_interval.start, by_hand.start]
    assert [business_date_of(context(start)) for start in starts] == [date(2026, 4, 1)] * 3


def test_the_day_is_the_local_one_whatever_zone_the_scheduler_counts_in() -> None:
    local_midnight_in_utc = datetime(2026, 3, 31, 16, tzinfo=UTC)
    assert business_date_of(context(local_midnight_in_utc)) == date(2026, 4, 1)


def test_a_parameter_decides_over_the_interval() -> None:
    assert business_date_of(context(datetime(2026, 4, 6, tzinfo=UTC), "2026-04-02")) == date(2026, 4, 2)


def test_a_run_by_hand_without_interval_and_without_parameter_says_what_to_give() -> None:
    with pytest.raises(BusinessDateError, match="give a day like 2026-04-01"):
        business_date_of(context(None))


def test_a_day_before_the_partners_first_is_refused() -> None:
    with pytest.raises(BusinessDateError, match="2026-03-30 lies before 2026-03-31"):
        business_date_of(context(None, "2026-03-30"))
    assert business_date_of(context(None, "2026-03-31")) == date(2026, 3, 31)


def test_an_interval_without_a_zone_is_refused() -> None:
    with pytest.raises(BusinessDateError, match="no time zone"):
        resolve_business_date(None, interval_start=datetime(2026, 4, 1), time_zone=SHANGHAI)  # noqa: DTZ001


def test_the_training_of_a_month_reads_what_was_known_on_the_last_day_of_the_month_before() -> None:
    from dags.training import NOON_BACK_TO_THE_LAST_DAY

    for zone in (SHANGHAI, "America/New_York", "Europe/Berlin"):  # the latter two change their clocks in March
        months = CronTriggerTimetable(
            "0 12 1 * *", timezone=pendulum.timezone(zone), interval=NOON_BACK_TO_THE_LAST_DAY
        )
        for month, last_day in ((3, date(2026, 2, 28)), (4, date(2026, 3, 31)), (11, date(2026, 10, 31))):
            start = months.infer_manual_data_interval(run_after=pendulum.datetime(2026, month, 1, 13, tz=zone)).start
            assert resolve_business_date(None, interval_start=start, time_zone=zone) == last_day


@pytest.mark.parametrize("text", NOT_DATES)
def test_what_is_not_a_day_is_refused_by_the_command_line(text: str) -> None:
    with pytest.raises(BusinessDateError):
        parse_business_date(text)


@pytest.mark.parametrize("text", ["2026-04-01; rm -rf lake", "$(date)", "Ann Example, 13800000000"])
def test_a_refusal_never_repeats_what_has_not_the_form_of_a_date(text: str) -> None:
    with pytest.raises(BusinessDateError) as refused:
        parse_business_date(text)
    assert text not in str(refused.value)


@pytest.mark.parametrize("name", ["nightly", "training"])
@pytest.mark.parametrize("text", NOT_DATES)
def test_what_is_not_a_day_is_refused_by_the_parameter_of_the_dag(
    text: str, name: str, request: pytest.FixtureRequest
) -> None:
    params = request.getfixturevalue(name).dag.params
    with pytest.raises(ParamValidationError):
        params["business_date"] = text


@pytest.mark.parametrize("value", [20260401, True, ["2026-04-01"], {"day": "2026-04-01"}])
def test_a_parameter_of_another_type_is_refused(value: object, nightly: ModuleType) -> None:
    with pytest.raises(ParamValidationError):
        nightly.dag.params["business_date"] = value


@pytest.mark.parametrize("value", [None, "2026-04-01", "2024-02-29"])
def test_a_day_and_nothing_are_accepted_by_the_parameter_of_the_dag(value: object, nightly: ModuleType) -> None:
    nightly.dag.params["business_date"] = value
    assert nightly.dag.params["business_date"] == value


def test_the_scheduler_starts_on_the_day_after_the_first(nightly: ModuleType) -> None:
    assert nightly.dag.start_date == pendulum.datetime(2026, 4, 1, tz=SHANGHAI)
    assert nightly.dag.end_date is None


def test_the_days_the_scheduler_closes_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTLEDGER_SCHEDULE_FROM", "2026-04-03")
    monkeypatch.setenv("NIGHTLEDGER_SCHEDULE_UNTIL", "2026-04-05")
    dag = importlib.reload(importlib.import_module("dags.nightly")).dag
    assert (dag.start_date, dag.end_date) == (
        pendulum.datetime(2026, 4, 3, tz=SHANGHAI),
        pendulum.datetime(2026, 4, 5, tz=SHANGHAI),
    )


def test_after_the_last_day_that_is_scheduled_no_training_starts_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo of last spring must not learn from a month of which it knows nothing, as soon as somebody unpauses it."""

    def next_run() -> Any:
        dag = importlib.reload(importlib.import_module("dags.training")).dag
        stored = DagSerialization.from_dict(DagSerialization.to_dict(dag))
        return stored.next_dagrun_info(last_automated_run_info=None, restricted=True)

    assert next_run() is not None
    monkeypatch.setenv("NIGHTLEDGER_SCHEDULE_UNTIL", "2026-04-05")
    assert next_run() is None


def test_a_dag_that_does_not_know_the_first_day_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NIGHTLEDGER_FIRST_BUSINESS_DATE")
    with pytest.raises(LookupError, match="NIGHTLEDGER_FIRST_BUSINESS_DATE is not set"):
        importlib.reload(importlib.import_module("dags.nightly"))
