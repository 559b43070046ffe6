"""What the numbers of the night ask somebody to look at: who, because of what, and what to do."""

from __future__ import annotations

from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.models.grades import LAST_APPROVED
from schemas.stability_bounds import CHANGED, CHANGING, FEWEST_CUSTOMERS

MOST_APPROVAL_CHANGE = 0.1  # of the share approved, within 30 days; a guess
LEAST_IMPACT_RATIO = 0.8  # the four-fifths rule, 29 CFR 1607.4(D)
FEWEST_DEFAULTS = 30
MOST_GINI_LOST = 0.1  # about twice the error of a Gini of 100 defaults
CALIBRATED = (0.8, 1.25)
SURE = 3.0  # standard deviations: once in 370 vintages by chance
MOST_GINI_LOST_A_YEAR = 0.05  # a guess: half of what one vintage may lose
MONTHS = 12.0

FIRST_STEPS = {
    "population_shift": (
        "credit_risk",
        "see which features have shifted; compare vintages; decide whether to train again, and on which dates",
    ),
    "feature_shift": (
        "data_engineering",
        "ask the partner what changed in the source of this feature; if it is real, tell credit risk",
    ),
    "approval_shift": ("credit_risk", "look at who is approved now and was not, or the other way; review the cut-off"),
    "adverse_impact": (
        "compliance",
        "read the fairness part of the model's report; ask for a less harmful model or write down why there is none",
    ),
    "lost_discrimination": ("credit_risk", "look at the challenger on the same vintage; train again"),
    "falling_discrimination": (
        "credit_risk",
        "see in the model's report which features have moved; train again before a single vintage is out of bounds",
    ),
    "lost_calibration": ("credit_risk", "train again: calibration is learnt from the newest matured dates"),
}


def build(score_stability: DataFrame, calibration_by_vintage: DataFrame, *, as_of: date) -> DataFrame:  # noqa: ARG001
    """One row per measure that is out of its bounds; none on a quiet night.

    score_stability: tonight's. calibration_by_vintage: dates the scorecard was learnt from raise nothing, and those
    that taught its calibration say nothing of rates.
    """
    found = [
        shifts(score_stability),
        approval_shifts(score_stability),
        adverse_impact(score_stability),
        lost_discrimination(calibration_by_vintage),
        falling_discrimination(calibration_by_vintage),
        lost_calibration(calibration_by_vintage),
    ]
    owner = F.create_map(*(F.lit(part) for alert, (who, _) in FIRST_STEPS.items() for part in (alert, who)))
    step = F.create_map(*(F.lit(part) for alert, (_, what) in FIRST_STEPS.items() for part in (alert, what)))
    alerts = reduce(DataFrame.unionByName, found)
    return alerts.withColumns({"owner": owner[F.col("alert")], "what_to_do": step[F.col("alert")]})


def shifts(stability: DataFrame) -> DataFrame:
    """Indices above the bound beside the training, and beside the same season a year ago where it is known.

    Who buys more in November every year has not changed: an index that last year's same day does not share is news.
    """
    index = F.col("measure").isin("population_stability", "characteristic_stability")
    is_seen = F.least("customers", "customers_before") >= FEWEST_CUSTOMERS
    of_subject = stability.where(index & is_seen).groupBy("model_version", "measure", "subject")
    beside = of_subject.agg(_value_beside("training"), _value_beside("365_days_before"))
    lower = F.least("training", "365_days_before")  # null is passed over
    is_score = F.col("measure") == "population_stability"
    return beside.where(F.col("training").isNotNull() & (lower > CHANGING)).select(
        F.when(is_score, "population_shift").otherwise("feature_shift").alias("alert"),
        "subject",
        "model_version",
        F.when(lower > CHANGED, "critical").otherwise("warning").alias("severity"),
        F.col("training").alias("value"),
        F.when(lower > CHANGED, CHANGED).otherwise(CHANGING).alias("threshold"),
    )


def approval_shifts(stability: DataFrame) -> DataFrame:
    """A share approved that moved within 30 days, at the cut-off the banks are taken to have."""
    moved = F.abs(F.col("value") - F.col("value_before"))
    is_cut_off = (F.col("measure") == "approval_rate") & (F.col("subject") == f"up to grade {LAST_APPROVED}")
    is_seen = F.least("customers", "customers_before") >= FEWEST_CUSTOMERS
    rows = stability.where(is_cut_off & is_seen & (F.col("compared_with") == "30_days_before"))
    return _alerts(rows.where(moved > MOST_APPROVAL_CHANGE), "approval_shift", moved, MOST_APPROVAL_CHANGE)


def adverse_impact(stability: DataFrame) -> DataFrame:
    """Groups that are approved less than four fifths as often as the most approved of their kind."""
    rows = stability.where((F.col("measure") == "approval_ratio") & (F.col("value") < LEAST_IMPACT_RATIO))
    return _alerts(rows, "adverse_impact", F.col("value"), LEAST_IMPACT_RATIO)


def lost_discrimination(vintages: DataFrame) -> DataFrame:
    """Later vintages that the scorecard tells apart much worse than those it was signed by."""
    lost = F.col("gini_when_trained") - F.col("gini")
    rows = _later(vintages).where(lost > MOST_GINI_LOST)
    return _alerts(rows, "lost_discrimination", lost, MOST_GINI_LOST)


def falling_discrimination(vintages: DataFrame) -> DataFrame:
    """The newest vintage, where Gini falls from vintage to vintage by more than chance would have it."""
    slope, error = F.col("gini_trend_per_month"), F.col("gini_trend_error")
    lost_a_year = -slope * MONTHS
    newest = vintages.agg(F.max("observation_date").alias("observation_date"))
    rows = _later(vintages.join(newest, "observation_date", how="left_semi"))
    falls = (lost_a_year > MOST_GINI_LOST_A_YEAR) & (-slope > SURE * error)
    return _alerts(rows.where(falls), "falling_discrimination", lost_a_year, MOST_GINI_LOST_A_YEAR)


def lost_calibration(vintages: DataFrame) -> DataFrame:
    """Later vintages whose defaults are neither expected nor luck (a normal approximation of the binomial)."""
    ratio, expected = F.col("expected_over_observed"), F.col("expected_default_rate")
    error = F.sqrt(expected * (1 - expected) / F.col("customers"))
    is_no_luck = F.abs(F.col("observed_default_rate") - expected) > SURE * error
    too_low, too_high = ratio < CALIBRATED[0], ratio > CALIBRATED[1]
    bound = F.when(too_low, CALIBRATED[0]).otherwise(CALIBRATED[1])
    judged = _later(vintages).where(~F.col("was_calibrated_on"))
    return _alerts(judged.where((too_low | too_high) & is_no_luck), "lost_calibration", ratio, bound)


def _later(vintages: DataFrame) -> DataFrame:
    judged = vintages.where(~F.col("was_learnt_from") & (F.col("defaults") >= FEWEST_DEFAULTS))
    return judged.withColumn("subject", F.col("observation_date").cast("string"))


def _value_beside(night: str) -> Column:
    return F.max(F.when(F.col("compared_with") == night, F.col("value"))).alias(night)


def _alerts(rows: DataFrame, alert: str, value: Column, threshold: float | Column) -> DataFrame:
    bound = F.lit(threshold) if isinstance(threshold, float) else threshold
    return rows.select(
        F.lit(alert).alias("alert"),
        "subject",
        "model_version",
        F.lit("warning").alias("severity"),
        value.alias("value"),
        bound.alias("threshold"),
    )
