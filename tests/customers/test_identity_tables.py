"""Who was who on a night, what a night's changes moved, and the page that shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from demo.oracle import b_cubed_identity, pairwise_identity
from jobs.customers.judgement import LabelledRecordsError, judge, read_labelled
from jobs.errors import StepMissingError
from jobs.identity_page import write_page
from jobs.identity_tables import UnknownIdentityError, counts_of_nights, segment_impact, who_was
from jobs.inputs import Dates
from jobs.lake import Lake
from jobs.run import main
from jobs.storage_local import LocalStorage
from schemas.customers.identities import IDENTITIES
from schemas.customers.identity_ledger import IDENTITY_LEDGER
from schemas.customers.identity_quality import IDENTITY_QUALITY
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.segments.customer_segments import CUSTOMER_SEGMENTS
from schemas.table import Table
from tests.published_rows import publish_rows

FIRST, SECOND, THIRD = date(2026, 4, 1), date(2026, 4, 2), date(2026, 4, 3)
Row = dict[str, Any]


def publish(lake: Lake, table: Table, night: date, given: Sequence[Mapping[str, Any]]) -> None:
    publish_rows(lake, table, Dates(as_of=night, known_by=night), given)


def known(night: dict[str, str]) -> list[Row]:
    return [
        {
            "source_record_id": name,
            "customer_id": customer,
            "record_since": datetime(2024, 2, 29, tzinfo=UTC),
            "matched_by": "national_id" if name == "shop:bob" else "alone",
            "matched_record_id": "harbour:bob" if name == "shop:bob" else None,
            "match_probability": 0.999 if name == "shop:bob" else None,
            "is_shown": name != "shop:gone",
        }
        for name, customer in night.items()
    ]


def change(record: str, kind: str, before: str | None, after: str | None) -> Row:
    return {"source_record_id": record, "change_type": kind, "from_customer_id": before, "to_customer_id": after}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """bob's second record, a customer of its own on the first night, is merged into him on the second."""
    made = Lake(LocalStorage(tmp_path / "lake"), tmp_path / "scratch")
    apart = {"shop:ann": "c-ann", "shop:bob": "c-bob", "harbour:bob": "c-bob-too", "shop:gone": "c-gone"}
    publish(made, IDENTITIES, FIRST, known(apart))
    publish(made, IDENTITY_LEDGER, FIRST, [change(name, "create", None, of) for name, of in apart.items()])
    publish(made, IDENTITIES, SECOND, known({**apart, "harbour:bob": "c-bob", "shop:cem": "c-cem"}))
    merged = [change("harbour:bob", "merge", "c-bob-too", "c-bob"), change("shop:cem", "create", None, "c-cem")]
    publish(made, IDENTITY_LEDGER, SECOND, merged)
    return made


def test_a_past_night_is_asked_by_record_or_customer_and_answers_with_its_own_map(lake: Lake) -> None:
    assert who_was(lake, FIRST, "harbour:bob").customer_id == "c-bob-too"
    assert who_was(lake, SECOND, "harbour:bob").customer_id == "c-bob"
    told = who_was(lake, SECOND, "c-bob").lines()
    assert told == [
        "c-bob on 2026-04-02, records: 2",
        "  harbour:bob since 2024-02-29: alone",
        "  shop:bob since 2024-02-29: national_id with harbour:bob, probability 0.9990",
    ]
    assert who_was(lake, FIRST, "shop:gone").lines()[1].endswith("not shown by the partner any more")


