"""promises in SQL."""

from tests.reference.answer import Answer

VIEWS = """
    CREATE VIEW cards AS
        SELECT customer_id, days_to_as_of(statement_date) AS ago, balance_cents, credit_limit_cents,
               paid_cents >= minimum_due_cents AS is_minimum, s.due_date <= getvariable('as_of') AS is_due,
               row_number() OVER (PARTITION BY customer_id, bank_code, account_id
                                  ORDER BY statement_date DESC, statement_id DESC) - 1 AS events_ago
        FROM statements s JOIN identities USING (source_record_id)
        WHERE credit_limit_cents > 0 AND days_ago_of(published_at) >= 0 AND days_to_as_of(statement_date) >= 0;
    CREATE VIEW lines AS
        SELECT customer_id, limit_cents FROM credit_accounts JOIN identities USING (source_record_id)
        WHERE days_ago_of(opened_at) >= 0;
    CREATE VIEW ended AS
        SELECT customer_id, days_ago_of(ended_at) AS ago, ending, payment_method = 'cash_on_delivery' AS is_cash,
               is_paid, net_cents
        FROM ended_orders JOIN identities USING (source_record_id) WHERE days_ago_of(ended_at) >= 0;
    CREATE VIEW promising AS
        SELECT customer_id FROM cards UNION SELECT customer_id FROM lines UNION SELECT customer_id FROM ended;
"""

ANSWER = Answer(
    views=VIEWS,
    customers="promising",
    measures={
        "cards": {
            "card_utilisation_ratio": "ratio(sum(balance_cents) FILTER ({w}), sum(credit_limit_cents) FILTER ({w}))",
            "card_utilisation_trend_90d_365d": (
                "ratio(ratio(sum(balance_cents) FILTER (ago < 90), sum(credit_limit_cents) FILTER (ago < 90)),"
                " ratio(sum(balance_cents) FILTER (ago < 365), sum(credit_limit_cents) FILTER (ago < 365)))"
            ),
            "card_utilisation_ratio_max": "max(balance_cents / credit_limit_cents) FILTER ({w})",
            "over_limit_statement_count": "count(*) FILTER ({w} AND balance_cents > credit_limit_cents)",
            "minimum_paid_share": (
                "ratio(count(*) FILTER ({w} AND is_due AND is_minimum), count(*) FILTER ({w} AND is_due))"
            ),
        },
        "lines": {"credit_line_cents_sum": "sum(limit_cents)"},
        "ended": {
            "refused_delivery_count": "count(*) FILTER ({w} AND is_cash AND ending = 'refused')",
            "refused_delivery_cents_sum": (
                "coalesce(sum(net_cents) FILTER ({w} AND is_cash AND ending = 'refused'), 0)"
            ),
            "refused_delivery_share": (
                "ratio(count(*) FILTER ({w} AND is_cash AND ending = 'refused'),"
                " count(*) FILTER ({w} AND is_cash AND ending IN ('refused', 'delivered')))"
            ),
            "days_since_last_refused_delivery": "min(ago) FILTER (is_cash AND ending = 'refused')",
            "cancelled_order_count": "count(*) FILTER ({w} AND ending = 'cancelled')",
            "cancelled_paid_order_count": "count(*) FILTER ({w} AND ending = 'cancelled' AND is_paid)",
            "cancelled_order_share": "ratio(count(*) FILTER ({w} AND ending = 'cancelled'), count(*) FILTER ({w}))",
            "days_since_last_cancelled_order": "min(ago) FILTER (ending = 'cancelled')",
        },
    },
    derived={},
    zero=(
        *("over_limit_statement_count_365d", "refused_delivery_count", "refused_delivery_count_365d"),
        *("refused_delivery_cents_sum_365d", "cancelled_order_count", "cancelled_order_count_90d"),
        *("cancelled_order_count_365d", "cancelled_paid_order_count_365d"),
    ),
)
