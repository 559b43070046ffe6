"""The statements behind `comparing`: prepare records, propose pairs, compare them, judge them.

Made of constants of this project alone; values of records never become part of a statement.
"""

from __future__ import annotations

from jobs.customers.match_rules import (
    AUTOMATIC_FROM,
    CONDITIONS,
    DIFFERS_IN_NAME,
    ERROR_OF,
    IDENTIFIERS,
    KEPT_FROM,
    MOST_RECORDS_SHARING,
    NEARLY_THE_SAME,
    PLACEHOLDER_BIRTH_DATES,
    REVIEW_FROM,
    SOMEWHAT_LIKE,
    SPEAKS_AGAINST,
)
from jobs.customers.match_weights import LEVELS, MatchWeights, doublings
from schemas.customers.record_pairs import EXACT_RULES

KEYS = ("national_id", "phone", "email", "named_and_born")
"""Records with the same value of one of these, columns of the prepared records, are compared."""

NOTHING_CARRIED = "CREATE TABLE carried AS SELECT * FROM pairs_before"
"""Where `pairs_before` is empty."""

RESULT = "SELECT * FROM judged ORDER BY left_record_id, right_record_id"


def prepared(records: str, among: str = "") -> str:
    """Records as they are compared: what too many share taken out, encodings as bits, how common the name is.

    among: a table of source_record_id; only those are prepared, by what they share with all records.
    """
    chosen = f"SELECT * FROM people SEMI JOIN {among} USING (source_record_id)" if among else "SELECT * FROM people"

    def shared(columns: str, told: str, condition: str) -> str:
        which = f"SEMI JOIN chosen USING ({columns})" if among else ""
        return f"SELECT {told} FROM people {which} GROUP BY {columns} HAVING {condition}"

    light = ", ".join(
        f"CASE WHEN heavy_{kind}.{column} IS NULL THEN chosen.{column} END AS {kind}"
        for kind, column in IDENTIFIERS.items()
    )
    heavy = ", ".join(
        f"heavy_{kind} AS ({shared(column, column, f'count({column}) > {MOST_RECORDS_SHARING}')})"
        for kind, column in IDENTIFIERS.items()
    )
    doublings = "floor(log2(count(*)))::INTEGER AS doublings"
    few = f"count(birth_date) BETWEEN 2 AND {MOST_RECORDS_SHARING}"
    return f"""
WITH people AS ({_with_true_birth_dates(records)}),
chosen AS ({chosen}), {heavy},
names AS ({shared("full_name_token", f"full_name_token, {doublings}", "full_name_token IS NOT NULL")}),
named AS ({shared("full_name_token, birth_date", "full_name_token, birth_date", few)})
SELECT chosen.source_record_id AS id, {light},
    chosen.full_name_token AS name, full_name_encoding AS encoding, given_name_token AS given_name,
    chosen.birth_date AS born, city_code AS city, gender,
    names.doublings AS name_doublings,
    CASE WHEN named.birth_date IS NOT NULL THEN chosen.full_name_token || chosen.birth_date END AS named_and_born
FROM chosen
{" ".join(f"LEFT JOIN heavy_{kind} ON heavy_{kind}.{column} = chosen.{column}" for kind, column in IDENTIFIERS.items())}
LEFT JOIN names ON names.full_name_token = chosen.full_name_token
LEFT JOIN named ON named.full_name_token = chosen.full_name_token AND named.birth_date = chosen.birth_date
"""


def all_current() -> str:
    """Every record prepared, all of them to be compared."""
    return f"CREATE TABLE current AS SELECT *, true AS is_new FROM ({prepared('records')})"


def candidates() -> str:
    """Pairs that share a key and of which one is new, and pairs that somebody has decided on, each once."""
    of_keys = " UNION ALL ".join(
        f"SELECT least(a.id, b.id) AS l, greatest(a.id, b.id) AS r FROM current a JOIN current b USING ({key}) "
        "WHERE a.is_new AND a.id <> b.id AND (NOT b.is_new OR a.id < b.id)"
        for key in KEYS
    )
    return f"""
CREATE TABLE candidates AS SELECT DISTINCT l, r FROM (
    {of_keys} UNION ALL
    SELECT left_record_id, right_record_id FROM verdicts WHERE left_record_id < right_record_id
)"""


