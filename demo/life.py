"""The world lived from the first month of its history to a given day: every row that the partners wrote down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo.banks import Banks
from demo.browsing import Browsing
from demo.campaigns import Campaigns
from demo.catalogue import stock
from demo.contagion import Contagion
from demo.credit import Credit
from demo.dirt import Delivery, Flaw, Soiled, days_late, soil
from demo.hardship import Hardship
from demo.money import Money
from demo.neighbours import Neighbours, register_of
from demo.people import People
from demo.shopping import Shop
from demo.tables import BANK_TABLES, FILE_TABLES, Ledger, SourceTable, newest_positions
from demo.wishes import Wishes
from demo.world import District, World, WorldError, day_number


@dataclass(frozen=True)
class DistrictLife:
    """Everything that happened in one district; all but the ledger is truth that partners never see.

    has_debt: for each month, and the one that follows the last, who owed the shop anything when it began.
    """

    district: District
    people: People
    hardship: Hardship
    shop: Shop
    banks: Banks
    campaigns: Campaigns
    wishes: Wishes
    browsing: Browsing
    neighbours: Neighbours
    ledger: Ledger
    has_debt: list[np.ndarray]


@dataclass(frozen=True)
class Books:
    """What all districts of a life wrote down, each in books of its own."""

    districts: tuple[DistrictLife, ...]
    _settled: dict[tuple[int, str, str], tuple[pa.Table, np.ndarray]] = field(default_factory=dict)

    def of(self, position: int, table: str, bank: str = "") -> tuple[pa.Table, np.ndarray]:
        """Every row of a table that the district in that position wrote, by arrival, and its day of arrival."""
        if (position, table, bank) not in self._settled:
            schema = (BANK_TABLES if bank else FILE_TABLES)[table].schema
            blocks = self.districts[position].ledger.hand_over(table, bank)
            rows = pa.concat_tables([schema.empty_table(), *(rows for rows, _ in blocks)])
            days = np.concatenate([np.empty(0, np.int64), *(arrives for _, arrives in blocks)])
            order = np.argsort(days, kind="stable")
            self._settled[position, table, bank] = rows.take(pa.array(order)).combine_chunks(), days[order]
        return self._settled[position, table, bank]

    def all_rows(self, table: str, bank: str = "") -> tuple[pa.Table, np.ndarray]:
        """Every row of a table so far, by district, then by arrival, and its day of arrival."""
        parts = [self.of(position, table, bank) for position in range(len(self.districts))]
        return pa.concat_tables([rows for rows, _ in parts]), np.concatenate([days for _, days in parts])


@dataclass(frozen=True)
class Life:
    """Everything up to `last_day` in all or some districts of a world.

    part: the number of its files among those of a delivery. Whatever is delivered comes district by district, each with
    dirt of its own, so parts of any size hold the same rows in the same order.
    """

    world: World
    last_day: date
    districts: tuple[DistrictLife, ...]
    ledger: Books
    part: int = 0

    def drop(self, table: str, day: date) -> pa.Table:
        """What the shop's drop of `day` holds of a table: the first one all history, later ones what arrived that day.

        Of a row that changed, the drop has the newest version only; beside it stands what is wrong with the delivery.
        """
        return pa.concat_tables([soiled.rows for soiled in self.soiled(table, day)])

    def soiled(self, table: str, day: date, file_format: str = "") -> list[Soiled]:
        """The drop of each district with its dirt, and a note of every flaw.

        file_format: another than that of the contract.
        """
        source = FILE_TABLES[table]
        source = replace(source, file_format=file_format or source.file_format)
        return [self._soiled(position, source, day) for position in range(len(self.districts))]

    def late_rows(self, table: str, day: date) -> list[Flaw]:
        """The rows of a drop that should have come on an earlier day; none of the first, which holds all history."""
        if day == self.world.first_business_date:
            return []
        return [
            Flaw("late_row", table, day, key, f"{count} days")
            for life in self.districts
            for key, count in life.ledger.late_rows(table, self._first_arrival(day), day_number(day) + 1)
        ]

    def clean_drop(self, table: str, day: date) -> pa.Table:
        """The drop as it would be without dirt other than late rows."""
        return pa.concat_tables(
            [self._clean(position, FILE_TABLES[table], day) for position in range(len(self.districts))]
        )

    def soiled_slice(self, bank: str, table: str, day: date) -> list[Soiled]:
        """What a bank wrote that day (on the first one: ever), district by district, with its dirt."""
        source = BANK_TABLES[table]
        return [self._soiled(position, source, day, bank) for position in range(len(self.districts))]

    def replica(self, bank: str, table: str, first: date | None, last: date) -> pa.Table:
        """What a bank wrote from the beginning of `first` (None: ever) to the end of `last`, day by day."""
        begins = first or self.world.first_business_date
        days = [begins + timedelta(days=offset) for offset in range((last - begins).days + 1)]
        slices = [soiled.rows for day in days for soiled in self.soiled_slice(bank, table, day)]
        return pa.concat_tables([BANK_TABLES[table].schema.empty_table(), *slices])

    def _soiled(self, position: int, source: SourceTable, day: date, bank: str = "") -> Soiled:
        books, district = self.ledger.of(position, source.name, bank), self.districts[position].district
        earlier = _between(books, np.iinfo(np.int64).min, self._first_arrival(day))
        given_back = self._orders_given_back(position, source.name, day)
        rows = self._clean(position, source, day, bank)
        return soil(Delivery(source, district, day, rows, earlier, given_back, bank))

    def _clean(self, position: int, source: SourceTable, day: date, bank: str = "") -> pa.Table:
        books = self.ledger.of(position, source.name, bank)
        rows = _between(books, self._first_arrival(day), day_number(day) + 1)
        if source.moment:
            rows = rows.take(pc.sort_indices(rows, sort_keys=[(source.moment, "ascending")]))
        return _newest_versions(rows, source.key) if source.key else rows

    def _first_arrival(self, day: date) -> int:
        return np.iinfo(np.int64).min if day == self.world.first_business_date else day_number(day)

    def _orders_given_back(self, position: int, table: str, day: date) -> pa.Array:
        """The orders that were refunded in a delivery before the day; a correction leaves them alone."""
        if table != "orders":
            return pa.array([], pa.string())
        refunds = _between(self.ledger.of(position, "refunds"), np.iinfo(np.int64).min, self._first_arrival(day))
        return pc.unique(refunds["order_id"].combine_chunks())


DISTRICTS_IN_PART = 4  # twenty thousand people and two years of their rows fit into a gigabyte


def part_count(world: World) -> int:
    """In how many parts a world is lived and delivered."""
    return -(-world.district_count // DISTRICTS_IN_PART)


def live_part(world: World, last_day: date, part: int) -> Life:
    """Live one part of the world: a fixed number of districts."""
    first = part * DISTRICTS_IN_PART
    return live(world, last_day, range(first, min(first + DISTRICTS_IN_PART, world.district_count)), part)


def live(world: World, last_day: date, districts: Iterable[int] | None = None, part: int = 0) -> Life:
    """Live the world, or some of its districts, until the end of the month of `last_day`."""
    if last_day < world.first_business_date:
        raise WorldError(f"no drop before {world.first_business_date}: ask for a later day than {last_day}")
    wanted = range(world.district_count) if districts is None else districts
    lives = tuple(_live_district(world.district(index), last_day) for index in wanted)
    return Life(world, last_day, lives, Books(lives), part)


def _live_district(district: District, last_day: date) -> DistrictLife:
    people, articles, neighbours = register_of(district).people, stock(district.world), Neighbours(district)
    ledger = Ledger(lambda table, block, count: days_late(district, table, block, count))
    hardship = Hardship(district, people, Contagion(people, neighbours).share_of_friends)
    shop = Shop(district, people, articles, hardship, neighbours)
    credit = Credit(district, people, shop, hardship)
    browsing = Browsing(district, people, shop, articles, hardship)
    wishes = Wishes(district, people, shop)
    campaigns = Campaigns(district, people, shop, wishes)
    banks = Banks(district, people, shop, hardship)
    money = Money(district, people, banks, hardship, neighbours)
    has_debt: list[np.ndarray] = []
    for month in district.world.months_through(last_day):
        leverage = credit.leverage()
        has_debt.append(leverage > 0)
        hardship.live_month(month, leverage)
        orders = shop.live_month(month, credit.borrowing_room(month), ledger)
        credit.live_month(month, orders, ledger)
        browsing.live_month(month, orders, ledger)
        wishes.live_month(month, ledger)
        banks.live_month(month, campaigns.live_month(month, ledger), ledger)
        money.live_month(month, ledger)
    leverage = credit.leverage()
    has_debt.append(leverage > 0)
    hardship.foresee(district.world.month(len(has_debt) - 1), leverage)
    return DistrictLife(
        district, people, hardship, shop, banks, campaigns, wishes, browsing, neighbours, ledger, has_debt
    )


def _between(rows_and_days: tuple[pa.Table, np.ndarray], first: int, after: int) -> pa.Table:
    rows, days = rows_and_days
    begin, end = np.searchsorted(days, [first, after])
    return rows.slice(begin, end - begin)


def _newest_versions(rows: pa.Table, key: str) -> pa.Table:
    """The last row of each key; rows come oldest first."""
    _, newest = newest_positions(rows, key)
    return rows.take(pa.array(np.sort(newest)))
