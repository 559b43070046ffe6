"""The world lived from the first month of its history to a given day: every row that the partners wrote down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo.banks import Banks
from demo.browsing import Browsing
from demo.campaigns import Campaigns
from demo.catalogue import stock
from demo.credit import Credit
from demo.hardship import Hardship
from demo.money import Money
from demo.people import People, settle
from demo.shopping import Shop
from demo.tables import BANK_TABLES, FILE_TABLES, Ledger
from demo.wishes import Wishes
from demo.world import World, WorldError, day_number

DUPLICATES = 3  # rows that a large drop repeats word for word, as a resent batch would
LARGE_DROP = 50


@dataclass(frozen=True)
class Life:
    """Everything up to `last_day`; the hardship is the truth that partners never see."""

    world: World
    last_day: date
    people: People
    hardship: Hardship
    ledger: Ledger

    def drop(self, table: str, day: date) -> pa.Table:
        """What the shop's drop of `day` holds of a table: the first one all history, later ones what arrived that day.

        Of a row that changed, the drop has the newest version only; a large drop repeats a few rows.
        """
        source = FILE_TABLES[table]
        rows = _between(self.ledger.all_rows(table), self._first_arrival(day), day_number(day) + 1)
        if source.moment:
            rows = rows.take(pc.sort_indices(rows, sort_keys=[(source.moment, "ascending")]))
        if source.key:
            rows = _newest_versions(rows, source.key)
        if rows.num_rows < LARGE_DROP:
            return rows
        chance = self.world.generator(f"duplicates of {table}", day_number(day))
        return pa.concat_tables([rows, rows.take(pa.array(chance.integers(0, rows.num_rows, DUPLICATES)))])

    def replica(self, bank: str, table: str, first: date | None, last: date) -> pa.Table:
        """What a bank wrote from the beginning of `first` (None: ever) to the end of `last`, oldest first."""
        source = BANK_TABLES[table]
        first_arrival = day_number(first) if first else np.iinfo(np.int64).min
        rows = _between(self.ledger.all_rows(table, bank), first_arrival, day_number(last) + 1)
        return rows.take(pc.sort_indices(rows, sort_keys=[(source.moment, "ascending")]))

    def _first_arrival(self, day: date) -> int:
        return np.iinfo(np.int64).min if day == self.world.first_business_date else day_number(day)


def live(world: World, last_day: date) -> Life:
    """Live the world until the end of the month of `last_day`."""
    if last_day < world.first_business_date:
        raise WorldError(f"no drop before {world.first_business_date}: ask for a later day than {last_day}")
    people, ledger, articles = settle(world), Ledger(), stock(world)
    hardship = Hardship(world, people)
    shop = Shop(world, people, articles, hardship)
    credit = Credit(world, people, shop, hardship)
    browsing = Browsing(world, people, shop, articles)
    banks = Banks(world, people, shop, hardship)
    money = Money(world, people, banks, hardship)
    wishes, campaigns = Wishes(world, people, shop), Campaigns(world, people, shop)
    for month in world.months_through(last_day):
        hardship.live_month(month)
        orders = shop.live_month(month, credit.borrowing_room(month), ledger)
        credit.live_month(month, orders, ledger)
        browsing.live_month(month, orders, ledger)
        banks.live_month(month, ledger)
        money.live_month(month, ledger)
        wishes.live_month(month, ledger)
        campaigns.live_month(month, ledger)
    return Life(world, last_day, people, hardship, ledger)


def _between(rows_and_days: tuple[pa.Table, np.ndarray], first: int, after: int) -> pa.Table:
    rows, days = rows_and_days
    begin, end = np.searchsorted(days, [first, after])
    return rows.slice(begin, end - begin)


def _newest_versions(rows: pa.Table, key: str) -> pa.Table:
    """The last row of each key; rows come oldest first."""
    keys = rows[key].combine_chunks().dictionary_encode()
    newest = np.full(len(keys.dictionary), -1)
    newest[keys.indices.to_numpy()] = np.arange(rows.num_rows)
    return rows.take(pa.array(np.sort(newest)))
