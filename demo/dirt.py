"""What is wrong with the deliveries of the partners, each kind at its own rate, and a note of every single flaw.

Dirt is drawn for each district apart, so it is the same however many districts are written into one file. A bank's past
day does not change by agreement, so its rows are never late; what else may happen to a table in PostgreSQL does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo.dirt_rates import Dirt
from demo.mistakes import mistyped
from demo.spelling import FILLINGS, NO_DEVICES, PLACEHOLDERS
from demo.tables import MOMENT, SourceTable, newest_positions
from demo.world import DAY_SECONDS, UTC_OFFSET_SECONDS, District, World, moment_of

DELAYS = {
    "events": (0.6, 0.3, 0.1),
    "credit_repayments": (1.0,),
    "refunds": (0.8, 0.2),
    "referrals": (0.5, 0.3, 0.2),
    "consents": (1.0,),
}
"""Of the late rows of a table, the shares that are one, two, three days late."""
REFUND_DAYS = 15  # after so long no refund comes any more
NEW_EVENT_TYPE = "share"
_PHONES_AT_SHOP = {"users": "phone", "orders": "recipient_phone"}
_RENEWED = {"users": "shop_user_id", "customers": "bank_customer_id"}
_KEYS = {"order_items": ("order_id", "line_number"), "credit_instalments": ("plan_id", "instalment_number")}


@dataclass(frozen=True)
class Flaw:
    """One row, line or delivery that is not as it should be; key names it as the source does."""

    kind: str
    table_name: str
    business_date: date
    key: str
    detail: str
    partner: str = "shop"


@dataclass(frozen=True)
class Soiled:
    """A delivery with its dirt: the rows, those that stand after them once more, cut in half, and what is wrong."""

    rows: pa.Table
    broken: pa.Table
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
    """What one district has for one delivery of a table, without dirt, and what dirt must know of the days before.

    earlier: what was delivered of the table before. given_back: orders with a refund, which no correction touches.
    bank: whose table it is; empty for the shop's.
    """

    source: SourceTable
    district: District
    day: date
    rows: pa.Table
    earlier: pa.Table
    given_back: pa.Array
    bank: str = ""

    @property
    def dirt(self) -> Dirt:
        """The rates of this world."""
        return self.district.world.dirt

    def noted(self, kind: str, keys: list[str], detail: str) -> Iterator[Flaw]:
        """The same flaw of several rows."""
        return (Flaw(kind, self.source.name, self.day, key, detail, self.bank or "shop") for key in keys)


def soil(delivery: Delivery) -> Soiled:
    """The rows of one delivery with their dirt; what is wrong with it as a whole is told by the first district."""
    source, day, rows, dirt = delivery.source, delivery.day, delivery.rows, delivery.dirt
    owner = f"{delivery.bank} {source.name}".strip()
    chance = delivery.district.generator(f"dirt of {owner}", day.toordinal())
    flaws: list[Flaw] = []
    for kind, spoil in SPOILERS:
        rows, keys, detail = spoil(dirt, chance, source.name, rows)
        flaws += delivery.noted(kind, keys, detail)
    for kind, repeat in (("newer_version", _renew), ("correction", _correct)):
        more = repeat(chance, replace(delivery, rows=rows))
        flaws += delivery.noted(kind, keys_of(source.name, more), "delivered again")
        rows = pa.concat_tables([rows, more])
    copies = rows.take(_some(chance, rows.num_rows, dirt.exact_duplicates))
    flaws += delivery.noted("exact_duplicate", keys_of(source.name, copies), "word for word")
    rows = pa.concat_tables([rows, copies]).combine_chunks()
    is_text = source.file_format not in {"", "parquet"}
    broken = rows.take(_some(chance, rows.num_rows, dirt.malformed_lines if is_text else 0.0))
    flaws += delivery.noted("malformed_line", keys_of(source.name, broken), "stands once more, cut in half")
    rows, whole = _spoil_as_a_whole(dirt, source, day, rows)
    return Soiled(rows, broken, flaws + (whole if delivery.district.index == 0 else []))


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


def _some(chance: np.random.Generator, count: int, rate: float) -> pa.Array:
    """Positions, each chosen with the rate."""
    return pa.array(np.flatnonzero(chance.random(count) < rate) if rate else np.empty(0, np.int64))


def _skew(dirt: Dirt, chance: np.random.Generator, table: str, rows: pa.Table) -> tuple[pa.Table, list[str], str]:
    """Devices whose clock runs ahead, by less than an hour."""
    if table != "events" or not dirt.clock_skew:
        return rows, [], ""
    chosen = chance.random(rows.num_rows) < dirt.clock_skew
    ahead = np.where(chosen, chance.integers(300, 3_000, rows.num_rows), 0) * 1_000_000
    moments = pc.add(rows["occurred_at"].cast(pa.int64()), pa.array(ahead)).cast(MOMENT)
    return _with(rows, "occurred_at", moments), keys_of(table, rows.filter(pa.array(chosen))), "clock ahead"


def _inflate(dirt: Dirt, chance: np.random.Generator, table: str, rows: pa.Table) -> tuple[pa.Table, list[str], str]:
    """Refunds written in hundredths of a cent."""
    if table != "refunds" or not dirt.amounts_times_100:
        return rows, [], ""
    chosen = chance.random(rows.num_rows) < dirt.amounts_times_100
    amounts = pc.multiply(rows["amount_cents"], pa.array(np.where(chosen, 100, 1)))
    return _with(rows, "amount_cents", amounts), keys_of(table, rows.filter(pa.array(chosen))), "amount times 100"


def _categorise(dirt: Dirt, chance: np.random.Generator, table: str, rows: pa.Table) -> tuple[pa.Table, list[str], str]:
    """Events of a type nobody announced."""
    if table != "events" or not dirt.added_categories:
        return rows, [], ""
    chosen = chance.random(rows.num_rows) < dirt.added_categories
    types = pc.if_else(pa.array(chosen), NEW_EVENT_TYPE, rows["event_type"])
    return _with(rows, "event_type", types), keys_of(table, rows.filter(pa.array(chosen))), NEW_EVENT_TYPE


def _hold_place(dirt: Dirt, chance: np.random.Generator, table: str, rows: pa.Table) -> tuple[pa.Table, list[str], str]:
    """Forms in which a clerk typed something in place of the phone number; the shop's are filled in by its users."""
    if table in _PHONES_AT_SHOP:
        found = pc.is_in(rows[_PHONES_AT_SHOP[table]], pa.array(sorted(PLACEHOLDERS)))
        return rows, keys_of(table, rows.filter(found)), "no phone number"
    if table != "customers" or not dirt.placeholders:
        return rows, [], ""
    chosen = (chance.random(rows.num_rows) < dirt.placeholders) & rows["phone"].is_valid().to_numpy()
    words = pa.array(sorted(PLACEHOLDERS)).take(pa.array(chance.integers(0, len(PLACEHOLDERS), rows.num_rows)))
    phones = pc.if_else(pa.array(chosen), words, rows["phone"])
    return _with(rows, "phone", phones), keys_of(table, rows.filter(pa.array(chosen))), "no phone number"


