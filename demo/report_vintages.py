"""How the instalment plans of each half-year turned out, month by month: the picture a risk officer asks for first."""

from __future__ import annotations

import numpy as np
import pandas as pd

BAD_AFTER_DAYS = 60  # past due
DAYS_OF_A_MONTH = 30.44


def vintage_curves(
    plans: pd.DataFrame, instalments: pd.DataFrame, payments: pd.DataFrame, today: pd.Timestamp
) -> dict[str, pd.Series]:
    """For each half-year in which plans were opened, the share that went bad by each full month since.

    A plan goes bad on the day on which one of its instalments, as first agreed, is sixty days past due and not paid in
    full. The curves end where not all plans of the half-year are old enough.
    """
    opened = plans.set_index("plan_id").opened_at.dt.tz_convert("Asia/Shanghai").dt.tz_localize(None)
    age = ((_bad_since(instalments, payments, today) - opened).dt.days / DAYS_OF_A_MONTH).reindex(opened.index)
    halves = opened.dt.year.astype(str) + np.where(opened.dt.month <= 6, " H1", " H2")
    curves = {}
    for name, members in age.groupby(halves):
        months = np.arange(1 + int((today - opened[members.index].max()).days / DAYS_OF_A_MONTH))
        curves[str(name)] = pd.Series([(members <= month).mean() for month in months], months, dtype=float)
    return curves


def _bad_since(instalments: pd.DataFrame, payments: pd.DataFrame, today: pd.Timestamp) -> pd.Series:
    """The day on which each plan went bad; plans that did not are not there."""
    key = ["plan_id", "instalment_number"]
    owed = instalments[instalments.schedule_version == 1][[*key, "due_date", "due_cents"]].copy()
    owed["bad_on"] = pd.to_datetime(owed.due_date) + pd.Timedelta(days=BAD_AFTER_DAYS)
    paid = payments.merge(owed, on=key)
    paid = paid[paid.paid_at.dt.tz_convert("Asia/Shanghai").dt.tz_localize(None) < paid.bad_on]
    signed = paid.amount_cents.where(paid.reverses_repayment_id.isna(), -paid.amount_cents)
    in_time = signed.groupby([paid[name] for name in key]).sum().rename("in_time")
    owed = owed.join(in_time.astype("Int64"), on=key)
    is_bad = (owed.in_time.fillna(0) < owed.due_cents).astype(bool) & (owed.bad_on <= today)
    return owed[is_bad].groupby("plan_id").bad_on.min()
