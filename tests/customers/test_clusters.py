"""Clusters instead of chains: records are named after the person they belong to, pairs are written as (one, other)."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import networkx
import pyarrow as pa
import pytest

from jobs.customers.clusters import (
    MAX_RECORDS_SHARING,
    MOST_RECORDS,
    REASONS,
    Clusters,
    find_clusters,
    with_customer_before,
)
from jobs.customers.shapes import LEAST_DENSITY, WEAK_PROBABILITY
from schemas.customers.identity_refusals import REFUSAL_REASONS

Pair = tuple[str, str, float] | tuple[str, str, float, str]
"""The two records, the probability and, where it is not the rule's, the reviewer's word: yes or no."""

PAIRS = pa.schema(
    [
        *(("left_record_id", pa.string()), ("right_record_id", pa.string()), ("matched_by", pa.string())),
        *(("match_probability", pa.float64()), ("decision", pa.string()), ("decided_by", pa.string())),
    ]
)


def clusters(ids: Mapping[str, str | None], *pairs: Pair) -> Clusters:
    """The clusters of records with their national ids, by pairs that are automatic unless a reviewer decided."""
    records = pa.table(
        {
            "source_record_id": pa.array(list(ids), pa.string()),
            "national_id_token": pa.array(list(ids.values()), pa.string()),
        }
    )
    return find_clusters(records, pa.Table.from_pylist([as_row(*pair) for pair in pairs], schema=PAIRS))


def as_row(one: str, other: str, probability: float, reviewer: str = "") -> dict[str, Any]:
    left, right = sorted((one, other))
    return {
        "left_record_id": left,
        "right_record_id": right,
        "matched_by": "reviewed" if reviewer else "rule",
        "match_probability": None if reviewer else probability,
        "decision": "rejected" if reviewer == "no" else "automatic",
        "decided_by": "reviewer" if reviewer else "rule",
    }


def people(found: Clusters) -> list[str]:
    """The records of each cluster, in words."""
    by_cluster: dict[str, list[str]] = {}
    for row in found.members.to_pylist():
        by_cluster.setdefault(row["cluster"], []).append(row["source_record_id"])
    assert all(name == min(members) for name, members in by_cluster.items())
    return sorted(" ".join(sorted(members)) for members in by_cluster.values())


def refused(found: Clusters) -> dict[tuple[str, str], str]:
    return {(row["left_record_id"], row["right_record_id"]): row["reason"] for row in found.refusals.to_pylist()}


def without_ids(*names: str) -> dict[str, str | None]:
    return dict.fromkeys(names)


def test_the_contract_knows_every_reason() -> None:
    assert REASONS == REFUSAL_REASONS


def test_the_stronger_pair_wins_where_two_national_ids_would_meet() -> None:
    found = clusters({"ann": "A", "bob": "B", "x": None}, ("ann", "x", 0.99), ("bob", "x", 0.97))
    assert people(found) == ["ann x", "bob"]
    assert refused(found) == {("bob", "x"): "conflicting_national_id"}
    assert people(clusters({"ann": "A", "bob": "B"}, ("ann", "bob", 0.99))) == ["ann", "bob"]


def test_a_record_tied_as_strongly_to_twins_joins_neither_of_them_and_a_weaker_hint_decides() -> None:
    twins = {"ann": "A", "bob": "B", "x": None, "y": None}
    same = (("ann", "x", 0.99), ("bob", "x", 0.99), ("ann", "y", 0.99), ("bob", "y", 0.99), ("x", "y", 0.99))
    found = clusters(twins, *same)
    assert people(found) == ["ann", "bob", "x", "y"]
    assert set(refused(found).values()) == {"two_candidates"}
    assert len(refused(found)) == 5
    with_hint = clusters(
        {"ann": "A", "an2": "A", "bob": "B", "x": None}, *same[:2], ("an2", "x", 0.95), ("ann", "an2", 1)
    )
    assert people(with_hint) == ["an2 ann x", "bob"]
    apart = clusters({"ann": "A", "bob": "B", "x": None, "z": None}, *same[:2], ("x", "z", 0.95))
    assert people(apart) == ["ann", "bob", "x z"]


def test_t15_a_chain_never_becomes_a_person_and_a_placeholder_id_is_none() -> None:
    chain = [f"r{n:02d}" for n in range(MOST_RECORDS + 1)]
    every_pair = [(one, other, 0.995) for one in chain for other in chain if one < other]
    found = clusters(without_ids(*chain), *every_pair)
    assert people(found) == [" ".join(chain[:-1]), chain[-1]], "as many as fit, the smallest names first"
    assert refused(found) == {(one, chain[-1]): "too_many_records" for one in chain[:-1]}
    assert people(clusters(without_ids(*chain[1:]), *(p for p in every_pair if "r00" not in p))) == [
        " ".join(chain[1:])
    ]
    zeros: dict[str, str | None] = dict.fromkeys((f"z{n:02d}" for n in range(MAX_RECORDS_SHARING)), "000000")
    found = clusters({**zeros, "z10": "000000", "ann": "A"}, ("ann", "z10", 0.99))
    assert "ann z10" in people(found), "an id on eleven records is not given"


@pytest.mark.parametrize("newcomer", ["a", "z"])
def test_t15_a_record_too_many_stays_outside_and_leaves_the_customer_as_it_was(newcomer: str) -> None:
    established = [f"r{n:02d}" for n in range(MOST_RECORDS)]
    names = [newcomer, *established]
    pairs = [as_row(one, other, 0.995) for one in names for other in names if one < other]
    records = pa.table({"source_record_id": names, "national_id_token": pa.nulls(len(names), pa.string())})
    known = pa.table({"source_record_id": established, "customer_id": ["c"] * MOST_RECORDS})
    found = find_clusters(with_customer_before(records, known), pa.Table.from_pylist(pairs, schema=PAIRS))
    assert people(found) == sorted([" ".join(established), newcomer])
    assert set(refused(found).values()) == {"too_many_records"}


def test_t15_two_customers_too_large_together_stay_two_and_a_reviewers_no_holds_among_those_that_fit() -> None:
    names = [f"r{n:02d}" for n in range(MOST_RECORDS + 4)]
    records = pa.table({"source_record_id": names, "national_id_token": pa.nulls(len(names), pa.string())})
    customers = ["c" if n % 2 else "d" for n in range(len(names))]
    pairs = [as_row(one, other, 0.995) for one in names for other in names if one < other]
    known = pa.table({"source_record_id": names, "customer_id": customers})
    found = find_clusters(with_customer_before(records, known), pa.Table.from_pylist(pairs, schema=PAIRS))
    assert people(found) == [" ".join(names[0::2]), " ".join(names[1::2])]
    parted = [pair for pair in pairs if (pair["left_record_id"], pair["right_record_id"]) != ("r00", "r02")]
    no = as_row("r00", "r02", 0, "no")
    found = find_clusters(records, pa.Table.from_pylist([*parted, no], schema=PAIRS))
    assert not any({"r00", "r02"} <= set(members.split()) for members in people(found))
    assert max(len(members.split()) for members in people(found)) <= MOST_RECORDS


def test_a_person_of_two_pairs_of_records_is_not_held_by_one_weak_pair_alone() -> None:
    two_parts = (("a", "b", 0.999), ("c", "d", 0.98))
    weak = clusters(without_ids(*"abcd"), *two_parts, ("b", "c", 0.95))
    assert people(weak) == ["a b", "c d"]
    assert refused(weak) == {("b", "c"): "weak_bridge"}
    strong = clusters(without_ids(*"abcd"), *two_parts, ("b", "c", WEAK_PROBABILITY))
    assert people(strong) == ["a b c d"]
    assert strong.members["has_bridge"].to_pylist() == [True] * 4
    twice = clusters(without_ids(*"abcd"), *two_parts, ("b", "c", 0.95), ("a", "d", 0.95))
    assert people(twice) == ["a b c d"]
    assert twice.members["has_bridge"].to_pylist() == [False] * 4
    leaf = clusters(without_ids(*"abc"), ("a", "b", 0.999), ("b", "c", 0.95))
    assert people(leaf) == ["a b c"], "a single record may hang on one pair"
    chain = clusters(without_ids(*"abcde"), *((one, other, 0.95) for one, other in zip("abcd", "bcde", strict=True)))
    assert people(chain) == ["a b", "c d e"], "cut once, the rest holds: bridges are looked at one at a time"


def test_seven_records_on_a_string_of_strong_pairs_are_too_sparse_and_the_weakest_go_first() -> None:
    names = "abcdefg"
    sure = [0.9999, 0.9999, 0.9999, 0.9985, 0.9999, 0.9999]
    found = clusters(without_ids(*names), *((names[n], names[n + 1], p) for n, p in enumerate(sure)))
    assert LEAST_DENSITY * 21 > 6
    assert people(found) == ["a b c d", "e f g"]
    assert refused(found) == {("d", "e"): "too_sparse"}


def test_a_reviewers_word_counts_more_than_any_rule() -> None:
    mistyped = clusters(
        {"ann": "A", "an2": "A-mistyped", "an3": "A-mistyped"}, ("ann", "an2", 0, "yes"), ("an2", "an3", 1)
    )
    assert people(mistyped) == ["an2 an3 ann"]
    assert mistyped.members["match_probability"].to_pylist() == [1.0] * 3
    parted = clusters({"a": "A", "b": "A", "c": None}, ("a", "b", 0, "no"), ("a", "c", 0.99), ("b", "c", 0.98))
    assert people(parted) == ["a c", "b"]
    assert refused(parted) == {("b", "c"): "reviewer_said_no"}
    through_a_third = clusters(without_ids(*"abc"), ("a", "b", 0, "no"), ("a", "c", 0.99), ("b", "c", 0.99))
    assert people(through_a_third) == ["a", "b", "c"]
    kept = clusters(without_ids(*"abcd"), ("a", "b", 0.999), ("c", "d", 0.999), ("b", "c", 0, "yes"))
    assert people(kept) == ["a b c d"]


def test_every_record_is_told_with_its_strongest_pair_and_the_weakest_link_of_its_cluster() -> None:
    found = clusters(
        {"a": None, "b": None, "c": None, "d": None},
        ("a", "b", 0.999), ("b", "c", 0.99), ("a", "c", 0.96), ("a", "unknown", 1.0),
    )  # fmt: skip
    columns = ("source_record_id", "matched_record_id", "match_probability", "weakest_match_probability")
    assert [tuple(row[name] for name in columns) for row in found.members.to_pylist()] == [
        ("a", "b", 0.999, 0.99),
        ("b", "a", 0.999, 0.99),
        ("c", "b", 0.99, 0.99),
        ("d", None, None, None),
    ]
    assert people(clusters({})) == []


def random_case(seed: int) -> tuple[dict[str, str | None], list[Pair]]:
    chance = random.Random(seed)
    names = [f"r{n:03d}" for n in range(60)]
    ids = {name: chance.choice((None, None, f"id{n // 4}")) for n, name in enumerate(names)}
    pairs: dict[tuple[str, str], Pair] = {}
    for _ in range(80):
        one = chance.randrange(60)
        other = max(0, min(59, one + chance.randint(-5, 5)))
        left, right = sorted((names[one], names[other]))
        if left != right:
            word = chance.choices(("", "yes", "no"), weights=(20, 1, 1))[0]
            sure = chance.choice((0.95, 0.97, 0.97, 0.99, 0.999))
            pairs[left, right] = (left, right, sure, word) if word else (left, right, sure)
    return ids, list(pairs.values())


@pytest.mark.parametrize("seed", range(30))
def test_t17_whatever_the_order_of_the_rows_what_must_hold_of_clusters_holds(seed: int) -> None:
    ids, pairs = random_case(seed)
    found = clusters(ids, *pairs)
    backwards = clusters(dict(reversed(ids.items())), *reversed(pairs))
    assert backwards.members.equals(found.members)
    assert backwards.refusals.equals(found.refusals)
    cluster = {row["source_record_id"]: row["cluster"] for row in found.members.to_pylist()}
    automatic = [pair for pair in pairs if pair[3:] != ("no",)]
    assert set(refused(found)) == {pair[:2] for pair in automatic if cluster[pair[0]] != cluster[pair[1]]}
    said_yes = [(ids[one], ids[other]) for one, other, *rest in pairs if rest[1:] == ["yes"]]
    same_id = networkx.Graph([ends for ends in said_yes if None not in ends])
    for members in people(found):
        names = members.split()
        given = {identity for name in names if (identity := ids[name]) is not None}
        same_id.add_nodes_from(given)
        assert len({frozenset(networkx.node_connected_component(same_id, one)) for one in given}) <= 1
        assert_is_connected(names, automatic)
    for one, other, *rest in pairs:
        assert rest[1:] != ["no"] or cluster[one] != cluster[other]


def assert_is_connected(names: Sequence[str], pairs: Sequence[Pair]) -> None:
    graph = networkx.Graph()
    graph.add_nodes_from(names)
    graph.add_edges_from((one, other) for one, other, *_ in pairs if one in names and other in names)
    assert networkx.is_connected(graph)


@pytest.mark.parametrize("seed", range(5))
def test_the_weakest_link_is_the_probability_below_which_a_cluster_falls_apart(seed: int) -> None:
    ids, pairs = random_case(seed)
    by_rule = [pair for pair in pairs if len(pair) == 3]
    rows = clusters(without_ids(*ids), *by_rule).members.to_pylist()
    checked = 0
    for name in {row["cluster"] for row in rows if row["weakest_match_probability"] is not None}:
        members = [row for row in rows if row["cluster"] == name]
        [weakest] = {row["weakest_match_probability"] for row in members}
        inside = networkx.Graph()
        inside.add_nodes_from(row["source_record_id"] for row in members)
        edges = [pair for pair in by_rule if pair[0] in inside and pair[1] in inside]
        inside.add_edges_from(pair[:2] for pair in edges if pair[2] >= weakest)
        assert networkx.is_connected(inside)
        inside.remove_edges_from([pair[:2] for pair in edges if pair[2] <= weakest])
        assert not networkx.is_connected(inside)
        checked += 1
    assert checked > 3