def _fill(
    column: str, dirt: Dirt, chance: np.random.Generator, table: str, rows: pa.Table
) -> tuple[pa.Table, list[str], str]:
    """Forms that insist on an e-mail address or a national id, and get a word or noughts."""
    if table not in _RENEWED or not dirt.placeholders:
        return rows, [], ""
    is_chosen = chance.random(rows.num_rows) < dirt.placeholders / 3
    chosen = pa.array(is_chosen & rows[column].is_valid().to_numpy())
    filled = pc.if_else(chosen, FILLINGS[column], rows[column])
    return _with(rows, column, filled), keys_of(table, rows.filter(chosen)), f"no {column}"


def _hide_device(
    dirt: Dirt, chance: np.random.Generator, table: str, rows: pa.Table
) -> tuple[pa.Table, list[str], str]:
    """Orders and events whose device told nothing of itself."""
    if table not in {"orders", "events"} or not dirt.placeholder_devices:
        return rows, [], ""
    is_chosen = chance.random(rows.num_rows) < dirt.placeholder_devices
    chosen = pa.array(is_chosen & rows["device_id"].is_valid().to_numpy())
    words = pa.array(NO_DEVICES).take(pa.array(chance.integers(0, len(NO_DEVICES), rows.num_rows)))
    devices = pc.if_else(chosen, words, rows["device_id"])
    return _with(rows, "device_id", devices), keys_of(table, rows.filter(chosen)), "no device"


