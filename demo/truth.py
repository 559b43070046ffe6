"""What is true and no partner serves: who is who, who leans to default, and the raw data of fifty planted people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from demo import spelling
from demo.life import Life
from demo.tables import NOTHING, where
from demo.world import moment_of

PLANTED = 50
_PERSONAL_OF_SHOP = ("full_name", "phone", "email", "national_id")


def write_truth(life: Life, folder: Path) -> None:
    """people.parquet (one row per inhabitant) and planted_people.json, beside and never inside what is served."""
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(people_table(life), folder / "people.parquet")
    text = json.dumps(planted_people(life), ensure_ascii=False, indent=1)
    (folder / "planted_people.json").write_text(text + "\n", encoding="utf-8")


def people_table(life: Life) -> pa.Table:
    """One row per inhabitant: the ids under which each partner knows them by the last day, and the hidden traits."""
    people, everyone = life.people, np.arange(life.people.count)
    after = moment_of(life.last_day) + 86_400
    columns = {
        "person_id": pa.array(everyone, pa.int64()),
        "household_id": pa.array(people.household, pa.int64()),
        "shop_user_id": where(_is_known(people.registered_at, after), people.shop_user_ids(everyone)),
    }
    for position, bank in enumerate(life.world.banks):
        is_known = _is_known(people.bank_opened_at[:, position], after)
        columns[f"{bank}_customer_id"] = where(is_known, people.bank_customer_ids(position, everyone))
    month = life.hardship.first_default_month
    columns |= {
        "monthly_income_cents": pa.array(people.income_cents),
        "latent_hazard": pa.array(people.hazard),
        "first_default_month": pa.array(np.maximum(month, 0), pa.int32(), mask=month < 0),
    }
    return pa.table(columns)


def planted_people(life: Life) -> list[dict[str, object]]:
    """People known to shop and bank, each with every raw value and spelling that a partner delivers of them."""
    after = moment_of(life.last_day) + 86_400
    at_bank = _is_known(life.people.bank_opened_at, after).any(axis=1)
    both = np.flatnonzero(_is_known(life.people.registered_at, after) & at_bank)[:PLANTED]
    return [{"person_id": int(person), "raw_values": sorted(_raw_values(life, int(person)))} for person in both]


def _raw_values(life: Life, person: int) -> set[str]:
    people, one = life.people, np.array([person])
    values = {people.names[person], people.emails[person], people.addresses[person], people.ip_addresses[person]}
    values |= {people.national_ids[person], people.emails[person].lower()}
    shop_user_id = people.shop_user_ids(one)[0]
    users = _rows_of(life.ledger.all_rows("users")[0], "shop_user_id", shop_user_id)
    orders = _rows_of(life.ledger.all_rows("orders")[0], "shop_user_id", shop_user_id)
    values |= set(_texts(users, _PERSONAL_OF_SHOP)) | set(_texts(orders, ("shipping_address", "recipient_phone")))
    for position, bank in enumerate(life.world.banks):
        customers = life.ledger.all_rows("customers", bank)[0]
        rows = _rows_of(customers, "bank_customer_id", people.bank_customer_ids(position, one)[0])
        values |= set(_texts(rows, _PERSONAL_OF_SHOP))
    values |= {spelling.mobile_number(person), f"+86{spelling.mobile_number(person)}"}
    return {value.strip() for value in values}


def _rows_of(rows: pa.Table, column: str, value: pa.Scalar) -> pa.Table:
    return rows.filter(pc.equal(rows[column], value))


def _texts(rows: pa.Table, columns: tuple[str, ...]) -> Iterator[str]:
    for column in columns:
        yield from (text for text in rows[column].to_pylist() if text)


def _is_known(began_at: np.ndarray, after: int) -> np.ndarray:
    return np.asarray((began_at != NOTHING) & (began_at < after))
