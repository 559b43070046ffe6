"""The commands about relations on a real lake: the audit passes and is written down, the picture shows the customer."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from demo.bench_rings import read_published
from demo.oracle import people_behind, ring_precision, ring_recall
from demo.truth import truth_table
from jobs.relations.ties import MOST_PARTNERS
from schemas.customers.identities import IDENTITIES
from schemas.edges.favours import FAVOURS
from schemas.edges.shared_identifiers import SHARED_IDENTIFIERS
from schemas.edges.suspected_rings import SUSPECTED_RINGS
from schemas.edges.transfers import TRANSFERS
from schemas.scores.customer_scores import CUSTOMER_SCORES
from schemas.scores.neighbour_scores import NEIGHBOUR_SCORES
from schemas.table import Table
from tests.alliance import Alliance


def test_t7_the_audit_of_a_training_finds_no_leak_is_a_dataset_and_stands_in_the_report(closed: Alliance) -> None:
    first, later = str(closed.days[0]), str(closed.days[1])
    told = closed.succeed("forward", "audit-leaks", "--business-date", later)
    assert f"leak audit of the training on {first}, unchanged: no leak found" in told
    models = closed.lake("forward") / "models"
    kept = pa.concat_tables(
        pq.read_table(file) for file in (models / "leak_audit" / f"business_date={first}").glob("part-*.parquet")
    )
    assert len(kept) == 6 * 5 + 7 * 4
    assert "failed" not in kept["verdict"].to_pylist()
    changes = kept.filter(pc.is_valid(kept["changed_customer_count"]))
    assert pc.min(changes["customer_count"]).as_py() >= 20
    report = next((models / "credit_score" / f"business_date={first}").glob("report*.html")).read_text(encoding="utf-8")
    assert "<h2>Leak audit</h2>" in report
    assert "own label flipped" in report
    assert closed.run("forward", "audit-leaks", "--business-date", "2020-01-01").returncode == 3


def test_the_picture_shows_a_customer_and_an_unknown_one_is_refused_in_one_line(closed: Alliance) -> None:
    day, picture = str(closed.days[1]), closed.folder / "ties.html"
    neighbourhood = closed.lake("forward") / "features" / "neighbourhood" / f"business_date={day}"
    tied = pq.read_table(neighbourhood, filters=pc.field("neighbour_count") <= MOST_PARTNERS // 2)  # paying both ways
    best_tied = tied.sort_by([("neighbour_count", "descending"), ("customer_id", "ascending")])
    customer = best_tied["customer_id"][0].as_py()
    assert pc.max(best_tied["neighbour_count"]).as_py() > 1
    closed.succeed("forward", "ego", "--business-date", day, "--customer", customer, "--out", str(picture))
    assert customer in picture.read_text(encoding="utf-8")
    ring = read_published(closed.lake("forward"), SUSPECTED_RINGS, closed.days[1])["ring_id"][0].as_py()
    closed.succeed("forward", "ego", "--business-date", day, "--ring", ring, "--out", str(picture))
    assert f"Ring {ring}" in picture.read_text(encoding="utf-8")
    unknown = closed.run("forward", "ego", "--business-date", day, "--customer", "nobody", "--out", str(picture))
    assert unknown.returncode == 2
    assert unknown.stderr.strip().count("\n") == 0
    early = closed.run("forward", "ego", "--business-date", "2020-01-01", "--customer", customer, "--out", str(picture))
    assert early.returncode == 3


def test_the_planted_ring_is_found_and_nobody_else_is_suspected(closed: Alliance) -> None:
    rings, ids = truth_table(closed.life, "rings"), truth_table(closed.life, "source_ids")
    assert len(rings) >= 5, "the world has no ring"
    lake, day = closed.lake("forward"), closed.days[1]
    customers = read_published(lake, SUSPECTED_RINGS, day)["customer_id"].to_pylist()
    suspects = people_behind(ids, read_published(lake, IDENTITIES, day), customers)
    assert ring_recall(rings, suspects) >= 0.95
    assert ring_precision(rings, suspects) >= 0.9


NEIGHBOURS_SCORED = """
WITH ties AS (
    SELECT payer_customer_id AS one, payee_customer_id AS other FROM transfers
    UNION SELECT first_customer_id, second_customer_id FROM shared_identifiers
    UNION SELECT giver_customer_id, receiver_customer_id FROM favours
),
pairs AS (SELECT one, other FROM ties UNION SELECT other, one FROM ties)
SELECT one AS customer_id, count(*), count(*) FILTER (is_thin_file), avg(score) FILTER (NOT is_thin_file),
    min(score) FILTER (NOT is_thin_file)
FROM pairs JOIN customer_scores ON customer_id = other WHERE one != other GROUP BY one ORDER BY one"""


def test_neighbours_have_the_scores_of_the_night_before_and_the_first_night_scored_has_none(closed: Alliance) -> None:
    lake, (first, night) = closed.lake("forward"), closed.days[1:3]

    def read(table: Table, day: date) -> pa.Table:
        return read_published(lake, table, day)

    assert len(read(NEIGHBOUR_SCORES, first)) == 0
    with duckdb.connect() as connection:
        for table, day in ((TRANSFERS, night), (SHARED_IDENTIFIERS, night), (FAVOURS, night), (CUSTOMER_SCORES, first)):
            connection.register(table.name, read(table, day))
        expected = connection.sql(NEIGHBOURS_SCORED).fetchall()
    found = read(NEIGHBOUR_SCORES, night)
    assert [tuple(row.values()) for row in found.to_pylist()] == expected
    assert pc.min(found["thin_file_neighbour_count"]).as_py() == 0
    assert 0 < found["neighbour_score_mean"].null_count < len(found)
