"""Linking a table of one's own, whatever its columns are called."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from jobs.customers.any_table import RecordsError, resolve
from jobs.customers.verdicts import Verdict

MEMBERS = pd.DataFrame(
    [
        ("m1", "Ann de Groot", "1990-02-28", "12", "a@x", "A1"),
        ("m2", "ann de groot ", "1990-02-28", " 12", None, None),
        ("m3", "Groot Ann de", None, "", "a@x", None),
        ("m4", "Bob Jones", "1985-05-05", "23", None, "B1"),
        ("m5", "Bob Jones", "1985-05-05", "23", None, "C1"),
        ("m6", "Eve Adams", "1979-09-09", "34", None, None),
    ],
    columns=["member_no", "full_name", "born", "mobile", "mail", "passport"],
)
COLUMNS: Any = {
    "record": "member_no",
    "name": "full_name",
    "birth_date": "born",
    "phone": "mobile",
    "email": "mail",
    "national_id": "passport",
}


@pytest.mark.parametrize("table", [MEMBERS, MEMBERS[::-1], pa.Table.from_pandas(MEMBERS)])
def test_the_records_of_a_table_are_people_whatever_its_kind_and_order(table: pd.DataFrame | pa.Table) -> None:
    found = resolve(table, **COLUMNS)
    people = dict(zip(found.people["member_no"], found.people["person_id"], strict=True))
    assert people == {"m1": "m1", "m2": "m1", "m3": "m1", "m4": "m4", "m5": "m5", "m6": "m6"}
    reasons = {(row["left_record_id"], row["right_record_id"]): row["reason"] for row in found.pairs.to_pylist()}
    assert reasons["m4", "m5"] == "conflicting_national_id"


def test_what_is_wrong_with_a_table_is_said_with_the_column() -> None:
    with pytest.raises(RecordsError, match="the table has no column surname; it has member_no, full_name"):
        resolve(MEMBERS, **{**COLUMNS, "name": "surname"})
    with pytest.raises(RecordsError, match="column full_name: names a record twice"):
        resolve(MEMBERS, record="full_name")
    with pytest.raises(RecordsError, match="column full_name: 6 values are no days like 1990-02-28"):
        resolve(MEMBERS, record="member_no", birth_date="full_name")


def test_placeholders_tie_nobody_as_at_capture() -> None:
    words = ("null", "NONE", "-", "000000", "N/A", "11111111", "未知")
    rows = [(2 * n + k, word, word, "unknown", "1990-02-28") for n, word in enumerate(words) for k in range(2)]
    table = pd.DataFrame(rows, columns=["no", "passport", "mobile", "mail", "born"])
    found = resolve(table, record="no", national_id="passport", phone="mobile", email="mail", birth_date="born")
    assert found.people["person_id"].tolist() == table["no"].tolist()
    assert found.pairs.num_rows == 0


def test_records_keep_the_type_of_their_names_and_verdicts_hold_in_either_order() -> None:
    table = pd.DataFrame({"no": [10, 9, 8, 7], "mail": ["a@x", "a@x", "b@x", None], "born": ["1990-02-28"] * 4})
    columns: Any = {"record": "no", "email": "mail", "birth_date": "born"}
    found = resolve(table, **columns)
    assert found.people["no"].dtype == found.people["person_id"].dtype == np.int64
    assert found.people.to_numpy().tolist() == [[10, 10], [9, 10], [8, 8], [7, 7]]
    assert [(row["left_record_id"], row["right_record_id"]) for row in found.pairs.to_pylist()] == [(10, 9)]
    said: list[Any] = [(9, 10, False), (7, 8, True)]
    for verdicts in (said, [(right, left, word) for left, right, word in said]):
        people = resolve(table, **columns, verdicts=[Verdict(*one) for one in verdicts]).people
        assert people["person_id"].tolist() == [10, 9, 7, 7]


def test_pairs_that_were_not_followed_are_told_with_the_reason() -> None:
    table = pd.DataFrame(
        [("ann", "A1", "12"), ("bob", "B1", "12"), ("x", None, "12")], columns=["no", "passport", "mobile"]
    ).assign(born="1990-02-28")
    found = resolve(table, record="no", national_id="passport", phone="mobile", birth_date="born")
    columns = ("left_record_id", "right_record_id", "reason")
    assert [tuple(row[name] for name in columns) for row in found.refusals.to_pylist()] == [
        ("ann", "x", "two_candidates"),
        ("bob", "x", "two_candidates"),
    ]


def test_an_empty_table_has_nobody() -> None:
    found = resolve(MEMBERS[:0].astype(object), **COLUMNS)
    assert len(found.people) == found.pairs.num_rows == 0
