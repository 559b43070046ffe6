"""Changes among records that stand compared: what is found is what comparing everything anew finds."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from jobs.customers.comparing import compare
from jobs.customers.match_rules import MOST_RECORDS_SHARING
from jobs.customers.match_weights import DECLARED
from jobs.customers.sorted_hashes import SortedHashes
from jobs.customers.standing import AllAnewError, StandingRecords
from jobs.customers.verdicts import Verdict
from jobs.standing_files import StandingFolderError, read_standing, write_standing
from tests.customers.small_records import Row, random_people, record, records_of


def crowd(phone: str, called: str, count: int) -> list[Row]:
    return [record(f"office:{phone}{n:03d}", called, f"1980-02-{n % 28 + 1:02d}", phone=phone) for n in range(count)]


def a_step(chance: random.Random, known: dict[str, Row], step: int) -> tuple[list[Row], list[str]]:
    """New records, known ones with other content, and some that go; a phone and a name become common, then rare."""
    names = sorted(known)
    gone = set(chance.sample(names, 8))
    gone |= {name for name in names if name.startswith("office:") and step % 2}
    told = [{**row, "source_record_id": f"new:{step}:{n}"} for n, row in enumerate(random_people(chance, 30))]
    for name, other in zip(chance.sample([one for one in names if one not in gone], 12), told[18:], strict=True):
        other["source_record_id"] = name
    if not step % 2:
        told += crowd("7", "王明", MOST_RECORDS_SHARING + 1)
    return told, sorted(gone - {row["source_record_id"] for row in told})


def some_verdicts(
    chance: random.Random, known: dict[str, Row], pairs: pa.Table, before: Sequence[Verdict] = ()
) -> list[Verdict]:
    """Half of what was said before, some of it turned round, and something new on pairs and on strangers."""
    kept = [one._replace(is_same=chance.random() < 0.5) for one in before if chance.random() < 0.5]
    ends = zip(pairs["left_record_id"].to_pylist(), pairs["right_record_id"].to_pylist(), strict=True)
    met = chance.sample(list(ends), 10) + [tuple(chance.sample(sorted(known), 2)) for _ in range(5)]
    return [*kept, *(Verdict(one, other, chance.random() < 0.5) for one, other in met)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_t15_change_after_change_the_pairs_are_those_of_comparing_everything(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    known = {row["source_record_id"]: row for row in [*random_people(chance, 300), *crowd("8", "李静", 9)]}
    records_now = records_of(list(known.values()))
    verdicts = some_verdicts(chance, known, compare(records_now))
    standing = StandingRecords.of(records_now, verdicts=verdicts)
    pairs = compare(records_now, verdicts=verdicts)
    folder = tmp_path / "standing"
    write_standing(standing, folder)
    for step in range(5):
        told, gone = a_step(chance, known, step)
        said = some_verdicts(chance, known, pairs, verdicts) if step % 2 else None
        change = standing.change(records_of(told), gone, verdicts=said)
        read, as_read = read_standing(folder)
        again = read.change(records_of(told), gone, verdicts=said)
        as_read.append(records_of(told), gone, said, found=again)
        verdicts = verdicts if said is None else said
        known = {name: row for name, row in known.items() if name not in gone}
        known |= {row["source_record_id"]: row for row in told}
        pairs, before, records_before = change.applied_to(pairs), pairs, records_now
        records_now = records_of(list(known.values()))
        by_tables = compare(records_now, verdicts=verdicts, before=records_before, pairs_before=before)
        assert by_tables.equals(pairs), "a night that knows both whole tables finds the same"
        assert pairs.equals(compare(records_now, verdicts=verdicts))
        assert pc.sum(pc.equal(pairs["decided_by"], "reviewer")).as_py() > 0
        assert again.pairs.equals(change.pairs)
        assert again.anew.equals(change.anew)
        assert not pairs.equals(before)
        assert change.pairs.num_rows < pairs.num_rows, "what has nothing in common with the change is not compared"


def test_who_is_compared_anew_are_those_whom_a_change_touches() -> None:
    ann = [record(f"{bank}:ann", "王小明", "1990-02-01", phone="1") for bank in ("a", "b")]
    standing = StandingRecords.of(records_of([*ann, record("a:bob", "陈静", "1991-02-01", phone="2")]))
    change = standing.change(records_of([record("b:bob", "陈静", "1991-02-01", phone="2")]))
    assert sorted(change.anew.to_pylist()) == ["a:bob", "b:bob"]  # a namesake of one birthday makes bob another key
    assert [row["matched_by"] for row in change.pairs.to_pylist()] == ["phone_and_birth_date"]
    left_alone = standing.change(records_of([]), ["b:ann", "c:nobody-knows"])
    assert left_alone.pairs.num_rows == 0
    assert {"a:ann", "b:ann"} <= set(left_alone.anew.to_pylist())
    assert standing.change(records_of([])).pairs.num_rows == 0
    with pytest.raises(ValueError, match="a record stands twice"):
        standing.change(records_of(ann), ["a:ann"])


def test_other_weights_or_twice_as_many_records_are_compared_all() -> None:
    few = [record(f"a:{n}", phone=str(n)) for n in range(3)]
    standing = StandingRecords.of(records_of(few))
    with pytest.raises(AllAnewError, match="compare all records"):
        standing.change(records_of(few), weights=replace(DECLARED, records=999))
    many = [record(f"b:{n}") for n in range(8_200)]
    with pytest.raises(AllAnewError, match="compare all records"):
        standing.change(records_of(many))
    after = standing.change(records_of([record("b:0", phone="0")]))
    assert after.anew.to_pylist() == ["b:0"], "what was refused was not taken"
    assert after.pairs.num_rows == 1


def test_a_folder_that_cannot_be_gone_on_from_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    standing = StandingRecords.of(records_of([record("a:ann")]))
    write_standing(standing, tmp_path / "standing")
    with pytest.raises(StandingFolderError, match="name another folder"):
        write_standing(standing, tmp_path / "standing")
    monkeypatch.setattr(duckdb, "__version__", "another")
    with pytest.raises(AllAnewError, match="compare all records into a new one"):
        read_standing(tmp_path / "standing")


@pytest.mark.parametrize("values", [[], [5], [5, 5, 2, 9, 5]])
def test_rows_are_found_by_the_value_they_carry(values: Sequence[int]) -> None:
    found = SortedHashes.of(np.array(values, dtype=np.uint64), np.arange(len(values)))
    wanted = np.array([5, 1], dtype=np.uint64)
    assert found.count(wanted).tolist() == [values.count(5), 0]
    assert sorted(found.rows_with(wanted).tolist()) == [row for row, value in enumerate(values) if value == 5]
