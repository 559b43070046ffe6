"""credit_training_set: the labelled customers of one observation date beside what was visible on it."""

from __future__ import annotations

from datetime import date

from jobs.models.credit_training_set import build
from schemas.families import model_families
from schemas.features.repayment import REPAYMENT
from schemas.labels.credit_default import CREDIT_DEFAULT
from schemas.models.credit_training_set import CREDIT_TRAINING_SET
from tests.conftest import TableMaker, rows

OBSERVED = date(2025, 8, 31)


def test_only_the_labels_of_the_observation_date_are_joined(
    table: TableMaker,
) -> None:
    labels = table(
        CREDIT_DEFAULT,
        [
            {"observation_date": "2025-08-31", "customer_id": "ann", "is_default": True},
            {"observation_date": "2025-08-31", "customer_id": "bob", "is_default": False},
            {"observation_date": "2025-07-31", "customer_id": "ann", "is_default": False},
            {"observation_date": "2025-07-31", "customer_id": "cem", "is_default": True},
        ],
    )
    repayment = [{"customer_id": "ann", "days_past_due": 40}, {"customer_id": "cem", "days_past_due": 50}]
    families = [table(family, repayment if family == REPAYMENT else []) for family in model_families()]
    training_rows = build(labels, *families, as_of=OBSERVED)
    assert set(training_rows.columns) == set(CREDIT_TRAINING_SET.column_names)
    columns = ("observation_date", "customer_id", "is_default", "days_past_due", "purchase_count_30d")
    assert rows(training_rows, *columns) == [
        (OBSERVED, "ann", True, 40, None),
        (OBSERVED, "bob", False, None, None),
    ]


def test_an_observation_date_on_which_nobody_was_labelled_gives_no_row(table: TableMaker) -> None:
    labels = table(CREDIT_DEFAULT, [{"observation_date": "2025-07-31", "customer_id": "ann"}])
    families = [table(family, []) for family in model_families()]
    assert rows(build(labels, *families, as_of=OBSERVED), "customer_id") == []


def test_t7_the_outcome_of_the_label_is_no_feature() -> None:
    of_outcome = {column.name for column in CREDIT_DEFAULT.columns} - {"observation_date", "customer_id", "is_default"}
    assert of_outcome
    assert not of_outcome & set(CREDIT_TRAINING_SET.column_names)
    assert CREDIT_TRAINING_SET.column_names.count("is_default") == 1
