"""Learns match weights from records without labels: expectation maximisation by Splink (Linacre et al. 2022).

Each training looks at the pairs that share one key and learns the other comparisons from them (Winkler 1988); what the
key itself is worth comes from the trainings on other keys. How often strangers share a phone or an e-mail address is
too rare to be sampled: it follows from the pairs with that key that the training holds for strangers.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from jobs.customers import comparing_sql as sql
from jobs.customers.comparing import RECORDS
from jobs.customers.match_rules import NEARLY_THE_SAME, SOMEWHAT_LIKE
from jobs.customers.match_weights import GROWING_RARER, LEVELS, MatchWeights, WeightsError
from jobs.customers.records import IDENTIFYING

SAMPLED_PAIRS = 2_000_000
SEED = 20_260_331
RAREST_AMONG_STRANGERS = 1e-9
RAREST_IN_A_PERSON = 5e-4
"""Nothing is never mistyped; what a small table does not show is taken to happen so often (a guess)."""

FEWEST_PAIRS = 200
"""Fewer pairs that share a key teach nothing that holds tomorrow."""

CONDITIONS: Mapping[str, Sequence[str]] = {
    **{name: (f"{name}_l = {name}_r",) for name in ("phone", "email", "city", "gender")},
    "name": (
        "name_l = name_r",
        *(
            f"2.0 * bit_count(bits_l & bits_r) / (bit_count(bits_l) + bit_count(bits_r)) >= {bound}"
            for bound in (NEARLY_THE_SAME, SOMEWHAT_LIKE)
        ),
    ),
    "birth_date": (
        "born_l = born_r",
        "year_l = year_r AND month_l = month_r OR year_l = year_r AND day_l = day_r "
        "OR month_l = month_r AND day_l = day_r OR year_l = year_r AND month_l = day_r AND day_l = month_r",
    ),
}
"""The levels of each comparison from the highest down, as Splink writes conditions."""

GIVEN_AS: Mapping[str, str] = {"birth_date": "born"}
SAME_BY_KEY: Mapping[str, tuple[str, ...]] = {
    "phone": ("phone",),
    "email": ("email",),
    "named_and_born": ("name", "birth_date"),
}
"""Pairs that share the key agree in these anyway, and teach nothing of them."""

TRAINED_ON = tuple(SAME_BY_KEY)
STRANGERS_AMONG_SHARING = 0.1
"""Of the pairs that share a phone or an e-mail address: where the trainings on other keys begin."""


class Training(NamedTuple):
    """What one training learnt: its pairs, the share of them that it holds for one person, and m by comparison."""

    pairs: int
    matched: float
    m: Mapping[str, tuple[float, ...]]


def learn(records: pa.Table, *, seed: int = SEED) -> MatchWeights:
    """Weights for records with the columns of RECORDS; the same records in any order give the same weights.

    WeightsError when too few pairs share a phone, an e-mail address, or name and birth date.
    """
    every_pair = records.num_rows * (records.num_rows - 1) / 2
    with duckdb.connect(config={"threads": 1}) as connection:  # a sample taken by two threads is not the same twice
        connection.register("records", records.select(IDENTIFYING).cast(RECORDS))
        connection.execute(f"CREATE TABLE learnt_from AS {sql.for_learning()}")
        pairs = {key: _pairs_sharing(connection, key) for key in TRAINED_ON}
        guess = {key: STRANGERS_AMONG_SHARING * pairs[key] / every_pair for key in GROWING_RARER}
        linker = _linker(connection, guess)
        linker.training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS, seed=seed, min_count_per_level=None)
        u = {
            one.output_column_name: _in_order(one, "u_probability", RAREST_AMONG_STRANGERS)
            for one in linker._settings_obj.comparisons
        }
        trainings = {key: _train(linker, key, pairs[key]) for key in TRAINED_ON}
    m = {name: _average([one.m[name] for one in trainings.values() if name in one.m]) for name in LEVELS}
    for key in GROWING_RARER:
        strangers = trainings[key].pairs * (1 - trainings[key].matched) + 1  # one more than seen: never none
        u[key] = _within_bounds((1 - strangers / every_pair, strangers / every_pair), RAREST_AMONG_STRANGERS)
    return MatchWeights(records.num_rows, _matches_per_record(records, trainings, m), m, u)


def _pairs_sharing(connection: duckdb.DuckDBPyConnection, key: str) -> int:
    found = connection.sql(
        f"SELECT count(*) FROM learnt_from l JOIN learnt_from r USING ({key}) WHERE l.unique_id < r.unique_id"
    ).fetchall()
    pairs = int(found[0][0])
    if pairs < FEWEST_PAIRS:
        raise WeightsError(f"match weights: only {pairs} pairs share {key}, and it takes {FEWEST_PAIRS} to learn from")
    return pairs


def _linker(connection: duckdb.DuckDBPyConnection, by_chance: Mapping[str, float]) -> Any:
    from splink import DuckDBAPI, Linker, SettingsCreator  # takes seconds to import, and only a training needs it

    logging.getLogger("splink").setLevel(logging.ERROR)
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons_of(by_chance),
        blocking_rules_to_generate_predictions=[],
        max_iterations=200,
        em_convergence=1e-6,
    )
    return Linker(DuckDBAPI(connection).register("learnt_from"), settings, log_level=logging.ERROR)


def comparisons_of(by_chance: Mapping[str, float]) -> list[Any]:
    """What is compared, as Splink reads it; by_chance: how often strangers agree, where that is known."""
    return [_comparison(name, by_chance.get(name)) for name in LEVELS]


def _comparison(name: str, by_chance: float | None) -> dict[str, Any]:
    given = GIVEN_AS.get(name, name)
    missing = {"sql_condition": f"{given}_l IS NULL OR {given}_r IS NULL", "is_null_level": True}
    levels: list[dict[str, Any]] = [{"sql_condition": condition} for condition in (*CONDITIONS[name], "ELSE")]
    if by_chance is not None:
        for level, share in zip(levels, (by_chance, 1 - by_chance), strict=True):
            level.update(u_probability=share, fix_u_probability=True)
    return {"output_column_name": name, "comparison_levels": [missing, *levels]}


def _train(linker: Any, key: str, pairs: int) -> Training:
    from splink import block_on

    session = linker.training.estimate_parameters_using_expectation_maximisation(block_on(key))
    model = session.core_model_settings
    m = {
        one.output_column_name: _in_order(one, "m_probability", RAREST_IN_A_PERSON)
        for one in model.comparisons
        if one.output_column_name not in SAME_BY_KEY[key]
    }
    return Training(pairs, float(model.probability_two_random_records_match), m)


def _in_order(comparison: Any, share: str, rarest: float) -> tuple[float, ...]:
    """The shares of the levels from 0 up; one that was never seen is the rarest there is."""
    levels = sorted(
        (one for one in comparison.comparison_levels if not one.is_null_level),
        key=lambda one: int(one.comparison_vector_value),
    )
    return _within_bounds([getattr(one, share) or rarest for one in levels], rarest)


def _average(shares: Sequence[Sequence[float]]) -> tuple[float, ...]:
    return _within_bounds([sum(level) / len(shares) for level in zip(*shares, strict=True)], RAREST_IN_A_PERSON)


def _within_bounds(shares: Sequence[float], rarest: float) -> tuple[float, ...]:
    """Never nought or one, and no more figures than any machine agrees on."""
    return tuple(float(f"{min(max(share, rarest), 1 - rarest):.10g}") for share in shares)


def _matches_per_record(
    records: pa.Table, trainings: Mapping[str, Training], m: Mapping[str, tuple[float, ...]]
) -> float:
    """Other records of the same person: the pairs of one person that share a phone, over the share that would."""
    given = 1 - records["phone_token"].null_count / records.num_rows
    phone = trainings["phone"]
    people = phone.pairs * phone.matched / (m["phone"][-1] * given**2)
    return float(f"{2 * people / records.num_rows:.4g}")
