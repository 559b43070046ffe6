"""credit_default: who is asked depends on nothing later, what is answered on nothing immature."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from jobs.labels.credit_default import build
from schemas.cleaned.instalments import INSTALMENTS
from schemas.cleaned.repayments import REPAYMENTS
from schemas.customers.identities import IDENTITIES
from schemas.labels.credit_default import (
    CREDIT_DEFAULT,
    OBSERVATION_COUNT,
    SETTLE_DAYS,
    observation_dates,
    performance_end_date,
)
from tests.conftest import TableMaker, rows

Row = dict[str, Any]

AS_OF = date(2026, 3, 31)
OBSERVED = date(2025, 8, 31)  # the newest matured one
WINDOW_END = date(2026, 2, 28)
DUE_CENTS = 1_000


def labelled(
    table: TableMaker, instalments: list[Row], repayments: list[Row], *, as_of: date = AS_OF
) -> list[tuple[Any, ...]]:
    """observation_date, customer_id, is_default and days_past_due_max_after of every row."""
    names = sorted({row["source_record_id"] for row in instalments})
    identities = [{"source_record_id": name, "customer_id": name.split(":")[1]} for name in names]
    parents = (table(INSTALMENTS, instalments), table(REPAYMENTS, repayments), table(IDENTITIES, identities))
    built = build(*parents, as_of=as_of)
    return rows(built, "observation_date", "customer_id", "is_default", "days_past_due_max_after")


def on(observed: date, found: list[tuple[Any, ...]]) -> list[list[Any]]:
    return [answer for observation_date, *answer in found if observation_date == observed]


def owed(name: str, due_date: date, *, number: int = 1, opened: str = "2025-03-01", first: date | None = None) -> Row:
    return {
        "plan_id": f"plan of {name}",
        "instalment_number": number,
        "source_record_id": f"shop:{name}",
        "plan_opened_at": opened,
        "first_due_date": first or due_date,
        "due_date": due_date,
        "due_cents": DUE_CENTS,
    }


def paid(name: str, day: date, cents: int = DUE_CENTS, *, number: int = 1) -> Row:
    """A payment, or with negative cents a reversal, in the last local second of the day."""
    moment = datetime.combine(day, time(15, 59, 59), UTC)
    return {
        "repayment_id": f"{name} {number} {day} {cents}",
        "plan_id": f"plan of {name}",
        "instalment_number": number,
        "paid_at": moment,
        "amount_cents": cents,
        "is_reversal": cents < 0,
    }


def days(count: int) -> timedelta:
    return timedelta(days=count)


def test_t21_the_sixtieth_day_decides_on_both_ends_of_the_window(table: TableMaker) -> None:
    later = owed("bob", OBSERVED + days(40), number=2)
    instalments = [
        owed("ann", OBSERVED + days(1) - days(60)),  # reaches 60 on the first day of the window
        owed("bob", OBSERVED - days(60)),  # was there already on the observation date
        later,
        owed("cem", WINDOW_END - days(60)),  # reaches 60 on the last day
        owed("dia", WINDOW_END + days(1) - days(60)),  # cannot reach it within the window
        owed("eve", WINDOW_END + days(1) - days(60)),
        owed("eve", OBSERVED + days(5), number=2),  # was asked because of this one, and paid it
    ]
    found = labelled(table, instalments, [paid("eve", OBSERVED + days(9), number=2)])
    assert on(OBSERVED, found) == [["ann", True, 240], ["cem", True, 60], ["eve", False, 59]]


def test_a_payment_on_the_sixtieth_day_comes_too_late_and_one_on_the_fifty_ninth_does_not(table: TableMaker) -> None:
    due_date = OBSERVED + days(10)
    instalments = [owed(name, due_date) for name in ("ann", "bob", "cem", "dia", "eve")]
    repayments = [
        paid("ann", due_date + days(59)),
        paid("bob", due_date + days(60)),
        paid("cem", due_date - days(5)),
        paid("dia", due_date, DUE_CENTS - 1),
        paid("eve", due_date, DUE_CENTS // 2),
        paid("eve", due_date + days(20), DUE_CENTS // 2),
    ]
    assert on(OBSERVED, labelled(table, instalments, repayments)) == [
        ["ann", False, 59],
        ["bob", True, 60],
        ["cem", False, 0],
        ["dia", True, (WINDOW_END - due_date).days],
        ["eve", False, 20],
    ]


def test_t20_a_payment_taken_back_was_never_made(table: TableMaker) -> None:
    due_date = OBSERVED + days(10)
    instalments = [owed(name, due_date) for name in ("ann", "bob")]
    repayments = [
        *(paid(name, due_date) for name in ("ann", "bob")),
        *(paid(name, due_date + days(3), -DUE_CENTS) for name in ("ann", "bob")),
        paid("bob", due_date + days(12)),
    ]
    found = on(OBSERVED, labelled(table, instalments, repayments))
    assert found == [["ann", True, (WINDOW_END - due_date).days], ["bob", False, 12]]


def test_who_has_paid_everything_or_borrows_only_later_is_not_asked(table: TableMaker) -> None:
    instalments = [
        owed("ann", OBSERVED + days(10)),
        owed("bob", OBSERVED + days(10), opened=f"{OBSERVED} 16:00:00"),  # opened on the next local day
        owed("cem", OBSERVED + days(10), opened=f"{OBSERVED} 15:59:59"),
        owed("dia", OBSERVED - days(70)),
        owed("dia", OBSERVED + days(10), number=2),
    ]
    repayments = [paid("ann", OBSERVED), paid("dia", OBSERVED)]  # dia caught up on the very day, and then stopped
    found = on(OBSERVED, labelled(table, instalments, repayments))
    late_days = (WINDOW_END - OBSERVED).days - 10
    assert found == [["cem", True, late_days], ["dia", True, late_days]]


def test_a_later_plan_of_a_customer_who_is_asked_can_bring_the_default(table: TableMaker) -> None:
    instalments = [
        owed("ann", OBSERVED + days(10)),
        {**owed("ann", OBSERVED + days(50), opened="2025-10-01"), "plan_id": "another plan"},
    ]
    found = on(OBSERVED, labelled(table, instalments, [paid("ann", OBSERVED + days(10))]))
    assert found == [["ann", True, (WINDOW_END - OBSERVED).days - 50]]


def test_t3_who_is_asked_does_not_depend_on_what_happened_later(table: TableMaker) -> None:
    instalments = [
        owed("ann", OBSERVED - days(90)),
        owed("ann", OBSERVED + days(10), number=2),
        owed("bob", OBSERVED + days(10)),
        owed("cem", OBSERVED + days(20)),
    ]
    before = [paid("ann", OBSERVED - days(80)), paid("cem", OBSERVED)]
    after = [
        paid("ann", OBSERVED + days(1), -DUE_CENTS),  # an old payment bounces at last
        paid("bob", OBSERVED + days(1)),
        paid("cem", OBSERVED + days(1), -DUE_CENTS),
    ]
    moved_later = {"due_date": WINDOW_END + days(100), "is_rescheduled": True}
    rescheduled = [row if "bob" not in row["plan_id"] else {**row, **moved_later} for row in instalments]

    asked = {name for name, *_ in on(OBSERVED, labelled(table, instalments, before))}
    asked_later = {name for name, *_ in on(OBSERVED, labelled(table, rescheduled, before + after))}
    assert asked_later == asked == {"ann", "bob"}


def test_t3_the_answers_of_an_observation_date_stay_the_same_when_built_a_month_later(table: TableMaker) -> None:
    instalments, repayments = random_credit(random.Random(3))
    now = labelled(table, instalments, repayments)
    later = labelled(table, instalments, repayments, as_of=AS_OF + days(30))
    shared_dates = set(observation_dates(AS_OF)) & set(observation_dates(AS_OF + days(30)))
    assert len(shared_dates) == OBSERVATION_COUNT - 1
    assert [row for row in later if row[0] in shared_dates] == [row for row in now if row[0] in shared_dates]


@pytest.mark.parametrize("seed", [62, 67])
def test_t4_the_labels_and_so_the_base_rate_are_those_of_a_walk_through_every_day(table: TableMaker, seed: int) -> None:
    instalments, repayments = random_credit(random.Random(seed))
    expected = [
        (observed, name, *answer)
        for observed in observation_dates(AS_OF)
        for name in sorted({row["source_record_id"].split(":")[1] for row in instalments})
        if (answer := walk_through_every_day(name, observed, instalments, repayments))
    ]
    assert {answer[2] for answer in expected} == {True, False}
    assert labelled(table, instalments, repayments) == expected


def test_t1_rows_after_as_of_change_no_label(table: TableMaker) -> None:
    instalments, repayments = random_credit(random.Random(5))
    future = [paid(f"c{number}", AS_OF + days(1 + number), -DUE_CENTS) for number in range(8)]
    new_plans = [
        {**row, "plan_opened_at": "2026-03-31 16:00:00", "plan_id": row["plan_id"] + "b"} for row in instalments
    ]
    assert labelled(table, instalments + new_plans, repayments + future) == labelled(table, instalments, repayments)


def test_t5_no_observation_date_is_younger_than_its_window_and_the_time_to_settle() -> None:
    for as_of in (date(2024, 1, 1) + days(number) for number in range(1_000)):
        observed = observation_dates(as_of)
        assert len(observed) == OBSERVATION_COUNT == len(set(observed))
        assert observed == sorted(observed)
        assert performance_end_date(observed[-1]) + days(SETTLE_DAYS) <= as_of
        next_month_end = (observed[-1] + days(1) + days(31)).replace(day=1) - days(1)
        assert performance_end_date(next_month_end) + days(SETTLE_DAYS) > as_of


def test_t5_the_newest_vintage_is_no_better_than_the_others_when_nothing_is_ever_paid(table: TableMaker) -> None:
    month_starts = [observed + days(1) for observed in observation_dates(AS_OF)]
    instalments = [owed(f"c{n:02d}", month_start, opened="2024-01-01") for n, month_start in enumerate(month_starts)]
    found = labelled(table, instalments, [])
    assert {observed for observed, *_ in found} == set(observation_dates(AS_OF))
    assert all(is_default for _, _, is_default, _ in found)


def test_six_whole_months_follow_a_month_end() -> None:
    assert performance_end_date(date(2025, 8, 31)) == date(2026, 2, 28)
    assert performance_end_date(date(2023, 8, 31)) == date(2024, 2, 29)
    assert performance_end_date(date(2025, 2, 28)) == date(2025, 8, 31)
    assert performance_end_date(date(2025, 6, 30)) == date(2025, 12, 31)


def test_without_instalments_nobody_is_labelled_and_the_types_are_those_of_the_contract(table: TableMaker) -> None:
    built = build(table(INSTALMENTS, []), table(REPAYMENTS, []), table(IDENTITIES, []), as_of=AS_OF)
    assert rows(built, *CREDIT_DEFAULT.column_names) == []
    types = dict(built.select(*CREDIT_DEFAULT.column_names).dtypes)
    assert types == {column.name: column.type for column in CREDIT_DEFAULT.columns}


def random_credit(chance: random.Random) -> tuple[list[Row], list[Row]]:
    """Eight customers with a plan each, who pay early, late, in parts, twice, not at all, and take payments back."""
    instalments: list[Row] = []
    repayments: list[Row] = []
    for name in (f"c{number}" for number in range(8)):
        opened, is_steady = date(2024, 6, 1) + days(chance.randint(0, 500)), chance.random() < 0.5
        for number in range(1, chance.choice((2, 4, 8)) + 1):
            due_date = opened + days(30 * number)
            opened_at = f"{opened} {chance.choice(('15:59:59', '16:00:00'))}"
            instalments.append(owed(name, due_date, number=number, opened=opened_at))
            if is_steady:
                repayments.append(paid(name, due_date + days(chance.choice((-7, -2, 2, 29))), number=number))
            for _ in range(0 if is_steady else chance.randint(0, 3)):
                day = due_date + days(chance.choice((-5, 0, 1, 30, 58, 59, 60, 61, 90, 150)))
                cents = chance.choice((DUE_CENTS, DUE_CENTS, DUE_CENTS // 2, -DUE_CENTS))
                repayments.append(paid(name, day, cents, number=number))
    return instalments, repayments


def walk_through_every_day(
    name: str, observed: date, instalments: list[Row], repayments: list[Row]
) -> tuple[bool, int] | None:
    """The label told by looking at every instalment at the end of every day; None for who is not asked."""
    window_end = performance_end_date(observed)
    is_asked, was_in_default, worst = False, False, 0
    for row in (row for row in instalments if row["source_record_id"] == f"shop:{name}"):
        is_unpaid = {
            day: is_unpaid_at_the_end_of(day, row, repayments)
            for day in (observed + days(n) for n in range((window_end - observed).days + 1))
        }
        if is_unpaid[observed]:
            is_asked |= row["first_due_date"] + days(60) <= window_end
            was_in_default |= row["due_date"] + days(60) <= observed
        for day in (day for day in is_unpaid if day > observed):
            if is_unpaid[day] or is_unpaid[day - days(1)]:
                worst = max(worst, (day - row["due_date"]).days)
    return (worst >= 60, worst) if is_asked and not was_in_default else None


def is_unpaid_at_the_end_of(day: date, instalment: Row, repayments: list[Row]) -> bool:
    opened = (datetime.fromisoformat(instalment["plan_opened_at"]) + timedelta(hours=8)).date()
    paid_cents = sum(
        payment["amount_cents"]
        for payment in repayments
        if (payment["plan_id"], payment["instalment_number"])
        == (instalment["plan_id"], instalment["instalment_number"])
        and payment["paid_at"].date() <= day
    )
    return day >= opened and paid_cents < DUE_CENTS
