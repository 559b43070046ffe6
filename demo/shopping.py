"""The shop: users who register and change, orders that move from created to delivered, refunds and referrals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from demo import spelling
from demo.catalogue import SHARES, Catalogue
from demo.hardship import Hardship
from demo.people import EDUCATIONS, OCCUPATIONS, People
from demo.tables import NOTHING, Ledger, chosen, numbered, where
from demo.world import DAY_SECONDS, Month, World, day_of

SEASON = (1.0, 0.75, 0.95, 0.95, 1.0, 1.3, 0.95, 0.95, 1.0, 1.05, 1.65, 1.15)  # 18 June and 11 November are sales
CHANNELS = ("app", "mini_program", "web", "offline_code")
METHODS = ("instalment_credit", "bank_card", "wallet", "cash_on_delivery")
STATUSES = ("created", "paid", "delivered", "cancelled", "refused")
IN_SHOP = CHANNELS.index("offline_code")
ON_CREDIT, ON_CARD, ON_WALLET, ON_DELIVERY = range(4)
CREATED, PAID, DELIVERED, CANCELLED, REFUSED = range(5)
LEVELS = ("basic", "silver", "gold", "platinum")
REASONS = ("changed_mind", "damaged", "wrong_article", "late", "cancelled_by_user")


@dataclass(frozen=True)
class Orders:
    """The orders of one month, one entry per order in every array; paid_at is NOTHING where nobody paid.

    closed_at: when the order was delivered, cancelled or refused. article: of the first line.
    """

    number: np.ndarray
    person: np.ndarray
    ordered_at: np.ndarray
    paid_at: np.ndarray
    closed_at: np.ndarray
    status: np.ndarray
    channel: np.ndarray
    method: np.ndarray
    gross_cents: np.ndarray
    discount_cents: np.ndarray
    device: np.ndarray
    article: np.ndarray

    @property
    def net_cents(self) -> np.ndarray:
        """What is to be paid."""
        return np.asarray(self.gross_cents - self.discount_cents)


@dataclass(frozen=True)
class Lines:
    """The lines of the month's orders; `order` is the position of the order, `number` counts from 1 within it."""

    order: np.ndarray
    number: np.ndarray
    article: np.ndarray
    quantity: np.ndarray
    price_cents: np.ndarray


