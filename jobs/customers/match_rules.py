"""Which records are compared, and what follows from a comparison: limits, exact rules in their order, thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from schemas.customers.record_pairs import EXACT_RULES

MOST_RECORDS_SHARING = 10
"""A token on more records ties nobody: a person has a handful of records, a switchboard or a test number has many."""

IDENTIFIERS: Mapping[str, str] = {
    "national_id": "national_id_token",
    "phone": "phone_token",
    "email": "email_token",
}
"""Kind of identifier -> its column in a table of records."""

PLACEHOLDER_BIRTH_DATES = (date(1900, 1, 1), date(1901, 1, 1), date(1970, 1, 1), date(9999, 12, 31))
"""What systems fill in; one person in 18 000 was born on the third, and is compared without it."""

NEARLY_THE_SAME, SOMEWHAT_LIKE = 0.8, 0.45
"""Dice similarity of names: one letter of a long name differs; a surname or one of two given characters does."""

CONDITIONS: Mapping[str, str] = {
    "national_id": "national_id = 1",
    "email_and_birth_date": "email = 1 AND birth_date = 2",
    "phone_and_birth_date": "phone = 1 AND birth_date = 2",
    "phone_and_email": "phone = 1 AND email = 1 AND birth_date <> 0",
    "email_and_name": "email = 1 AND name >= 2 AND birth_date <> 0",
    "phone_and_name": "phone = 1 AND name >= 2 AND birth_date <> 0",
}
"""Each exact rule over the levels of a comparison; the first that holds gives its name to the pair."""

ERROR_OF: Mapping[str, float] = {
    "national_id": 0.0001,
    "email_and_birth_date": 0.0002,
    "phone_and_birth_date": 0.0005,
    "phone_and_email": 0.0010,
    "email_and_name": 0.0010,
    "phone_and_name": 0.0020,
}
"""The share of pairs by each rule that are two people: declared, guesses of the right order; `make bench` measures."""

AUTOMATIC_FROM = 0.995
REVIEW_FROM = 0.5
KEPT_FROM = 0.05
"""Below, two records are plainly unrelated and no row is kept."""

DIFFERS_IN_NAME = "name IN (0, 1)"
IS_WEDDING = "(phone = 1 AND email = 1 AND birth_date = 2 AND given_name = 1)"
SPEAKS_AGAINST = f"""(CASE WHEN {DIFFERS_IN_NAME} THEN gender = 0 OR NOT (national_id = 1 OR {IS_WEDDING})
    ELSE name = -1 AND gender = 0 AND national_id <> 1 END)"""
"""A wedding changes the surname alone. Twins have one birthday and one home, often one phone and e-mail address, too:
where the given name is another, or the script does not say which it is, a person is asked; of another gender always."""

assert set(CONDITIONS) == set(ERROR_OF) == set(EXACT_RULES)  # noqa: S101 three lists of one set of rules
