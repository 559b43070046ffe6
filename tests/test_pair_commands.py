"""The commands on pairs of records: what would be compared, what is learnt, and a file of one's own."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from demo.bench_rings import read_published
from demo.truth import truth_table
from jobs.customers.comparing import compare
from jobs.customers.match_weights import read_weights
from jobs.customers.standing import Change
from jobs.run import main
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.record_pairs import RECORD_PAIRS
from schemas.customers.review_queue import REVIEW_QUEUE
from tests.alliance import Alliance
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
    wanted = comparable_pairs(closed, person_of)
    assert len(wanted & automatic) >= 0.97 * len(wanted)
    waiting = {(p["left_record_id"], p["right_record_id"]) for p in pairs if p["decision"] == "review"}
    queue = read_published(lake, REVIEW_QUEUE, day).to_pylist()
    assert {(row["left_record_id"], row["right_record_id"]) for row in queue} == waiting
    assert sorted(row["place_in_queue"] for row in queue) == list(range(1, len(waiting) + 1))


def comparable_pairs(closed: Alliance, person_of: dict[str, int]) -> set[tuple[str, str]]:
    """Two records of one person that share an identifier, or name and birth date."""
    of_person: dict[int, list[dict[str, object]]] = {}
    for table in (SHOP_USERS, BANK_CUSTOMERS):
        for row in read_published(closed.lake("forward"), table, closed.days[1]).to_pylist():
            of_person.setdefault(person_of[row["source_record_id"]], []).append(row)
    found = set()
    for records in of_person.values():
        for one, other in combinations(sorted(records, key=lambda row: str(row["source_record_id"])), 2):
            keys = [(kind,) for kind in ("national_id_token", "phone_token", "email_token")]
            for columns in (*keys, ("full_name_token", "birth_date")):
                if all(one[c] is not None and one[c] == other[c] for c in columns):
                    found.add((str(one["source_record_id"]), str(other["source_record_id"])))
    return found
