"""Pairs of records that can be found at all: one person, and something that both records show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import combinations
from pathlib import Path

from demo.bench_rings import read_published
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS


def comparable_pairs(lake: Path, day: date, person_of: Mapping[str, int]) -> set[tuple[str, str]]:
    """Two records of one person that share an identifier, or name and birth date."""
    of_person: dict[int, list[dict[str, object]]] = {}
    for table in (SHOP_USERS, BANK_CUSTOMERS):
        for row in read_published(lake, table, day).to_pylist():
            of_person.setdefault(person_of[row["source_record_id"]], []).append(row)
    found = set()
    for records in of_person.values():
        for one, other in combinations(sorted(records, key=lambda row: str(row["source_record_id"])), 2):
            keys = [(kind,) for kind in ("national_id_token", "phone_token", "email_token")]
            for columns in (*keys, ("full_name_token", "birth_date")):
                if all(one[c] is not None and one[c] == other[c] for c in columns):
                    found.add((str(one["source_record_id"]), str(other["source_record_id"])))
    return found
