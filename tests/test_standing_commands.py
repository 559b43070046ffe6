"""The commands on records of one's own: what is found of a file, and of what changed in it since."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.customers.comparing import compare
from jobs.customers.match_weights import DECLARED
from jobs.customers.naming import MOMENT
from jobs.customers.standing import Change
from jobs.run import main
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


def with_since(records: pa.Table) -> pa.Table:
    return records.append_column("record_since", pa.array([datetime(2025, 1, 1, tzinfo=UTC)] * len(records), MOMENT))


def test_a_file_of_records_is_resolved_whole_and_then_by_what_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    caplog.set_level("INFO")
    pq.write_table(with_since(records_of(BEFORE)), "records.parquet")
    new = with_since(records_of([AFTER[-1]])).append_column("is_gone", pa.array([False]))
    gone = pa.table({"source_record_id": ["shop:ann"], "is_gone": [True]})
    pq.write_table(pa.concat_tables([new, gone], promote_options="default"), "changed.parquet")
    kept = ("--standing", "people", "--out")
    assert main(["resolve-records", "records.parquet", "--as-of", "2026-04-01", *kept, "first.parquet"]) == 0
    assert "3 records, 2 customers" in caplog.text
    command = ["resolve-changes", "changed.parquet", "--as-of", "2026-04-02", *kept, "moved.parquet"]
    assert main([*command, "--all", "all.parquet"]) == 0
    first, moved, now = (
        {row["source_record_id"]: row for row in pq.read_table(f"{name}.parquet").to_pylist()}
        for name in ("first", "moved", "all")
    )
    assert set(moved) == set(now) == {"shop:ann", "harbour:ann", "shop:bob", "harbour:bob"}
    assert now["harbour:bob"]["customer_id"] == first["shop:bob"]["customer_id"]
    assert not now["shop:ann"]["is_shown"]
    assert "4 records looked at, 1 of them with another customer or a first one" in caplog.text
    again = [*command[:-1], "again.parquet"]
    assert main(again) == 0, "a scheduler that lost the exit code tries again"
    assert pq.read_table("again.parquet").equals(pq.read_table("moved.parquet"))
    assert "changed.parquet: was told before; nothing changed" in caplog.text
    assert main(["resolve-changes", "changed.parquet", "--as-of", "2026-03-31", *kept, "moved.parquet"]) == 2
    assert "as of 2026-03-31: there is a change of 2026-04-02 already; none can come before it" in caplog.text
    assert main(["resolve-records", "records.parquet", "--as-of", "2026-04-01", *kept, "first.parquet"]) == 2
    assert "people: holds something already; name another folder, or remove it" in caplog.text


def test_customers_of_before_keep_their_ids_where_a_folder_cannot_be_gone_on_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pq.write_table(with_since(records_of(BEFORE)), "records.parquet")
    gone = pa.table({"source_record_id": ["shop:zoe"], "is_gone": [True]})
    pq.write_table(pa.concat_tables([with_since(records_of(AFTER)), gone], promote_options="default"), "now.parquet")
    assert main(["resolve-records", "records.parquet", "--as-of", "2026-04-01", "--out", "first.parquet"]) == 0
    command = ["resolve-records", "now.parquet", "--as-of", "2026-04-05", "--out", "now_known.parquet"]
    assert main([*command, "--before", "first.parquet"]) == 0
    first, now = (
        {row["source_record_id"]: row for row in pq.read_table(f"{name}.parquet").to_pylist()}
        for name in ("first", "now_known")
    )
    assert {name: row["customer_id"] for name, row in now.items() if name != "harbour:bob"} == {
        name: row["customer_id"] for name, row in first.items()
    }
    assert now["harbour:bob"]["customer_id"] == first["shop:bob"]["customer_id"]
    assert not now["shop:ann"]["is_shown"]
    assert "shop:zoe" not in now, "who is gone is no record"


def test_what_reviewers_say_is_added_to_what_they_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    people = [*BEFORE, record("harbour:bob", "李静", "1991-02-01", phone="2")]
    pq.write_table(with_since(records_of(people)), "records.parquet")
    pq.write_table(with_since(records_of([])), "nothing.parquet")
    header = "left_record_id,right_record_id,decision\n"
    Path("ann.csv").write_text(f"{header}shop:ann,harbour:ann,different\n")
    Path("bob.csv").write_text(f"{header}shop:bob,harbour:bob,different\n")
    Path("ann_again.csv").write_text(f"{header}harbour:ann,shop:ann,withdrawn\n")
    kept = ("--standing", "people", "--out", "moved.parquet", "--all", "all.parquet")

    def customers() -> int:
        return len(set(pq.read_table("all.parquet")["customer_id"].to_pylist()))

    first = ("--as-of", "2026-04-01", "--standing", "people", "--out", "first.parquet")
    assert main(["resolve-records", "records.parquet", *first, "--decided", "ann.csv"]) == 0
    for file, count in (("bob.csv", 4), ("ann_again.csv", 3)):
        assert main(["resolve-changes", "nothing.parquet", "--as-of", "2026-04-02", *kept, "--decided", file]) == 0
        assert customers() == count


def test_what_cannot_be_resolved_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    pq.write_table(records_of(BEFORE), "records.parquet")
    since = with_since(records_of(BEFORE))
    pq.write_table(since.set_column(10, "record_since", pa.nulls(3, MOMENT)), "without.parquet")
    pq.write_table(since, "good.parquet")
    pq.write_table(since.append_column("is_gone", pa.array(["yes"] * 3)), "worded.parquet")
    at = ("--as-of", "2026-04-01", "--out", "customers.parquet")
    for name, why in (
        ("records.parquet", "records.parquet: has no column record_since"),
        ("without.parquet", "without.parquet: column record_since: a null on a record that is there"),
        ("worded.parquet", "worded.parquet: column is_gone is string instead of bool"),
    ):
        assert main(["resolve-records", name, *at]) == 2
        assert main(["resolve-changes", name, *at, "--standing", "people"]) == 2
        assert caplog.text.count(why) == 2
    assert main(["resolve-changes", "good.parquet", *at, "--standing", "no"]) == 2
    assert "no: no folder of standing records; compare all with resolve-records --standing no" in caplog.text
    assert main(["compare-records", "good.parquet", "--out", "pairs.parquet", "--standing", "pairs"]) == 0
    assert main(["resolve-changes", "good.parquet", *at, "--standing", "pairs"]) == 2
    assert "pairs: only records stand there; use compare-changes, or resolve-records anew" in caplog.text
    about = json.loads(Path("pairs/about.json").read_text())
    Path("pairs/about.json").write_text(json.dumps({name: about[name] for name in about if name != "customers_as_of"}))
    assert main(["resolve-changes", "good.parquet", *at, "--standing", "pairs"]) == 2
    assert "pairs: written by an earlier version" in caplog.text