def compared() -> str:
    """The level of every comparison of every candidate; -1 where one of the two does not say."""
    return f"""
CREATE TABLE compared AS
WITH pairs AS (
    SELECT l.id AS left_record_id, r.id AS right_record_id,
        {", ".join(_same(name) for name in ("national_id", "phone", "email", "given_name", "city", "gender"))},
        CASE WHEN l.name IS NULL OR r.name IS NULL THEN NULL WHEN l.name = r.name THEN 1.0
            ELSE coalesce({_similarity()}, 0.0) END AS name_similarity,
        CASE WHEN l.born IS NULL OR r.born IS NULL THEN -1 WHEN l.born = r.born THEN 2
            WHEN {_differs_in_one_part()} THEN 1 ELSE 0 END AS birth_date,
        l.name = r.name AS is_same_name, l.name_doublings
    FROM candidates JOIN current l ON l.id = candidates.l JOIN current r ON r.id = candidates.r
)
SELECT *, CASE WHEN name_similarity IS NULL THEN -1 WHEN is_same_name THEN 3
    WHEN name_similarity >= {NEARLY_THE_SAME} THEN 2 WHEN name_similarity >= {SOMEWHAT_LIKE} THEN 1 ELSE 0 END AS name
FROM pairs"""


def judged(weights: MatchWeights, records: int, version: str) -> str:
    """What follows for each pair compared, and the pairs carried over."""
    rules = " ".join(f"WHEN {CONDITIONS[rule]} THEN '{rule}'" for rule in EXACT_RULES)
    errors = " ".join(f"WHEN '{rule}' THEN {1 - ERROR_OF[rule]}" for rule in EXACT_RULES)
    return f"""
CREATE TABLE judged AS
WITH weighed AS (
    SELECT *, CASE {rules} END AS rule,
        round(1 / (1 + power(2, -({evidence_bits(weights, records)}))), 6) AS probability
    FROM compared LEFT JOIN verdicts USING (left_record_id, right_record_id)
),
doubted AS (
    SELECT *, CASE
        WHEN national_id = 0 AND (rule IS NOT NULL OR probability >= {REVIEW_FROM}) THEN 'conflicting_national_id'
        WHEN rule = 'national_id' AND name = 0 AND birth_date = 0 THEN 'conflicting_name_and_birth_date'
        WHEN (rule IS NOT NULL OR probability >= {AUTOMATIC_FROM}) AND {SPEAKS_AGAINST} THEN 'other_name'
        WHEN rule IS NULL AND probability < {AUTOMATIC_FROM} THEN 'below_threshold' END AS doubt
    FROM weighed WHERE rule IS NOT NULL OR probability >= {KEPT_FROM} OR is_same IS NOT NULL
)
SELECT left_record_id, right_record_id,
    CASE WHEN is_same IS NOT NULL THEN 'reviewed' ELSE coalesce(rule, 'probabilistic') END AS matched_by,
    CASE WHEN is_same IS NOT NULL THEN NULL WHEN doubt IS NULL AND rule IS NOT NULL THEN CASE rule {errors} END
        ELSE probability END AS match_probability,
    CASE WHEN is_same OR (is_same IS NULL AND doubt IS NULL) THEN 'automatic'
        WHEN NOT is_same OR (doubt = 'conflicting_national_id' AND (rule IS NULL OR {DIFFERS_IN_NAME}))
            OR (doubt = 'below_threshold' AND probability < {REVIEW_FROM}) THEN 'rejected'
        ELSE 'review' END AS decision,
    CASE WHEN is_same IS NOT NULL THEN 'reviewer' WHEN rule IS NOT NULL THEN 'rule' ELSE 'model' END AS decided_by,
    CASE WHEN is_same THEN NULL WHEN NOT is_same THEN 'reviewer_said_no' ELSE doubt END AS reason,
    {_evidence()} AS evidence,
    '{version}' AS rules_version
FROM doubted
UNION ALL SELECT * FROM carried"""


def evidence_bits(weights: MatchWeights, records: int) -> str:
    """The sum of the evidence of all levels, the prior odds included.

    The same name says the more the rarer it is (term frequency, Winkler 1988): u is then the share of the records with
    that name, which is kept in doublings so that one more namesake changes nothing.
    """
    parts = [f"{weights.prior_bits(records)!r}"]
    for name, levels in LEVELS.items():
        of_level = {level: f"{weights.bits(name, level, records)!r}" for level in range(len(levels))}
        if name == "name":
            highest = len(levels) - 1
            agreed = weights.bits_without_chance(name, highest)
            of_level[highest] = f"({agreed!r} + {doublings(records)} - name_doublings)"
        chosen = " ".join(f"WHEN {level} THEN {bits}" for level, bits in of_level.items())
        parts.append(f"CASE {name} {chosen} ELSE 0 END")
    return " + ".join(parts)


