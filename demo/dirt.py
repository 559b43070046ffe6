"""What is wrong with the deliveries of the shop, each kind at its own rate, and a note of every single flaw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo.tables import MOMENT, SourceTable, newest_positions
from demo.world import DAY_SECONDS, UTC_OFFSET_SECONDS, District, World, moment_of

DELAYS = {"events": (0.6, 0.3, 0.1), "credit_repayments": (1.0,), "refunds": (0.8, 0.2), "consents": (1.0,)}
"""Of the late rows of a table, the shares that are one, two, three days late."""
REFUND_DAYS = 15  # after so long no refund comes any more
NEW_EVENT_TYPE = "share"
_KEYS = {"order_items": ("order_id", "line_number"), "credit_instalments": ("plan_id", "instalment_number")}


@dataclass(frozen=True)
class Flaw:
    """One row, line or delivery that is not as it should be; key names it as the source does."""

    kind: str
    table_name: str
    business_date: date
    key: str
    detail: str


@dataclass(frozen=True)
class Soiled:
    """A delivery with its dirt: the rows, how many broken lines stand after them, and what is wrong."""

    rows: pa.Table
    broken_lines: int
    flaws: list[Flaw]


def days_late(district: District, table: str, block: int, count: int) -> np.ndarray:
    """How many days after it happened each of a block of rows reaches the drop."""
    shares, rate = DELAYS.get(table), district.world.dirt.late_rows
    if not shares or not rate or not count:
        return np.zeros(count, np.int64)
    chance = district.generator(f"late {table}", block)
    is_late = chance.random(count) < rate
    return np.where(is_late, 1 + chance.choice(len(shares), count, p=shares), 0)


@dataclass(frozen=True)
class Delivery:
    """One drop of a table as it would be without dirt, and what dirt must know of the days before.

    part: the number of its file. earlier: what was delivered of the table before. given_back: orders with a refund,
    which no correction touches.
    """

    source: SourceTable
    day: date
    part: int
    rows: pa.Table
    earlier: pa.Table
    given_back: pa.Array


def soil(world: World, delivery: Delivery) -> Soiled:
    """The rows of one drop with their dirt; what is wrong with the drop as a whole is told by its first part."""
    source, day, rows = delivery.source, delivery.day, delivery.rows
    chance = world.generator(f"dirt of {source.name}", day.toordinal(), delivery.part)
    flaws: list[Flaw] = []
    for kind, spoil in (("clock_skew", _skew), ("amounts_times_100", _inflate), ("added_category", _categorise)):
        rows, keys, detail = spoil(world, chance, source.name, rows)
        flaws += _noted(kind, source.name, day, keys, detail)
    for kind, repeat in (("newer_version", _renew), ("correction", _correct)):
        more = repeat(world, chance, replace(delivery, rows=rows))
        flaws += _noted(kind, source.name, day, keys_of(source.name, more), "delivered again")
        rows = pa.concat_tables([rows, more])
    copies = rows.take(_some(chance, rows.num_rows, world.dirt.exact_duplicates))
    flaws += _noted("exact_duplicate", source.name, day, keys_of(source.name, copies), "word for word")
    rows = pa.concat_tables([rows, copies]).combine_chunks()
    broken = 0 if source.file_format == "parquet" else int(chance.binomial(rows.num_rows, world.dirt.malformed_lines))
    flaws += _noted("malformed_line", source.name, day, [f"line {n}" for n in range(-broken, 0)], "cut in half")
    rows, whole = _spoil_as_a_whole(world, source, day, rows)
    return Soiled(rows, broken, flaws + (whole if delivery.part == 0 else []))


def is_missing(world: World, table: str, day: date) -> bool:
    """Whether the delivery never comes."""
    return (table, day) in world.dirt.missing_days


def never_delivered(table: str, day: date) -> Flaw:
    """The note of a delivery that never comes."""
    return Flaw("missing_day", table, day, "", "never delivered")


def keys_of(table: str, rows: pa.Table) -> list[str]:
    """What names each row in its source: the first column, and a second where it takes two."""
    names = _KEYS.get(table, rows.column_names[:1])
    columns = [pc.cast(rows[name], pa.string()) for name in names]
    return [str(key) for key in pc.binary_join_element_wise(*columns, "/").to_pylist()]


def _noted(kind: str, table: str, day: date, keys: list[str], detail: str) -> Iterator[Flaw]:
    return (Flaw(kind, table, day, key, detail) for key in keys)


def _some(chance: np.random.Generator, count: int, rate: float) -> pa.Array:
    """Positions, each chosen with the rate."""
    return pa.array(np.flatnonzero(chance.random(count) < rate) if rate else np.empty(0, np.int64))


def _skew(world: World, chance: np.random.Generator, table: str, rows: pa.Table) -> tuple[pa.Table, list[str], str]:
    """Devices whose clock runs ahead, by less than an hour."""
    if table != "events" or not world.dirt.clock_skew:
        return rows, [], ""
    chosen = chance.random(rows.num_rows) < world.dirt.clock_skew
    ahead = np.where(chosen, chance.integers(300, 3_000, rows.num_rows), 0) * 1_000_000
    moments = pc.add(rows["occurred_at"].cast(pa.int64()), pa.array(ahead)).cast(MOMENT)
    return _with(rows, "occurred_at", moments), keys_of(table, rows.filter(pa.array(chosen))), "clock ahead"


def _inflate(world: World, chance: np.random.Generator, table: str, rows: pa.Table) -> tuple[pa.Table, list[str], str]:
    """Refunds written in hundredths of a cent."""
    if table != "refunds" or not world.dirt.amounts_times_100:
        return rows, [], ""
    chosen = chance.random(rows.num_rows) < world.dirt.amounts_times_100
    amounts = pc.multiply(rows["amount_cents"], pa.array(np.where(chosen, 100, 1)))
    return _with(rows, "amount_cents", amounts), keys_of(table, rows.filter(pa.array(chosen))), "amount times 100"


def _categorise(
    world: World, chance: np.random.Generator, table: str, rows: pa.Table
) -> tuple[pa.Table, list[str], str]:
    """Events of a type nobody announced."""
    if table != "events" or not world.dirt.added_categories:
        return rows, [], ""
    chosen = chance.random(rows.num_rows) < world.dirt.added_categories
    types = pc.if_else(pa.array(chosen), NEW_EVENT_TYPE, rows["event_type"])
    return _with(rows, "event_type", types), keys_of(table, rows.filter(pa.array(chosen))), NEW_EVENT_TYPE


def _renew(world: World, chance: np.random.Generator, delivery: Delivery) -> pa.Table:
    """Users of earlier days, delivered again with a newer date and nothing else new."""
    if delivery.source.name != "users" or not world.dirt.newer_versions:
        return delivery.rows.slice(0, 0)
    return _again(chance, delivery, world.dirt.newer_versions)


def _correct(world: World, chance: np.random.Generator, delivery: Delivery) -> pa.Table:
    """Delivered orders of long ago that were never given back, with a tenth more discount."""
    if delivery.source.name != "orders" or not world.dirt.corrections:
        return delivery.rows.slice(0, 0)
    earlier, last = delivery.earlier, moment_of(delivery.day - timedelta(days=REFUND_DAYS))
    settled = pa.scalar(last * 1_000_000, pa.int64()).cast(MOMENT)
    final = pc.and_(pc.equal(earlier["order_status"], "delivered"), pc.less(earlier["updated_at"], settled))
    own_money = pc.not_equal(earlier["payment_method"], "instalment_credit")
    kept = pc.invert(pc.is_in(earlier["order_id"], delivery.given_back))
    correctable = earlier.filter(pc.and_(pc.and_(final, own_money), kept))
    found = _again(chance, replace(delivery, earlier=correctable), world.dirt.corrections)
    tenth = pc.divide(found["net_cents"], 10)
    found = _with(found, "discount_cents", pc.add(found["discount_cents"], tenth))
    return _with(found, "net_cents", pc.subtract(found["net_cents"], tenth))


def _again(chance: np.random.Generator, delivery: Delivery, rate: float) -> pa.Table:
    """The newest versions of keys delivered before and not now, dated within the day; the rate is that of a month."""
    key = delivery.source.key
    keys, newest = newest_positions(delivery.earlier, key)
    newest = newest[~pc.is_in(keys, delivery.rows[key].combine_chunks()).to_numpy(zero_copy_only=False)]
    count = int(chance.binomial(len(newest), rate / 30))
    found = delivery.earlier.take(pa.array(np.sort(chance.choice(newest, count, replace=False))))
    moments = moment_of(delivery.day) + chance.integers(0, DAY_SECONDS, count)
    return _with(found, "updated_at", pa.array(moments * 1_000_000).cast(MOMENT))


def _with(rows: pa.Table, name: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    """The rows with other values in a column, whose field stays as it is."""
    place = rows.schema.get_field_index(name)
    return rows.set_column(place, rows.schema.field(place), values)


def _spoil_as_a_whole(world: World, source: SourceTable, day: date, rows: pa.Table) -> tuple[pa.Table, list[Flaw]]:
    """Days in another time zone, and amounts that come as decimal numbers from a day on."""
    flaws = []
    if (source.name, day) in world.dirt.time_zone_shifts:
        columns = [
            pc.subtract(column.cast(pa.int64()), UTC_OFFSET_SECONDS * 1_000_000).cast(MOMENT)
            if column.type == MOMENT
            else column
            for column in rows.columns
        ]
        rows = pa.table(columns, schema=rows.schema)
        flaws.append(Flaw("time_zone_shift", source.name, day, "", "all moments eight hours early"))
    for table, name, begins in world.dirt.changed_types:
        if table == source.name and day >= begins:
            place = rows.schema.get_field_index(name)
            rows = rows.set_column(place, pa.field(name, pa.float64(), nullable=True), rows[name].cast(pa.float64()))
            flaws.append(Flaw("changed_type", source.name, day, name, "double"))
    return rows, flaws
