"""The shop's instalment credit: lines of credit, plans, what falls due, and how it is paid, or not."""

from __future__ import annotations

from typing import Any

import numpy as np

from demo.hardship import DEFAULTED, EASY, STRAINED, Hardship
from demo.lines import agree_lines
from demo.orders import ON_CREDIT, Orders
from demo.people import People
from demo.shopping import Shop
from demo.tables import NOTHING, Ledger, chosen, has_happened, where
from demo.world import DAY_SECONDS, EPOCH, UTC_OFFSET_SECONDS, District, Month, day_of

STATUSES = ("active", "frozen")
COUNTS = np.array([3, 6, 9, 12])
RATES = np.array([0.0, 0.0888, 0.1188, 0.1488])
PUTS_OFF = 0.4  # share put off for each unit of Hardship.shock: 0.4 without work, 0.24 in a life event; a guess
PAYS_AT = 10 * 3600  # instalments are debited at ten in the morning, local time


class Instalments:
    """Every instalment ever agreed: growing arrays, one entry per instalment."""

    FIELDS = ("plan", "number", "person", "due_month", "due_day", "due_cents", "version", "paid_cents", "is_settled")

    def __init__(self) -> None:
        """Begin empty."""
        for field in self.FIELDS:
            setattr(self, field, np.empty(0, np.int64))

    plan: np.ndarray
    number: np.ndarray
    person: np.ndarray
    due_month: np.ndarray
    due_day: np.ndarray
    due_cents: np.ndarray
    version: np.ndarray
    paid_cents: np.ndarray
    is_settled: np.ndarray

    def extend(self, **columns: np.ndarray) -> None:
        """Append instalments of new plans; nothing is paid yet."""
        count = len(columns["plan"])
        fresh = {"version": np.ones(count), "paid_cents": np.zeros(count), "is_settled": np.zeros(count)}
        for field in self.FIELDS:
            values = np.asarray((fresh | columns)[field]).astype(np.int64)
            setattr(self, field, np.concatenate([getattr(self, field), values]))


