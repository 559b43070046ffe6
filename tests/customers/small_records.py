"""Records of people with names, given by what matters: tokens are words, names are encoded as capture encodes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from jobs.customers.comparing import RECORDS
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
        "birth_date": None if born is None else date.fromisoformat(born),
        "city_code": given.get("city_code"),
        "gender": given.get("gender"),
    }


def records_of(rows: Sequence[Row]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=RECORDS)


def told(pairs: pa.Table) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(row["left_record_id"], row["right_record_id"]): row for row in pairs.to_pylist()}
