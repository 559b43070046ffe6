"""Every label says whom it asks, for how long, and when it is certain; none can be read before that."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from jobs.dictionary import data_dictionary
from schemas.catalogue import tables_in_layer
from schemas.label_specification import OBSERVATION_COUNT, LabelError, LabelSpecification
from schemas.labels.credit_default import DEFAULT_60_DAYS, observation_dates

TABLES = tables_in_layer("labels")
LABELS = [label for table in TABLES for label in table.specifications]
AT_MONTH_ENDS = [label for label in LABELS if label.observed_on == "month ends"]


def test_every_table_of_labels_declares_what_it_asks_and_the_dictionary_tells() -> None:
    assert [table.address for table in TABLES if not table.specifications] == []
    assert len({label.name for label in LABELS}) == len(LABELS) >= 8
    dictionary = data_dictionary()
    assert [label.name for label in LABELS if f"Label `{label.name}`" not in dictionary] == []


@pytest.mark.parametrize("label", AT_MONTH_ENDS, ids=lambda label: label.name)
def test_t5_no_observation_date_of_any_label_is_read_before_its_outcome_is_certain(label: LabelSpecification) -> None:
    for as_of in (date(2024, 1, 1) + timedelta(days=number) for number in range(0, 800, 7)):
        observed = label.observation_dates(as_of)
        assert len(set(observed)) == OBSERVATION_COUNT
        assert max(label.matured_on(day) for day in observed) <= as_of


@pytest.mark.parametrize("label", [one for one in AT_MONTH_ENDS if one.observed_with], ids=lambda label: label.name)
def test_labels_of_one_training_share_their_observation_dates(label: LabelSpecification) -> None:
    as_of = date(2026, 3, 31)
    assert label.observation_dates(as_of) == observation_dates(as_of)


def test_twelve_months_mature_half_a_year_after_six() -> None:
    severe = next(label for label in LABELS if label.name == "default_90_days")
    assert severe.observation_dates(date(2026, 3, 31))[-1] == date(2025, 2, 28)
    assert severe.window_end(date(2025, 2, 28)) == date(2026, 2, 28)
    assert severe.window_end(date(2023, 2, 28)) == date(2024, 2, 29)


def test_a_label_that_contradicts_itself_cannot_be_declared() -> None:
    words = {"name": "x", "population": "all", "good": "stays", "bad": "goes"}
    with pytest.raises(LabelError, match="x: give either window_months or window_days"):
        LabelSpecification(**words)  # type: ignore[arg-type]
    with pytest.raises(LabelError, match="x: matures later than default_60_days"):
        LabelSpecification(**words, window_days=182, observed_with=DEFAULT_60_DAYS)  # type: ignore[arg-type]
    with pytest.raises(LabelError, match="settle_days is below 0"):
        LabelSpecification(**words, window_days=1, settle_days=-1)  # type: ignore[arg-type]