class Credit:
    """The shop's credit department in the month that is being lived."""

    def __init__(self, world: District, people: People, shop: Shop, hardship: Hardship) -> None:
        """Decide once who will ever want a line of credit, and when."""
        self._world, self._people, self._hardship = world, people, hardship
        chance, count = world.generator("credit"), people.count
        self._opened_at = agree_lines(chance, people, shop.users.is_verified)
        share = np.clip(1.0 + 0.35 * people.thrift - 0.3 * people.hazard + 0.3 * chance.normal(size=count), 0.3, 2.5)
        self._limit_cents = np.clip(np.round(people.income_cents * share, -5), 100_000, 5_000_000).astype(np.int64)
        self._is_frozen = np.zeros(count, bool)
        self._bill_day = chance.integers(10, 25, count)
        self._plan_count, self._repayment_count = 0, 0
        self.instalments = Instalments()

    def borrowing_room(self, month: Month) -> np.ndarray:
        """How many cents each person may still borrow at the beginning of the month."""
        owed = self.instalments
        unpaid = np.bincount(owed.person, (owed.due_cents - owed.paid_cents), self._people.count).astype(np.int64)
        is_open = has_happened(self._opened_at, month.start)
        is_welcome = is_open & ~self._is_frozen & (self._hardship.condition != DEFAULTED)
        return np.where(is_welcome, self._limit_cents - unpaid, 0)

    def leverage(self) -> np.ndarray:
        """What each person still owes, in months of income."""
        owed = self.instalments
        unpaid = np.bincount(owed.person, owed.due_cents - owed.paid_cents, self._people.count)
        return np.asarray(unpaid / self._people.income_cents)

    def has_debt(self) -> np.ndarray:
        """Who owes anything now."""
        return self.leverage() > 0

    def live_month(self, month: Month, orders: Orders, ledger: Ledger) -> None:
        """Write down what happened to accounts, plans, schedules and repayments this month."""
        chance = self._world.generator("credit", month.index)
        self._write_accounts(month, chance, ledger)
        self._reschedule(month, chance, ledger)
        self._collect(month, chance, ledger)
        self._open_plans(month, chance, orders, ledger)

    def _write_accounts(self, month: Month, chance: np.random.Generator, ledger: Ledger) -> None:
        is_open = has_happened(self._opened_at, month.end)
        is_new = is_open & ((self._opened_at >= month.start) | (month.index == 0))
        is_old = is_open & ~is_new
        is_raised = is_old & (chance.random(self._people.count) < 0.015) & (self._hardship.condition == EASY)
        is_frozen = is_old & (self._hardship.condition == DEFAULTED)
        changes = is_raised | (is_old & (is_frozen != self._is_frozen))
        self._limit_cents = np.where(is_raised, self._limit_cents * 5 // 4, self._limit_cents)
        self._is_frozen = is_frozen
        for happens, updated_at in (
            (is_new, self._opened_at[is_new]),
            (changes, month.moments(chance, int(changes.sum()))),
        ):
            persons = np.flatnonzero(happens)
            columns = {
                "credit_account_id": self._world.ids("c", persons),
                "shop_user_id": self._people.shop_user_ids(persons),
                "opened_at": self._opened_at[persons],
                "limit_cents": self._limit_cents[persons],
                "account_status": chosen(STATUSES, self._is_frozen[persons].astype(np.int64)),
                "updated_at": updated_at,
            }
            ledger.add("credit_accounts", day_of(updated_at), columns)

    def _open_plans(self, month: Month, chance: np.random.Generator, orders: Orders, ledger: Ledger) -> None:
        on_credit = np.flatnonzero((orders.method == ON_CREDIT) & (orders.paid_at != NOTHING))
        persons, count = orders.person[on_credit], len(on_credit)
        plan = np.arange(self._plan_count, self._plan_count + count)
        self._plan_count += count
        length = COUNTS[chance.choice(4, count, p=[0.42, 0.36, 0.08, 0.14])]
        grade = np.round(1.3 + 0.8 * self._people.hazard[persons] + 0.4 * chance.normal(size=count))
        columns: dict[str, Any] = {
            "plan_id": self._world.ids("p", plan),
            "credit_account_id": self._world.ids("c", persons),
            "order_id": self._world.ids("o", orders.number[on_credit]),
            "opened_at": orders.paid_at[on_credit],
            "principal_cents": orders.net_cents[on_credit],
            "instalment_count": length,
            "annual_rate": RATES[np.clip(grade, 0, 3).astype(np.int64)],
        }
        ledger.add("credit_plans", day_of(columns["opened_at"]), columns)
        self._schedule(month, plan, persons, columns, ledger)

    def _schedule(
        self, month: Month, plan: np.ndarray, persons: np.ndarray, terms: dict[str, Any], ledger: Ledger
    ) -> None:
        """Equal instalments from the following month on; the last one takes the odd cents."""
        length = terms["instalment_count"]
        interest = terms["annual_rate"] * (length + 1) / 24  # a twelfth of the rate each month, on the falling balance
        owed = np.round(terms["principal_cents"] * (1 + interest)).astype(np.int64)
        of_plan = np.repeat(np.arange(len(plan)), length)
        number = np.arange(len(of_plan)) - np.repeat(np.cumsum(length) - length, length) + 1
        equal = (owed // length)[of_plan]
        is_last = number == length[of_plan]
        before = len(self.instalments.plan)
        self.instalments.extend(
            plan=plan[of_plan],
            number=number,
            person=persons[of_plan],
            due_month=month.index + number,
            due_day=self._due_days(month.index + number, persons[of_plan]),
            due_cents=np.where(is_last, owed[of_plan] - equal * (number - 1), equal),
        )
        new = np.arange(before, len(self.instalments.plan))
        self._publish(new, (terms["opened_at"] + 60)[of_plan], ledger)

    def _due_days(self, month_index: np.ndarray, persons: np.ndarray) -> np.ndarray:
        """The day (since the epoch) on which each person pays in a month of the world."""
        first = self._world.first_month
        months = (first.year - EPOCH.year) * 12 + first.month - 1 + month_index
        month_starts = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
        return np.asarray(month_starts + self._bill_day[persons] - 1)

    def _publish(self, index: np.ndarray, published_at: np.ndarray, ledger: Ledger) -> None:
        owed = self.instalments
        columns = {
            "plan_id": self._world.ids("p", owed.plan[index]),
            "instalment_number": owed.number[index],
            "schedule_version": owed.version[index],
            "due_date": owed.due_day[index],
            "due_cents": owed.due_cents[index],
            "published_at": published_at,
        }
        ledger.add("credit_instalments", day_of(published_at), columns)

    def _reschedule(self, month: Month, chance: np.random.Generator, ledger: Ledger) -> None:
        """Some who are strained agree new dates: everything unpaid of a plan moves behind the next two months."""
        owed = self.instalments
        is_lucky = (chance.random(self._people.count) < 0.25) & (self._hardship.condition == STRAINED)
        index = np.flatnonzero(is_lucky[owed.person] & (owed.is_settled == 0) & (owed.version == 1))
        index = index[np.lexsort((owed.number[index], owed.plan[index]))]
        plans, first = np.unique(owed.plan[index], return_index=True)
        rank = np.arange(len(index)) - first[np.searchsorted(plans, owed.plan[index])]
        owed.version[index] += 1
        owed.due_month[index] = month.index + 2 + rank
        owed.due_day[index] = self._due_days(owed.due_month[index], owed.person[index])
        published_at = month.start + chance.integers(0, 5 * DAY_SECONDS, self._people.count)
        self._publish(index, published_at[owed.person[index]], ledger)

    def _collect(self, month: Month, chance: np.random.Generator, ledger: Ledger) -> None:
        """Who pays what falls due this month and what was left from before, and when."""
        owed = self.instalments
        index = np.flatnonzero((owed.is_settled == 0) & (owed.due_month <= month.index))
        persons, count = owed.person[index], len(index)
        condition, is_arrear = self._hardship.condition[persons], owed.due_month[index] < month.index
        due_at = (owed.due_day[index] * DAY_SECONDS) + PAYS_AT - UTC_OFFSET_SECONDS
        left = owed.due_cents[index] - owed.paid_cents[index]
        draw, size = chance.random(count), chance.random(count)
        days = self._days_after_due(chance, draw, persons)
        catches_up_at = (
            month.start + (12 + chance.integers(0, 16, count)) * DAY_SECONDS + chance.integers(0, 43_200, count)
        )
        paid_at = np.where(is_arrear, catches_up_at, due_at + days * DAY_SECONDS + chance.integers(0, 43_200, count))
        pays = (condition == EASY) | ((condition == STRAINED) & ~is_arrear & (draw < 0.72))
        is_part = pays & ~is_arrear & (size < np.where(condition == STRAINED, 0.25, 0.02)) & (left > 100)
        pays_rest = is_part & ((condition == EASY) | (draw < 0.4))
        amount = np.where(is_part, left // 2, left)
        is_bounced = pays & ~is_part & (size > np.where(condition == STRAINED, 0.94, 0.99))
        pays_again = is_bounced & ((condition == EASY) | (draw < 0.4))
        bounced_at = paid_at + chance.integers(DAY_SECONDS, 3 * DAY_SECONDS, count)
        again_at = paid_at + chance.integers(4 * DAY_SECONDS, 12 * DAY_SECONDS, count)
        first = self._pay(index, paid_at, amount, pays, ledger)
        self._pay(index, bounced_at, amount, is_bounced, ledger, reverses=first)
        self._pay(index, again_at, np.where(is_part, left - amount, amount), pays_rest | pays_again, ledger)
        paid = np.where(pays & ~is_bounced, amount, 0) + np.where(pays_again, amount, 0)
        owed.paid_cents[index] += paid + np.where(pays_rest, left - amount, 0)
        owed.is_settled[index] = owed.paid_cents[index] >= owed.due_cents[index]

    def _days_after_due(self, chance: np.random.Generator, draw: np.ndarray, persons: np.ndarray) -> np.ndarray:
        """Days from the due date to the payment: the thrifty pay early, the impulsive forget, the strained wait.

        Who is without work, or lives through an event, still pays, but puts it off: never or seldom early, and often a
        few days late.
        """
        count, shock = len(draw), self._hardship.shock[persons]
        early_share = np.clip(0.30 + 0.16 * self._people.thrift[persons], 0.02, 0.85)
        late_share = np.clip(0.05 * np.exp(0.9 * self._people.impulse[persons]), 0, 0.6)
        is_early = draw < early_share * np.clip(1 - shock, 0, 1)
        is_late = draw > 1 - late_share - (1 - late_share) * PUTS_OFF * shock
        easy = np.where(is_early, -chance.integers(1, 10, count), np.where(is_late, chance.integers(1, 7, count), 0))
        waits = np.where(draw < 0.08, 0, chance.integers(4, 45, count))
        return np.where(self._hardship.condition[persons] == STRAINED, waits, easy)

    def _pay(
        self,
        index: np.ndarray,
        paid_at: np.ndarray,
        amount: np.ndarray,
        happens: np.ndarray,
        ledger: Ledger,
        reverses: np.ndarray | None = None,
    ) -> np.ndarray:
        """Write payments, or reversals, down. Their numbers."""
        owed = self.instalments
        number = np.cumsum(happens) - 1 + self._repayment_count
        self._repayment_count += int(happens.sum())
        reversed_ids = self._world.ids("y", number if reverses is None else reverses)
        columns = {
            "repayment_id": self._world.ids("y", number),
            "plan_id": self._world.ids("p", owed.plan[index]),
            "instalment_number": owed.number[index],
            "paid_at": paid_at,
            "amount_cents": amount,
            "reverses_repayment_id": where(np.full(len(index), reverses is not None), reversed_ids),
        }
        ledger.add("credit_repayments", day_of(paid_at), columns, happens=happens)
        return number
