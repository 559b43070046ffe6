"""A small world in which defaults spread among those who live together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from jobs.relations.attacked_worlds import COLUMNS, Evidence

AS_OF = date(2025, 8, 31)
BEFORE, LONG_AGO = datetime(2025, 2, 1, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC)
PEOPLE = 600
MOMENT, NUMBER, DAY = pa.timestamp("us", "UTC"), pa.int64(), pa.date32()
TYPES: Mapping[str, pa.DataType] = {
    **dict.fromkeys(("first_transferred_at", "last_transferred_at", "first_seen_at", "last_seen_at"), MOMENT),
    **dict.fromkeys(("referred_at", "plan_opened_at"), MOMENT),
    **dict.fromkeys(("transfer_count", "transfer_count_180d", "holder_count"), NUMBER),
    **dict.fromkeys(("amount_cents_sum", "amount_cents_sum_180d"), NUMBER),
    **dict.fromkeys(("known_date", "due_date", "settled_date"), DAY),
}


def rows_of(name: str, columns: Mapping[str, Any]) -> pa.Table:
    return pa.table({column: pa.array(columns[column], TYPES.get(column, pa.string())) for column in COLUMNS[name]})


def contagious_world(seed: int = 11) -> Evidence:
    """Households of three in which defaults spread: some are known already, most are to come."""
    chance = np.random.default_rng(seed)
    names = [f"c{number:04d}" for number in range(PEOPLE)]
    records = [f"shop:{name}" for name in names]
    is_struck = np.repeat(chance.random(PEOPLE // 3) < 0.25, 3)
    is_known = is_struck & (chance.random(PEOPLE) < 0.4)
    comes = np.where(is_struck, chance.random(PEOPLE) < 0.8, chance.random(PEOPLE) < 0.04)
    family = [(first, first + step) for first in range(0, PEOPLE, 3) for step in (1, 2)]
    payments = [*family, *map(tuple, chance.integers(0, PEOPLE, (PEOPLE // 3, 2)).tolist())]
    referrals = chance.integers(0, PEOPLE, (60, 2)).tolist()
    many, ever = len(payments), [BEFORE] * len(payments)
    tables: dict[str, Mapping[str, Any]] = {
        "transfers": {
            "payer_customer_id": [names[one] for one, _ in payments],
            "payee_customer_id": [names[other] for _, other in payments],
            **dict.fromkeys(("transfer_count", "transfer_count_180d"), [1] * many),
            **dict.fromkeys(("amount_cents_sum", "amount_cents_sum_180d"), [1] * many),
            **dict.fromkeys(("first_transferred_at", "last_transferred_at"), ever),
        },
        "identifier_holders": {
            "identifier_type": ["phone"] * PEOPLE,
            "identifier": [f"of {number // 3}" for number in range(PEOPLE)],
            "customer_id": names,
            **dict.fromkeys(("first_seen_at", "last_seen_at"), [BEFORE] * PEOPLE),
            "known_date": [BEFORE.date()] * PEOPLE,
            "holder_count": [3] * PEOPLE,
        },
        "referrals": {
            "referrer_source_record_id": [records[one] for one, _ in referrals],
            "referred_source_record_id": [records[other] for _, other in referrals],
            "referred_at": [BEFORE] * 60,
            "known_date": [BEFORE.date()] * 60,
        },
        "instalments": {
            "source_record_id": records,
            "plan_opened_at": [LONG_AGO] * PEOPLE,
            "due_date": [AS_OF - timedelta(days=100)] * PEOPLE,
            "settled_date": [None if bad else AS_OF - timedelta(days=101) for bad in is_known],
        },
        "identities": {"source_record_id": records, "customer_id": names},
    }
    asked = [number for number in range(PEOPLE) if not is_known[number]]
    outcomes = pa.table(
        {"customer_id": [names[one] for one in asked], "is_default": [bool(comes[one]) for one in asked]}
    )
    earlier = pa.table({"is_default": chance.random(2 * PEOPLE) < 0.2})
    return Evidence(AS_OF, {name: rows_of(name, columns) for name, columns in tables.items()}, outcomes, earlier)
