"""Nothing grows with the square of a degree, in one process or on Spark: walks are counted, and plans are read."""

from __future__ import annotations

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.edges import suspected_rings
from jobs.features import default_influence, money_flows, network_position
from jobs.relations import distributed_influence, influence
from jobs.relations.graph import graph_of
from jobs.relations.ties import all_ties
from schemas.cleaned.instalments import INSTALMENTS
from schemas.cleaned.transfers import TRANSFERS as PAYMENTS
from schemas.customers.identities import IDENTITIES
from schemas.edges.favours import FAVOURS
from schemas.edges.shared_identifiers import SHARED_IDENTIFIERS
from schemas.edges.transfers import TRANSFERS
from tests.conftest import TableMaker
from tests.features.random_rows import AS_OF, Row
from tests.features.test_network_position import sent, shared
from tests.features.test_plans import EVERYBODY_WITH_EVERYBODY, ROW_BY_ROW, told

STEPS = 3


def lent_to(people: int) -> list[Row]:
    """So many light devices of three: the lender and two friends."""
    threes = [("lender", f"a{number:02d}", f"b{number:02d}") for number in range(people)]
    return [shared(*pair) for one, other, third in threes for pair in ((one, other), (one, third), (other, third))]


def edges_of(table: TableMaker, shared_by: list[Row]) -> DataFrame:
    return all_ties(table(TRANSFERS, []), table(SHARED_IDENTIFIERS, shared_by), table(FAVOURS, []), AS_OF)


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many places the walks of all defaulters together have reached, step by step, by either way."""
    rows: list[int] = []
    multiply, step = influence._row_products, distributed_influence._one_step

    def counted_product(one: influence.sparse.csr_array, other: influence.sparse.csr_array) -> influence.Floats:
        rows.append(other.nnz)
        return multiply(one, other)

    def counted_step(steady: DataFrame, walks: DataFrame) -> DataFrame:
        after = step(steady, walks)
        rows.append(after.count())
        return after

    monkeypatch.setattr(influence, "_row_products", counted_product)
    monkeypatch.setattr(distributed_influence, "_one_step", counted_step)
    return rows


def places_in_one_process(edges: DataFrame, walked: list[int]) -> int:
    ties = graph_of(edges.toArrow(), weight="weight")
    walked.clear()
    influence.own_visits(ties, np.arange(ties.size), steps=STEPS)
    return max(walked)


def places_on_spark(edges: DataFrame, walked: list[int]) -> int:
    walked.clear()
    everybody = edges.selectExpr("source_id AS customer_id").union(edges.select("target_id")).distinct()
    distributed_influence.own_visits(edges, everybody, steps=STEPS).count()
    return max(walked)


@pytest.mark.parametrize("places", [places_in_one_process, places_on_spark])
def test_t14_walks_around_who_shares_light_identifiers_with_many_grow_as_the_people_and_no_faster(
    spark: SparkSession,
    table: TableMaker,
    walked: list[int],
    monkeypatch: pytest.MonkeyPatch,
    places: object,
) -> None:
    assert callable(places)
    monkeypatch.setattr("jobs.relations.ties.MOST_PARTNERS", 5)
    some, twice = (places(edges_of(table, lent_to(people)).localCheckpoint(), walked) for people in (20, 40))
    assert 0 < some <= twice <= 2.2 * some
    monkeypatch.setattr("jobs.relations.ties.MOST_PARTNERS", 1_000)
    some, twice = (places(edges_of(table, lent_to(people)).localCheckpoint(), walked) for people in (20, 40))
    assert twice > 3 * some, "without the bound the walks grow with the square: the test would see it"


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every plan that is run to a checkpoint, as it stands before."""
    from pyspark.sql.classic.dataframe import DataFrame as Classic

    seen: list[str] = []
    keep = Classic.localCheckpoint

    def read_and_keep(frame: DataFrame, *given: bool) -> DataFrame:
        seen.append(told(frame, "simple"))
        return keep(frame, *given)

    monkeypatch.setattr(Classic, "localCheckpoint", read_and_keep)
    return seen


def test_t14_the_plans_of_the_spark_ways_never_leave_the_engine_nor_pair_everybody(
    spark: SparkSession, table: TableMaker, plans: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in (
        (network_position, "ROUNDS"),
        (network_position, "COMMUNITY_ROUNDS"),
        (default_influence, "STEPS"),
    ):
        monkeypatch.setattr(module, name, 1)
    monkeypatch.setattr(default_influence, "KINDS", ("transfer",))
    ties = [sent("ann", "bob"), sent("bob", "cem"), sent("cem", "ann")]
    edges = table(TRANSFERS, [{**tie, "transfer_count": 5, "last_transferred_at": "2026-03-01"} for tie in ties])
    networked = (edges, table(SHARED_IDENTIFIERS, []), table(FAVOURS, []))
    owed = (table(INSTALMENTS, []), table(IDENTITIES, []))
    for build, parents in (
        (network_position.build, networked),
        (default_influence.build, (*networked, *owed)),
        (suspected_rings.build, networked[:2]),
        (money_flows.build, (payments(table), people(table))),
    ):
        seen = len(plans)
        built = build(*parents, as_of=AS_OF, edges_in_memory=1)  # type: ignore[operator]
        assert len(plans) > seen, f"{build.__module__} went the other way"
        plans.append(told(built, "simple"))
    words = (*ROW_BY_ROW, "CartesianProduct")
    assert [word for plan in plans for word in words if word in plan] == []
    assert [plan for plan in plans if not joins_of_everybody_add_one_row(plan)] == []


def joins_of_everybody_add_one_row(plan: str) -> bool:
    """A total is a single row, which everybody's row may be joined with: an aggregate without a key stands below."""
    joins = plan.count(EVERYBODY_WITH_EVERYBODY[1])
    return joins <= plan.count("keys=[],") // 2


def payments(table: TableMaker) -> DataFrame:
    paid = [("ann", "bob"), ("bob", "ann"), ("bob", "cem")]
    return table(
        PAYMENTS,
        [
            {
                "payer_source_record_id": payer,
                "payee_source_record_id": payee,
                "transaction_id": payer + payee,
                "transferred_at": "2026-03-20",
            }
            for payer, payee in paid
        ],
    )


def people(table: TableMaker) -> DataFrame:
    return table(IDENTITIES, [{"source_record_id": name, "customer_id": name} for name in ("ann", "bob", "cem")])
