"""How a customer keeps the promise to pay instalments.

Days past due in the usual buckets of 30 days (Basel Committee 2006, with its 90 days for a default). The weighted
delay, the amount paid over the amount due and their decay follow Onodera's entry to the Home Credit competition, 2018.
"""

from schemas.cleaned.instalments import INSTALMENTS
from schemas.cleaned.repayments import REPAYMENTS
from schemas.columns import CUSTOMER_ID
from schemas.customers.identities import IDENTITIES
from schemas.measures import (
    columns_of,
    count,
    count_of,
    deviation,
    formula,
    least,
    mean,
    most,
    share,
    share_of,
    sum_of,
)
from schemas.table import Describes, Table
from schemas.windows import EVER, Window, last, last_events

EARLY_DAYS = 3  # a transfer takes up to two banking days; three early is on purpose
NEXT_DAYS = 30  # every plan is due once a month
FIRST_LATE_DAYS = 30  # the first bucket that few people fall into by forgetting
DECAY_PER_DAY = 3  # in ten-thousandths: an old delay weighs less, by 0.03 % for each day since it was due
RATE_POINTS = 10_000  # of a rate: hundredths of a per cent, whole numbers whose sum knows no order

YEARS = last(90, 180, 365, 730)
QUARTER, HALF_YEAR, YEAR, TWO_YEARS = last(90, 180, 365, 730)
NEWEST = last_events("instalments_ago", 1, 3, 6)
BEFORE_AS_OF = (Window("", "due by as_of", 0),)
PAID_AGAIN = "gap_days IS NOT NULL"
ON_TIME = "settled_date IS NOT NULL AND days_late <= 0"
PAST_DUE = "coalesce(max(CASE WHEN days_ago >= 0 AND settled_date IS NULL THEN days_ago END), 0)"
WORST = "coalesce(max(CASE WHEN days_ago >= 0 THEN greatest(days_late, 0) END), 0)"
BUCKETS = ("current", "1-29", "30-59", "60-89", "90+")
NOT_DUE = "nothing due in that time"


def bucket_of(days: str) -> str:
    """SQL: the industry's standard bucket of days past due."""
    cases = (f"WHEN {days} <= {end} THEN '{bucket}'" for end, bucket in zip((0, 29, 59, 89), BUCKETS, strict=False))
    return f"CASE {' '.join(cases)} ELSE '{BUCKETS[-1]}' END"


INSTALMENT_MEASURES = (
    *formula(
        "unpaid_due_cents",
        "bigint",
        "due by as_of and not paid",
        sum_of("owed_cents", EVER.condition),
    ),
    *formula(
        "outstanding_cents",
        "bigint",
        "not paid yet of all instalments of the plans, due or not, interest included",
        sum_of("owed_cents", "true"),
        rows="true",
    ),
    *formula(
        "due_cents_next_30d",
        "bigint",
        "due in the 30 days after as_of and not paid yet",
        sum_of("owed_cents", f"days_ago BETWEEN -{NEXT_DAYS} AND -1"),
        rows=f"days_ago BETWEEN -{NEXT_DAYS} AND -1",
    ),
    *formula(
        "days_past_due",
        "int",
        "days since the oldest instalment due and not paid in full was due; 0 when none",
        PAST_DUE,
        rows="days_ago >= 0 AND settled_date IS NULL",
    ),
    *formula(
        "days_past_due_bucket",
        "string",
        "standard bucket of days_past_due",
        bucket_of(PAST_DUE),
        allowed=BUCKETS,
        rows="days_ago >= 0 AND settled_date IS NULL",
    ),
    *most(
        "days_past_due",
        "greatest(days_late, 0)",
        "the delays, paid or not, of instalments due",
        QUARTER,
        HALF_YEAR,
        YEAR,
        TWO_YEARS,
        *NEWEST,
        missing=NOT_DUE,
        kind="int",
    ),
    *formula("days_past_due_worst", "int", "worst delay ever, paid or not; 0 when none", WORST),
    *formula(
        "days_past_due_worst_bucket",
        "string",
        "standard bucket of days_past_due_worst",
        bucket_of(WORST),
        allowed=BUCKETS,
    ),
    *mean(
        "days_past_due",
        "greatest(days_late, 0)",
        "the delays, paid or not, of instalments due",
        *YEARS,
        *NEWEST[1:],
        missing=NOT_DUE,
    ),
    *mean(
        "days_before_due",
        "greatest(-days_late, 0)",
        "the days that instalments due were paid in full before their due date",
        YEAR,
        where="settled_date IS NOT NULL",
        missing="nothing due in that time was paid in full",
    ),
    *mean(
        "due_less_paid_cents",
        "due_cents - paid_cents",
        "due less paid of the instalments due, negative when more was paid,",
        YEAR,
        missing=NOT_DUE,
    ),
    *count("due_instalment", "instalments due", *YEARS, *BEFORE_AS_OF),
    *count(
        "late_instalment",
        "instalments that were paid, or are still unpaid, at least one day late, of those due",
        *YEARS,
        where="days_late >= 1",
    ),
    *(
        feature
        for days in (7, 30, 60, 90)
        for feature in count(
            f"over_{days}_days_late_instalment",
            f"instalments paid, or still unpaid, more than {days} days late, of those due",
            *YEARS,
            where=f"days_late > {days}",
        )
    ),
    *share(
        "on_time",
        "instalments paid in full by their due date over those due",
        YEAR,
        HALF_YEAR,
        *NEWEST[1:],
        part=ON_TIME,
        missing=NOT_DUE,
    ),
    *share(
        "early",
        "instalments paid in full at least 3 days early over those due",
        YEAR,
        part=f"settled_date IS NOT NULL AND days_late <= -{EARLY_DAYS}",
        missing=NOT_DUE,
    ),
    *share(
        "cured",
        "late instalments that were paid in full after all over late instalments due",
        YEAR,
        EVER,
        part="settled_date IS NOT NULL",
        where="days_late >= 1",
        missing="nothing was late",
    ),
    *share(
        "paid", "paid over due", YEAR, EVER, part="least(paid_cents, due_cents)", whole="due_cents", missing=NOT_DUE
    ),
    *count(
        "partly_paid_instalment",
        "instalments paid in part and not in full, of those due",
        YEAR,
        where="settled_date IS NULL AND paid_cents > 0",
    ),
    *count("rescheduled", "instalments that had been rescheduled, of those due", YEAR, where="is_rescheduled"),
    *formula(
        "schedule_version_max",
        "int",
        "highest version of the schedule in force of any plan: 1 for who never asked for another",
        "max(schedule_version)",
        rows="true",
    ),
    *formula(
        "days_since_last_rescheduled",
        "int",
        "days since the due date of an instalment, due by as_of or not, was last moved",
        "min(days_since_moved)",
        missing="never rescheduled",
        rows="rescheduled_at IS NOT NULL",
    ),
    *formula(
        "on_time_streak",
        "bigint",
        "newest instalments due that were all paid in full by their due date",
        f"coalesce(min(CASE WHEN days_ago >= 0 AND NOT ({ON_TIME}) THEN CAST(instalments_ago AS BIGINT) END), "
        f"{count_of('days_ago >= 0')})",
    ),
    *formula(
        "has_missed_first_payment",
        "boolean",
        "whether the first instalment of a plan was paid, or is still unpaid, 30 or more days late",
        f"max(days_ago >= 0 AND instalment_number = 1 AND days_late >= {FIRST_LATE_DAYS})",
    ),
    *formula(
        "days_since_last_30_days_late",
        "int",
        "days since an instalment was last 30 or more days past due; 0 while one is",
        f"min(CASE WHEN days_ago >= 0 AND days_late >= {FIRST_LATE_DAYS} THEN coalesce(days_since_settled, 0) END)",
        missing="never 30 days past due",
    ),
    *formula(
        "weighted_delay_days_mean_365d",
        "double",
        "mean over instalments due in the last 365 days of the delay times paid over due, at least 1, times "
        "1 - 0.0003 for each day since it was due (payment delay and amount ratio as in the Home Credit competition of "
        "2018); what is unpaid counts in full",
        f"CASE WHEN {count_of(YEAR.condition)} > 0 THEN "
        f"CAST({sum_of('weighted_delay', YEAR.condition)} AS DOUBLE) / 1e8D / {count_of(YEAR.condition)} END",
        missing=NOT_DUE,
        rows=YEAR.condition,
    ),
    *formula(
        "remaining_instalment_share",
        "double",
        "instalments due after as_of over all of the plans",
        share_of(count_of("days_ago < 0"), "count(1)"),
        rows="true",
    ),
    *formula(
        "days_since_last_payment",
        "int",
        "days since a payment that still stands",
        "min(days_since_paid)",
        missing="never paid",
        rows="days_since_paid IS NOT NULL",
    ),
)
"""Over the instalments of plans opened by as_of; `days_ago` counts from the due date, and is negative before it."""

