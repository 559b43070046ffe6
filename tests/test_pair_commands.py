"""The commands on pairs of records: what would be compared, what is learnt, and a file of one's own."""

from __future__ import annotations

import json
import re
from pathlib import Path

from demo.bench_rings import read_published
from demo.truth import truth_table
from jobs.customers.match_weights import read_weights
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.record_pairs import RECORD_PAIRS
from schemas.customers.review_queue import REVIEW_QUEUE
from tests.alliance import Alliance
from tests.customers.comparable import comparable_pairs


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
