"""credit_training_set: labelled customers beside what was visible of them on the observation date."""

from __future__ import annotations

from datetime import date

from jobs.models.credit_training_set import build
from schemas.labels.credit_default import CREDIT_DEFAULT
from schemas.models.credit_training_set import CREDIT_TRAINING_SET
from schemas.models.observations import OBSERVATIONS
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)
JULY, AUGUST = date(2025, 7, 31), date(2025, 8, 31)


def test_each_label_meets_what_was_visible_on_its_own_date_and_nobody_else_is_learnt_from(table: TableMaker) -> None:
    labels = [
        {"observation_date": "2025-08-31", "customer_id": "ann", "is_default": True},
        {"observation_date": "2025-08-31", "customer_id": "bob", "is_default": False},
        {"observation_date": "2025-07-31", "customer_id": "ann", "is_default": False},
    ]
    observations = [
        {"observation_date": "2025-08-31", "customer_id": "ann", "household_id": "abe", "days_past_due": 40},
        {"observation_date": "2025-07-31", "customer_id": "ann", "household_id": "abe", "days_past_due": 10},
        {"observation_date": "2025-08-31", "customer_id": "cem", "household_id": "cem", "days_past_due": 50},
    ]
    built = build(table(CREDIT_DEFAULT, labels), table(OBSERVATIONS, observations), as_of=AS_OF)
    assert built.columns == list(CREDIT_TRAINING_SET.column_names)
    columns = ("observation_date", "customer_id", "household_id", "is_default", "days_past_due")
    assert rows(built, *columns) == [
        (JULY, "ann", "abe", False, 10),
        (AUGUST, "ann", "abe", True, 40),
        (AUGUST, "bob", "bob", False, None),
    ]


def test_without_labels_there_is_nothing_to_learn_from(table: TableMaker) -> None:
    built = build(table(CREDIT_DEFAULT, []), table(OBSERVATIONS, [{"customer_id": "ann"}]), as_of=AS_OF)
    assert rows(built, "customer_id") == []
