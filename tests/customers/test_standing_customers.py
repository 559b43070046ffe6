"""Changes among customers that stand: everybody is who they are when all is compared, clustered and named anew."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from jobs.customers.clusters import MAX_RECORDS_SHARING, MOST_RECORDS, find_clusters, with_customer_before
from jobs.customers.comparing import compare
from jobs.customers.naming import MOMENT, name_customers
from jobs.customers.standing import StandingRecords
from jobs.customers.standing_customers import StandingCustomers
from jobs.customers.standing_files import (
    StandingFolderError,
    append_change,
    read_standing,
    read_standing_customers,
    write_standing,
)
from jobs.customers.verdicts import Verdict
from tests.customers.small_records import Row, random_people, record, records_of
from tests.customers.test_standing import a_step, crowd, some_verdicts

NIGHT = date(2026, 4, 1)


def with_since(records: pa.Table) -> pa.Table:
    """Every record began on a day of its own, which its name tells."""
    days = [sum(name.encode()) % 700 for name in records["source_record_id"].to_pylist()]
    since = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in days]
    return records.append_column("record_since", pa.array(since, MOMENT))


def all_anew(records: pa.Table, pairs: pa.Table, last: pa.Table | None, as_of: date) -> tuple[pa.Table, pa.Table]:
    people = with_since(records).select(["source_record_id", "national_id_token", "record_since"])
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
    customers, _ = all_anew(records_now, compare(records_now, verdicts=verdicts), None, NIGHT)
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
        change = standing.change(with_since(records_of(told)), gone, as_of=night, verdicts=said)
        known = {name: row for name, row in known.items() if name not in gone}
        known |= {row["source_record_id"]: row for row in told}
        records_now = records_of(list(known.values()))
        pairs = compare(records_now, verdicts=verdicts)
        customers, refusals = all_anew(records_now, pairs, customers, night)
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
        again = read_standing_customers(folder)
        found = again.change(changed, gone, as_of=night)
        append_change(folder, changed, gone, customers=found)
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
