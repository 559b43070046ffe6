"""Links the records of any table: who of them is one person.

    found = resolve(members, record="member_no", name="full_name", birth_date="born", phone="mobile")
    found.people        member_no and person_id of every record
    found.pairs         the pairs behind it: rule, probability, decision, evidence
    found.refusals      automatic pairs whose records are kept apart, with the reason

Values of identifiers are compared as they are, but for what only looks given ("null", "-", "0000000"): bring them to
one spelling first. Names may be raw text; they are compared by encodings that are thrown away afterwards.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jobs.customers.clusters import find_clusters
from jobs.customers.comparing import RECORDS, compare
from jobs.customers.match_weights import DECLARED, MatchWeights
from jobs.customers.verdicts import Verdict
from jobs.personal_values import UnusableValueError, normal_form, only_looks_given
from jobs.similarity import Encoding

KINDS = {"national_id_token": "national_id", "phone_token": "phone", "email_token": "email", "full_name_token": "name"}
"""What is looked through for values that only look given, and as what kind of personal data."""


class RecordsError(ValueError):
    """The table cannot be linked; the message names the column and what to do."""

    exit_code = 2


@dataclass(frozen=True)
class Resolved:
    """people: record and person_id (the record whose text is smallest), in the order of the table. pairs, refusals: see
    `comparing` and `clusters`. Records are named everywhere as the table names them, in its type.
    """

    people: pd.DataFrame
    pairs: pa.Table
    refusals: pa.Table


def resolve(
    table: pd.DataFrame | pa.Table,
    *,
    record: str = "record_id",
    national_id: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    name: str | None = None,
    birth_date: str | None = None,
    city: str | None = None,
    gender: str | None = None,
    weights: MatchWeights = DECLARED,
    verdicts: Iterable[Verdict] = (),
) -> Resolved:
    """Who is one person, by the rules and weights of customers/record_pairs.

    Every argument after `record` names a column of the table. An identifier on more than ten records ties nobody; two
    different national ids are never one person. verdicts: on pairs of records, in any order, named as the table names
    them. RecordsError when a column is missing, a record stands twice, or a birth date is no day.
    """
    rows = table if isinstance(table, pa.Table) else pa.Table.from_pandas(table, preserve_index=False)
    texts = {
        "source_record_id": record,
        "national_id_token": national_id,
        "phone_token": phone,
        "email_token": email,
        "full_name_token": name,
        "city_code": city,
        "gender": gender,
    }
    columns = {column: _texts(rows, given) for column, given in texts.items()}
    columns |= {column: _given(columns[column], kind) for column, kind in KINDS.items()}
    if columns["source_record_id"].null_count or len(columns["source_record_id"].unique()) != rows.num_rows:
        raise RecordsError(f"column {record}: names a record twice, or not at all; give every record a name of its own")
    columns |= _names(columns["full_name_token"]) | {"birth_date": _days(rows, birth_date)}
    records = pa.table({field.name: columns[field.name] for field in RECORDS}, schema=RECORDS)
    said = [Verdict(str(one).strip(), str(other).strip(), is_same) for one, other, is_same in verdicts]
    named = _Named(records["source_record_id"].combine_chunks(), rows[record].combine_chunks())
    return _resolved(record, records, named, compare(records, weights, verdicts=said))


def _resolved(record: str, records: pa.Table, named: _Named, pairs: pa.Table) -> Resolved:
    found = find_clusters(records, pairs)
    place = pc.index_in(named.texts, value_set=found.members["source_record_id"].combine_chunks())
    people = {record: named.names, "person_id": named.as_given(found.members["cluster"].take(place))}
    return Resolved(pa.table(people).to_pandas(), named.ends_as_given(pairs), named.ends_as_given(found.refusals))


@dataclass(frozen=True)
class _Named:
    """The text by which each record is compared, and the name that the table gives it."""

    texts: pa.Array
    names: pa.Array

    def as_given(self, texts: pa.ChunkedArray) -> pa.Array:
        return self.names.take(pc.index_in(texts.combine_chunks(), value_set=self.texts))

    def ends_as_given(self, pairs: pa.Table) -> pa.Table:
        for end in ("left_record_id", "right_record_id"):
            place = pairs.schema.get_field_index(end)
            pairs = pairs.set_column(place, end, self.as_given(pairs[end]))
        return pairs


def _given(texts: pa.Array, kind: str) -> pa.Array:
    """Without what capture, too, takes for not given."""
    plain = texts.dictionary_encode()
    kept = [None if only_looks_given(kind, text) else text for text in plain.dictionary.to_pylist()]
    return pa.array(kept, pa.string()).take(plain.indices)


def _texts(rows: pa.Table, name: str | None) -> pa.Array:
    """A column as text without blanks around it; what is empty is not given."""
    if name is None:
        return pa.nulls(rows.num_rows, pa.string())
    if name not in rows.column_names:
        raise RecordsError(f"the table has no column {name}; it has {', '.join(rows.column_names)}")
    texts = pc.utf8_trim_whitespace(rows[name].combine_chunks().cast(pa.string()))
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _names(names: pa.Array) -> dict[str, pa.Array]:
    """Names in lower case, under one version of a key that nobody keeps, and their encodings."""
    plain = pc.utf8_lower(names).dictionary_encode()
    encoding = Encoding(secrets.token_bytes(32))
    encodings = pa.array([encoding.of(text) for text in plain.dictionary.to_pylist()], pa.binary())
    return {
        "given_name_token": pa.array([_given_name(text) for text in plain.dictionary.to_pylist()], pa.string()).take(
            plain.indices
        ),
        "full_name_token": pc.binary_join_element_wise("once", plain.cast(pa.string()), "."),
        "full_name_encoding": encodings.take(plain.indices),
    }


def _days(rows: pa.Table, name: str | None) -> pa.Array:
    texts = _texts(rows, name)
    days = pd.to_datetime(pd.Series(texts.to_pandas(), dtype=object), errors="coerce", format="ISO8601")
    wrong = int((days.isna() & texts.is_valid().to_pandas()).sum())
    if wrong:
        raise RecordsError(f"column {name}: {wrong} values are no days like 1990-02-28; correct or empty them")
    return pa.array(days.dt.date, pa.date32())


def _given_name(name: str) -> str | None:
    try:
        return normal_form("given_name", name)
    except UnusableValueError:
        return None