class Shop:
    """The shop as it stands in the month that is being lived."""

    def __init__(self, world: World, people: People, catalogue: Catalogue, hardship: Hardship) -> None:
        """Decide once what kind of shopper everyone is."""
        self._world, self._people, self._catalogue, self._hardship = world, people, catalogue, hardship
        chance, count = world.generator("shop"), people.count
        self._order_rate = 0.80 * chance.gamma(0.9, 1 / 0.9, count) * np.exp(0.15 * people.impulse)
        self._leaves_at = people.registered_at + (chance.exponential(5 * 365, count) * DAY_SECONDS).astype(np.int64)
        self._favourite = chance.choice(len(SHARES), count, p=SHARES)
        self._device = np.where(chance.random(count) < 0.06, _elder(people.household), np.arange(count))
        self._has_second_device = chance.random(count) < 0.4
        self.phone = np.where(chance.random(count) < 0.03, _elder(people.household), np.arange(count))
        self.is_verified = chance.random(count) < 0.68
        self._hides = chance.random((6, count))
        self._spelling = chance.random(count)
        self._level = np.zeros(count, np.int64)
        self._spent_cents = np.zeros(count, np.int64)
        self._numbers = dict.fromkeys(("order", "refund", "referral"), 0)
        self._addresses = pa.array(people.addresses)
        self._ip_addresses = pa.array(people.ip_addresses)

    def live_month(self, month: Month, borrowing_room: np.ndarray, ledger: Ledger) -> Orders:
        """Write down what the shop saw this month; borrowing_room says how much credit each person may still take."""
        chance = self._world.generator("shop", month.index)
        self._write_users(month, chance, ledger)
        orders = self._write_orders(month, chance, borrowing_room, ledger)
        self._write_refunds(chance, orders, ledger)
        self._write_referrals(month, chance, ledger)
        return orders

    def is_registered(self, moment: int) -> np.ndarray:
        """Who has registered by the moment."""
        registered_at = self._people.registered_at
        return np.asarray((registered_at != NOTHING) & (registered_at < moment))

    def _write_users(self, month: Month, chance: np.random.Generator, ledger: Ledger) -> None:
        people, registered_at = self._people, self._people.registered_at
        begins = -np.inf if month.index == 0 else month.start
        is_new = self.is_registered(month.end) & (registered_at >= begins)
        changes_phone = self.is_registered(month.start) & (chance.random(people.count) < 0.008)
        level = np.searchsorted([200_000, 800_000, 2_500_000], self._spent_cents)
        changes = changes_phone | (self.is_registered(month.start) & (level != self._level) & ~is_new)
        self.phone = np.where(changes_phone, people.count * (2 + month.index) + np.arange(people.count), self.phone)
        self._level = np.where(changes, level, self._level)
        for persons, updated_at in (
            (np.flatnonzero(is_new), registered_at[is_new]),
            (np.flatnonzero(changes), month.moments(chance, int(changes.sum()))),
        ):
            ledger.add("users", day_of(updated_at), self._user_rows(persons, updated_at))

    def _user_rows(self, persons: np.ndarray, updated_at: np.ndarray) -> dict[str, object]:
        people, hides, verified = self._people, self._hides[:, persons], self.is_verified[persons]
        phones = [
            spelling.spelled_phone(spelling.mobile_number(int(self.phone[i])), self._spelling[i]) for i in persons
        ]
        ids = [spelling.spelled_national_id(people.national_ids[i], self._spelling[-i]) for i in persons]
        tier = np.array([city[2] for city in spelling.CITIES])[people.city[persons]]
        return {
            "shop_user_id": self._people.shop_user_ids(persons),
            "registered_at": people.registered_at[persons],
            "full_name": where(verified | (hides[0] < 0.6), pa.array([people.names[i] for i in persons], pa.string())),
            "phone": where(hides[1] < 0.97, pa.array(phones, pa.string())),
            "email": where(hides[2] < 0.65, pa.array([people.emails[i] for i in persons], pa.string())),
            "national_id": where(verified & (hides[3] < 0.97), pa.array(ids, pa.string())),
            "is_real_name_verified": verified,
            "birth_date": np.where(verified | (hides[4] < 0.7), people.birth_day[persons], NOTHING),
            "gender": chosen(("female", "male"), np.where(hides[5] < 0.9, people.is_male[persons], -1)),
            "education": chosen(EDUCATIONS, np.where(hides[0] < 0.7, people.education[persons], -1)),
            "occupation": chosen(OCCUPATIONS, np.where(hides[1] < 0.75, people.occupation[persons], -1)),
            "city_code": chosen([c[0] for c in spelling.CITIES], np.where(hides[2] < 0.9, people.city[persons], -1)),
            "city_tier": np.where(hides[2] < 0.9, tier, NOTHING),
            "membership_level": chosen(LEVELS, self._level[persons]),
            "updated_at": updated_at,
        }

    def _write_orders(
        self, month: Month, chance: np.random.Generator, borrowing_room: np.ndarray, ledger: Ledger
    ) -> Orders:
        persons, ordered_at = self._who_orders(month, chance)
        number = self._next("order", len(persons))
        lines = self._fill_baskets(chance, persons)
        gross = np.bincount(lines.order, lines.price_cents * lines.quantity, len(persons)).astype(np.int64)
        has_discount, percent = chance.random(len(persons)) < 0.35, chance.integers(3, 25, len(persons))
        discount = np.where(has_discount, gross * percent // 100, 0)
        channel, method = self._ways_to_pay(chance, persons, gross - discount, borrowing_room)
        paid_at, closed_at, status = self._outcomes(chance, persons, ordered_at, channel, method)
        orders = Orders(
            number=number,
            person=persons,
            ordered_at=ordered_at,
            paid_at=paid_at,
            closed_at=closed_at,
            status=status,
            channel=channel,
            method=method,
            gross_cents=gross,
            discount_cents=discount,
            device=self._devices(chance, persons),
            article=lines.article[lines.number == 1],
        )
        np.add.at(self._spent_cents, persons, np.where(status == DELIVERED, orders.net_cents, 0))
        self._write_versions(orders, chance, ledger)
        self._write_lines(orders, lines, ledger)
        return orders

    def _fill_baskets(self, chance: np.random.Generator, persons: np.ndarray) -> Lines:
        size = 1 + chance.poisson(0.55, len(persons))
        order = np.repeat(np.arange(len(persons)), size)
        article = self._catalogue.choose(chance, self._favourite[persons[order]])
        return Lines(
            order=order,
            number=np.arange(len(order)) - np.repeat(np.cumsum(size) - size, size) + 1,
            article=article,
            quantity=1 + chance.binomial(2, 0.12, len(article)),
            price_cents=self._catalogue.price_cents[article],
        )

    def _write_lines(self, orders: Orders, lines: Lines, ledger: Ledger) -> None:
        article = pa.array(lines.article)
        columns = {
            "order_id": numbered("o", orders.number[lines.order]),
            "line_number": lines.number,
            "sku_id": self._catalogue.sku_id.take(article),
            "category_code": self._catalogue.category_code.take(article),
            "brand": self._catalogue.brand.take(article),
            "quantity": lines.quantity,
            "unit_price_cents": lines.price_cents,
        }
        ledger.add("order_items", day_of(orders.ordered_at)[lines.order], columns)

    def _who_orders(self, month: Month, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Person and moment of every order of the month, by moment."""
        rate = self._order_rate * SEASON[month.first.month - 1]
        rate = rate * np.where(self._hardship.is_in_work, 1.0, 0.6) * self.is_registered(month.end)
        persons = np.repeat(np.arange(self._people.count), chance.poisson(rate))
        ordered_at = month.moments(chance, len(persons))
        happens = (ordered_at > self._people.registered_at[persons]) & (ordered_at < self._leaves_at[persons])
        order = np.lexsort((persons[happens], ordered_at[happens]))
        return persons[happens][order], ordered_at[happens][order]

    def _ways_to_pay(
        self, chance: np.random.Generator, persons: np.ndarray, net_cents: np.ndarray, borrowing_room: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Sales channel and payment method of each order."""
        count = len(persons)
        channel = chance.choice(len(CHANNELS), count, p=[0.58, 0.22, 0.13, 0.07])
        method = chance.choice([ON_CARD, ON_WALLET, ON_DELIVERY], count, p=[0.42, 0.50, 0.08])
        may_borrow = (net_cents >= 10_000) & (net_cents <= borrowing_room[persons]) & (chance.random(count) < 0.75)
        _, first = np.unique(persons[may_borrow], return_index=True)
        method[np.flatnonzero(may_borrow)[first]] = ON_CREDIT  # one plan per person and month keeps within the limit
        method[(channel == IN_SHOP) & (method == ON_DELIVERY)] = ON_WALLET  # nothing is delivered there
        return channel, method

    def _outcomes(
        self,
        chance: np.random.Generator,
        persons: np.ndarray,
        ordered_at: np.ndarray,
        channel: np.ndarray,
        method: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """When each order is paid (NOTHING: never), when it ends, and how."""
        ends = chance.random(len(persons))
        paid_at = ordered_at + chance.integers(20, 1_200, len(persons))
        closed_at = ordered_at + chance.integers(20 * 3600, 5 * DAY_SECONDS, len(persons))
        closed_at = np.where(channel == IN_SHOP, paid_at + 60, closed_at)
        is_refused = (method == ON_DELIVERY) & (ends > 0.94 - 0.04 * np.clip(self._people.hazard[persons], -1, 2))
        is_cancelled = (ends < 0.05) & (method != ON_CREDIT) & ~is_refused
        is_unpaid = is_refused | (is_cancelled & ((ends < 0.04) | (method == ON_DELIVERY)))
        paid_at = np.where(is_unpaid, NOTHING, np.where(method == ON_DELIVERY, closed_at, paid_at))
        status = np.where(is_refused, REFUSED, np.where(is_cancelled, CANCELLED, DELIVERED))
        return paid_at, closed_at, status

    def _devices(self, chance: np.random.Generator, persons: np.ndarray) -> np.ndarray:
        uses_second = self._has_second_device[persons] & (chance.random(len(persons)) < 0.3)
        return np.where(uses_second, self._people.count + persons, self._device[persons])

    def _write_versions(self, orders: Orders, chance: np.random.Generator, ledger: Ledger) -> None:
        """Each order as it was created, as it was paid (where that came first), and as it ended."""
        count, fixed = len(orders.number), self._order_columns(orders, chance)
        always = np.ones(count, bool)
        is_paid_first = (orders.paid_at != NOTHING) & (orders.paid_at < orders.closed_at)
        for happens, moment, status, paid_at in (
            (always, orders.ordered_at, np.full(count, CREATED), np.full(count, NOTHING)),
            (is_paid_first, orders.paid_at, np.full(count, PAID), orders.paid_at),
            (always, orders.closed_at, orders.status, orders.paid_at),
        ):
            rows = {**fixed, "order_status": chosen(STATUSES, status), "paid_at": paid_at, "updated_at": moment}
            ledger.add("orders", day_of(moment), rows, happens=happens)

    def _order_columns(self, orders: Orders, chance: np.random.Generator) -> dict[str, object]:
        """What stays the same in every version of an order."""
        count = len(orders.number)
        phones = [spelling.mobile_number(int(number)) for number in self.phone]
        spelled = pa.array([[phone, f"+86 {phone}"][i % 2] for i, phone in enumerate(phones)])
        person = pa.array(orders.person)
        is_sent_home = orders.channel != IN_SHOP
        return {
            "order_id": numbered("o", orders.number),
            "shop_user_id": self._people.shop_user_ids(orders.person),
            "ordered_at": orders.ordered_at,
            "sales_channel": chosen(CHANNELS, orders.channel),
            "payment_method": chosen(METHODS, orders.method),
            "gross_cents": orders.gross_cents,
            "discount_cents": orders.discount_cents,
            "net_cents": orders.net_cents,
            "shipping_address": where(is_sent_home & (chance.random(count) < 0.96), self._addresses.take(person)),
            "recipient_phone": where(is_sent_home, spelled.take(person)),
            "device_id": where(is_sent_home & (chance.random(count) < 0.97), numbered("d", orders.device)),
            "ip_address": where(chance.random(count) < 0.9, self._ip_addresses.take(person)),
        }

    def _write_refunds(self, chance: np.random.Generator, orders: Orders, ledger: Ledger) -> None:
        count = len(orders.number)
        is_paid_back = (orders.status == CANCELLED) & (orders.paid_at != NOTHING)
        returns = chance.random(count) < 0.04 * np.exp(0.6 * self._people.impulse[orders.person])
        refunded = is_paid_back | (returns & (orders.status == DELIVERED))
        is_full = is_paid_back | ((chance.random(count) < 0.6) & (orders.method != ON_CREDIT))
        part = orders.net_cents * chance.integers(20, 60, count) // 100
        amount = np.where(is_full, orders.net_cents, part)
        waits = np.where(is_paid_back, 60, chance.integers(DAY_SECONDS, 10 * DAY_SECONDS, count))
        moment = orders.closed_at + waits
        rows = {
            "order_id": numbered("o", orders.number),
            "refunded_at": moment,
            "amount_cents": amount,
            "reason_code": chosen(REASONS, np.where(is_paid_back, 4, chance.integers(0, 4, count))),
        }
        happens = refunded & (amount > 0)
        rows["refund_id"] = numbered("f", np.cumsum(happens) + self._numbers["refund"])
        self._numbers["refund"] += int(happens.sum())
        is_late = chance.random(count) < 0.01
        ledger.add("refunds", day_of(moment) + is_late, rows, happens=happens)

    def _write_referrals(self, month: Month, chance: np.random.Generator, ledger: Ledger) -> None:
        """Some of this month's newcomers were brought by a friend who was there before."""
        people = self._people
        for newcomer, friend in (people.friends.T, people.friends.T[::-1]):
            registered_at = people.registered_at[newcomer]
            is_new = (registered_at >= month.start) & (registered_at < month.end)
            happens = is_new & self.is_registered(month.start)[friend] & (chance.random(len(newcomer)) < 0.15)
            _, first = np.unique(newcomer[happens], return_index=True)
            chosen_pairs = np.flatnonzero(happens)[first]
            ledger.add(
                "referrals",
                day_of(registered_at[chosen_pairs]),
                {
                    "referral_id": numbered("r", self._next("referral", len(chosen_pairs))),
                    "referrer_shop_user_id": self._people.shop_user_ids(friend[chosen_pairs]),
                    "referred_shop_user_id": self._people.shop_user_ids(newcomer[chosen_pairs]),
                    "referred_at": registered_at[chosen_pairs],
                },
            )

    def _next(self, kind: str, count: int) -> np.ndarray:
        first = self._numbers[kind]
        self._numbers[kind] += count
        return np.arange(first, first + count)


def _elder(household: np.ndarray) -> np.ndarray:
    """For each person the first of the household, whose phone or tablet the family shares."""
    return np.searchsorted(household, household)
