"""Worlds in parts: the same bytes whatever the processes, the order of districts and the days asked for."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from demo import __main__ as command
from demo.dirt import Soiled
from demo.dirt_rates import Dirt
from demo.drift import Drift
from demo.drops import encode_blocks
from demo.large import write_world
from demo.life import DISTRICTS_IN_PART, live, part_count
from demo.oracle import (
    area_under_curve,
    best_policy,
    oracle_gini,
    pairwise_identity,
    policy_value,
    read_truth,
    ring_recall,
)
from demo.tables import BANK_TABLES, FILE_TABLES
from demo.world import World
from demo.world_report import report
from demo.worlds_on_disk import find_world
from tests.demo.conftest import FIRST, SECOND, THIRD
from tests.demo.test_world import fingerprint

FIGURES = 18
PARTS = World(people=540, district_people=60, history_months=4)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("parts")
    assert write_world(PARTS, [FIRST, SECOND], out, processes=1) > 10_000
    return out


def test_two_processes_write_the_same_bytes_as_one(written: Path, tmp_path: Path) -> None:
    assert part_count(PARTS) == 3
    write_world(PARTS, [FIRST, SECOND], tmp_path / "two", processes=2)
    assert fingerprint(tmp_path / "two") == fingerprint(written)


def text_of(blocks: list[Soiled], file_format: str) -> bytes:
    """What is in a file: its lines without a header, or for Parquet the rows as JSON."""
    if file_format == "parquet":
        return repr(pa.concat_tables([block.rows for block in blocks]).to_pylist()).strip("[]").encode()
    content = gzip.decompress(encode_blocks(blocks, file_format))
    return content.split(b"\n", 1)[1] if file_format == "csv.gz" else content


def test_parts_of_any_size_hold_the_same_bytes_in_the_same_order_dirt_included() -> None:
    world = replace(PARTS, people=240, history_months=2, dirt=Dirt(malformed_lines=0.05, newer_versions=0.5))
    whole = live(world, SECOND)
    assert world.district_count == 4
    lines = [
        flaw.key
        for table in FILE_TABLES
        for soiled in whole.soiled(table, FIRST)
        for flaw in soiled.flaws
        if flaw.kind == "malformed_line"
    ]
    assert len(lines) == len(set(lines)) > 50
    for chunks in ([range(1), range(1, 4)], [range(index, index + 1) for index in range(4)]):
        lives = [live(world, SECOND, chunk, part) for part, chunk in enumerate(chunks)]
        for table, source in FILE_TABLES.items():
            for day in (FIRST, SECOND):
                parts = [life.soiled(table, day) for life in lives]
                together = b", " if source.file_format == "parquet" else b""
                texts = [text_of(blocks, source.file_format) for blocks in parts]
                assert together.join(filter(None, texts)) == text_of(whole.soiled(table, day), source.file_format), (
                    table
                )
                found = [flaw for blocks in parts for soiled in blocks for flaw in soiled.flaws]
                assert found == [flaw for soiled in whole.soiled(table, day) for flaw in soiled.flaws]
        for bank in world.banks:
            for table in BANK_TABLES:
                rows = pa.concat_tables([life.replica(bank, table, None, SECOND) for life in lives])
                by_day = whole.replica(bank, table, None, SECOND)
                assert sorted(map(repr, rows.to_pylist())) == sorted(map(repr, by_day.to_pylist()))


def test_a_day_is_the_same_whether_or_not_the_day_before_is_written(written: Path, tmp_path: Path) -> None:
    write_world(PARTS, [SECOND], tmp_path, processes=1)
    for file in sorted((tmp_path / "drop").rglob("*.*")) + sorted((tmp_path / "bank").rglob("*.parquet")):
        assert file.read_bytes() == (written / file.relative_to(tmp_path)).read_bytes(), file.name


def test_districts_live_the_same_life_alone_and_in_any_order() -> None:
    together, alone = live(PARTS, SECOND), live(PARTS, SECOND, [3])
    backwards = live(PARTS, SECOND, [3, 1])
    for table in FILE_TABLES:
        rows = alone.ledger.all_rows(table)[0]
        for others in (together, backwards):
            everyone = others.ledger.all_rows(table)[0].to_pandas()
            merged = everyone.merge(rows.to_pandas().drop_duplicates(), how="inner")
            assert len(merged) == rows.num_rows, table
    assert len(together.ledger.all_rows("users")[0]["shop_user_id"].unique()) > 300


def test_ids_are_unique_across_districts_and_every_part_is_in_the_manifest(written: Path) -> None:
    life = live(PARTS, SECOND)
    for table, key in (("orders", "order_id"), ("events", "event_id"), ("credit_plans", "plan_id")):
        manifest = json.loads((written / "drop" / table / f"dt={FIRST}" / "_MANIFEST.json").read_text())
        assert [file["name"][:10] for file in manifest["files"]] == [f"part-{part:05d}" for part in range(3)]
        versions = life.ledger.all_rows(table)[0].to_pandas()
        owner = {"orders": "shop_user_id", "events": "session_id", "credit_plans": "credit_account_id"}[table]
        assert versions.groupby(key)[owner].nunique().max() == 1
    accounts = pa.concat_tables(
        [pq.read_table(file) for file in sorted((written / "bank/harbour/accounts" / f"dt={FIRST}").glob("*.parquet"))]
    ).to_pandas()
    assert accounts.groupby("account_id").bank_customer_id.nunique().max() == 1
    assert PARTS.district_count > DISTRICTS_IN_PART * 2


def test_every_table_can_be_written_as_parquet_with_the_columns_of_the_source(tmp_path: Path) -> None:
    rows = write_world(World(people=200, history_months=3), [FIRST], tmp_path, all_parquet=True)
    found = 0
    for table, source in (FILE_TABLES | BANK_TABLES).items():
        for file in tmp_path.glob(f"*/**/{table}/dt={FIRST}/part-*.parquet"):
            assert pq.read_schema(file).names == source.schema.names
            found += pq.read_metadata(file).num_rows
    assert found == rows


def test_the_command_line_writes_the_days_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = ["world", "--people", "200", "--history-months", "2", "--out", str(tmp_path), "--dirt", "none"]
    assert command.main([*base, "--from", str(SECOND), "--to", str(THIRD)]) == 0
    assert sorted(path.name for path in (tmp_path / "drop" / "orders").iterdir()) == [f"dt={SECOND}", f"dt={THIRD}"]
    assert f"{SECOND} to {THIRD}" in capsys.readouterr().out
    assert command.main([*base, "--from", "2026-03-01"]) == 2
    assert command.main(["world-report", "--people", "300", "--days", "1", "--out", str(tmp_path / "w.html")]) == 0
    page = (tmp_path / "w.html").read_text()
    assert page.count("data:image/png;base64,") == FIGURES
    assert "http" not in page.replace("data:", "")


def test_a_later_day_is_written_beside_the_days_before_and_another_world_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = ["world", "--people", "200", "--history-months", "2", "--out"]
    for folder, spans in (("one", [(FIRST, SECOND)]), ("two", [(FIRST, FIRST), (SECOND, SECOND)])):
        for first, last in spans:
            assert command.main([*base, str(tmp_path / folder), "--from", str(first), "--to", str(last)]) == 0
    assert fingerprint(tmp_path / "one") == fingerprint(tmp_path / "two")
    assert find_world(tmp_path / "two").days == [FIRST, SECOND]
    before = fingerprint(tmp_path / "two")
    capsys.readouterr()
    for arguments, says in (
        (["--seed", "7", "--days", "1"], "holds another world"),
        (["--days", "0"], "write days that follow from 2026-04-02 on"),
        (["--from", "2026-04-09"], "write days that follow from 2026-04-02 on"),
    ):
        assert command.main([*base, str(tmp_path / "two"), *arguments]) == 2
        assert says in capsys.readouterr().err
    (tmp_path / "two" / "world.json").unlink()
    assert command.main([*base, str(tmp_path / "two"), "--days", "1"]) == 2
    assert "of no finished world" in capsys.readouterr().err
    assert (tmp_path / "two" / "drop").is_dir()
    assert before != fingerprint(tmp_path / "two")  # the note alone is gone


@pytest.mark.parametrize("months", [2, 54])
def test_the_page_can_be_drawn_of_a_short_and_of_a_long_history(months: int) -> None:
    world = World(people=150, history_months=months, dirt=Dirt.none())
    page = report(live(world, FIRST), [FIRST])
    assert ("nothing to draw yet" in page or "no month is six months over" in page) is (months == 2)
    assert page.count("data:image/png;base64,") == FIGURES


def test_the_oracle_reads_all_parts_of_the_truth(written: Path) -> None:
    people = read_truth(written / "truth", "people")
    assert sorted(people["person_id"].to_pylist()) == list(range(PARTS.people))
    flaws = read_truth(written / "truth", "flaws")
    assert set(flaws["business_date"].to_pylist()) <= {FIRST, SECOND}
    assert flaws.num_rows > 50


def test_pairs_of_records_count_for_precision_and_recall() -> None:
    ids = pa.table({"source_id": ["a1", "a2", "a3", "b1", "b2"], "person_id": [1, 1, 1, 2, 2]})
    assert pairwise_identity(ids, {"a1": "x", "a2": "x", "a3": "x", "b1": "y", "b2": "y"}) == (1.0, 1.0)
    assert pairwise_identity(ids, {"a1": "x", "a2": "x", "a3": "y", "b1": "y", "b2": "z"}) == (0.5, 0.25)
    assert pairwise_identity(ids, {name: name for name in ("a1", "a2", "b1")}) == (1.0, 0.0)
    with pytest.raises(ValueError, match="1 source ids are unknown"):
        pairwise_identity(ids, {"c9": "x"})


def test_gini_ring_recall_and_policy_value_agree_with_hand_counts() -> None:
    scores, is_bad = pa.array([0.9, 0.5, 0.5, 0.1]).to_numpy(), pa.array([True, True, False, False]).to_numpy(False)
    assert area_under_curve(scores, is_bad) == 0.875  # three pairs right and one tie
    defaults = pa.table({"default_probability": scores, "is_default": is_bad, "observation_date": [FIRST] * 4})
    assert oracle_gini(defaults, FIRST) == 0.75
    with pytest.raises(ValueError, match="needs a bad one"):
        area_under_curve(scores, scores > 1)
    rings = pa.table({"person_id": [1, 2, 3, 4]})
    assert ring_recall(rings, [1, 2, 9]) == 0.5
    uplifts = pa.table(
        {
            "person_id": [1, 1, 2, 2],
            "contact_channel": ["sms", "push", "sms", "push"],
            "uplift": [0.1, 0.3, -0.2, -0.1],
        }
    )
    assert best_policy(uplifts) == {1: "push"}
    assert policy_value(uplifts, best_policy(uplifts)) == pytest.approx(0.3)
    assert policy_value(uplifts, {1: "sms", 2: "sms"}) == pytest.approx(-0.1)
    assert policy_value(uplifts, {1: None, 2: None}) == 0


def test_what_is_listed_as_a_flaw_was_written_once_whatever_the_parts_and_the_format(tmp_path: Path) -> None:
    dirt = Dirt(malformed_lines=0.05, missing_days=(("referrals", SECOND),), time_zone_shifts=(("contacts", SECOND),))
    world = replace(PARTS, dirt=dirt)
    kinds = {}
    for all_parquet in (False, True):
        write_world(world, [FIRST, SECOND], tmp_path / str(all_parquet), processes=1, all_parquet=all_parquet)
        kinds[all_parquet] = read_truth(tmp_path / str(all_parquet) / "truth", "flaws")["kind"].to_pylist()
        assert kinds[all_parquet].count("missing_day") == kinds[all_parquet].count("time_zone_shift") == 1
    assert kinds[False].count("malformed_line") > 10
    assert "malformed_line" not in kinds[True]


def test_a_merchant_category_that_is_re_coded_is_so_for_the_people_of_every_district() -> None:
    life = live(replace(PARTS, drift=Drift(begins=date(2026, 1, 1))), FIRST)
    paid = life.ledger.all_rows("transactions", "harbour")[0].to_pandas()
    is_later = paid.booked_at.dt.tz_localize(None) >= np.datetime64("2025-12-31T16:00:00")
    assert (paid.mcc[~is_later] == "5814").sum() > 10
    assert not (paid.mcc[is_later] == "5814").any()
    assert (paid.mcc[is_later] == "5812").sum() > 10
