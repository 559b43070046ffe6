"""observations: everybody who was known by the day, nobody else, and who lives with whom."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from jobs.models.observations import build, households
from schemas.cleaned.purchases import PURCHASES
from schemas.customers.identities import IDENTITIES
from schemas.families import ALSO_READ_BY_PROPENSITIES, READ_BY_MODELS, model_families
from schemas.features.purchase_value import PURCHASE_VALUE
from schemas.models.observations import HOUSEHOLD_AT_MOST, OBSERVATIONS
from tests.conftest import TableMaker, rows

OBSERVED = date(2025, 8, 31)


def record(name: str, since: str = "2024-01-01") -> dict[str, Any]:
    return {"source_record_id": f"shop:{name}", "customer_id": name, "record_since": since}


def order(name: str, number: int, address: str | None) -> dict[str, Any]:
    return {"order_id": f"{name} {number}", "source_record_id": f"shop:{name}", "shipping_address_token": address}


def test_t3_t9_everybody_known_by_the_day_is_described_beside_the_household(table: TableMaker) -> None:
    crowd = [f"m{number:02d}" for number in range(HOUSEHOLD_AT_MOST + 1)]
    identities = [
        record("ann"),
        {**record("ann"), "source_record_id": "harbour:1", "record_since": "2026-01-01"},
        record("bob", "2025-08-31 15:59:59"),
        record("cem", "2025-08-31 16:00:00"),  # the next local day
        record("dia"),
        *(record(name) for name in crowd),
    ]
    purchases = [
        *(order("ann", number, "here") for number in (1, 2)),
        order("ann", 3, "there"),
        *(order("bob", number, "here") for number in (1, 2)),
        order("cem", 1, "here"),
        order("dia", 1, None),
        *(order(name, 1, "a pick-up point") for name in crowd),
    ]
    value = [{"customer_id": "ann", "purchase_count_30d": 4}, {"customer_id": "cem", "purchase_count_30d": 9}]
    families = [table(family, value if family == PURCHASE_VALUE else []) for family in model_families()]
    built = build(table(IDENTITIES, identities), table(PURCHASES, purchases), *families, as_of=OBSERVED)
    assert built.columns == list(OBSERVATIONS.column_names)
    found = rows(built, "observation_date", "customer_id", "household_id", "purchase_count_30d")
    assert found == [
        (OBSERVED, "ann", "ann", 4),
        (OBSERVED, "bob", "ann", None),
        (OBSERVED, "dia", "dia", None),
        *((OBSERVED, name, name, None) for name in crowd),
    ]


@pytest.mark.parametrize("of_ann", ["a token", "z token"])
def test_t10_of_two_addresses_with_as_many_orders_the_newest_is_home_whatever_the_tokens(
    table: TableMaker, of_ann: str
) -> None:
    def sent(name: str, number: int, address: str, when: str) -> dict[str, Any]:
        return {**order(name, number, address), "ordered_at": when}

    purchases = [
        sent("ann", 1, of_ann, "2025-05-01 08:00:00"),
        sent("bob", 1, of_ann, "2025-05-03 08:00:00"),
        sent("bob", 2, "m token", "2025-05-02 08:00:00"),
        sent("cem", 1, "m token", "2025-05-01 08:00:00"),
        sent("dia", 1, "m token", "2025-05-04 08:00:00"),  # both at one moment: the larger order id is the newer
        sent("dia", 2, of_ann, "2025-05-04 08:00:00"),
    ]
    identities = [record(name) for name in ("ann", "bob", "cem", "dia")]
    found = households(table(PURCHASES, purchases), table(IDENTITIES, identities))
    assert rows(found, "customer_id", "household_id") == [
        ("ann", "ann"),
        ("bob", "ann"),
        ("cem", "cem"),
        ("dia", "ann"),
    ]


def test_what_models_of_wishes_read_besides_exists_and_is_not_read_by_credit_models() -> None:
    families = {family.name: family for family in model_families()}
    for name, columns in ALSO_READ_BY_PROPENSITIES.items():
        assert set(columns) <= set(families[name].column_names)
        assert set(columns).isdisjoint(READ_BY_MODELS[name])
        assert set(columns) <= set(OBSERVATIONS.column_names)
