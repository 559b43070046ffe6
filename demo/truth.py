"""What is true and no partner serves, written as Parquet beside what is served, and fifty planted people's raw data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from demo import spelling
from demo.dirt import Flaw
from demo.life import Life
from demo.tables import has_happened
from demo.truth_contracts import FLAWS, TRUTH_TABLES
from demo.truth_tables import DISTRICT_TABLES
from demo.world import moment_of

PLANTED = 50
REAL_STEPS = 2.0**24
_PERSONAL_OF_SHOP = ("full_name", "phone", "email", "national_id")


def write_truth(life: Life, folder: Path, flaws: list[Flaw]) -> None:
    """Every table of the truth as <name>/part-<number>.parquet, beside and never inside what is served.

    With the first district goes planted_people.json. flaws: of the drops that were written.
    """
    for name in TRUTH_TABLES:
        (folder / name).mkdir(parents=True, exist_ok=True)
        stem = folder / name / f"part-{life.part:05d}"
        if name == FLAWS.name:
            _write_flaws(stem, flaws)
        else:
            pq.write_table(truth_table(life, name), f"{stem}.parquet", compression="zstd")
    if life.part == 0:
        text = json.dumps(planted_people(life), ensure_ascii=False, indent=1)
        (folder / "planted_people.json").write_text(text + "\n", encoding="utf-8")


def _write_flaws(stem: Path, flaws: list[Flaw]) -> None:
    """A file for each day, so that a later day of the same world leaves those of earlier ones alone."""
    for day in sorted({flaw.business_date for flaw in flaws}):
        rows = flaws_table([flaw for flaw in flaws if flaw.business_date == day])
        pq.write_table(rows, f"{stem}-{day}.parquet", compression="zstd")


def truth_table(life: Life, name: str) -> pa.Table:
    """One table of the truth of all districts of the life, by district."""
    schema = TRUTH_TABLES[name].schema
    parts = [pa.table(DISTRICT_TABLES[name](part, life.last_day), schema=schema) for part in life.districts]
    columns = [
        pa.array(_as_any_processor_has_it(column.to_numpy())) if pa.types.is_floating(column.type) else column
        for column in pa.concat_tables(parts).columns
    ]
    return pa.table(columns, schema=schema).combine_chunks()


def _as_any_processor_has_it(numbers: np.ndarray) -> np.ndarray:
    """To 24 binary digits: the last of the 53 of an exponential depend on the processor that reckoned it."""
    fraction, exponent = np.frexp(numbers)
    return np.asarray(np.ldexp(np.round(fraction * REAL_STEPS) / REAL_STEPS, exponent))


def flaws_table(flaws: list[Flaw]) -> pa.Table:
    """One row per flaw."""
    columns = [
        [flaw.kind for flaw in flaws],
        [flaw.partner for flaw in flaws],
        [flaw.table_name for flaw in flaws],
        [flaw.business_date for flaw in flaws],
        [flaw.key for flaw in flaws],
        [flaw.detail for flaw in flaws],
    ]
    schema = FLAWS.schema
    return pa.table([pa.array(v, f.type) for v, f in zip(columns, schema, strict=True)], schema=schema)


def planted_people(life: Life) -> list[dict[str, object]]:
    """People known to shop and bank, each with every raw value and spelling that a partner delivers of them."""
    first, after = life.districts[0], moment_of(life.last_day) + 86_400
    people = first.people
    at_bank = has_happened(people.bank_opened_at, after).any(axis=1)
    both = np.flatnonzero(has_happened(people.registered_at, after) & at_bank)[:PLANTED]
    return [{"person_id": int(person), "raw_values": sorted(_raw_values(life, int(person)))} for person in both]


def _raw_values(life: Life, person: int) -> set[str]:
    people, one = life.districts[0].people, np.array([person])
    own = [column[person].as_py() for column in (people.names, people.emails, people.ip_addresses, people.national_ids)]
    values = {*own, own[1].lower(), spelling.addresses(people.city[one], people.home[one])[0].as_py()}
    shop_user_id = people.shop_user_ids(one)[0]
    users = _rows_of(life.ledger.all_rows("users")[0], "shop_user_id", shop_user_id)
    orders = _rows_of(life.ledger.all_rows("orders")[0], "shop_user_id", shop_user_id)
    values |= set(_texts(users, _PERSONAL_OF_SHOP)) | set(_texts(orders, ("shipping_address", "recipient_phone")))
    for position, bank in enumerate(life.world.banks):
        customers = life.ledger.all_rows("customers", bank)[0]
        rows = _rows_of(customers, "bank_customer_id", people.bank_customer_ids(position, one)[0])
        values |= set(_texts(rows, _PERSONAL_OF_SHOP))
    phone = life.districts[0].shop.users.phones(one)[0].as_py()
    return {value.strip() for value in values | {phone, f"+86{phone}"}} - spelling.PLACEHOLDERS


def _rows_of(rows: pa.Table, column: str, value: pa.Scalar) -> pa.Table:
    return rows.filter(pc.equal(rows[column], value))


def _texts(rows: pa.Table, columns: tuple[str, ...]) -> Iterator[str]:
    for column in columns:
        yield from (text for text in rows[column].to_pylist() if text)
