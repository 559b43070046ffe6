"""Reasons behind a score in words a customer can read: the phrase, the customer's value, and what would be best."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.models.scorecard import Bin, Feature, LearntFeature
from schemas.families import FAMILIES
from schemas.features.purchase_value import NOT_IN_YEAR
from schemas.measures import NO_ROW_THEN

MOST_REASONS = 4  # more than four do not help the reader: commentary to Regulation B, 12 CFR 1002.9(b)(2)
POINTS_DIGITS = 2  # finer differences between reasons are noise; equal losses are told apart by name
NOT_KNOWN = "not known"

PHRASES = {
    "active_plan_count": "Instalment plans not paid in full",
    "annual_rate_mean": "Mean yearly interest rate of your instalment plans",
    "balance_cents_last": "Money on your bank accounts",
    "balance_cents_min_90d": "Lowest balance of a bank account in the last 90 days",
    "borrowing_neighbour_count": "People tied to you who pay in instalments",
    "cash_share_90d": "Share of your spending drawn as cash in the last 90 days",
    "credit_line_cents_sum": "Limit of your line of credit",
    "credit_line_utilisation_ratio": "What you owe over the limit of your line of credit",
    "cured_share_365d": "Share of late instalments paid after all in the last 365 days",
    "days_past_due": "Days your oldest unpaid instalment is past due",
    "days_past_due_bucket": "Days your oldest unpaid instalment is past due",
    "days_past_due_max_180d": "Your longest delay of an instalment in the last 180 days, in days",
    "days_past_due_max_365d": "Your longest delay of an instalment in the last 365 days, in days",
    "days_past_due_max_90d": "Your longest delay of an instalment in the last 90 days, in days",
    "days_past_due_max_last_1": "Delay of your newest instalment, in days",
    "days_past_due_mean_last_3": "Mean delay of your newest three instalments, in days",
    "days_since_last_payment": "Days since you last paid an instalment",
    "days_since_last_purchase": "Days since your last purchase",
    "days_since_last_rescheduled": "Days since an instalment of yours was last rescheduled",
    "days_since_last_salary": "Days since your last salary",
    "debt_service_ratio": "Instalments due in the next 30 days over the money you receive in a month",
    "debt_to_inflow_ratio": "What you owe over the money you receive in a month",
    "discount_share_365d": "Share of discounts in what you bought in the last 365 days",
    "due_cents_next_30d": "Instalments due in the next 30 days",
    "early_share_365d": "Share of instalments paid early in the last 365 days",
    "fee_count_180d": "Fees charged by your bank in the last 180 days",
    "inflow_cents_sum_90d": "Money received on your bank accounts in the last 90 days",
    "inflow_variation_180d": "How uneven the money you receive was in the last 180 days",
    "instalment_share_365d": "Share of purchases paid in instalments in the last 365 days",
    "late_instalment_count_365d": "Instalments paid late, or still unpaid, in the last 365 days",
    "late_neighbour_share": "Share of people tied to you who are late with instalments",
    "login_count_30d": "Logins to your account in the last 30 days",
    "net_spend_cents_sum_365d": "What you bought in the last 365 days, less refunds",
    "on_time_share_last_3": "Share of your newest three instalments paid on time",
    "on_time_share_365d": "Share of instalments paid on time in the last 365 days",
    "outflow_cents_sum_90d": "Money paid from your bank accounts in the last 90 days, less refunds",
    "paid_share_365d": "Share paid of the instalments of the last 365 days",
    "plan_count": "Instalment plans you have opened",
    "plan_count_90d": "Instalment plans you opened in the last 90 days",
    "purchase_count_365d": "Purchases in the last 365 days",
    "refund_share_365d": "Share refunded of what you paid in the last 365 days",
    "refused_delivery_share_365d": "Share of deliveries refused at the door in the last 365 days",
    "rescheduled_count_365d": "Instalments rescheduled in the last 365 days",
    "reversal_count_365d": "Payments of instalments taken back in the last 365 days",
    "salary_cents_sum_90d": "Salary received in the last 90 days",
    "salary_month_count_180d": "Months with a salary among the last six",
    "unpaid_due_cents": "Instalments that are due and not paid",
}
"""What a customer would call the feature; a feature without a phrase is called by its meaning in the contract."""

WITHOUT_A_ROW = {
    "browsing": "no visit with your account in the last 90 days",
    "cash_flow": "no movement that we know of on a bank account in the last 180 days",
    "neighbourhood": "no tie to another customer that we know of",
    "promises": "no card with a limit, no line of credit and no order that ended",
    "purchase_value": "no purchase at the shop that we know of",
    "repayment": "no instalment plan at the shop",
}
"""What is known of a customer who has no row in the family, which its grain says."""

WITHIN_A_YEAR = "no purchase at the shop in the last 365 days"

KNOWN_OF_ALL_WITH_A_ROW: Mapping[str, str] = {
    column.name: WITHIN_A_YEAR if column.missing == NOT_IN_YEAR else WITHOUT_A_ROW[family.name]
    for family in FAMILIES
    if family.name in WITHOUT_A_ROW
    for column in family.columns
    if column.missing in ("", NO_ROW_THEN, NOT_IN_YEAR)
}
"""Of a column whose null means one thing, whether the family has a row or not: what it means."""

WHOLE_NUMBERS = ("int", "bigint")
FORMS: Mapping[str, Callable[[Column], Column]] = {
    "money": lambda value: F.format_number(value / 100, 2),
    "share": lambda value: F.concat(F.format_number(value * 100, 1), F.lit(" %")),
    "whole number": lambda value: F.format_number(value, 0),
    "number": lambda value: F.format_number(value, 2),
}
"""How a number of each unit is written."""


def reason_text(feature: Feature) -> Column:
    """Like "Days your oldest unpaid instalment is past due: 45 (best: 0 or less)"; never null.

    Where there is no row, a best that holds 0 is not told: to have none of it at all sounds like the same.
    """
    best = _in_words(feature, feature.best)
    best_told = F.lit(f" (best: {best})" if best else "")
    if feature.name in KNOWN_OF_ALL_WITH_A_ROW and _holds_nothing(feature, feature.best):
        best_told = F.when(F.col(feature.name).isNotNull(), best_told).otherwise("")
    return F.concat(F.lit(f"{_phrase(feature)}: "), told_value(feature), best_told)


def told_value(feature: Feature) -> Column:
    """The customer's value in words, or what its absence means; never null."""
    absent = F.when(F.col(feature.name).isNull(), F.lit(KNOWN_OF_ALL_WITH_A_ROW.get(feature.name)))
    return F.coalesce(value_in_words(feature), absent, F.lit(NOT_KNOWN))