PAID_ONCE = "not paid on two days in that time"
PAYMENT_GAP = ("payment_gap_days", "gap_days", "the days from one day with a payment to the next")

PAYMENT_MEASURES = (
    *mean(*PAYMENT_GAP, YEAR, where=PAID_AGAIN, missing=PAID_ONCE),
    *deviation(*PAYMENT_GAP, YEAR, where=PAID_AGAIN, missing=PAID_ONCE),
    *least(*PAYMENT_GAP, YEAR, where=PAID_AGAIN, missing=PAID_ONCE, kind="int"),
    *most(*PAYMENT_GAP, YEAR, where=PAID_AGAIN, missing=PAID_ONCE, kind="int"),
)
"""Over the days of the last 365 with a payment, taken back or not, one row for each."""

PLAN_MEASURES = (
    *count("plan", "instalment plans opened", EVER, *last(30, 90, 365)),
    *count("active_plan", "plans with an instalment not paid in full", EVER, where="closed_date IS NULL"),
    *count(
        "stacked_plan",
        "plans opened while an earlier one of the customer was not paid in full",
        EVER,
        YEAR,
        where="is_stacked",
    ),
    *share(
        "early_closed_plan",
        "plans paid in full at least 3 days before their last due date over plans paid in full",
        EVER,
        part=f"days_closed_late <= -{EARLY_DAYS}",
        where="closed_date IS NOT NULL",
        missing="no plan is paid in full",
    ),
    *formula(
        "annual_rate_mean",
        "double",
        "mean over the plans opened of the yearly interest rate, in steps of 0.01 %; what the lender asks for the risk "
        "that it saw",
        share_of(sum_of("rate_points", EVER.condition), f"({RATE_POINTS} * {count_of('rate_points IS NOT NULL')})"),
        missing="the terms of no plan are known",
    ),
    *formula(
        "reversal_count_365d",
        "bigint",
        "payments taken back in the last 365 days",
        sum_of("reversal_count", "true"),
        rows=f"{YEAR.condition} AND is_reversal",
    ),
)
"""Over the plans; `days_ago` counts from the opening."""

REPAYMENT = Table(
    __name__,
    grain="one row per customer with an instalment plan",
    built_from=(
        INSTALMENTS,
        REPAYMENTS,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    key=("customer_id",),
    may_be_empty=True,
    columns=(CUSTOMER_ID, *columns_of(*INSTALMENT_MEASURES, *PAYMENT_MEASURES, *PLAN_MEASURES)),
)
