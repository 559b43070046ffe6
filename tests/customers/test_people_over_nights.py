"""Who is who from one night to the next, from records to the ledger: weddings, phones and reviewers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from jobs.arrow_frames import frame_of
from jobs.customers import identity_ledger, review_queue
from jobs.customers.clusters import Clusters, find_clusters, with_customer_before
from jobs.customers.comparing import compare
from jobs.customers.naming import MOMENT, name_customers
from jobs.customers.verdicts import Verdict
from jobs.inputs import Dates
from jobs.lake import Lake
from jobs.pair_decisions import PairDecisions, verdicts_of
from jobs.run import main
from jobs.storage_local import LocalStorage
from schemas.customers.identities import IDENTITIES
from tests.conftest import rows
from tests.customers.small_records import Row, record, records_of
from tests.published_rows import publish_rows

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 4, day) for day in (6, 7, 8, 9))
OPENED = datetime(2024, 2, 29, tzinfo=UTC)


@dataclass(frozen=True)
class Night:
    """What a night finds: its map, pairs and refusals."""

    map: pa.Table
    pairs: pa.Table
    refusals: pa.Table

    @property
    def customers(self) -> dict[str, str]:
        """The customer of each record."""
        return dict(zip(self.map["source_record_id"].to_pylist(), self.map["customer_id"].to_pylist(), strict=True))

    @property
    def moved(self) -> dict[str, str | None]:
        """The records that another customer has than the night before, with that of the night before."""
        told = self.map.select(["source_record_id", "customer_id", "previous_customer_id"]).to_pylist()
        return {
            r["source_record_id"]: r["previous_customer_id"]
            for r in told
            if r["customer_id"] != r["previous_customer_id"]
        }


def close_night(
    day: date, records: Sequence[Row], before: Night | None = None, verdicts: Sequence[Verdict] = ()
) -> Night:
    given = records_of(records)
    pairs = compare(given, verdicts=verdicts)
    people = given.append_column("record_since", pa.array([OPENED] * given.num_rows, MOMENT))
    if before:
        people = with_customer_before(people, before.map)
    found: Clusters = find_clusters(people, pairs)
    return Night(name_customers(found.members, before.map if before else None, as_of=day), pairs, found.refusals)


def decisions_of(pairs: pa.Table) -> dict[tuple[str, str], str]:
    return {(row["left_record_id"], row["right_record_id"]): row["decision"] for row in pairs.to_pylist()}


def test_t16_a_wedding_from_one_night_to_the_next_changes_no_id() -> None:
    names = ("harbour:ann", "meridian:ann", "shop:ann")

    def called(*of_each: str) -> list[Row]:
        given = {"phone": "1", "email": "ann@", "gender": "female"}
        return [record(name, called, "1990-02-01", **given) for name, called in zip(names, of_each, strict=True)]

    monday = close_night(MONDAY, called("王小芳", "王小芳", "王小芳"))
    tuesday = close_night(TUESDAY, called("王小芳", "王小芳", "李小芳"), monday)
    wednesday = close_night(WEDNESDAY, called("李小芳", "李小芳", "李小芳"), tuesday)
    assert len(set(monday.customers.values())) == 1
    assert monday.customers == tuesday.customers == wednesday.customers
    assert tuesday.moved == wednesday.moved == {}
    for night in (monday, tuesday, wednesday):
        assert set(decisions_of(night.pairs).values()) == {"automatic"}


def test_t16_a_phone_that_goes_to_a_stranger_overnight_moves_nobody() -> None:
    ann = [
        record(f"{partner}:ann", "王小芳", "1990-02-01", phone="1", city_code="1") for partner in ("harbour", "shop")
    ]
    bob = record("harbour:bob", "赵伟强", "1961-07-30", phone="2", city_code="2")
    monday = close_night(MONDAY, [*ann, bob])
    of_bob = {"phone": "1", "city_code": "2"}  # ann's bank does not know yet that she gave the number up
    passed_on = [ann[0], {**ann[1], "phone_token": "3"}, record("harbour:bob", "赵伟强", "1961-07-30", **of_bob)]
    tuesday = close_night(TUESDAY, [*passed_on, record("shop:bob", "赵伟强", "1961-07-30", **of_bob)], monday)
    assert tuesday.moved == {"shop:bob": None}
    assert monday.customers.items() <= tuesday.customers.items()
    assert tuesday.customers["shop:bob"] == tuesday.customers["harbour:bob"] != tuesday.customers["harbour:ann"]


TWINS = [
    record("harbour:ann", "王小芳", "1990-02-01", phone="1"),
    record("shop:ann", "wang xiaofang", "1990-02-01", phone="1"),
    record("shop:bob", "赵伟强", "1961-07-30", phone="2"),
]


def decide(lake: Lake, folder: Path, word: str, counts_from: date, right: str = "shop:ann") -> int:
    file = folder / "decided.csv"
    file.write_text(f"left_record_id,right_record_id,decision\nharbour:ann,{right},{word}\n", encoding="utf-8")
    return main(["decide-pairs", str(file), "--from", str(counts_from), "--by", "R. Diaz", "--why", "called her"])


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    monkeypatch.setenv("NIGHTLEDGER_LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv("NIGHTLEDGER_SCRATCH", str(tmp_path / "scratch"))
    monkeypatch.setenv("NIGHTLEDGER_FIRST_BUSINESS_DATE", str(MONDAY))
    return Lake(LocalStorage(tmp_path / "lake"), tmp_path / "scratch")


def test_a_decision_holds_from_its_night_in_queue_map_and_ledger_and_so_does_its_reversal(
    lake: Lake, tmp_path: Path, spark: SparkSession
) -> None:
    assert decide(lake, tmp_path, "same", TUESDAY) == 0
    assert decide(lake, tmp_path, "different", WEDNESDAY) == 0
    assert decide(lake, tmp_path, "withdrawn", THURSDAY) == 0
    nights: list[Night] = []
    for day in (MONDAY, TUESDAY, WEDNESDAY, THURSDAY):
        verdicts = verdicts_of(PairDecisions(lake.storage), day)
        nights.append(close_night(day, TWINS, nights[-1] if nights else None, verdicts))
    pair = ("harbour:ann", "shop:ann")
    assert [decisions_of(night.pairs)[pair] for night in nights] == ["review", "automatic", "rejected", "review"]
    assert [len(set(night.customers.values())) for night in nights] == [3, 2, 3, 3]
    first, merged, parted, after = (night.customers for night in nights)
    assert set(merged.values()) < set(first.values()), "no id is made for a merge"
    assert merged["harbour:ann"] == parted["harbour:ann"] != parted["shop:ann"] != first["shop:ann"]
    [taken_over] = (name for name in pair if merged[name] != first[name])
    assert parted == after
    told = []
    for before, night, day in zip(nights, nights[1:], (TUESDAY, WEDNESDAY, THURSDAY), strict=False):
        frames = [frame_of(spark, rows) for rows in (night.map, night.pairs, night.refusals)]
        ledger = identity_ledger.build(*frames, identities_before=frame_of(spark, before.map), as_of=day)
        queue = review_queue.build(frames[1], as_of=day)
        columns = ("source_record_id", "change_type", "matched_by", "split_reason")
        told.append((rows(ledger, *columns), rows(queue, "right_record_id", "reason")))
    assert told == [
        ([(taken_over, "merge", "reviewed", None)], []),
        ([("shop:ann", "split", None, "no_pair")], []),
        ([], [("shop:ann", "other_name")]),
    ]


def test_a_decision_on_a_record_that_nobody_knows_is_refused_by_name(
    lake: Lake, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert decide(lake, tmp_path, "same", MONDAY, right="shop:forgotten") == 0, "without a map nobody can tell"
    known = [{"source_record_id": row["source_record_id"], "customer_id": "c"} for row in TWINS]
    publish_rows(lake, IDENTITIES, Dates(as_of=MONDAY, known_by=MONDAY), known)
    assert decide(lake, tmp_path, "same", TUESDAY, right="shop:anne") == 2
    assert "decided.csv line 2: shop:anne: no such record on 2026-04-06; nothing was stored" in caplog.text
    assert len(PairDecisions(lake.storage).all()) == 1
    assert decide(lake, tmp_path, "same", TUESDAY) == 0
    caplog.clear()
    assert main(["pair-decisions"]) == 0
    assert [" and shop:ann are same" in line for line in caplog.messages] == [True], "nothing of a forgotten record"
