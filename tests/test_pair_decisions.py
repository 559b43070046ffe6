"""What people decided on pairs: from a file, kept for good, honoured from a night on, reversed by a later decision."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from jobs.customers.verdicts import Verdict
from jobs.pair_decisions import KEY, PairDecisionError, PairDecisions, digest_of, verdicts_of
from jobs.run import main
from jobs.storage import Storage, open_storage

MONDAY, TUESDAY, WEDNESDAY = (date(2026, 4, day) for day in (6, 7, 8))


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    monkeypatch.setenv("NIGHTLEDGER_LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv("NIGHTLEDGER_SCRATCH", str(tmp_path / "scratch"))
    monkeypatch.setenv("NIGHTLEDGER_FIRST_BUSINESS_DATE", "2026-04-01")
    return open_storage(str(tmp_path / "lake"), None)


def decide(file: Path, content: str, counts_from: date, why: str = "called both") -> int:
    file.write_text(content, encoding="utf-8")
    return main(["decide-pairs", str(file), "--from", str(counts_from), "--by", "R. Diaz", "--why", why])


def test_decisions_of_a_file_count_from_their_night_and_a_later_one_reverses_them(
    storage: Storage, tmp_path: Path
) -> None:
    as_csv = "left_record_id,right_record_id,decision\nshop:ann,harbour:ann,same\nshop:bob,harbour:bob,different\n"
    assert decide(tmp_path / "first.csv", as_csv, MONDAY) == 0
    reversed_one = {"right_record_id": "shop:ann", "left_record_id": "harbour:ann", "decision": "different"}
    withdrawn = {"left_record_id": "shop:bob", "right_record_id": "harbour:bob", "decision": "withdrawn"}
    lines = "\n".join(json.dumps(one) for one in (reversed_one, withdrawn))
    assert decide(tmp_path / "second.jsonl", lines, WEDNESDAY) == 0
    decisions = PairDecisions(storage)
    ann, bob = ("harbour:ann", "shop:ann"), ("harbour:bob", "shop:bob")
    assert verdicts_of(decisions, date(2026, 4, 5)) == ()
    assert (
        verdicts_of(decisions, MONDAY) == verdicts_of(decisions, TUESDAY) == (Verdict(*ann, True), Verdict(*bob, False))
    )
    assert verdicts_of(decisions, WEDNESDAY) == (Verdict(*ann, False),)
    assert digest_of(decisions, MONDAY) == digest_of(decisions, TUESDAY) != digest_of(decisions, WEDNESDAY)
    assert [(one.number, one.decided_by) for one in decisions.all()] == [(n, "R. Diaz") for n in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "left_record_id,right_record_id,decision\n",
        "left_record_id,right_record_id,decision\na,b,same\na,b,maybe\n",
        "left_record_id,right_record_id,decision\na,a,same\n",
        "left_record_id,right_record_id,decision\na,b,same\nb,a,different\n",
        "left_record_id,decision\na,same\n",
        '{"left_record_id": "a", "right_record_id": "b", "decision": "same"}\n{broken\n',
    ],
)
def test_a_file_with_one_wrong_line_stores_nothing(storage: Storage, tmp_path: Path, content: str) -> None:
    assert decide(tmp_path / "wrong.csv", content, MONDAY) == 2
    assert PairDecisions(storage).all() == ()


def test_a_closed_night_and_a_decision_without_a_reason_are_refused(storage: Storage, tmp_path: Path) -> None:
    row = "left_record_id,right_record_id,decision\na,b,same\n"
    assert decide(tmp_path / "one.csv", row, MONDAY, why=" ") == 2
    night = tmp_path / "lake" / "customers" / "record_pairs" / f"business_date={MONDAY}"
    night.mkdir(parents=True)
    (night / "_manifest.json").write_text("{}", encoding="utf-8")
    assert decide(tmp_path / "one.csv", row, MONDAY) == 2
    assert PairDecisions(storage).all() == ()
    assert decide(tmp_path / "one.csv", row, TUESDAY) == 0


def test_a_list_that_somebody_touched_is_found(storage: Storage, tmp_path: Path) -> None:
    rows = "left_record_id,right_record_id,decision\na,b,same\nc,d,same\ne,f,same\n"
    assert decide(tmp_path / "three.csv", rows, MONDAY) == 0
    file = tmp_path / "lake" / KEY
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    for touched in (
        [lines[0], lines[1].replace('"same"', '"different"'), lines[2]],
        [lines[0], lines[2]],
        [lines[0], "{}\n"],
    ):
        file.write_text("".join(touched), encoding="utf-8")
        with pytest.raises(PairDecisionError, match="restore the file from a backup"):
            PairDecisions(storage).all()
