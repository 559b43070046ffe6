"""Linking a table of one's own, whatever its columns are called."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from jobs.customers.any_table import RecordsError, resolve

MEMBERS = pd.DataFrame(
    [
        ("m1", "Ann de Groot", "1990-02-28", "1", "a@x", "A"),
        ("m2", "ann de groot ", "1990-02-28", " 1", None, None),
        ("m3", "Groot Ann de", None, "", "a@x", None),
        ("m4", "Bob Jones", "1985-05-05", "2", None, "B"),
        ("m5", "Bob Jones", "1985-05-05", "2", None, "C"),
        ("m6", "Eve Adams", "1979-09-09", "3", None, None),
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


def test_an_empty_table_has_nobody() -> None:
    found = resolve(MEMBERS[:0].astype(object), **COLUMNS)
    assert len(found.people) == found.pairs.num_rows == 0
