"""The statements that find what has to be compared anew, from the records of now and of an earlier comparison.

A pair's row follows from its two prepared records. One is prepared otherwise than before when the record itself
changed, or when another one changed that shares a value with it: a token became too common, a name twice as frequent.
So the suspects are all records that share a value with a changed one; those whose prepared form differs are affected.
"""

from __future__ import annotations

from jobs.customers.comparing_sql import prepared
from jobs.customers.match_rules import IDENTIFIERS, MOST_RECORDS_SHARING
from jobs.customers.records import IDENTIFYING

PREPARED = (
    "id",
    "national_id",
    "phone",
    "email",
    "name",
    "encoding",
    "given_name",
    "born",
    "city",
    "gender",
    "name_doublings",
    "named_and_born",
)


def what_changed() -> tuple[str, ...]:
    """Statements that leave `current`, the records to compare with each other, and `carried`, the pairs that stay.

    They read records, records_before, pairs_before and verdicts.
    """
    return (_changed(), _suspects(), _affected(), _near(), _current(), CARRIED)


CARRIED = """
CREATE TABLE carried AS
SELECT pairs_before.* FROM pairs_before
ANTI JOIN affected l ON l.source_record_id = left_record_id
ANTI JOIN affected r ON r.source_record_id = right_record_id
ANTI JOIN verdicts USING (left_record_id, right_record_id)"""


def _changed() -> str:
    """New, changed and gone records, and those of pairs on which a reviewer may have changed his mind."""
    differs = " OR ".join(
        f"now.{name} IS DISTINCT FROM before.{name}" for name in IDENTIFYING if name != "source_record_id"
    )
    return f"""
CREATE TABLE changed AS
SELECT source_record_id FROM records now FULL JOIN records_before before USING (source_record_id)
WHERE now.source_record_id IS NULL OR before.source_record_id IS NULL OR {differs}
UNION SELECT unnest([left_record_id, right_record_id]) FROM pairs_before WHERE decided_by = 'reviewer'"""


def _suspects() -> str:
    """Changed records; those with an identifier, or name and birth date, of one; and those whose name doubled or halved
    in frequency: every name is shared by many, and one namesake more mostly changes nothing."""

    def touched(columns: str) -> str:
        of_changed = f"SELECT {columns} FROM {{}} SEMI JOIN changed USING (source_record_id)"
        return f"({of_changed.format('records')} UNION {of_changed.format('records_before')})"

    def named(records: str) -> str:
        return (
            f"SELECT full_name_token, floor(log2(count(*))) AS doublings FROM {records} "
            f"SEMI JOIN {touched('full_name_token')} USING (full_name_token) GROUP BY ALL"
        )

    carrying = " UNION ".join(
        f"SELECT source_record_id FROM records SEMI JOIN {touched(columns)} USING ({columns})"
        for columns in (*IDENTIFIERS.values(), "full_name_token, birth_date")
    )
    return f"""
CREATE TABLE suspects AS SELECT source_record_id FROM changed UNION {carrying}
UNION SELECT source_record_id FROM records SEMI JOIN (
    SELECT full_name_token FROM ({named("records")}) now FULL JOIN ({named("records_before")}) before
    USING (full_name_token) WHERE now.doublings IS DISTINCT FROM before.doublings
) USING (full_name_token)"""


def _affected() -> str:
    content = f"hash({', '.join(PREPARED)}) AS content"
    return f"""
CREATE TABLE affected AS
SELECT source_record_id FROM suspects
EXCEPT
SELECT id FROM (SELECT id, {content} FROM ({prepared("records", "suspects")}))
JOIN (SELECT id, {content} FROM ({prepared("records_before", "suspects")})) USING (id, content)
WHERE id NOT IN (SELECT source_record_id FROM changed)"""


def _near() -> str:
    """The affected records and whoever shares a key with one of them, and records that somebody has decided on."""
    sharing = " UNION ".join(
        f"""SELECT source_record_id FROM records WHERE {column} IN (
            SELECT {column} FROM records
            WHERE {column} IN (SELECT {column} FROM records SEMI JOIN affected USING (source_record_id))
            GROUP BY {column} HAVING count(*) <= {MOST_RECORDS_SHARING})"""
        for column in IDENTIFIERS.values()
    )
    return f"""
CREATE TABLE near AS
SELECT source_record_id FROM affected
UNION SELECT unnest([left_record_id, right_record_id]) FROM verdicts
UNION {sharing}
UNION SELECT source_record_id FROM records SEMI JOIN (
    SELECT full_name_token, birth_date FROM records SEMI JOIN affected USING (source_record_id)
) namesakes USING (full_name_token, birth_date)"""


def _current() -> str:
    return f"""
CREATE TABLE current AS
SELECT *, id IN (SELECT source_record_id FROM affected) AS is_new FROM ({prepared("records", "near")})"""
