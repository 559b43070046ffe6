"""Records of people and the pairs they make, as the tests of who is who give them.

Records are named after the person they belong to in truth, with the partner in front of a colon.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import combinations
from typing import Any

from pyspark.sql import DataFrame

from jobs.customers.identities import build
from schemas.captured.erasure_requests import ERASURE_REQUESTS
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.record_pairs import RECORD_PAIRS
from tests.conftest import TableMaker, rows

Row = dict[str, Any]


def record(name: str, national_id: str | None = None, phone: str | None = None, born: str | None = None) -> Row:
    return {"source_record_id": name, "national_id_token": national_id, "phone_token": phone, "birth_date": born}


def at_shop(records: Iterable[Row]) -> list[Row]:
    return [row for row in records if row["source_record_id"].startswith("shop:")]


def at_banks(records: Iterable[Row]) -> list[Row]:
    return [row for row in records if not row["source_record_id"].startswith("shop:")]


def pairs_by_rules(records: Iterable[Row]) -> list[Row]:
    """The pairs of all records that share a national id, or phone and birth date, without two different ids."""
    found = []
    for left, right in combinations(sorted(records, key=lambda row: str(row["source_record_id"])), 2):
        ids = (left["national_id_token"], right["national_id_token"])
        if None not in ids and ids[0] == ids[1]:
            found.append(pair(left["source_record_id"], right["source_record_id"], "national_id", 0.9999))
        elif None in ids and all(left[name] and left[name] == right[name] for name in ("phone_token", "birth_date")):
            found.append(pair(left["source_record_id"], right["source_record_id"], "phone_and_birth_date", 0.9995))
    return found


def pair(left: str, right: str, matched_by: str, probability: float | None, **more: Any) -> Row:
    decided = {"decision": "automatic", "decided_by": "reviewer" if matched_by == "reviewed" else "rule"}
    names = {"left_record_id": left, "right_record_id": right}
    return {**names, "matched_by": matched_by, "match_probability": probability, **decided, **more}


def identified(
    table: TableMaker,
    records: Sequence[Row],
    *,
    as_of: date,
    previous: DataFrame | None = None,
    pairs: Sequence[Row] | None = None,
    partitions: int = 1,
    asked: Sequence[str] = (),
) -> DataFrame:
    """The identities of a night, by the two exact rules unless pairs are given; asked: records to be erased."""
    made = pairs_by_rules(records) if pairs is None else pairs
    requests = [
        {"subject_type": "shop_user" if partner == "shop" else "bank_customer", "subject_id": name}
        for partner, name in (one.split(":") for one in asked)
    ]
    tables = [
        table(contract, given).repartition(partitions)
        for contract, given in (
            (SHOP_USERS, at_shop(records)),
            (BANK_CUSTOMERS, at_banks(records)),
            (RECORD_PAIRS, made),
            (ERASURE_REQUESTS, requests),
        )
    ]
    return build(*tables, previous=previous, as_of=as_of)


def customers(identities: DataFrame) -> Mapping[str, str]:
    """The customer of each record."""
    return dict(rows(identities, "source_record_id", "customer_id"))


def people(identities: DataFrame) -> list[set[str]]:
    """The records of each customer, in the order of their smallest record."""
    by_customer: dict[str, set[str]] = {}
    for name, customer in customers(identities).items():
        by_customer.setdefault(customer, set()).add(name)
    return sorted(by_customer.values(), key=min)
