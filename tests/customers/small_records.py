"""Records of people with names, given by what matters: tokens are words, names are encoded as capture encodes them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from jobs.customers.comparing import RECORDS
from jobs.personal_values import normal_form
from jobs.similarity import Encoding

ENCODING = Encoding(bytes(range(32)))

Row = dict[str, Any]


def record(name: str, called: str | None = None, born: str | None = None, **given: str | None) -> Row:
    """A record of the shop or a bank; given: national_id, phone, email, city_code, gender."""
    tokens = {f"{kind}_token": given.get(kind) for kind in ("national_id", "phone", "email")}
    return {
        "source_record_id": name,
        **tokens,
        "full_name_token": None if called is None else f"k1.{called}",
        "full_name_encoding": None if called is None else ENCODING.of(called),
        "given_name_token": None if called is None else normal_form("given_name", called),
        "birth_date": None if born is None else date.fromisoformat(born),
        "city_code": given.get("city_code"),
        "gender": given.get("gender"),
    }


def records_of(rows: Sequence[Row]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=RECORDS)


def told(pairs: pa.Table) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(row["left_record_id"], row["right_record_id"]): row for row in pairs.to_pylist()}


def random_people(chance: random.Random, count: int) -> list[Row]:
    """Records that share, miss and repeat values in every way the rules know."""

    def some(values: Sequence[str], given: float) -> str | None:
        return chance.choice(values) if chance.random() < given else None

    names = ["".join(chance.choices("王李张刘陈小明静敏丽", k=chance.choice((2, 3)))) for _ in range(count // 4)]
    numbers = [str(number) for number in range(count // 3)]
    return [
        record(
            f"{chance.choice(('shop', 'harbour'))}:{number:04d}",
            some(names, 0.8),
            str(date(1990, 1, 1) + timedelta(days=chance.randrange(40))) if chance.random() < 0.8 else None,
            national_id=some(numbers, 0.3),
            phone=some(numbers, 0.7),
            email=some(numbers, 0.4),
            city_code=some("12", 0.9),
            gender=some(("female", "male"), 0.9),
        )
        for number in range(count)
    ]
