"""The grammar: names, meanings and formulas follow from one declaration, and no day lies in two disjoint windows."""

from __future__ import annotations

import duckdb
import pytest

from jobs.code_version import _with_imports
from schemas.families import FAMILIES, READ_BY_MODELS, model_columns
from schemas.features import browsing, cash_flow, identity, purchase_value, repayment, scenes
from schemas.measures import (
    Feature,
    columns_of,
    count,
    entropy_of,
    first_largest,
    share,
    trend,
)
from schemas.windows import EVER, SAME_DAYS_LAST_YEAR, WEEKS_TO_YEARS, YEARS_BEFORE, Window, disjoint, last, shifted

DECLARING = (browsing, cash_flow, identity, purchase_value, repayment, scenes)


def holds(window: Window, days_ago: int) -> bool:
    """Whether a row so many days before as_of lies in the window, as a database understands its condition."""
    [(answer,)] = duckdb.sql(f"SELECT {window.condition} FROM (SELECT {days_ago} AS days_ago)").fetchall()
    return bool(answer)


def test_a_declaration_gives_name_type_meaning_and_formula() -> None:
    [month, ever] = count("purchase", "purchases paid", *last(30), EVER, where="is_purchase")
    assert (month.column.name, month.column.type) == ("purchase_count_30d", "bigint")
    assert month.column.meaning == "purchases paid in the last 30 days"
    assert month.formula == "count(1) FILTER (WHERE is_purchase AND days_ago BETWEEN 0 AND 29)"
    assert month.rows == "is_purchase AND days_ago BETWEEN 0 AND 29"
    assert (ever.column.name, ever.column.meaning) == ("purchase_count", "purchases paid")
    assert [column.name for column in columns_of(month, ever)] == ["purchase_count_30d", "purchase_count"]


def test_t21_every_day_of_two_years_lies_in_exactly_one_disjoint_window() -> None:
    for days_ago in range(730):
        assert sum(holds_in_python(window, days_ago) for window in WEEKS_TO_YEARS) == 1, days_ago
    assert [window.name for window in disjoint(7, 14, 30)] == ["1_7d", "8_14d", "15_30d"]


def holds_in_python(window: Window, days_ago: int) -> bool:
    assert window.oldest is not None
    return window.newest <= days_ago <= window.oldest


@pytest.mark.parametrize(
    ("window", "newest", "oldest"),
    [
        (last(30)[0], 0, 29),
        (WEEKS_TO_YEARS[1], 7, 13),
        (YEARS_BEFORE[1], 60, 424),
        (shifted(30, 1)[0], 30, 59),
        (SAME_DAYS_LAST_YEAR, 365, 394),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_t21_t37_a_window_holds_its_first_and_its_last_day_and_not_their_neighbours(
    window: Window, newest: int, oldest: int
) -> None:
    assert [holds(window, day) for day in (newest - 1, newest, oldest, oldest + 1)] == [False, True, True, False]


def test_t1_a_row_after_as_of_lies_in_no_window() -> None:
    for window in (EVER, *last(7, 730), *WEEKS_TO_YEARS, *YEARS_BEFORE, SAME_DAYS_LAST_YEAR):
        assert not holds(window, -1)


def test_a_share_of_nothing_is_null_and_a_trend_of_no_change_is_one() -> None:
    [shared] = share("discounted", "x", *last(30), part="discount > 0", missing="nothing")
    [trended] = trend("purchase", "1", "x", missing="nothing")
    rows = "FROM (VALUES (0, 5), (10, 0), (40, 1), (70, 0), (80, 0), (89, 0)) AS t(days_ago, discount)"
    assert duckdb.sql(f"SELECT {shared.formula}, {trended.formula} {rows}").fetchall() == [(0.5, 1.0)]
    assert duckdb.sql(f"SELECT {shared.formula}, {trended.formula} {rows} WHERE false").fetchall() == [(None, None)]


def test_who_was_given_back_more_than_was_paid_has_no_trend_instead_of_a_rising_one() -> None:
    [trended] = trend("net_spend", "cents", "x", missing="nothing")
    for long_ago, expected in ((-400, None), (400, None), (1_000, -2.0)):
        rows = f"FROM (VALUES (0, -400), (80, {long_ago})) AS t(days_ago, cents)"
        assert duckdb.sql(f"SELECT {trended.formula} {rows}").fetchall() == [(expected,)]


def test_entropy_is_nothing_for_one_kind_and_the_logarithm_for_equal_ones() -> None:
    sql = entropy_of(("a", "b", "c")).replace("0D", "0::DOUBLE")
    rows = "FROM (VALUES (1, 5, 0, 0), (2, 2, 2, 2), (3, 0, 0, 0)) AS t(n, a, b, c) ORDER BY n"
    found = [row[0] for row in duckdb.sql(f"SELECT {sql} {rows}").fetchall()]
    assert found[:2] == pytest.approx([0.0, 1.0986122886681098])
    assert found[2] is None


def test_of_two_equally_large_the_first_in_the_list_is_named() -> None:
    sql = first_largest(("retail", "travel"), ("a", "b"))
    rows = "FROM (VALUES (1, 2, 2), (2, 1, 2), (3, 0, 0), (4, -1, -2)) AS t(n, a, b) ORDER BY n"
    assert [row[0] for row in duckdb.sql(f"SELECT {sql} {rows}").fetchall()] == ["retail", "travel", None, None]


def test_every_column_of_a_family_that_declares_measures_says_what_it_rests_on() -> None:
    for module in DECLARING:
        tuples = (value for value in vars(module).values() if isinstance(value, tuple))
        declared = {item.column.name for value in tuples for item in value if isinstance(item, Feature)}
        family = next(family for family in FAMILIES if family.module == module.__name__)
        undeclared = set(family.column_names) - declared - {"customer_id"}
        assert all("_quintile" in name for name in undeclared), undeclared


def test_what_models_may_read_exists_and_holds_nothing_of_age_or_residence() -> None:
    for name, columns in READ_BY_MODELS.items():
        family = next(family for family in FAMILIES if family.name == name)
        assert set(columns) <= set(family.column_names)
    read = {column.name for column in model_columns()}
    assert len(read) > 40
    assert not read & {"age_band", "city_tier_best"}


def test_another_formula_in_a_contract_is_another_version_of_the_code() -> None:
    made_with = _with_imports({"jobs.features.cash_flow"})
    assert {"schemas.features.cash_flow", "schemas.measures", "schemas.windows"} <= made_with
    assert "schemas.features.browsing" not in made_with


def test_whom_a_model_is_learnt_on_is_part_of_the_version_of_its_code() -> None:
    assert "schemas.models.credit_score" in _with_imports({"jobs.models.credit_score"})
    assert "schemas.models.churn" in _with_imports({"jobs.models.churn"}) & _with_imports({"jobs.scores.propensities"})
