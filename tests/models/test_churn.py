"""Churn is learnt from those who have a rhythm, and from nobody else."""

from __future__ import annotations

from datetime import date

from demo.oracle import area_under_curve
from jobs.models.churn import train
from schemas.models.credit_score import is_protected
from tests.models.shoppers import shoppers

AS_OF = date(2026, 3, 31)


def test_t33_churn_is_learnt_from_those_who_are_scored_nears_the_truth_and_reads_nothing_protected() -> None:
    rows = shoppers(1200, seed=11)
    with_rhythm = rows["purchase_day_count"] >= 4
    rows.loc[rows[with_rhythm].index[:400:2], "days_since_last_purchase"] = 365  # these have left
    rows.loc[rows[with_rhythm].index[1:20:2], "days_since_last_purchase"] = 364
    asked = rows[with_rhythm & (rows["days_since_last_purchase"] < 365)]
    assert 0 < len(asked) == with_rhythm.sum() - 200 < len(rows)
    content = train(rows, as_of=AS_OF)["is_churned.json"]
    assert content["trained_on"]["rows"] == len(asked)
    assert content["fallback"] == ""
    best = area_under_curve(asked["true_churn"].to_numpy(), asked["is_churned"].to_numpy())
    measured = content["measured"]["out_of_time"]
    assert best - 0.05 < measured["auc"] < best + 0.03
    assert 0.9 < measured["expected_bad_rate"] / measured["bad_rate"] < 1.1
    assert content["predicts"]["name"] == "churns_by_own_rhythm"
    read = {feature["name"] for feature in content["features"]}
    assert len(read) > 3  # t33
    assert [name for name in read if is_protected(name)] == []
