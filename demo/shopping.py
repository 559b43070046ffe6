"""The shop: users who register and change, orders that move from created to delivered, refunds and referrals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from demo import spelling
from demo.buying import begin_buying
from demo.catalogue import SHARES, Catalogue
from demo.hardship import Hardship
from demo.people import EDUCATIONS, OCCUPATIONS, People
from demo.tables import NOTHING, Ledger, chosen, where
from demo.world import DAY_SECONDS, District, Month, day_of

CHANNELS = ("app", "mini_program", "web", "offline_code")
METHODS = ("instalment_credit", "bank_card", "wallet", "cash_on_delivery")
STATUSES = ("created", "paid", "delivered", "cancelled", "refused")
IN_SHOP = CHANNELS.index("offline_code")
ON_CREDIT, ON_CARD, ON_WALLET, ON_DELIVERY = range(4)
CREATED, PAID, DELIVERED, CANCELLED, REFUSED = range(5)
LEVELS = ("basic", "silver", "gold", "platinum")
KIOSK = -1  # a terminal in a shopping centre that thousands use
KIOSK_ID = "d-kiosk-01"
CHANGES_PHONE, MOVES = 0.008, 0.003  # each month
INHERITS_NUMBER = 0.25  # of the new numbers were somebody else's before
MORE_LINES, SECOND_PIECE = 0.55, 0.12  # lines of an order besides the first; pieces of a line likewise
RETURNED, CANCELLED_SHARE = 0.07, 0.05  # of the orders; e-commerce returns lie between 5 and 15 per cent
TO_THE_OFFICE = 0.06  # of the parcels
SALES_MONTHS = (6, 11)
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

    def __init__(self, world: District, people: People, catalogue: Catalogue, hardship: Hardship) -> None:
        """Decide once what kind of shopper everyone is."""
        self._world, self._people, self._catalogue, self._hardship = world, people, catalogue, hardship
        chance, count = world.generator("shop"), people.count
        self.buying = begin_buying(world, people)
        self._favourite = chance.choice(len(SHARES), count, p=SHARES)
        self._likes_bargains = np.clip(0.35 * np.exp(0.5 * chance.normal(size=count)), 0.03, 0.9)
        own_device = np.where(chance.random(count) < 0.06, _elder(people), np.arange(count))
        self._device = people.rings.share(own_device)
        self._has_second_device = (chance.random(count) < 0.4) & ~people.rings.is_member
        self.phone = np.where(chance.random(count) < 0.03, _elder(people), np.arange(count))
        second = np.arange(people.persons, count)
        same_phone = second[chance.random(len(second)) < 0.5]
        self.phone[same_phone] = self.phone[people.owner[same_phone]]
        self.phone_changes: list[tuple[int, np.ndarray, np.ndarray]] = [(0, np.arange(count), self.phone)]
        self._abandoned = np.empty(0, np.int64)
        self.is_verified = (chance.random(count) < 0.68) | people.rings.is_member
        self.is_verified[second] = False
        self.city, self.home = people.city.copy(), people.home.copy()
        self._placeholder = chance.random(count)
        self._hides = chance.random((6, count))
        self._spelling = chance.random(count)
        self._level = np.zeros(count, np.int64)
        self._spent_cents = np.zeros(count, np.int64)
        self._numbers = dict.fromkeys(("order", "refund", "referral"), 0)

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
        registered_at = self._people.registered_at
        begins = -np.inf if month.index == 0 else month.start
        is_new = self.is_registered(month.end) & (registered_at >= begins)
        moves = self._move(month, chance) & self.is_registered(month.start)
        changes_phone = self._change_phones(month, chance)
        level = np.searchsorted([200_000, 800_000, 2_500_000], self._spent_cents)
        changes = changes_phone | moves | (self.is_registered(month.start) & (level != self._level) & ~is_new)
        self._level = np.where(changes, level, self._level)
        for persons, updated_at in (
            (np.flatnonzero(is_new), registered_at[is_new]),
            (np.flatnonzero(changes), month.moments(chance, int(changes.sum()))),
        ):
            ledger.add("users", day_of(updated_at), self._user_rows(persons, updated_at))

    def _change_phones(self, month: Month, chance: np.random.Generator) -> np.ndarray:
        """Who takes a new number: most a fresh one, some a number that somebody gave up in a month before."""
        changes = self.is_registered(month.start) & (chance.random(self._people.count) < CHANGES_PHONE)
        persons = np.flatnonzero(changes)
        number = self._people.count * (2 + month.index) + persons
        inherits = np.flatnonzero(chance.random(len(persons)) < INHERITS_NUMBER)[: len(self._abandoned)]
        number[inherits] = self._abandoned[: len(inherits)]
        given_up = self.phone[persons]
        # A number that a family shares is not free when one of them leaves it.
        shared = np.isin(given_up, np.delete(self.phone, persons))
        self._abandoned = np.concatenate([self._abandoned[len(inherits) :], np.unique(given_up[~shared])])
        self.phone = self.phone.copy()
        self.phone[persons] = number
        self.phone_changes.append((month.start, persons, number))
        return changes

    def _move(self, month: Month, chance: np.random.Generator) -> np.ndarray:
        """Who moves to a home of their own, one in three to another city."""
        count = self._people.count
        moves, leaves_city = chance.random(count) < MOVES, chance.random(count) < 1 / 3
        elsewhere = chance.integers(0, len(spelling.CITIES), count)
        new_home = self._world.numbers(count * (2 + month.index) + np.arange(count))
        self.home = np.where(moves, new_home, self.home)
        self.city = np.where(moves & leaves_city, elsewhere, self.city)
        return moves

    def expected_basket_cents(self) -> np.ndarray:
        """What an order of each person brings on average, net of discounts, cancellations and refunds."""
        catalogue, categories = self._catalogue, len(SHARES)
        price = np.array([catalogue.expected_price_cents(category) for category in range(categories)])
        line = 0.5 * price[self._favourite] + 0.5 * float(price @ SHARES)
        gross = line * (1 + MORE_LINES) * (1 + 2 * SECOND_PIECE)
        discount = self._likes_bargains * 0.135
        returned = RETURNED * np.exp(0.6 * self._people.impulse) * (0.6 + 0.4 * 0.395)
        return np.asarray(gross * (1 - discount) * (1 - CANCELLED_SHARE) * np.clip(1 - returned, 0, 1))

    def phones(self, numbers: np.ndarray) -> pa.Array:
        """The digits of phones numbered within the district."""
        return spelling.mobile_numbers(self._world.numbers(numbers))

    def _user_rows(self, persons: np.ndarray, updated_at: np.ndarray) -> dict[str, object]:
        people, hides, verified = self._people, self._hides[:, persons], self.is_verified[persons]
        phones = spelling.spelled_phones(self.phones(self.phone[persons]), self._spelling[persons])
        phones = spelling.with_placeholders(phones, self._placeholder[persons])
        ids = spelling.spelled_national_ids(people.national_ids.take(pa.array(persons)), self._spelling[-persons])
        city = np.where(hides[2] < 0.9, self.city[persons], -1)
        tier = np.array([city[2] for city in spelling.CITIES])[self.city[persons]]
        return {
            "shop_user_id": self._people.shop_user_ids(persons),
            "registered_at": people.registered_at[persons],
            "full_name": where(verified | (hides[0] < 0.6), people.names.take(pa.array(persons))),
            "phone": where(hides[1] < 0.97, phones),
            "email": where(hides[2] < 0.65, people.emails.take(pa.array(persons))),
            "national_id": where(verified & (hides[3] < 0.97), ids),
            "is_real_name_verified": verified,
            "birth_date": np.where(verified | (hides[4] < 0.7), people.birth_day[persons], NOTHING),
            "gender": chosen(("female", "male"), np.where(hides[5] < 0.9, people.is_male[persons], -1)),
            "education": chosen(EDUCATIONS, np.where(hides[0] < 0.7, people.education[persons], -1)),
            "occupation": chosen(OCCUPATIONS, np.where(hides[1] < 0.75, people.occupation[persons], -1)),
            "city_code": chosen([c[0] for c in spelling.CITIES], city),
            "city_tier": np.where(hides[2] < 0.9, tier, NOTHING),
            "membership_level": chosen(LEVELS, self._level[persons]),
            "updated_at": updated_at,
        }

    def _write_orders(
        self, month: Month, chance: np.random.Generator, borrowing_room: np.ndarray, ledger: Ledger
    ) -> Orders:
        persons, ordered_at = self.buying.orders_of(month, chance)
        number = self._next("order", len(persons))
        lines = self._fill_baskets(chance, persons)
        gross = np.bincount(lines.order, lines.price_cents * lines.quantity, len(persons)).astype(np.int64)
        likes = self._likes_bargains[persons] * (1.4 if month.first.month in SALES_MONTHS else 1.0)
        has_discount, percent = chance.random(len(persons)) < likes, chance.integers(3, 25, len(persons))
        discount = np.where(has_discount, gross * percent // 100, 0)
        channel, method = self._ways_to_pay(month, chance, persons, gross - discount, borrowing_room)
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
        size = 1 + chance.poisson(MORE_LINES, len(persons))
        order = np.repeat(np.arange(len(persons)), size)
        article = self._catalogue.choose(chance, self._favourite[persons[order]])
        return Lines(
            order=order,
            number=np.arange(len(order)) - np.repeat(np.cumsum(size) - size, size) + 1,
            article=article,
            quantity=1 + chance.binomial(2, SECOND_PIECE, len(article)),
            price_cents=self._catalogue.price_cents[article],
        )

    def _write_lines(self, orders: Orders, lines: Lines, ledger: Ledger) -> None:
        article = pa.array(lines.article)
        columns = {
            "order_id": self._world.ids("o", orders.number[lines.order]),
            "line_number": lines.number,
            "sku_id": self._catalogue.sku_id.take(article),
            "category_code": self._catalogue.category_code.take(article),
            "brand": self._catalogue.brand.take(article),
            "quantity": lines.quantity,
            "unit_price_cents": lines.price_cents,
        }
        ledger.add("order_items", day_of(orders.ordered_at)[lines.order], columns)

    def _ways_to_pay(
        self,
        month: Month,
        chance: np.random.Generator,
        persons: np.ndarray,
        net_cents: np.ndarray,
        borrowing_room: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Sales channel and payment method of each order."""
        count, drift = len(persons), self._world.world.drift
        shift = drift.new_channel_share if drift and drift.holds(month.first) else 0.0
        channel = chance.choice(len(CHANNELS), count, p=[0.58 * (1 - shift), 0.22 + 0.58 * shift, 0.13, 0.07])
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
        is_cancelled = (ends < CANCELLED_SHARE) & (method != ON_CREDIT) & ~is_refused
        is_unpaid = is_refused | (is_cancelled & ((ends < 0.04) | (method == ON_DELIVERY)))
        paid_at = np.where(is_unpaid, NOTHING, np.where(method == ON_DELIVERY, closed_at, paid_at))
        status = np.where(is_refused, REFUSED, np.where(is_cancelled, CANCELLED, DELIVERED))
        return paid_at, closed_at, status

    def _devices(self, chance: np.random.Generator, persons: np.ndarray) -> np.ndarray:
        uses_second = self._has_second_device[persons] & (chance.random(len(persons)) < 0.3)
        device = np.where(uses_second, self._people.count + persons, self._device[persons])
        return np.where(chance.random(len(persons)) < 0.015, KIOSK, device)

    def device_ids(self, devices: np.ndarray) -> pa.Array:
        """The ids of devices numbered within the district; the kiosk is the same in all."""
        return pa.compute.if_else(pa.array(devices == KIOSK), KIOSK_ID, self._world.ids("d", np.maximum(devices, 0)))

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
        phones = self.phones(self.phone[orders.person])
        spelled = pa.compute.if_else(
            pa.array(orders.person % 2 == 1), pa.compute.binary_join_element_wise("+86 ", phones, ""), phones
        )
        spelled = spelling.with_placeholders(spelled, self._placeholder[orders.person])
        person = pa.array(orders.person)
        is_sent_home = orders.channel != IN_SHOP
        return {
            "order_id": self._world.ids("o", orders.number),
            "shop_user_id": self._people.shop_user_ids(orders.person),
            "ordered_at": orders.ordered_at,
            "sales_channel": chosen(CHANNELS, orders.channel),
            "payment_method": chosen(METHODS, orders.method),
            "gross_cents": orders.gross_cents,
            "discount_cents": orders.discount_cents,
            "net_cents": orders.net_cents,
            "shipping_address": where(
                is_sent_home & (chance.random(count) < 0.96), self._destinations(orders.person, chance)
            ),
            "recipient_phone": where(is_sent_home, spelled),
            "device_id": where(is_sent_home & (chance.random(count) < 0.97), self.device_ids(orders.device)),
            "ip_address": where(chance.random(count) < 0.9, self._people.ip_addresses.take(person)),
        }

    def _destinations(self, persons: np.ndarray, chance: np.random.Generator) -> pa.Array:
        """Where parcels go: home, or to the office of those who work in one."""
        workplace, count = self._people.society.workplace[persons], self._people.count
        to_office = (workplace >= 0) & (chance.random(len(persons)) < TO_THE_OFFICE)
        office = self._world.numbers(1_000 * count + np.maximum(workplace, 0))
        city = np.where(to_office, np.maximum(workplace, 0) % len(spelling.CITIES), self.city[persons])
        return spelling.addresses(city, np.where(to_office, office, self.home[persons]))

    def _write_refunds(self, chance: np.random.Generator, orders: Orders, ledger: Ledger) -> None:
        count = len(orders.number)
        is_paid_back = (orders.status == CANCELLED) & (orders.paid_at != NOTHING)
        returns = chance.random(count) < RETURNED * np.exp(0.6 * self._people.impulse[orders.person])
        refunded = is_paid_back | (returns & (orders.status == DELIVERED))
        is_full = is_paid_back | ((chance.random(count) < 0.6) & (orders.method != ON_CREDIT))
        part = orders.net_cents * chance.integers(20, 60, count) // 100
        amount = np.where(is_full, orders.net_cents, part)
        waits = np.where(is_paid_back, 60, chance.integers(DAY_SECONDS, 10 * DAY_SECONDS, count))
        moment = orders.closed_at + waits
        rows = {
            "order_id": self._world.ids("o", orders.number),
            "refunded_at": moment,
            "amount_cents": amount,
            "reason_code": chosen(REASONS, np.where(is_paid_back, 4, chance.integers(0, 4, count))),
        }
        happens = refunded & (amount > 0)
        rows["refund_id"] = self._world.ids("f", np.cumsum(happens) + self._numbers["refund"])
        self._numbers["refund"] += int(happens.sum())
        ledger.add("refunds", day_of(moment), rows, happens=happens)

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
                    "referral_id": self._world.ids("r", self._next("referral", len(chosen_pairs))),
                    "referrer_shop_user_id": self._people.shop_user_ids(friend[chosen_pairs]),
                    "referred_shop_user_id": self._people.shop_user_ids(newcomer[chosen_pairs]),
                    "referred_at": registered_at[chosen_pairs],
                },
            )

    def _next(self, kind: str, count: int) -> np.ndarray:
        first = self._numbers[kind]
        self._numbers[kind] += count
        return np.arange(first, first + count)


def _elder(people: People) -> np.ndarray:
    """For each person the first of the household, whose phone or tablet the family shares."""
    return np.searchsorted(people.household[: people.persons], people.household)
