"""Circles, scatter-gather and pass-through: what networkx and plain counting find."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from scipy import sparse

from jobs.relations import distributed_flows, flows, walks
from tests.relations.random_edges import NAMES, Edge, directed

FLOWS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.integers(1, 50), st.integers(20_000, 20_006)),
    max_size=30,
)
Flow = tuple[str, str, int, int]
COLUMNS = ("payer_count", "payee_count", "received", "passed_on", "cycle_length", "gathered_count")


def flow_table(rows: list[Flow]) -> pa.Table:
    names, kinds = ("source_id", "target_id", "cents", "day"), (pa.string(), pa.string(), pa.int64(), pa.int32())
    columns = [pa.array([row[position] for row in rows], kind) for position, kind in enumerate(kinds)]
    return pa.table(dict(zip(names, columns, strict=True)))


def expected_of(rows: list[Flow], name: str) -> tuple[int, ...]:
    edges: list[Edge] = [row[:3] for row in rows]
    paid = directed(edges)
    ways = nx.single_source_shortest_path_length(paid, name)
    cycle = min((ways[payer] + 1 for payer in paid.predecessors(name) if payer in ways), default=0)
    ends = [end for hand in paid.successors(name) for end in paid.successors(hand) if end != name]
    between = [row for row in rows if row[0] != row[1]]
    return (
        paid.in_degree(name),
        paid.out_degree(name),
        sum(cents for _, to, cents, _ in between if to == name),
        most_passed_on(between, name),
        cycle if cycle <= flows.LONGEST_CYCLE else 0,
        len({end for end in ends if ends.count(end) > 1}),
    )


def most_passed_on(between: list[Flow], name: str) -> int:
    """The most cents that can be sent on within two days when each is sent once: a maximum flow."""
    ways = nx.DiGraph()
    ways.add_nodes_from(("came", "went"))
    for number, (payer, payee, cents, day) in enumerate(between):
        if payee == name:
            ways.add_edge("came", ("in", number), capacity=cents)
            for other, (sender, _, _, later) in enumerate(between):
                if sender == name and day <= later <= day + 2:
                    ways.add_edge(("in", number), ("out", other))
        if payer == name:
            ways.add_edge(("out", number), "went", capacity=cents)
    return int(nx.maximum_flow_value(ways, "came", "went"))


@settings(max_examples=60, deadline=None)
@given(FLOWS)
def test_every_shape_is_the_one_that_networkx_and_counting_find(rows: list[Flow]) -> None:
    found = flows.describe_flows(flow_table(rows)).to_pylist()
    assert [row["customer_id"] for row in found] == sorted({name for row in rows for name in row[:2]})
    for row in found:
        assert tuple(row[column] for column in COLUMNS) == expected_of(rows, row["customer_id"])


def test_each_cent_is_passed_on_once_first_in_first_out() -> None:
    """100 came on each of three days and 100 went on the third: a third was passed on, not all of it."""
    came = [("ann", "bob", 100, day) for day in (1, 2, 3)]
    gone = {
        ((100, 3),): 100,
        ((100, 3), (100, 4), (150, 5)): 300,  # the last 50 are bob's own
        ((100, 4),): 100,
        ((50, 3), (250, 5)): 150,  # on day 5 only what came on day 3 is new enough
        ((300, 0), (300, 6)): 0,
    }
    for sent, passed_on in gone.items():
        found = flows.describe_flows(flow_table([*came, *(("bob", "cem", cents, day) for cents, day in sent)]))
        assert found.filter(pc.equal(found["customer_id"], "bob"))["passed_on"].to_pylist() == [passed_on], sent


def test_a_circle_of_six_is_seen_by_everyone_on_it_and_one_of_seven_by_nobody() -> None:
    for length, seen in ((6, 6), (7, 0)):
        ring = [(NAMES[number], NAMES[(number + 1) % length], 10, 20_000) for number in range(length)]
        found = flows.describe_flows(flow_table(ring))
        assert found["cycle_length"].to_pylist() == [seen] * length


def test_t14_walks_are_followed_for_no_more_customers_at_a_time_than_memory_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Everybody pays everybody, so that each of 60 reaches 60 after every step."""
    everybody = [(f"c{one}", f"c{other}", 1, 20_000) for one in range(60) for other in range(60) if one != other]
    at_once = flows.describe_flows(flow_table(everybody))
    monkeypatch.setattr(walks, "ENTRIES_AT_ONCE", 2_000)
    held: list[int] = []
    reached = flows._reached

    def counted(walks_now: sparse.csr_array) -> sparse.csr_array:
        held.append(walks_now.nnz)
        return reached(walks_now)

    monkeypatch.setattr(flows, "_reached", counted)
    assert flows.describe_flows(flow_table(everybody)).equals(at_once)
    assert set(at_once["cycle_length"].to_pylist()) == {2}
    assert len(held) > 6, "all in one go"
    assert max(held) <= 2_000


@pytest.mark.parametrize("partitions", [1, 4, 13])
def test_t17_spark_finds_the_same_shapes_for_any_partitions(spark: SparkSession, partitions: int) -> None:
    chance = np.random.default_rng(9)
    rows = [
        (NAMES[payer], NAMES[payee], int(chance.integers(1, 50)), 20_000 + int(chance.integers(0, 7)))
        for payer, payee in chance.integers(0, 12, (26, 2))
    ]
    rows += [("tail", NAMES[0], 5, 20_003), ("loop", "loop", 5, 20_003)]
    rows += [(f"ring{number}", f"ring{(number + 1) % 5}", 7, 20_002) for number in range(5)]
    here = flows.describe_flows(flow_table(rows)).to_pylist()
    on_spark = distributed_flows.describe_flows(spark.createDataFrame(flow_table(rows)).repartition(partitions))
    found = sorted(tuple(row) for row in on_spark.select("customer_id", *COLUMNS).collect())
    assert found == [tuple(row[column] for column in ("customer_id", *COLUMNS)) for row in here]
    assert {row["cycle_length"] for row in here} >= {0, 2, 5}