def test_who_is_not_on_the_map_of_a_night_is_refused_in_one_line_that_says_what_to_ask(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UnknownIdentityError, match="c-bob-too: merge on 2026-04-02 into c-bob"):
        who_was(lake, SECOND, "c-bob-too")
    with pytest.raises(UnknownIdentityError, match=r"2026-04-01: shop:cem: no partner had shown this record by then"):
        who_was(lake, FIRST, "shop:cem")
    with pytest.raises(UnknownIdentityError, match="no such customer by then"):
        who_was(lake, FIRST, "c-cem")
    publish(lake, IDENTITIES, THIRD, known({"shop:bob": "c-bob"}))
    publish(lake, IDENTITY_LEDGER, THIRD, [change("shop:cem", "erase", "c-cem", None)])
    for name in ("shop:cem", "c-cem"):
        with pytest.raises(UnknownIdentityError, match=f"{name}: erased on 2026-04-03, as its person asked"):
            who_was(lake, THIRD, name)
    with pytest.raises(StepMissingError, match=r"customers/identities 2026-04-04: not published"):
        who_was(lake, date(2026, 4, 4), "c-bob")
    monkeypatch.setenv("NIGHTLEDGER_LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv("NIGHTLEDGER_SCRATCH", str(tmp_path / "scratch"))
    monkeypatch.setenv("NIGHTLEDGER_FIRST_BUSINESS_DATE", str(FIRST))
    assert main(["who-was", "shop:bob", "--business-date", str(SECOND)]) == 0
    assert capfd.readouterr().out.splitlines()[0] == "c-bob on 2026-04-02, records: 2"
    assert main(["who-was", "nobody", "--business-date", str(SECOND)]) == 2
    page = tmp_path / "page.html"
    assert main(["identity-report", "--business-date", str(SECOND), "--out", str(page)]) == 3, "no counts yet"


SEGMENTS = {
    # customer: (segment before, segment tonight, whether something happened on the day)
    "merged": ("watch", "grow_value", False),
    "merged, and bought": ("watch", "grow_value", True),
    "merged, and stayed": ("watch", "watch", False),
    "lost a record": ("prime_card", "grow_value", False),
    "by time": ("grow_value", "reactivate", False),
    "as ever 1": ("watch", "watch", False),
    "as ever 2": ("watch", "watch", False),
    "as ever 3": ("watch", "watch", True),
    "born": (None, "reactivate", False),  # of a record of "lost a record", which was a prime_card
    "new": (None, "watch", False),
}


@pytest.fixture
def moved(lake: Lake) -> Lake:
    publish(
        lake,
        CUSTOMER_SEGMENTS,
        SECOND,
        [
            *({"customer_id": name, "segment": was} for name, (was, _, _) in SEGMENTS.items() if was),
            {"customer_id": "taken over", "segment": "prime_card"},
        ],
    )
    publish(lake, CUSTOMER_SEGMENTS, THIRD, [{"customer_id": n, "segment": now} for n, (_, now, _) in SEGMENTS.items()])
    publish(
        lake,
        CUSTOMER_PROFILES,
        THIRD,
        [
            {
                "customer_id": name,
                "days_since_last_purchase": 0 if has_news else 7,
                "days_since_last_event": None,
                "days_since_details_changed": 0,
            }
            for name, (_, _, has_news) in SEGMENTS.items()
        ],
    )
    merges = [name for name in SEGMENTS if name.startswith("merged")]
    changes = [change(f"shop:{name}", "merge", "taken over", name) for name in merges]
    changes += [change("shop:x", "split", "lost a record", "born"), change("shop:new", "create", None, "new")]
    publish(lake, IDENTITY_LEDGER, THIRD, changes)
    return lake


def test_segments_that_moved_by_identity_alone_are_told_from_those_moved_by_events_and_by_time(moved: Lake) -> None:
    impact = segment_impact(moved, THIRD)
    assert impact is not None
    assert impact.counts == {(True, True): (1, 1), (True, False): (4, 3), (False, True): (1, 0), (False, False): (3, 1)}
    assert impact.by_identity_alone == 3
    assert impact.by_time_alone == pytest.approx(1 / 3)
    assert impact.moves == [
        ("prime_card", "grow_value", 1),
        ("prime_card", "reactivate", 1),
        ("watch", "grow_value", 1),
    ]
    assert segment_impact(moved, SECOND) is None


def quality(night: date, moved_records: int) -> list[Row]:
    counted = [
        ("customers_by_record_count", "01", 7),
        ("customers_by_record_count", "02", 5),
        ("customers_by_weakest_match", "0.99", 5),
        ("records", "shop", 10),
        ("records", "harbour", 7),
        ("records_alone", "shop", 4),
        ("over_linked_records", "shop", 2),
        ("pairs_automatic", "national_id", 5),
        ("pairs_refused", "two_candidates", 1),
        ("pairs_followed", "all", 5),
        ("pairs_followed_bridges", "all", 0),
        ("known_records", "all", 16 if night != FIRST else 0),
        ("known_records_moved", "all", moved_records),
        ("records_changed", "merge", moved_records),
    ]
    judged = [("pair_precision", 20, 0.999), ("pair_recall", 21, 0.975 + moved_records / 100)]
    told = [{"measure": measure, "part": part, "row_count": n} for measure, part, n in counted]
    return told + [{"measure": name, "part": "all", "row_count": n, "share": share} for name, n, share in judged]


def test_the_page_shows_the_night_and_those_before_it_and_needs_nothing_else(moved: Lake, tmp_path: Path) -> None:
    for number, night in enumerate((FIRST, SECOND, THIRD)):
        publish(moved, IDENTITY_QUALITY, night, quality(night, number))
    counts = counts_of_nights(moved, THIRD)
    assert len(counts) == 3 * len(quality(FIRST, 0))
    labelled = pa.table({"source_record_id": ["shop:bob", "harbour:bob"], "person_id": [1, 1]})
    judged = judge(pa.table({"source_record_id": ["shop:bob"], "customer_id": ["c-bob"]}), labelled)
    page = write_page(THIRD, counts, segment_impact(moved, THIRD), judged)
    assert page == write_page(THIRD, counts, segment_impact(moved, THIRD), judged)
    assert "17 records of the partners are 12 customers" in page
    assert "16 records known the night before 2 have another customer (12.50%)" in page
    assert "<b>3 customers</b> are in another segment" in page
    assert "1 labelled records of 1 people" in page
    assert page.count("<svg") == 6
    assert ">0.9990<" in page
    assert ">0.96<" in page, "the axis of shares begins just below the lowest"
    assert "http" not in page
    assert "<script" not in page
    assert "No labelled records" not in write_page(FIRST, counts_of_nights(moved, FIRST), None, None)
    unknown = counts_of_nights(moved, FIRST).query("share.isna()")
    first = write_page(FIRST, unknown, None, None)
    assert "Too few nights" in first
    assert "No labelled records" in first


def test_right_and_wrong_are_counted_by_pairs_and_as_each_record_sees_it() -> None:
    people = {"a": 1, "b": 1, "c": 1, "d": 2, "e": 2, "f": 3}
    found = {"a": "x", "b": "x", "c": "y", "d": "y", "e": "y", "f": "z"}
    records = pa.table({"source_record_id": list(found), "customer_id": list(found.values())})
    labelled = pa.table({"source_record_id": [*people, "unknown"], "person_id": [*people.values(), 9]})
    judged = judge(records, labelled)
    assert (judged.records, judged.people) == (6, 3)
    assert (judged.pair_precision, judged.pair_recall) == (2 / 4, 2 / 4)
    precision = {r: [people[o] == people[r] for o in found if found[o] == found[r]] for r in people}
    recall = {r: [found[o] == found[r] for o in people if people[o] == people[r]] for r in people}
    assert judged.b_cubed_precision == pytest.approx(sum(sum(s) / len(s) for s in precision.values()) / 6)
    assert judged.b_cubed_recall == pytest.approx(sum(sum(s) / len(s) for s in recall.values()) / 6)
    truth = pa.table({"source_id": list(people), "person_id": list(people.values())})
    assert pairwise_identity(truth, found) == (judged.pair_precision, judged.pair_recall)
    assert b_cubed_identity(truth, found) == pytest.approx((judged.b_cubed_precision, judged.b_cubed_recall))
    nothing = judge(records, labelled.slice(0, 0))
    assert (nothing.records, nothing.pair_precision, nothing.b_cubed_recall) == (0, 1.0, 1.0)
    assert b_cubed_identity(truth, {}) == (1.0, 1.0)


def test_labelled_records_that_cannot_be_used_are_refused_in_one_line(tmp_path: Path) -> None:
    good, twice, other = tmp_path / "good.csv", tmp_path / "twice.parquet", tmp_path / "other.csv"
    good.write_text("source_record_id,person_id\nshop:a,p1\n")
    assert read_labelled(good).num_rows == 1
    pq.write_table(pa.table({"source_record_id": ["shop:a"] * 2, "person_id": ["p", "q"]}), twice)
    other.write_text("record,person\nshop:a,p1\n")
    for path, why in ((twice, "once"), (other, "no column"), (tmp_path / "not there.csv", "neither")):
        with pytest.raises(LabelledRecordsError, match=why):
            read_labelled(path)


def test_the_counts_of_a_night_without_them_name_the_command(lake: Lake) -> None:
    with pytest.raises(StepMissingError, match=r"python -m jobs.run night --business-date 2026-04-01"):
        counts_of_nights(lake, FIRST)
