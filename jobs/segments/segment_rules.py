"""Into which segment a customer falls, and what speaks against contacting them: ordered rules, the first decides."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column
from pyspark.sql import functions as F

from schemas.segments.customer_segments import INELIGIBLE_REASONS

WATCH_DAYS_PAST_DUE = 30  # the third bucket: from here on most do not catch up by themselves
ACTIVE_PURCHASE_DAYS = 90  # one season
ACTIVE_EVENT_DAYS = 30  # someone who still looks around needs no winning back
PRIME_SPEND_CENTS_365D = 1_200_000  # 1 000 a month at the shop; a guess, to be agreed with the banks
STANDARD_PURCHASES_365D = 4  # one each season: the card would be used; a guess
GOOD_GRADES = ("A", "B")
FAIR_GRADES = ("A", "B", "C")
HIGH_RISK_GRADES = ("D", "E")  # 6 % default and more: the banks would decline, which helps nobody; a guess
ADULT_YEARS = 18


def segment_and_reason() -> Column:
    """A struct of segment and reason: the first rule that holds; null only for a grade nobody defined.

    A measure that is missing holds no rule: who never bought is not active, who has no plan is not late. A grade alone
    never puts a thin file under watch: the score was learnt on people with history, and has not been tried on others.
    """
    is_late = F.coalesce(F.col("days_past_due") >= WATCH_DAYS_PAST_DUE, F.lit(False))
    buys = F.coalesce(F.col("days_since_last_purchase") < ACTIVE_PURCHASE_DAYS, F.lit(False))
    looks = F.coalesce(F.col("days_since_last_event") < ACTIVE_EVENT_DAYS, F.lit(False))
    spends = F.coalesce(F.col("net_spend_cents_sum_365d") >= PRIME_SPEND_CENTS_365D, F.lit(False))
    returns = F.coalesce(F.col("purchase_count_365d") >= STANDARD_PURCHASES_365D, F.lit(False))
    is_good, is_fair = F.col("grade").isin(*GOOD_GRADES), F.col("grade").isin(*FAIR_GRADES)
    rules = (
        (is_late, "watch", f"an instalment is {WATCH_DAYS_PAST_DUE} or more days past due"),
        ((F.col("grade") == "E") & ~F.col("is_thin_file"), "watch", "risk grade E"),
        (~buys & ~looks, "reactivate", f"no purchase in {ACTIVE_PURCHASE_DAYS} days, no visit in {ACTIVE_EVENT_DAYS}"),
        (F.col("is_thin_file"), "build_credit", "no instalment history yet"),
        (F.col("grade") == "D", "build_credit", "risk grade D"),
        (is_good & spends, "prime_card", "risk grade A or B, and a high spend in the last 365 days"),
        (is_fair & returns, "standard_card", f"risk grade A to C, {STANDARD_PURCHASES_365D} or more purchases a year"),
        (is_fair, "grow_value", "risk grade A to C, few purchases yet"),
    )
    return F.coalesce(
        *(
            F.when(holds, F.struct(F.lit(segment).alias("segment"), F.lit(reason).alias("reason")))
            for holds, segment, reason in rules
        )
    )


def ineligible_reason(as_of: date) -> Column:
    """The first of INELIGIBLE_REASONS that holds; null when none does."""
    holds = {
        "no_marketing_consent": F.isnull("contact_channel"),
        "age_unknown": F.isnull("birth_date"),
        "under_age": F.col("birth_date") > F.lit(born_by_to_be_adult(as_of)),
        "past_due": F.col("days_past_due") > 0,
        "high_risk": F.col("grade").isin(*HIGH_RISK_GRADES),
        "holds_card": F.col("holds_card"),
        "applied_recently": F.col("applied_recently"),
        "contacted_often": F.col("contacted_often"),
    }
    return F.coalesce(*(F.when(holds[reason], F.lit(reason)) for reason in INELIGIBLE_REASONS))


def born_by_to_be_adult(as_of: date) -> date:
    """The last birthday of an adult; who was born on 29 February comes of age on 1 March of a common year."""
    year = as_of.year - ADULT_YEARS
    try:
        return as_of.replace(year=year)
    except ValueError:  # as_of is 29 February, and that year had none
        return date(year, 2, 28)
