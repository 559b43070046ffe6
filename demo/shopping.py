"""The shop: orders that move from created to delivered, and refunds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from demo import spelling
from demo.buying import Buying, begin_buying
from demo.catalogue import CODES, SHARES, Catalogue
from demo.hardship import Hardship
from demo.neighbours import Neighbours
from demo.orders import (
    CANCELLED,
    CANCELLED_SHARE,
    CHANNELS,
    CREATED,
    DELIVERED,
    IN_APP,
    IN_MINI_PROGRAM,
    IN_SHOP,
    METHODS,
    ON_CARD,
    ON_CREDIT,
    ON_DELIVERY,
    ON_WALLET,
    PAID,
    STATUSES,
    Lines,
    Orders,
    endings,
    refusal_chance,
)
from demo.people import People
from demo.referrals import Referrals
from demo.tables import NOTHING, Ledger, chosen, where
from demo.users import Users, eldest
from demo.world import DAY_SECONDS, District, Month, day_of, moment_of

KIOSK = -1  # a terminal in a shopping centre that thousands use
KIOSK_ID = "d-kiosk-01"
MORE_LINES, SECOND_PIECE = 0.55, 0.12  # lines of an order besides the first; pieces of a line likewise
RETURNED = (
    0.07  # of the orders; between 10.6 and 16.6 % of retail sales came back in 2020 and 2021, see demo.world_report
)
PAID_ON_DELIVERY = 0.08  # of the orders without credit that are sent home
TO_THE_OFFICE = 0.06  # of the parcels
LOOTED = 60  # per cent of the credit left that a ring takes in each of its last months
RESOLD = CODES.index("retail_electronics")
SALES_MONTHS = (6, 11)
VOUCHERS = 2.5  # how much oftener an order carries a voucher, for each unit of the uplift of an offer
REASONS = ("changed_mind", "damaged", "wrong_article", "late", "cancelled_by_user")


class Shop:
    """The shop as it stands in the month that is being lived."""

    def __init__(
        self, world: District, people: People, catalogue: Catalogue, hardship: Hardship, neighbours: Neighbours
    ) -> None:
        """Decide once what kind of shopper everyone is."""
        self._world, self._people, self._catalogue, self._hardship = world, people, catalogue, hardship
        chance, count = world.generator("shop"), people.count
        self.buying = begin_buying(world, people)
        self._favourite = chance.choice(len(SHARES), count, p=SHARES)
        self._likes_bargains = np.clip(0.35 * np.exp(0.5 * chance.normal(size=count)), 0.03, 0.9)
        self.users = Users(world, people)
        own_device = np.where(chance.random(count) < 0.06, eldest(people), np.arange(count))
        self.usual_device = people.rings.share(own_device)
        self._has_second_device = (chance.random(count) < 0.4) & ~people.rings.is_member
        self.promoted = np.zeros(count)  # the uplift of the offers that each person opened in the month before
        self._spent_cents = np.zeros(count, np.int64)
        self._newest = np.empty((2, 0), np.int64)  # person and moment of each order of the month lived last
        self._numbers, self._referrals = dict.fromkeys(("order", "refund"), 0), Referrals(people, neighbours)

    def live_month(self, month: Month, borrowing_room: np.ndarray, ledger: Ledger) -> Orders:
        """Write down what the shop saw this month; borrowing_room says how much credit each person may still take."""
        chance = self._world.generator("shop", month.index)
        self.users.live_month(month, self._spent_cents, ledger)
        orders = self._write_orders(month, chance, borrowing_room, ledger)
        self._write_refunds(chance, orders, ledger)
        self._referrals.live_month(month, chance, ledger)
        return orders

    def buying_at(self, moment: int) -> Buying:
        """What is true of everyone's buying at a moment of the month lived last."""
        person, ordered_at = self._newest
        later = np.bincount(person[ordered_at >= moment], minlength=len(self.buying.ordered))
        return replace(self.buying, ordered=self.buying.ordered - later)

    def expected_basket_cents(self) -> np.ndarray:
        """What an order of each person brings on average, net of discounts, cancellations and refunds."""
        catalogue, categories = self._catalogue, len(SHARES)
        price = np.array([catalogue.expected_price_cents(category) for category in range(categories)])
        line = 0.5 * price[self._favourite] + 0.5 * float(price @ SHARES)
        gross = line * (1 + MORE_LINES) * (1 + 2 * SECOND_PIECE)
        discount = self._likes_bargains * 0.135
        returned = RETURNED * np.exp(0.6 * self._people.impulse) * (0.6 + 0.4 * 0.395)
        unpaid = CANCELLED_SHARE + PAID_ON_DELIVERY * refusal_chance(self._people.hazard)
        return np.asarray(gross * (1 - discount) * (1 - unpaid) * np.clip(1 - returned, 0, 1))

    def _write_orders(
        self, month: Month, chance: np.random.Generator, borrowing_room: np.ndarray, ledger: Ledger
    ) -> Orders:
        persons, ordered_at = self.buying.orders_of(month, chance)
        self._newest = np.stack([persons, ordered_at])
        persons, ordered_at, loot = self._with_loot(month, persons, ordered_at, borrowing_room)
        number = self._next("order", len(persons))
        lines = self._fill_baskets(chance, persons, loot)
        gross = np.bincount(lines.order, lines.price_cents * lines.quantity, len(persons)).astype(np.int64)
        likes = self._likes_bargains[persons] * (1.4 if month.first.month in SALES_MONTHS else 1.0)
        # What a message of the month before really moves: a voucher used where there would have been none.
        likes = np.minimum(likes + VOUCHERS * self.promoted[persons], 0.95)
        has_discount, percent = chance.random(len(persons)) < likes, chance.integers(3, 25, len(persons))
        discount = np.where(has_discount, gross * percent // 100, 0)
        channel, method = self._ways_to_pay(month, chance, persons, gross - discount, borrowing_room, loot)
        paid_at, closed_at, status = endings(chance, ordered_at, channel, method, self._people.hazard[persons])
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

    def _with_loot(
        self, month: Month, persons: np.ndarray, ordered_at: np.ndarray, borrowing_room: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The orders with those of rings about to vanish, by moment; for each the cents of credit it is to take, or 0.

        They belong to no process of repeat buying, and are no part of anybody's value.
        """
        thieves = np.flatnonzero(self._people.rings.loots_in(month.index) & (borrowing_room > 0))
        moment = month.moments(self._world.generator("loot", month.index), len(thieves))
        loot = np.append(np.zeros(len(persons), np.int64), LOOTED * borrowing_room[thieves] // 100)
        persons, ordered_at = np.append(persons, thieves), np.append(ordered_at, moment)
        order = np.lexsort((persons, ordered_at))
        return persons[order], ordered_at[order], loot[order]

    def _fill_baskets(self, chance: np.random.Generator, persons: np.ndarray, loot: np.ndarray) -> Lines:
        """What is in each order: a few articles to everyone's taste, or for loot one that is easily sold again."""
        size = np.where(loot > 0, 1, 1 + chance.poisson(MORE_LINES, len(persons)))
        order = np.repeat(np.arange(len(persons)), size)
        article = self._catalogue.choose(chance, self._favourite[persons[order]])
        quantity = 1 + chance.binomial(2, SECOND_PIECE, len(article))
        is_loot = loot[order] > 0
        article[is_loot] = self._catalogue.dearest_below(RESOLD, loot[order][is_loot])
        price = self._catalogue.price_cents[article]
        quantity = np.where(is_loot, np.clip(loot[order] // price, 1, 20), quantity)
        number = np.arange(len(order)) - np.repeat(np.cumsum(size) - size, size) + 1
        return Lines(order=order, number=number, article=article, quantity=quantity, price_cents=price)

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
        loot: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Sales channel and payment method of each order."""
        count, drift = len(persons), self._world.world.drift
        channel = chance.choice(len(CHANNELS), count, p=[0.58, 0.22, 0.13, 0.07])
        if drift and drift.holds(month.first):
            switches = self._world.generator("drift of channels", month.index).random(count) < drift.new_channel_share
            is_newcomer = self._people.registered_at[persons] >= moment_of(drift.begins)
            is_newcomer &= drift.new_channel_share > 0
            channel[(channel == IN_APP) & (switches | is_newcomer)] = IN_MINI_PROGRAM
        method = chance.choice([ON_CARD, ON_WALLET, ON_DELIVERY], count, p=[0.42, 0.50, PAID_ON_DELIVERY])
        may_borrow = (net_cents >= 10_000) & (net_cents <= borrowing_room[persons]) & (chance.random(count) < 0.75)
        is_thief = self._people.rings.loots_in(month.index)[persons]
        may_borrow = np.where(is_thief, (loot > 0) & (net_cents <= borrowing_room[persons]), may_borrow)
        _, first = np.unique(persons[may_borrow], return_index=True)
        method[np.flatnonzero(may_borrow)[first]] = ON_CREDIT  # one plan per person and month keeps within the limit
        method[(channel == IN_SHOP) & (method == ON_DELIVERY)] = ON_WALLET  # nothing is delivered there
        return channel, method

    def _devices(self, chance: np.random.Generator, persons: np.ndarray) -> np.ndarray:
        uses_second = self._has_second_device[persons] & (chance.random(len(persons)) < 0.3)
        device = np.where(uses_second, self._people.count + persons, self.usual_device[persons])
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
        phones = self.users.phones(self.users.phone[orders.person])
        spelled = pa.compute.if_else(
            pa.array(orders.person % 2 == 1), pa.compute.binary_join_element_wise("+86 ", phones, ""), phones
        )
        spelled = self.users.with_placeholders(spelled, orders.person)
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
        office = self._world.numbers(count + np.maximum(workplace, 0))  # those who move begin at twice the count
        city = np.where(to_office, np.maximum(workplace, 0) % len(spelling.CITIES), self.users.city[persons])
        return spelling.addresses(city, np.where(to_office, office, self.users.home[persons]))

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

    def _next(self, kind: str, count: int) -> np.ndarray:
        first = self._numbers[kind]
        self._numbers[kind] += count
        return np.arange(first, first + count)
