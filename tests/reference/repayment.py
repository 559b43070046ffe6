"""repayment in SQL."""

from tests.reference.answer import Answer

VIEWS = """
    CREATE VIEW owed AS
        WITH due AS (
            SELECT customer_id, i.*, days_to_as_of(due_date) AS ago, settled_date IS NOT NULL AS is_settled,
                   date_diff('day', due_date, coalesce(settled_date, getvariable('as_of'))) AS late
            FROM instalments i JOIN identities USING (source_record_id) WHERE days_ago_of(plan_opened_at) >= 0
        ), numbered AS (
            SELECT plan_id, instalment_number, row_number() OVER (
                       PARTITION BY customer_id ORDER BY due_date DESC, plan_id DESC, instalment_number DESC) - 1 AS n
            FROM due WHERE ago >= 0
        )
        SELECT due.*, n AS events_ago, greatest(late, 0) AS delay, late <= 0 AND is_settled AS is_on_time
        FROM due LEFT JOIN numbered USING (plan_id, instalment_number);
    CREATE VIEW borrowers AS SELECT DISTINCT customer_id FROM owed;
    CREATE VIEW plans AS
        SELECT customer_id, plan_id, any_value(annual_rate) AS rate,
               min(plan_opened_at) AS opened_at, days_ago_of(min(plan_opened_at)) AS ago,
               max(due_date) AS last_due, CASE WHEN bool_and(is_settled) THEN max(settled_date) END AS closed
        FROM owed GROUP BY 1, 2;
    CREATE VIEW stacked AS
        SELECT *, EXISTS (
            FROM plans earlier WHERE earlier.customer_id = plans.customer_id
            AND (earlier.opened_at, earlier.plan_id) < (plans.opened_at, plans.plan_id)
            AND (earlier.closed IS NULL OR earlier.closed > local_day(plans.opened_at))) AS is_stacked FROM plans;
    CREATE VIEW reversals AS
        SELECT customer_id, days_ago_of(paid_at) AS ago FROM repayments JOIN plans USING (plan_id)
        WHERE is_reversal AND days_ago_of(paid_at) >= 0;
    CREATE VIEW paid_days AS
        SELECT DISTINCT customer_id, days_ago_of(paid_at) AS ago
        FROM repayments JOIN identities USING (source_record_id)
        WHERE NOT is_reversal AND amount_cents > 0 AND days_ago_of(paid_at) BETWEEN 0 AND 364;
    CREATE VIEW payment_gaps AS
        SELECT customer_id, lag(ago) OVER (PARTITION BY customer_id ORDER BY ago DESC) - ago AS gap FROM paid_days;
"""

BUCKET = (
    "CASE WHEN {0} = 0 THEN 'current' WHEN {0} < 30 THEN '1-29' WHEN {0} < 60 THEN '30-59'"
    " WHEN {0} < 90 THEN '60-89' ELSE '90+' END"
)

ANSWER = Answer(
    views=VIEWS,
    customers="borrowers",
    measures={
        "owed": {
            "unpaid_due_cents": "coalesce(sum(greatest(due_cents - paid_cents, 0)) FILTER (ago >= 0), 0)",
            "outstanding_cents": "sum(greatest(due_cents - paid_cents, 0))",
            "due_cents_next_30d": (
                "coalesce(sum(greatest(due_cents - paid_cents, 0)) FILTER (ago BETWEEN -30 AND -1), 0)"
            ),
            "days_past_due": "coalesce(max(ago) FILTER (NOT is_settled AND ago >= 0), 0)",
            "days_past_due_max": "max(delay) FILTER ({w})",
            "days_past_due_worst": "coalesce(max(delay) FILTER (ago >= 0), 0)",
            "days_past_due_mean": "ratio(sum(delay) FILTER ({w}), count(*) FILTER ({w}))",
            "days_before_due_mean": (
                "ratio(sum(greatest(-late, 0)) FILTER ({w} AND is_settled), count(*) FILTER ({w} AND is_settled))"
            ),
            "due_less_paid_cents_mean": "ratio(sum(due_cents - paid_cents) FILTER ({w}), count(*) FILTER ({w}))",
            "due_instalment_count": "count(*) FILTER ({w})",
            "late_instalment_count": "count(*) FILTER ({w} AND late >= 1)",
            **{
                f"over_{days}_days_late_instalment_count": f"count(*) FILTER ({{w}} AND late > {days})"
                for days in (7, 30, 60, 90)
            },
            "on_time_share": "ratio(count(*) FILTER ({w} AND is_on_time), count(*) FILTER ({w}))",
            "early_share": "ratio(count(*) FILTER ({w} AND is_settled AND late <= -3), count(*) FILTER ({w}))",
            "cured_share": (
                "ratio(count(*) FILTER ({w} AND late > 0 AND is_settled), count(*) FILTER ({w} AND late > 0))"
            ),
            "paid_share": "ratio(sum(least(paid_cents, due_cents)) FILTER ({w}), sum(due_cents) FILTER ({w}))",
            "partly_paid_instalment_count": "count(*) FILTER ({w} AND NOT is_settled AND paid_cents > 0)",
            "rescheduled_count": "count(*) FILTER ({w} AND is_rescheduled)",
            "on_time_streak": (
                "coalesce(min(events_ago) FILTER (NOT is_on_time AND events_ago IS NOT NULL), count(events_ago))"
            ),
            "has_missed_first_payment": "bool_or(ago >= 0 AND instalment_number = 1 AND late >= 30)",
            "days_since_last_30_days_late": (
                "min(CASE WHEN is_settled THEN days_to_as_of(settled_date) ELSE 0 END) FILTER (ago >= 0 AND late >= 30)"
            ),
            "weighted_delay_days_mean": (
                "sum(delay * (floor(greatest(paid_cents, due_cents) * 10000 // greatest(due_cents, 1)) / 1e4)"
                " * (1 - 0.0003 * ago)) FILTER ({w}) / count(*) FILTER ({w})"
            ),
            "remaining_instalment_share": "ratio(count(*) FILTER (ago < 0), count(*))",
            "days_since_last_payment": "min(days_ago_of(last_paid_at))",
            "days_since_last_rescheduled": "min(days_ago_of(rescheduled_at))",
            "schedule_version_max": "max(schedule_version)",
        },
        "stacked": {
            "plan_count": "count(*) FILTER ({w})",
            "annual_rate_mean": "avg(round(rate, 4))",
            "active_plan_count": "count(*) FILTER ({w} AND closed IS NULL)",
            "stacked_plan_count": "count(*) FILTER ({w} AND is_stacked)",
            "early_closed_plan_share": (
                "ratio(count(*) FILTER (date_diff('day', closed, last_due) >= 3), count(*) FILTER (closed IS NOT NULL))"
            ),
        },
        "payment_gaps": {
            "payment_gap_days_mean_365d": "ratio(sum(gap), count(gap))",
            "payment_gap_days_deviation_365d": "stddev_pop(gap)",
            "payment_gap_days_min_365d": "min(gap)",
            "payment_gap_days_max_365d": "max(gap)",
        },
        "reversals": {"reversal_count": "count(*) FILTER ({w})"},
    },
    derived={
        "days_past_due_bucket": BUCKET.format("days_past_due"),
        "days_past_due_worst_bucket": BUCKET.format("days_past_due_worst"),
    },
    zero=("reversal_count_365d",),
)
