"""purchase_value in SQL."""

from tests.reference.answer import Answer

VIEWS = """
    CREATE VIEW bought AS
        SELECT customer_id, order_id, days_ago_of(paid_at) AS ago, p.* EXCLUDE (order_id)
        FROM purchases p JOIN identities USING (source_record_id) WHERE days_ago_of(paid_at) >= 0;
    CREATE VIEW given_back AS
        SELECT b.customer_id, days_ago_of(r.refunded_at) AS ago, r.amount_cents
        FROM refunds r JOIN bought b USING (order_id) WHERE days_ago_of(r.refunded_at) >= 0;
    CREATE VIEW money AS
        SELECT customer_id, ago, net_cents AS cents FROM bought
        UNION ALL SELECT customer_id, ago, -amount_cents FROM given_back;
    CREATE VIEW buyers AS SELECT DISTINCT customer_id FROM bought;
    CREATE VIEW of_year AS SELECT DISTINCT customer_id FROM bought WHERE ago < 365;
    CREATE VIEW bought_days AS
        SELECT customer_id, ago, sum(net_cents) AS cents, max(ago) OVER (PARTITION BY customer_id) AS first_ago
        FROM bought GROUP BY customer_id, ago;
    CREATE VIEW refunded_shares AS
        WITH back AS (SELECT customer_id, sum(amount_cents) AS cents FROM given_back WHERE ago < 365 GROUP BY 1)
        SELECT customer_id,
               CASE WHEN paid > 0 THEN least(1.0::DOUBLE, coalesce(cents, 0)::DOUBLE / paid::DOUBLE) END AS share
        FROM (SELECT customer_id, sum(net_cents) AS paid FROM bought WHERE ago < 365 GROUP BY 1)
        LEFT JOIN back USING (customer_id);
    CREATE VIEW fifths AS
        WITH year AS (
            SELECT customer_id, min(ago) AS recency, count(*) FILTER (ago < 365) AS frequency, max(ago) // 365 AS years
            FROM bought
            WHERE customer_id IN (FROM of_year) GROUP BY 1
        ), spent AS (SELECT customer_id, coalesce(sum(cents) FILTER (ago < 365), 0) AS monetary FROM money GROUP BY 1)
        SELECT customer_id,
               ntile(5) OVER (ORDER BY recency DESC, customer_id) AS r,
               ntile(5) OVER (ORDER BY frequency, customer_id) AS f,
               ntile(5) OVER (ORDER BY monetary, customer_id) AS m,
               ntile(5) OVER (PARTITION BY years ORDER BY recency DESC, customer_id) AS r_years,
               ntile(5) OVER (PARTITION BY years ORDER BY frequency, customer_id) AS f_years,
               ntile(5) OVER (PARTITION BY years ORDER BY monetary, customer_id) AS m_years,
               count(*) OVER (PARTITION BY years) AS size
        FROM year JOIN spent USING (customer_id);
"""

ANSWER = Answer(
    views=VIEWS,
    customers="buyers",
    measures={
        "bought": {
            "days_since_last_purchase": "min(ago)",
            "purchase_count": "count(*) FILTER ({w})",
            "discount_share": "ratio(sum(discount_cents) FILTER ({w}), sum(gross_cents) FILTER ({w}))",
            "discounted_share": "ratio(count(*) FILTER ({w} AND discount_cents > 0), count(*) FILTER ({w}))",
            "instalment_share": (
                "ratio(count(*) FILTER ({w} AND payment_method = 'instalment_credit'), count(*) FILTER ({w}))"
            ),
            "app_share": (
                "ratio(count(*) FILTER ({w} AND sales_channel NOT IN ('web', 'offline_code')), count(*) FILTER ({w}))"
            ),
            "scene_count": "count(DISTINCT scene) FILTER ({w})",
            "order_value_cents_mean": "ratio(sum(net_cents) FILTER ({w}), count(*) FILTER ({w}))",
            "order_value_cents_min": "min(net_cents) FILTER ({w})",
            "order_value_cents_max": "max(net_cents) FILTER ({w})",
            "order_value_cents_median": "median(net_cents) FILTER ({w})",
            "order_value_cents_deviation": "stddev_pop(net_cents) FILTER ({w})",
            "item_mean": "ratio(sum(item_count) FILTER ({w}), count(item_count) FILTER ({w}))",
            "piece_mean": "ratio(sum(piece_count) FILTER ({w}), count(piece_count) FILTER ({w}))",
            "purchase_trend_30d_90d": "ratio(3 * count(*) FILTER (ago < 30), count(*) FILTER (ago < 90))",
        },
        "money": {
            "net_spend_cents_sum": "coalesce(sum(cents) FILTER ({w}), 0)",
            "net_spend_trend_30d_90d": (
                "CASE WHEN sum(cents) FILTER (ago < 90) > 0 THEN"
                " ratio(3 * coalesce(sum(cents) FILTER (ago < 30), 0), sum(cents) FILTER (ago < 90)) END"
            ),
        },
        "refunded_shares": {"refund_share_365d": "any_value(share)"},
        "given_back": {"refund_count": "count(*) FILTER ({w})"},
        "bought_days": {
            "purchase_day_count": "count(*)",
            "days_since_first_purchase": "max(ago)",
            "repeat_purchase_day_count": "count(*) - 1",
            "repeat_recency_days": "max(ago) - min(ago)",
            "repeat_spend_cents_mean": "ratio(sum(cents) FILTER (ago < first_ago), count(*) - 1)",
        },
        "fifths": {
            "recency_quintile": "any_value(r)",
            "frequency_quintile": "any_value(f)",
            "monetary_quintile": "any_value(m)",
            "recency_quintile_of_cohort": "any_value(CASE WHEN size >= 5 THEN r_years END)",
            "frequency_quintile_of_cohort": "any_value(CASE WHEN size >= 5 THEN f_years END)",
            "monetary_quintile_of_cohort": "any_value(CASE WHEN size >= 5 THEN m_years END)",
        },
    },
    derived={},
    zero=("refund_count_90d", "refund_count_365d"),
)