def _mistype(dirt: Dirt, chance: np.random.Generator, table: str, rows: pa.Table) -> tuple[pa.Table, list[str], str]:
    """Forms on which one digit is wrong."""
    if table not in _RENEWED or not dirt.mistyped:
        return rows, [], ""
    rows, places = mistyped(rows, chance, dirt.mistyped)
    return rows, keys_of(table, rows.take(places)), "one digit wrong"


Spoiler = Callable[[Dirt, np.random.Generator, str, pa.Table], tuple[pa.Table, list[str], str]]
"""From the rates, chance, a table's name and its rows: the rows as they come, the keys of those spoiled, and how."""
SPOILERS: tuple[tuple[str, Spoiler], ...] = (
    ("clock_skew", _skew),
    ("amounts_times_100", _inflate),
    ("added_category", _categorise),
    ("placeholder", _hold_place),
    *((f"placeholder_{column}", partial(_fill, column)) for column in FILLINGS),
    ("mistyped", _mistype),
    ("placeholder_device", _hide_device),
)


def _renew(chance: np.random.Generator, delivery: Delivery) -> pa.Table:
    """Users and bank customers of earlier days, delivered again with a newer date and nothing else new."""
    key = _RENEWED.get(delivery.source.name)
    if not key or not delivery.dirt.newer_versions:
        return delivery.rows.slice(0, 0)
    return _again(chance, delivery, key, delivery.dirt.newer_versions)


def _correct(chance: np.random.Generator, delivery: Delivery) -> pa.Table:
    """Delivered orders of long ago that were never given back, with a tenth more discount."""
    if delivery.source.name != "orders" or not delivery.dirt.corrections:
        return delivery.rows.slice(0, 0)
    earlier, last = delivery.earlier, moment_of(delivery.day - timedelta(days=REFUND_DAYS))
    settled = pa.scalar(last * 1_000_000, pa.int64()).cast(MOMENT)
    final = pc.and_(pc.equal(earlier["order_status"], "delivered"), pc.less(earlier["updated_at"], settled))
    own_money = pc.not_equal(earlier["payment_method"], "instalment_credit")
    kept = pc.invert(pc.is_in(earlier["order_id"], delivery.given_back))
    correctable = earlier.filter(pc.and_(pc.and_(final, own_money), kept))
    found = _again(chance, replace(delivery, earlier=correctable), "order_id", delivery.dirt.corrections)
    tenth = pc.divide(found["net_cents"], 10)
    found = _with(found, "discount_cents", pc.add(found["discount_cents"], tenth))
    return _with(found, "net_cents", pc.subtract(found["net_cents"], tenth))


def _again(chance: np.random.Generator, delivery: Delivery, key: str, rate: float) -> pa.Table:
    """The newest versions of keys delivered before and not now, dated within the day; the rate is that of a month."""
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


def _spoil_as_a_whole(dirt: Dirt, source: SourceTable, day: date, rows: pa.Table) -> tuple[pa.Table, list[Flaw]]:
    """Days in another time zone, and amounts that come as decimal numbers from a day on."""
    flaws = []
    if (source.name, day) in dirt.time_zone_shifts:
        columns = [
            pc.subtract(column.cast(pa.int64()), UTC_OFFSET_SECONDS * 1_000_000).cast(MOMENT)
            if column.type == MOMENT
            else column
            for column in rows.columns
        ]
        rows = pa.table(columns, schema=rows.schema)
        flaws.append(Flaw("time_zone_shift", source.name, day, "", "all moments eight hours early"))
    for table, name, begins in dirt.changed_types:
        if table == source.name and day >= begins:
            place = rows.schema.get_field_index(name)
            rows = rows.set_column(place, pa.field(name, pa.float64(), nullable=True), rows[name].cast(pa.float64()))
            flaws.append(Flaw("changed_type", source.name, day, name, "double"))
    return rows, flaws
