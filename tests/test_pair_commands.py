"""The commands on pairs of records: what would be compared, what is learnt, and a file of one's own."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from demo.bench_rings import read_published
from demo.truth import truth_table
from jobs.customers.comparing import compare
from jobs.customers.match_weights import DECLARED, read_weights
from jobs.customers.standing import Change
from jobs.run import main
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.record_pairs import RECORD_PAIRS
from schemas.customers.review_queue import REVIEW_QUEUE
from tests.alliance import Alliance
from tests.customers.comparable import comparable_pairs
from tests.customers.small_records import record, records_of

BEFORE = [
    record("shop:ann", "王小明", "1990-02-01", phone="1"),
    record("harbour:ann", "王小明", "1990-02-01", phone="1"),
    record("shop:bob", "李静", "1991-02-01", phone="2"),
]
AFTER = [*BEFORE[1:], record("harbour:bob", "李静", "1991-02-01", phone="2")]


def test_a_file_of_records_is_compared_whole_and_then_by_what_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    pq.write_table(records_of(BEFORE), "records.parquet")
    new = records_of([AFTER[-1]]).append_column("is_gone", pa.array([False]))
    gone = pa.table({"source_record_id": ["shop:ann"], "is_gone": [True]})
    pq.write_table(pa.concat_tables([new, gone], promote_options="default"), "changed.parquet")
    kept = ("--standing", "standing", "--out")
    assert main(["compare-records", "records.parquet", *kept, "pairs.parquet"]) == 0
    assert main(["compare-changes", "changed.parquet", *kept, "more.parquet", "--anew", "anew.parquet"]) == 0
    change = Change(pq.read_table("more.parquet"), pq.read_table("anew.parquet")["source_record_id"].combine_chunks())
    found = change.applied_to(pq.read_table("pairs.parquet"))
    assert found.equals(compare(records_of(AFTER)))
    assert found["left_record_id"].to_pylist() == ["harbour:bob"]
    assert main(["compare-changes", "changed.parquet", "--standing", "no", "--out", "x", "--anew", "y"]) == 2
    assert "no: no folder of standing records; compare all with compare-records --standing no" in caplog.text
    assert main(["compare-records", "records.parquet", *kept, "pairs.parquet"]) == 2


def test_a_file_that_holds_no_records_is_refused_in_one_line_and_decisions_and_weights_are_honoured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    good = records_of(BEFORE)
    pq.write_table(good, "records.parquet")
    pq.write_table(good.drop_columns(["phone_token", "gender"]), "narrow.parquet")
    pq.write_table(good.set_column(7, "birth_date", pa.array([1.5] * 3)), "other.parquet")
    pq.write_table(pa.concat_tables([good, good]), "twice.parquet")
    for name, why in (
        ("gone.parquet", "gone.parquet: no Parquet file that can be read"),
        ("narrow.parquet", "narrow.parquet: has no column phone_token, gender"),
        ("other.parquet", "other.parquet: column birth_date is double instead of date32"),
        ("twice.parquet", "twice.parquet: every source_record_id once, and no null"),
    ):
        assert main(["compare-records", name, "--out", "pairs.parquet"]) == 2
        assert why in caplog.text
        assert main(["compare-changes", name, "--standing", "s", "--out", "x", "--anew", "y"]) == 2
    Path("no.csv").write_text("left_record_id,right_record_id,decision\nshop:ann,harbour:ann,different\n")
    kept = ("--standing", "standing", "--out", "pairs.parquet")
    assert main(["compare-records", "records.parquet", *kept, "--decided", "no.csv"]) == 0
    assert pq.read_table("pairs.parquet")["reason"].to_pylist() == ["reviewer_said_no"]
    Path("back.csv").write_text("left_record_id,right_record_id,decision\nshop:ann,harbour:ann,withdrawn\n")
    pq.write_table(good.slice(0, 0), "nothing.parquet")
    anew = ("--standing", "standing", "--out", "more.parquet", "--anew", "anew.parquet")
    assert main(["compare-changes", "nothing.parquet", *anew, "--decided", "back.csv"]) == 0
    assert pq.read_table("more.parquet")["decision"].to_pylist() == ["automatic"]
    weights = replace(DECLARED, matches_per_record=0.1)
    Path("weights.json").write_text(json.dumps(weights.as_json()))
    monkeypatch.setenv("NIGHTLEDGER_MATCH_WEIGHTS", "weights.json")
    assert main(["compare-records", "records.parquet", "--out", "pairs.parquet"]) == 0
    assert pq.read_table("pairs.parquet").equals(compare(good, weights))
    assert main(["compare-changes", "nothing.parquet", *anew]) == 2, "compared with other weights before"
    monkeypatch.setenv("NIGHTLEDGER_MATCH_WEIGHTS", "gone.json")
    assert main(["compare-records", "records.parquet", "--out", "pairs.parquet"]) == 2


def test_a_night_says_what_it_would_compare_and_weights_are_learnt_from_it(closed: Alliance, tmp_path: Path) -> None:
    day = closed.days[1]
    records = sum(read_published(closed.lake("forward"), table, day).num_rows for table in (SHOP_USERS, BANK_CUSTOMERS))
    told = closed.run("forward", "blocking-report", "--business-date", str(day)).stderr
    assert f"{records:,} records of {day}" in told
    pairs = {kind: int(found.replace(",", "")) for kind, found in re.findall(r"^(\w+) +[\d,]+ +([\d,]+) ", told, re.M)}
    assert set(pairs) == {"national_id", "phone", "email", "named_and_born"}
    assert min(pairs.values()) > 0
    assert "most shared:" in told
    closed.succeed("forward", "learn-weights", "--business-date", str(day), "--out", str(tmp_path / "weights.json"))
    weights = read_weights((tmp_path / "weights.json").read_text(encoding="utf-8"))
    assert weights.records == records
    assert json.loads((tmp_path / "weights.json").read_text(encoding="utf-8"))["levels"]["phone"] == ["other", "same"]
    assert closed.run("forward", "blocking-report", "--business-date", "2020-01-01").returncode == 3


def test_the_pairs_of_a_night_are_right_and_the_rest_waits_for_people(closed: Alliance) -> None:
    day, lake = closed.days[1], closed.lake("forward")
    ids = truth_table(closed.life, "source_ids").to_pylist()
    person_of = {f"{row['partner']}:{row['source_id']}": row["person_id"] for row in ids}
    pairs = read_published(lake, RECORD_PAIRS, day).to_pylist()
    automatic = {(p["left_record_id"], p["right_record_id"]) for p in pairs if p["decision"] == "automatic"}
    right = {(left, right) for left, right in automatic if person_of[left] == person_of[right]}
    assert len(right) > 1_000
    assert len(right) >= 0.999 * len(automatic)
    wanted = comparable_pairs(lake, day, person_of)
    assert len(wanted & automatic) >= 0.97 * len(wanted)
    waiting = {(p["left_record_id"], p["right_record_id"]) for p in pairs if p["decision"] == "review"}
    queue = read_published(lake, REVIEW_QUEUE, day).to_pylist()
    assert {(row["left_record_id"], row["right_record_id"]) for row in queue} == waiting
    assert sorted(row["place_in_queue"] for row in queue) == list(range(1, len(waiting) + 1))
