"""What people do on the shop's site and apps: visits that end in an order, and many that do not."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from demo.catalogue import SHARES, Catalogue
from demo.hardship import STRAINED, Hardship
from demo.orders import IN_SHOP, Orders
from demo.people import People
from demo.shopping import Shop
from demo.tables import Ledger, chosen, where
from demo.world import DAY_SECONDS, District, Month, day_of

EVENT_TYPES = ("view", "search", "add_to_cart", "checkout", "purchase", "login")
VIEW, SEARCH, ADD, CHECKOUT, PURCHASE, LOGIN = range(6)
USER_AGENTS = (
    "AllianceShop/8.2 (Android 15)",
    "AllianceShop/8.2 (iOS 19.1)",
    "AllianceShop/7.9 (Android 13)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/146.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_2) Safari/19.0",
)
PEOPLE_FOR_A_BOT = 1_000
WORRIED_LOGINS = 2.5  # a month, of those who are strained: to see what is owed, and what can wait; a guess
STEPS = ((VIEW, 900, 0.75), (ADD, 400, 0.35), (CHECKOUT, 90, 0.3), (PURCHASE, 0, 1.0))
"""Before an order: what, how many seconds before it, and how often the shop's tracking catches it."""


class Browsing:
    """The tracking of the shop in the month that is being lived."""

    def __init__(self, world: District, people: People, shop: Shop, catalogue: Catalogue, hardship: Hardship) -> None:
        """Decide once how much everyone browses."""
        self._world, self._people, self._shop, self._catalogue = world, people, shop, catalogue
        self._hardship = hardship
        chance = world.generator("browsing")
        self._visit_rate = 0.75 * chance.gamma(0.8, 1 / 0.8, people.count)
        self._favourite = chance.choice(len(SHARES), people.count, p=SHARES)
        self._agent = chance.choice(len(USER_AGENTS), people.count, p=[0.4, 0.3, 0.1, 0.13, 0.07])
        self._event_count, self._session_count = 0, 0
        self.bots = bot_devices(people.count)

    def live_month(self, month: Month, orders: Orders, ledger: Ledger) -> None:
        """Write down the events of the month."""
        chance = self._world.generator("browsing", month.index)
        bought = self._steps_to_orders(month, chance, orders)
        visited = self._visits(month, chance)
        crawled = self._crawls(month, chance)
        worried = self._worried_logins(month)
        event = {name: np.concatenate([bought[name], visited[name], crawled[name], worried[name]]) for name in bought}
        order = np.lexsort((event["session"], event["moment"]))
        event = {name: values[order] for name, values in event.items()}
        count = len(order)
        person, article = event["person"], event["article"]
        is_about_article = np.isin(event["type"], (VIEW, ADD, CHECKOUT, PURCHASE))
        columns = {
            "event_id": self._world.ids("e", np.arange(self._event_count, self._event_count + count), 9),
            "shop_user_id": where(event["is_logged_in"], self._people.shop_user_ids(person)),
            "device_id": self._shop.device_ids(event["device"]),
            "session_id": self._world.ids("s", event["session"]),
            "occurred_at": event["moment"],
            "event_type": chosen(EVENT_TYPES, event["type"]),
            "category_code": where(event["type"] != LOGIN, self._catalogue.category_code.take(pa.array(article))),
            "sku_id": where(is_about_article, self._catalogue.sku_id.take(pa.array(article))),
            "ip_address": where(chance.random(count) < 0.95, self._people.ip_addresses.take(pa.array(person))),
            "user_agent": where(chance.random(count) < 0.97, chosen(USER_AGENTS, self._agent[person])),
        }
        self._event_count += count
        ledger.add("events", day_of(event["moment"]), columns)

    def _new_sessions(self, count: int) -> np.ndarray:
        """The numbers of so many more sessions."""
        self._session_count += count
        return np.arange(self._session_count - count, self._session_count)

    def _steps_to_orders(self, month: Month, chance: np.random.Generator, orders: Orders) -> dict[str, np.ndarray]:
        online = np.flatnonzero(orders.channel != IN_SHOP)
        session = self._new_sessions(len(online))
        steps = []
        for kind, seconds, caught in STEPS:
            index = chance.random(len(online)) < caught
            at = orders.ordered_at[online] - (seconds * (0.5 + chance.random(len(online)))).astype(np.int64)
            at = np.maximum(at, month.start)  # the month before is already written
            steps.append((online[index], session[index], at[index], np.full(int(index.sum()), kind)))
        order, visit, moment, types = (np.concatenate(parts) for parts in zip(*steps, strict=True))
        return {
            "person": orders.person[order],
            "device": orders.device[order],
            "session": visit,
            "moment": moment,
            "type": types,
            "article": orders.article[order],
            "is_logged_in": np.ones(len(order), bool),
        }

    def _visits(self, month: Month, chance: np.random.Generator) -> dict[str, np.ndarray]:
        rate = self._visit_rate * self._shop.users.is_registered(month.start)
        visitor = np.repeat(np.arange(self._people.count), chance.poisson(rate))
        begins_at, knows_who = month.moments(chance, len(visitor)), chance.random(len(visitor)) < 0.85
        session = self._new_sessions(len(visitor))
        events = 1 + chance.poisson(0.9, len(visitor))
        visit = np.repeat(np.arange(len(visitor)), events)
        step = np.arange(len(visit)) - np.repeat(np.cumsum(events) - events, events)
        return {
            "person": visitor[visit],
            "device": self._shop.usual_device[visitor[visit]],
            "session": session[visit],
            "moment": begins_at[visit] + 47 * step,
            "type": chance.choice([VIEW, SEARCH, ADD, LOGIN], len(visit), p=[0.62, 0.2, 0.1, 0.08]),
            "article": self._catalogue.choose(chance, self._favourite[visitor[visit]]),
            "is_logged_in": knows_who[visit],
        }

    def _worried_logins(self, month: Month) -> dict[str, np.ndarray]:
        """Visits of people in difficulty who look at their account and at nothing else."""
        chance = self._world.generator("worries", month.index)
        is_worried = self._shop.users.is_registered(month.start) & (self._hardship.condition == STRAINED)
        person = np.repeat(np.arange(self._people.count), chance.poisson(WORRIED_LOGINS * is_worried))
        session = self._new_sessions(len(person))
        return {
            "person": person,
            "device": self._shop.usual_device[person],
            "session": session,
            "moment": month.moments(chance, len(person)),
            "type": np.full(len(person), LOGIN),
            "article": np.zeros(len(person), np.int64),
            "is_logged_in": np.ones(len(person), bool),
        }

    def _crawls(self, month: Month, chance: np.random.Generator) -> dict[str, np.ndarray]:
        """Programs that look at article after article, second after second, log in never and buy nothing."""
        bots = np.repeat(self.bots, chance.poisson(0.3, len(self.bots)))
        begins_at = month.start + chance.integers(0, (month.days - 1) * DAY_SECONDS, len(bots))
        session = self._new_sessions(len(bots))
        events = chance.integers(40, 160, len(bots))
        visit = np.repeat(np.arange(len(bots)), events)
        step = np.arange(len(visit)) - np.repeat(np.cumsum(events) - events, events)
        return {
            "person": bots[visit] % self._people.count,
            "device": bots[visit],
            "session": session[visit],
            "moment": begins_at[visit] + 2 * step,
            "type": np.full(len(visit), VIEW),
            "article": chance.integers(0, len(self._catalogue.category), len(visit)),
            "is_logged_in": np.zeros(len(visit), bool),
        }


def bot_devices(people: int) -> np.ndarray:
    """The devices (numbered within the district) of programs: one for so many people, and at least one."""
    return 3 * people + np.arange(max(1, people // PEOPLE_FOR_A_BOT))
