"""Weights learnt without labels find again what the records were made with, and mean what Splink means by them."""

from __future__ import annotations

import json
import logging
import random
from collections import Counter
from datetime import date, timedelta
from math import floor, log2

import duckdb
import pyarrow as pa
import pytest

from jobs.customers import comparing_sql as sql
from jobs.customers.comparing import compare
from jobs.customers.learning import comparisons_of, learn
from jobs.customers.match_weights import (
    DECLARED,
    LEVELS,
    SMALLEST_POPULATION,
    MatchWeights,
    WeightsError,
    doublings,
    read_weights,
)
from tests.customers.small_records import Row, record, records_of

KEEPS_PHONE, KEEPS_EMAIL, KEEPS_CITY = 0.8, 0.9, 0.7
PEOPLE = 1_500


@pytest.fixture(scope="module")
def town() -> list[Row]:
    """Everybody stands once at the shop and once at a bank; families of three share a phone."""
    chance = random.Random(7)
    letters = "王李张刘陈小明静敏丽伟强磊军勇杰涛超辉建"
    rows = []
    for number in range(PEOPLE):
        name = "".join(chance.choices(letters, k=3))
        born = str(date(1950, 1, 1) + timedelta(days=chance.randrange(18_000)))
        phone, email = f"p{number // 3 if number % 20 < 3 else number}", f"e{number}"
        city, gender = chance.choice("123456"), chance.choice(("female", "male"))
        for partner in ("shop", "harbour"):
            rows.append(
                record(
                    f"{partner}:{number:05d}",
                    name,
                    born,
                    phone=phone if partner == "shop" or chance.random() < KEEPS_PHONE else f"q{number}",
                    email=email if partner == "shop" or chance.random() < KEEPS_EMAIL else f"f{number}",
                    city_code=city if partner == "shop" or chance.random() < KEEPS_CITY else chance.choice("123456"),
                    gender=gender,
                )
            )
    return rows


@pytest.fixture(scope="module")
def learnt(town: list[Row]) -> MatchWeights:
    return learn(records_of(town))


def test_what_the_records_were_made_with_is_learnt_from_them_in_any_order(
    town: list[Row], learnt: MatchWeights
) -> None:
    assert learnt.matches_per_record == pytest.approx(1, abs=0.1)
    assert learnt.m["phone"][1] == pytest.approx(KEEPS_PHONE, abs=0.04)
    assert learnt.m["email"][1] == pytest.approx(KEEPS_EMAIL, abs=0.04)
    assert learnt.m["city"][1] == pytest.approx(KEEPS_CITY + (1 - KEEPS_CITY) / 6, abs=0.04)
    assert learnt.u["city"][1] == pytest.approx(1 / 6, abs=0.01)
    assert learnt.u["gender"][1] == pytest.approx(1 / 2, abs=0.01)
    assert learnt.bits("phone", 1, learnt.records) < learnt.bits("email", 1, learnt.records)  # families share phones
    shuffled = random.Random(3).sample(town, len(town))
    assert learn(records_of(shuffled)) == learnt


def test_a_probability_is_what_splink_makes_of_the_same_weights_and_of_how_common_the_name_is(
    town: list[Row], learnt: MatchWeights
) -> None:
    chance = random.Random(2)
    hasty = [
        record(
            f"meridian:{number:05d}",
            chance.choice((None, "赵敏")),
            phone=f"p{number}",
            email=chance.choice((None, f"g{number}")),
            city_code=chance.choice((None, "1")),
            gender=chance.choice((None, "female")),
        )
        for number in range(200)
    ]
    records = records_of([*town, *hasty])
    by_model = [row for row in compare(records, learnt).to_pylist() if row["decided_by"] == "model"]
    theirs = predicted_by_splink(records, learnt)
    ours = {
        (row["left_record_id"], row["right_record_id"]): row["match_probability"]
        for row in by_model
        if "; name: same;" not in row["evidence"]
    }
    assert len(ours) >= 20
    assert {pair: theirs[pair] for pair in ours} == pytest.approx(ours, abs=2e-6)
    namesakes = [row for row in by_model if "; name: same;" in row["evidence"] and row["match_probability"] < 0.9999]
    names = dict(zip(records["source_record_id"].to_pylist(), records["full_name_token"].to_pylist(), strict=True))
    frequency = Counter(name for name in names.values() if name is not None)
    given = sum(frequency.values())
    for row in namesakes:
        pair = (row["left_record_id"], row["right_record_id"])
        exactly = log2(given / frequency[names[pair[0]]])  # what Splink adds for the name; ours is in whole doublings
        rounded = doublings(records.num_rows) - floor(log2(frequency[names[pair[0]]]))
        more = bits(row["match_probability"]) - bits(theirs[pair])
        assert more == pytest.approx(rounded - exactly, abs=0.05), "the same weight but for the rounding"
        assert abs(more) < 1.5
    assert len(namesakes) >= 10


def bits(probability: float) -> float:
    return log2(probability / (1 - probability))


def predicted_by_splink(records: pa.Table, weights: MatchWeights) -> dict[tuple[str, str], float]:
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    comparisons = comparisons_of({})
    [of_name] = (one for one in comparisons if one["output_column_name"] == "name")
    of_name["comparison_levels"][1]["tf_adjustment_column"] = "name"
    for comparison in comparisons:
        name, levels = comparison["output_column_name"], comparison["comparison_levels"][1:]
        for place, level in enumerate(reversed(levels)):
            level.update(m_probability=weights.m[name][place], u_probability=weights.u[name][place])
    odds = weights.matches_per_record / weights.records
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[block_on(key) for key in ("phone", "email", "named_and_born")],
        probability_two_random_records_match=odds / (1 + odds),
    )
    with duckdb.connect() as connection:
        connection.register("records", records)
        connection.execute(f"CREATE TABLE people AS {sql.for_learning()}")
        linker = Linker(DuckDBAPI(connection).register("people"), settings, log_level=logging.ERROR)
        rows = linker.inference.predict().as_record_list()
    return {
        (min(row["unique_id_l"], row["unique_id_r"]), max(row["unique_id_l"], row["unique_id_r"])): row[
            "match_probability"
        ]
        for row in rows
    }


def test_weights_are_read_as_they_are_written_and_wrong_ones_are_refused() -> None:
    text = json.dumps(DECLARED.as_json())
    assert read_weights(text) == DECLARED
    assert read_weights(text).digest == DECLARED.digest
    for broken in ("[]", "{", "{}", text.replace('"phone"', '"fax"'), text.replace('"records": ', '"records": -')):
        with pytest.raises(WeightsError, match="match weights: "):
            read_weights(broken)


def test_a_population_twice_as_large_needs_one_bit_more_unless_the_agreement_grows_rarer() -> None:
    once, twice = DECLARED.records, 2 * DECLARED.records
    assert DECLARED.prior_bits(twice) == DECLARED.prior_bits(once) - 1
    assert DECLARED.bits("phone", 1, twice) == DECLARED.bits("phone", 1, once) + 1
    for name, levels in LEVELS.items():
        assert DECLARED.bits(name, 0, twice) == DECLARED.bits(name, 0, once)
        assert DECLARED.bits(name, 0, once) < 0 < DECLARED.bits(name, len(levels) - 1, once)
    assert DECLARED.prior_bits(3) == DECLARED.prior_bits(SMALLEST_POPULATION)


def test_from_a_handful_of_records_nothing_is_learnt() -> None:
    with pytest.raises(WeightsError, match="only 1 pairs share phone, and it takes 200 to learn from"):
        learn(records_of([record("a:ann", phone="1"), record("b:ann", phone="1")]))