def change_text(feature: Feature, points: Column) -> Column:
    """Like "+38 points if this were 0 or less: Days your oldest unpaid instalment is past due".

    Where there is no value, "0 or less" would sound like what the customer has: "if this were known and 0 or less".
    """
    best = _in_words(feature, feature.best)
    change = F.lit(best or "known")
    if best and _holds_nothing(feature, feature.best):
        change = F.when(F.col(feature.name).isNull(), f"known and {best}").otherwise(best)
    return F.concat(
        F.lit("+"), F.format_number(points, 0), F.lit(" points if this were "), change, F.lit(f": {_phrase(feature)}")
    )


def plain_text(features: Sequence[LearntFeature], name: Column, number: Column, category: Column) -> Column:
    """Like "Days your oldest unpaid instalment is past due: 45", of the feature that `name` names; never null.

    number, category: the customer's value of it; the other one is null, and both where it is not known.
    """
    of_unit = {unit: [f.name for f in features if f.type != "string" and _unit(f) == unit] for unit in FORMS}
    said = [F.when(name.isin(names), FORMS[unit](number)) for unit, names in of_unit.items() if names]
    phrases = F.create_map(*(F.lit(part) for feature in features for part in (feature.name, _phrase(feature))))
    of_words = {
        words: [f.name for f in features if KNOWN_OF_ALL_WITH_A_ROW.get(f.name) == words]
        for words in WITHOUT_A_ROW.values()
    }
    absent = [F.when(number.isNull() & name.isin(names), F.lit(words)) for words, names in of_words.items() if names]
    known = F.coalesce(category, *(F.when(_is_finite(number), one) for one in said), *absent, F.lit(NOT_KNOWN))
    return F.concat(phrases[name], F.lit(": "), known)


def _phrase(feature: LearntFeature) -> str:
    return PHRASES.get(feature.name, feature.meaning[0].upper() + feature.meaning[1:])


def value_in_words(feature: Feature) -> Column:
    """The customer's value in the form in which `_in_words` writes bounds; null when it is not a finite number."""
    if feature.type == "string":
        return F.col(feature.name)
    value = F.col(feature.name).cast("double")
    return F.when(_is_finite(value), FORMS[_unit(feature)](value))


def _is_finite(value: Column) -> Column:
    return value.isNotNull() & (F.abs(value) < math.inf) & ~F.isnan(value)


def _holds_nothing(feature: Feature, one: Bin) -> bool:
    is_number = feature.type != "string"
    return is_number and (one.at_least is None or one.at_least <= 0) and (one.below is None or one.below > 0)


def _in_words(feature: Feature, one: Bin) -> str:
    """The bin as a customer would say it; empty for a bin that holds every value."""
    if feature.type == "string":
        return " or ".join(sorted(one.categories))
    unit, low, high = _unit(feature), one.at_least, one.below
    if unit == "whole number":
        low = None if low is None else math.ceil(low)
        high = None if high is None else math.ceil(high) - 1
    if low is None and high is None:
        return ""
    if low is None:
        return f"{_say(high, unit)} or less" if unit == "whole number" else f"below {_say(high, unit)}"
    if high is None:
        return f"{_say(low, unit)} or more"
    return _say(low, unit) if low == high else f"{_say(low, unit)} to {_say(high, unit)}"


def _say(number: float | None, unit: str) -> str:
    number = 0.0 if number is None else number
    forms = {"money": f"{number / 100:,.2f}", "share": f"{number * 100:,.1f} %", "whole number": f"{number:,.0f}"}
    return forms.get(unit, f"{number:,.2f}")


def _unit(feature: LearntFeature) -> str:
    """The unit, by the naming rules for columns: cents become the currency's main unit."""
    if re.search(r"_cents(_|$)", feature.name):
        return "money"
    if re.search(r"_share(_\d+d)?$", feature.name):
        return "share"
    return "whole number" if feature.type in WHOLE_NUMBERS else "number"
