"""What must be true of repayment beyond its contract."""

from expectations.rules import (
    Severity,
    at_least,
    mean_between,
    not_less_than,
    rows_not_far_below_earlier_nights,
)

RULES = (
    at_least("plan_count", 1, because="a customer without a plan has no row"),
    not_less_than("plan_count", "plan_count_90d", because="plans ever opened hold those of the last 90 days"),
    at_least("plan_count_90d", 0, because="a count"),
    at_least("unpaid_due_cents", 0, because="what was paid above an instalment is not owed to the customer"),
    at_least("due_cents_next_30d", 0, because="what was paid above an instalment is not owed to the customer"),
    at_least("days_past_due", 0, because="nobody is late before the due date"),
    at_least("days_past_due_max_180d", 0, because="a payment before the due date is no delay"),
    not_less_than(
        "days_past_due_max_365d", "days_past_due_max_180d", because="the longer window holds the shorter one"
    ),
    not_less_than(
        "days_past_due_max_730d", "days_past_due_max_365d", because="the longer window holds the shorter one"
    ),
    not_less_than("on_time_share_365d", "early_share_365d", because="who pays early pays on time"),
    at_least("days_since_last_rescheduled", 0, because="no schedule is known before it is published"),
    at_least("annual_rate_mean", 0, because="nobody is paid for borrowing"),
    at_least("days_since_last_payment", 0, because="no payment lies after the day described"),
    mean_between(
        "on_time_share_365d",
        0.3,
        1.0,
        because="in any book that lends on, most pay on time; below this a source of payments is missing; a guess",
        severity=Severity.WARNING,
    ),
    not_less_than("days_past_due_worst", "days_past_due", because="now is a part of ever"),
    not_less_than("plan_count", "active_plan_count", because="a part of the plans"),
    not_less_than("outstanding_cents", "unpaid_due_cents", because="what is due is a part of what is owed"),
    not_less_than("due_instalment_count", "on_time_streak", because="a part of the instalments due"),
    rows_not_far_below_earlier_nights(0.9, because="plans ever opened only grow; 0.9 leaves room for erased people"),
)
