"""Changes among customers that stand: everybody is who they are when all is compared, clustered and named anew."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from jobs.customers.clusters import MAX_RECORDS_SHARING, MOST_RECORDS, find_clusters, with_customer_before
from jobs.customers.comparing import PAIRS, compare
from jobs.customers.naming import MOMENT, name_customers
from jobs.customers.standing import StandingRecords
from jobs.customers.standing_customers import BackwardsError, StandingCustomers
from jobs.customers.verdicts import Verdict
from jobs.standing_files import (
    StandingFolderError,
    read_standing,
    read_standing_customers,
    write_standing,
)
from tests.customers.small_records import Row, random_people, record, records_of
from tests.customers.test_standing import a_step, crowd, some_verdicts

NIGHT = date(2026, 4, 1)


def with_since(records: pa.Table, step: int = 0) -> pa.Table:
    """Every record began on a day of its own, which its name tells; a partner may correct it with a later change."""
    days = [sum(name.encode()) % 700 + step for name in records["source_record_id"].to_pylist()]
    since = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in days]
    return records.append_column("record_since", pa.array(since, MOMENT))


def all_anew(records: pa.Table, pairs: pa.Table, last: pa.Table | None, as_of: date) -> tuple[pa.Table, pa.Table]:
    """records: with record_since."""
    people = records.select(["source_record_id", "national_id_token", "record_since"])
    found = find_clusters(people if last is None else with_customer_before(people, last), pairs)
    return name_customers(found.members, last, as_of=as_of), found.refusals


def standing_of(records: pa.Table, verdicts: list[Verdict] | None = None) -> StandingCustomers:
    pairs = compare(records, verdicts=verdicts or ())
    since = with_since(records)["record_since"]
    return StandingCustomers.of(StandingRecords.of(records, verdicts=verdicts or ()), pairs, since, as_of=NIGHT)


def in_order(rows: pa.Table) -> list[Row]:
    keys = [(name, "ascending") for name in rows.column_names if name.endswith("record_id")][:2]
    told: list[Row] = rows.sort_by(keys).to_pylist()
    return told


def one_person(name: str, count: int) -> list[Row]:
    """More records of one phone and birthday than a customer may have, told apart by nothing else."""
    return [record(f"{name}{n:02d}", "陈静", "1985-05-05", phone=f"{name}{n // 9}", email=name) for n in range(count)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_t15_t16_change_after_change_everybody_is_who_they_are_by_all_anew(seed: int) -> None:
    chance = random.Random(seed)
    crowded = [*crowd("8", "李静", 9), *one_person("chain:", MOST_RECORDS - 2)]
    known = {row["source_record_id"]: row for row in [*random_people(chance, 300), *crowded]}
    records_now = records_of(list(known.values()))
    verdicts = some_verdicts(chance, known, compare(records_now))
    standing = standing_of(records_now, verdicts)
    since = dict.fromkeys(known, 0)
    customers, _ = all_anew(with_since(records_now), compare(records_now, verdicts=verdicts), None, NIGHT)
    assert standing.customers().equals(customers)
    came_back: list[Row] = []
    for step in range(1, 6):
        told, gone = a_step(chance, known, step)
        back = [*came_back, *(one_person("chain:", MOST_RECORDS + 4) if step == 2 else ())]
        told = list({row["source_record_id"]: row for row in [*told, *back]}.values())
        gone = sorted(set(gone) - {row["source_record_id"] for row in told})
        came_back = [known[name] for name in gone[:3]]
        said = some_verdicts(chance, known, standing.all_pairs(), verdicts) if step % 2 else None
        verdicts = verdicts if said is None else said
        night = NIGHT + timedelta(days=step)
        change = standing.change(with_since(records_of(told), step), gone, as_of=night, verdicts=said)
        known = {name: row for name, row in known.items() if name not in gone}
        known |= {row["source_record_id"]: row for row in told}
        since |= {row["source_record_id"]: step for row in told}
        records_now = records_of(list(known.values()))
        pairs = compare(records_now, verdicts=verdicts)
        told_now = pa.concat_tables([with_since(records_of([row]), since[name]) for name, row in known.items()])
        customers, refusals = all_anew(told_now, pairs, customers, night)
        assert standing.all_pairs().equals(pairs)
        assert in_order(standing.customers()) == in_order(customers)
        assert in_order(standing.all_refusals()) == in_order(refusals)
        assert 0 < change.people.num_rows < customers.num_rows, "whom nothing touches is not looked at"
        assert set(change.people["source_record_id"].to_pylist()) >= {row["source_record_id"] for row in told}


def test_a_folder_of_customers_is_gone_on_from_in_another_process_as_if_it_had_never_been_left(tmp_path: Path) -> None:
    chance, folder = random.Random(7), tmp_path / "people"
    known = {row["source_record_id"]: row for row in random_people(chance, 200)}
    standing = standing_of(records_of(list(known.values())))
    write_standing(standing.records, folder, standing)
    for step in range(1, 4):
        told, gone = a_step(chance, known, step)
        changed, night = with_since(records_of(told)), NIGHT + timedelta(days=step)
        again, as_read = read_standing_customers(folder)
        found = again.change(changed, gone, as_of=night)
        as_read.append(changed, gone, found=found)
        assert found.people.equals(standing.change(changed, gone, as_of=night).people)
        assert again.customers().equals(standing.customers())
        known = {name: row for name, row in known.items() if name not in gone}
        known |= {row["source_record_id"]: row for row in told}
    with pytest.raises(StandingFolderError, match="customers stand there, too; use resolve-changes"):
        read_standing(folder)


def test_ann_and_bob_change_and_cem_whom_nothing_ties_to_them_is_not_looked_at() -> None:
    ann = [record(f"{bank}:ann", "王小明", "1990-02-01", phone="1") for bank in ("a", "b")]
    bob, cem = record("a:bob", "陈静", "1991-02-01", phone="2"), record("a:cem", "李敏", "1992-02-01", phone="3")
    standing = standing_of(records_of([*ann, bob, cem]))
    before = {row["source_record_id"]: row["customer_id"] for row in standing.customers().to_pylist()}
    other_phone = record("b:ann", "李静", "1993-09-01", phone="4")
    change = standing.change(with_since(records_of([other_phone])), ["a:bob"], as_of=NIGHT + timedelta(days=1))
    now = {row["source_record_id"]: row for row in change.people.to_pylist()}
    assert set(now) == {"a:ann", "b:ann", "a:bob"}
    assert now["a:ann"]["customer_id"] == before["a:ann"] == before["b:ann"] != now["b:ann"]["customer_id"]
    assert now["b:ann"]["previous_customer_id"] == before["b:ann"]
    assert not now["a:bob"]["is_shown"]
    assert now["a:bob"]["customer_id"] == before["a:bob"]
    everybody = {row["source_record_id"]: row for row in standing.customers().to_pylist()}
    assert everybody["a:cem"]["customer_id"] == everybody["a:cem"]["previous_customer_id"] == before["a:cem"]


def test_a_national_id_that_too_many_have_ties_its_records_no_more_and_what_it_kept_apart_may_meet() -> None:
    told = {"phone": "1", "email": "x"}
    ann = record("a:ann", "王小明", "1990-02-01", national_id="0", **told)
    ann_too = record("b:ann", "王小明", "1990-02-01", national_id="9", **told)
    others = [record(f"c:{n}", f"李{n}", national_id="0") for n in range(MAX_RECORDS_SHARING - 1)]
    standing = standing_of(records_of([ann, ann_too, *others]))
    before = {row["source_record_id"]: row["customer_id"] for row in standing.customers().to_pylist()}
    assert before["a:ann"] != before["b:ann"]
    one_more = record("c:more", "张丽", national_id="0")
    change = standing.change(with_since(records_of([one_more])), as_of=NIGHT + timedelta(days=1))
    now = {row["source_record_id"]: row["customer_id"] for row in change.people.to_pylist()}
    assert now["a:ann"] == now["b:ann"]
    assert len(set(now.values())) == len(now) - 1
    back = standing.change(with_since(records_of([])), ["c:more"], as_of=NIGHT + timedelta(days=2))
    now = {row["source_record_id"]: row["customer_id"] for row in back.people.to_pylist()}
    assert now["a:ann"] != now["b:ann"]


def test_two_changes_of_one_day_never_give_two_people_one_id() -> None:
    ann = [record(f"{bank}:ann", "王小明", "1990-02-01", phone="1") for bank in "abc"]
    standing = standing_of(records_of(ann))
    for name, phone in (("李静", "7"), ("陈敏", "8"), ("张丽", "9")):
        other = record("a:ann", name, "1993-09-01", phone=phone)
        change = standing.change(with_since(records_of([other])), as_of=NIGHT)
        now = {row["source_record_id"]: row["customer_id"] for row in standing.customers().to_pylist()}
        assert now["a:ann"] not in (now["b:ann"], now["c:ann"])
        assert change.people.num_rows == (3 if phone == "7" else 1)
    with pytest.raises(BackwardsError, match="there is a change of 2026-04-01 already"):
        standing.change(with_since(records_of([ann[0]])), as_of=NIGHT - timedelta(days=1))


def test_of_two_who_go_on_from_the_same_the_second_is_refused_and_what_a_killed_one_left_is_passed_over(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "people"
    standing = standing_of(records_of([record("a:ann", "王小明", "1990-02-01", phone="1")]))
    write_standing(standing.records, folder, standing)
    (folder / ".change-000000.x.staged").mkdir()
    both = [read_standing_customers(folder) for _ in range(2)]
    for number, (read, as_read) in enumerate(both):
        changed = with_since(records_of([record(f"b:ann{number}", "王小明", "1990-02-01", phone="1")]))
        found = read.change(changed, as_of=NIGHT)
        if number:
            with pytest.raises(StandingFolderError, match="somebody else wrote there meanwhile; begin again"):
                as_read.append(changed, [], found=found)
        else:
            as_read.append(changed, [], found=found)
    again, as_read = read_standing_customers(folder)
    assert again.customers().equals(both[0][0].customers())
    assert as_read.changes == 1
    (folder / "change-000000" / "people.arrow").unlink()
    with pytest.raises(StandingFolderError, match="a file is missing or damaged"):
        read_standing_customers(folder)


def test_nobody_a_beginning_of_nobody_and_a_change_of_nothing() -> None:
    standing = standing_of(records_of([]))
    ann = [record(f"{bank}:ann", "王小明", "1990-02-01", phone="1") for bank in "ab"]
    assert standing.change(with_since(records_of(ann)), as_of=NIGHT).people.num_rows == 2
    assert len(set(standing.customers()["customer_id"].to_pylist())) == 1
    assert standing.change(with_since(records_of([])), as_of=NIGHT).people.num_rows == 0
    gone = standing.change(with_since(records_of([])), ["a:ann", "b:ann"], as_of=NIGHT)
    assert gone.people["is_shown"].to_pylist() == [False, False]
    assert standing.all_pairs().num_rows == 0


def test_a_full_customer_kept_apart_by_a_reviewer_alone_is_looked_at_again() -> None:
    """Who was there first decides who finds room, and on the first night nobody was: the second may refuse another."""
    names = [f"r{number:02d}" for number in range(1, 15)]
    clique = [(one, other) for at, one in enumerate(names[2:]) for other in names[at + 3 :]]
    ties = [("r01", "r02"), ("r02", "r03"), *clique]
    rows = [
        {
            "left_record_id": left,
            "right_record_id": right,
            "matched_by": "phone_and_name",
            "match_probability": 0.998,
            "decision": "automatic",
            "decided_by": "rule",
        }
        for left, right in ties
    ]
    no = {"left_record_id": "r01", "right_record_id": "r03", "decision": "rejected", "decided_by": "reviewer"}
    pairs = pa.Table.from_pylist([*rows, no], schema=PAIRS)
    records = records_of([record(name) for name in names])
    told = with_since(records)
    standing = StandingCustomers.of(StandingRecords.of(records), pairs, told["record_since"], as_of=NIGHT)
    customers, first_refusals = all_anew(told, pairs, None, NIGHT)
    night = NIGHT + timedelta(days=1)
    customers, refusals = all_anew(told, pairs, customers, night)
    assert in_order(refusals) != in_order(first_refusals)
    standing.change(with_since(records_of([])), as_of=night)
    assert in_order(standing.customers()) == in_order(customers)
    assert in_order(standing.all_refusals()) == in_order(refusals)