def for_learning() -> str:
    """The prepared records in one order, with what Splink compares in columns of their own."""
    return f"""
SELECT id AS unique_id, phone, email, name, encoding::BIT AS bits, born, year(born) AS year, month(born) AS month,
    day(born) AS day, city, gender, named_and_born
FROM ({prepared("records")}) ORDER BY id"""


def blocking_report() -> str:
    """For each key by which records are compared: values, pairs to compare, and how many records share the largest."""
    keys = {**IDENTIFIERS, "named_and_born": "full_name_token || birth_date"}
    return " UNION ALL ".join(_reported(kind, value) for kind, value in keys.items()) + " ORDER BY blocked_by"


def most_shared(count: int) -> str:
    """The values of identifiers on most records; equal ones in the order of kind and value."""
    kinds = " UNION ALL ".join(
        f"SELECT '{kind}' AS blocked_by, {column} AS value, count(*) AS records FROM records "
        f"WHERE {column} IS NOT NULL GROUP BY ALL HAVING count(*) > 1"
        for kind, column in IDENTIFIERS.items()
    )
    return f"SELECT * FROM ({kinds}) ORDER BY records DESC, blocked_by, value LIMIT {count}"


def _reported(kind: str, value: str) -> str:
    return f"""
SELECT '{kind}' AS blocked_by, count(*) AS shared_values, coalesce(sum(sharing), 0)::BIGINT AS records,
    coalesce(sum(sharing * (sharing - 1) // 2) FILTER (sharing <= {MOST_RECORDS_SHARING}), 0)::BIGINT AS pairs,
    coalesce(sum(sharing * (sharing - 1) // 2), 0)::BIGINT AS pairs_without_limit,
    count(*) FILTER (sharing > {MOST_RECORDS_SHARING}) AS values_left_out,
    coalesce(max(sharing), 0)::BIGINT AS most_records_sharing
FROM (
    SELECT count(*) AS sharing FROM ({_with_true_birth_dates("records")})
    WHERE ({value}) IS NOT NULL GROUP BY {value} HAVING count(*) > 1
)"""


def _with_true_birth_dates(records: str) -> str:
    placeholders = ", ".join(f"DATE '{day.isoformat()}'" for day in PLACEHOLDER_BIRTH_DATES)
    born = f"CASE WHEN birth_date NOT IN ({placeholders}) THEN birth_date END AS birth_date"
    return f"SELECT * REPLACE ({born}) FROM {records}"


def _same(name: str) -> str:
    return (
        f"CASE WHEN l.{name} IS NULL OR r.{name} IS NULL THEN -1 WHEN l.{name} = r.{name} THEN 1 ELSE 0 END AS {name}"
    )


def _similarity() -> str:
    """Dice similarity of two encodings; null where one is not there or they were made with two versions of the key."""
    left, right = "l.encoding::BIT", "r.encoding::BIT"
    return f"""CASE WHEN split_part(l.name, '.', 1) = split_part(r.name, '.', 1) THEN
        2.0 * bit_count({left} & {right}) / nullif(bit_count({left}) + bit_count({right}), 0) END"""


def _differs_in_one_part() -> str:
    """Year, month or day is another one, or month and day are swapped."""
    return """(year(l.born) = year(r.born))::INTEGER + (month(l.born) = month(r.born))::INTEGER
            + (day(l.born) = day(r.born))::INTEGER = 2
            OR (year(l.born) = year(r.born) AND month(l.born) = day(r.born) AND day(l.born) = month(r.born))"""


def _evidence() -> str:
    compared = {"national_id": ("other", "same"), **LEVELS}
    words = []
    for name, levels in compared.items():
        cases = " ".join(f"WHEN {level} THEN '{word}'" for level, word in enumerate(levels))
        words.append(f"'{name.replace('_', ' ')}: ' || CASE {name} {cases} ELSE 'not given' END")
    return f"concat_ws('; ', {', '.join(words)}, 'name similarity: ' || round(name_similarity, 2))"
