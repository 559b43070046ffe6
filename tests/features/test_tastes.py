"""tastes: favourites in a total order, and prices beside what is usual for the category."""

from __future__ import annotations

from math import log
from typing import Any

import pytest
from pyspark.sql import DataFrame

from jobs.features.tastes import build
from schemas.cleaned.purchase_lines import PURCHASE_LINES
from schemas.customers.identities import IDENTITIES
from tests.conftest import TableMaker, rows
from tests.features.random_rows import AS_OF, Row


def line(name: str, category: str, brand: str | None = None, **more: Any) -> Row:
    return {
        "source_record_id": f"shop:{name}",
        "paid_at": "2026-03-01",
        "category_code": category,
        "brand": brand,
        "unit_price_cents": 100,
        **more,
    }


def built(table: TableMaker, lines: list[Row]) -> DataFrame:
    """As of AS_OF; ann has a second record."""
    numbered = [{"order_id": f"o{number}", "line_number": 1, **row} for number, row in enumerate(lines)]
    identities = [
        {"source_record_id": f"shop:{record}", "customer_id": record.split("-")[0]}
        for record in ("ann", "ann-again", "bob", "cem", "dia")
    ]
    return build(table(PURCHASE_LINES, numbered), table(IDENTITIES, identities), as_of=AS_OF)


def test_the_favourites_are_those_of_most_lines_and_in_a_tie_the_first_by_name(table: TableMaker) -> None:
    lines = [
        *(line("ann", "toys", brand) for brand in ("b2", "b1", None)),
        *(line("ann-again", "food", "b1") for _ in range(2)),
        line("ann", "books", "b9"),
        line("ann", "art", "b8"),
        line("bob", "toys"),
        line("nobody", "toys"),
    ]
    of_categories = ("bought_category_count_365d", "top_bought_category", "second_bought_category")
    shares = (f"{place}_bought_category_share_365d" for place in ("top", "second", "third"))
    found = rows(built(table, lines), "customer_id", *of_categories, "third_bought_category", *shares)
    assert found == [
        ("ann", 4, "toys", "food", "art", 3 / 7, 2 / 7, 1 / 7),
        ("bob", 1, "toys", None, None, 1.0, None, None),
    ]
    of_brands = ("bought_brand_count_365d", "top_bought_brand", "second_bought_brand", "top_bought_brand_share_365d")
    assert rows(built(table, lines), "customer_id", *of_brands) == [
        ("ann", 4, "b1", "b2", 3 / 6),
        ("bob", 0, None, None, None),
    ]


def test_who_spreads_evenly_has_the_entropy_of_as_many_categories_and_who_buys_one_kind_has_none(
    table: TableMaker,
) -> None:
    lines = [*(line("ann", kind) for kind in ("a", "b", "c", "a", "b", "c")), line("bob", "a"), line("bob", "a")]
    [(_, entropy, share), (_, none, whole)] = rows(
        built(table, lines), "customer_id", "bought_category_entropy_365d", "top_bought_category_share_365d"
    )
    assert entropy == pytest.approx(log(3), abs=1e-9)
    assert (share, none, whole) == (1 / 3, 0.0, 1.0)


def test_t1_t21_t34_a_line_counts_from_the_first_second_of_the_year_to_the_last_of_the_day(table: TableMaker) -> None:
    moments = {
        "in": ("2025-03-31 16:00:00", "2026-03-31 15:59:59"),
        "out": ("2025-03-31 15:59:59", "2026-03-31 16:00:00"),
    }
    lines = [line("ann", kind, paid_at=at) for kind, both in moments.items() for at in both]
    lines.append(line("bob", "out", paid_at="2025-03-31 15:59:59"))
    found = rows(built(table, lines), "customer_id", "bought_category_count_365d", "top_bought_category")
    assert found == [("ann", 1, "in")]


def test_prices_are_told_over_the_lower_median_of_all_lines_of_the_category(table: TableMaker) -> None:
    lines = [
        line("ann", "toys", unit_price_cents=300),
        line("ann", "food", unit_price_cents=50),
        line("bob", "toys", unit_price_cents=100),
        line("nobody", "toys", unit_price_cents=200),  # known to no customer, and yet a price
        line("bob", "toys", unit_price_cents=900, paid_at="2025-03-31"),  # of last year: neither bought nor usual
        line("cem", "toys", unit_price_cents=400),
        line("dia", "gifts", unit_price_cents=0),
        line("cem", "toys", unit_price_cents=-5),
        line("cem", "toys", unit_price_cents=0),
    ]
    assert rows(built(table, lines), "customer_id", "price_level_mean_365d") == [
        ("ann", (1.5 + 1) / 2),
        ("bob", 0.5),
        ("cem", 2.0),
        ("dia", None),
    ]


def test_a_slipped_decimal_point_stops_no_night(table: TableMaker) -> None:
    lines = [
        line("ann", "toys", unit_price_cents=9_000_000_000_000_000_000),
        line("ann", "toys", unit_price_cents=9_000_000_000_000_000_000),
        *(line("bob", "toys", unit_price_cents=1) for _ in range(3)),
    ]
    assert rows(built(table, lines), "customer_id", "price_level_mean_365d") == [("ann", 1_000.0), ("bob", 1.0)]
