"""scenes in SQL."""

from tests.reference.answer import ENTROPY, Answer

SCENES = ("retail", "catering", "entertainment", "education", "medical", "travel", "other")

VIEWS = """
    CREATE VIEW known AS FROM identities WHERE days_ago_of(record_since) >= 0;
    CREATE VIEW with_bank AS
        SELECT customer_id, min(record_since) AS since FROM known
        WHERE source_record_id NOT LIKE 'shop:%' GROUP BY 1;
    CREATE VIEW shop AS
        SELECT k.customer_id, days_ago_of(paid_at) AS ago, net_cents AS cents, scene, is_offline, true AS is_shop,
               NOT EXISTS (FROM with_bank w WHERE w.customer_id = k.customer_id AND payment_method = 'bank_card'
                           AND w.since <= paid_at) AS is_counted,
               discount_cents > 0 AS is_promoted, payment_method = 'instalment_credit' AS is_on_credit,
               false AS is_back, order_id
        FROM purchases JOIN known k USING (source_record_id) WHERE days_ago_of(paid_at) >= 0;
    CREATE VIEW given_back AS
        SELECT s.* REPLACE (days_ago_of(refunded_at) AS ago, -amount_cents AS cents, true AS is_back)
        FROM refunds r JOIN shop s USING (order_id) WHERE days_ago_of(refunded_at) >= 0;
    CREATE VIEW card AS
        SELECT customer_id, days_ago_of(booked_at) AS ago, -amount_cents AS cents, coalesce(scene, 'other') AS scene,
               is_offline, bank_code, merchant_id, mcc
        FROM transactions JOIN known USING (source_record_id)
        WHERE days_ago_of(booked_at) >= 0 AND transaction_type IN ('pos', 'online');
    CREATE VIEW spending AS
        SELECT * EXCLUDE (order_id) FROM shop UNION ALL SELECT * EXCLUDE (order_id) FROM given_back
        UNION ALL SELECT * EXCLUDE (bank_code, merchant_id, mcc), false, true, false, false, cents < 0 FROM card;
    CREATE VIEW spenders AS SELECT DISTINCT customer_id FROM spending WHERE ago < 365 AND NOT is_back;
    CREATE VIEW mix AS
        SELECT customer_id, scene, greatest(coalesce(sum(cents) FILTER (is_counted), 0), 0) AS spent,
               count(*) FILTER (is_counted AND cents > 0) AS payments,
               list_position(['retail', 'catering', 'entertainment', 'education', 'medical', 'travel', 'other'],
                             scene) AS place
        FROM spending WHERE ago < 365 GROUP BY 1, 2;
    CREATE VIEW trades AS
        SELECT customer_id, mcc, count(*) AS n, sum(count(*)) OVER (PARTITION BY customer_id) AS all_n
        FROM card WHERE ago < 365 AND mcc IS NOT NULL AND cents > 0 GROUP BY 1, 2;
    CREATE VIEW merchants AS
        SELECT customer_id, merchant_id, min(ago) AS newest, max(ago) AS oldest, count(*) FILTER (ago < 365) AS payments
        FROM card WHERE merchant_id IS NOT NULL AND cents > 0 GROUP BY customer_id, bank_code, merchant_id;
"""


def at(scene: str) -> str:
    """SQL: whether a payment belongs to the scene."""
    return f"scene = '{scene}'"


ANSWER = Answer(
    views=VIEWS,
    customers="spenders",
    measures={
        "spending": {
            **{
                f"{scene}_spend_cents_sum": f"coalesce(sum(cents) FILTER ({{w}} AND is_counted AND {at(scene)}), 0)"
                for scene in SCENES
            },
            **{
                f"{scene}_payment_count": f"count(*) FILTER ({{w}} AND is_counted AND cents > 0 AND {at(scene)})"
                for scene in SCENES
            },
            "all_spend_cents_sum": "coalesce(sum(cents) FILTER ({w} AND is_counted), 0)",
            "shop_spend_cents_sum": "coalesce(sum(cents) FILTER ({w} AND is_shop), 0)",
            "offline_payment_share": (
                "ratio(count(*) FILTER ({w} AND is_counted AND cents > 0 AND is_offline),"
                " count(*) FILTER ({w} AND is_counted AND cents > 0))"
            ),
            "offline_spend_share": (
                "ratio(coalesce(sum(cents) FILTER ({w} AND is_counted AND cents > 0 AND is_offline), 0),"
                " sum(cents) FILTER ({w} AND is_counted AND cents > 0))"
            ),
            "wallet_share": (
                "CASE WHEN sum(cents) FILTER ({w} AND is_counted) > 0 THEN greatest(0.0::DOUBLE, least(1.0::DOUBLE,"
                " ratio(coalesce(sum(cents) FILTER ({w} AND is_shop), 0), sum(cents) FILTER ({w} AND is_counted)))) END"
            ),
            "promotion_spend_share": (
                "ratio(coalesce(sum(cents) FILTER ({w} AND is_shop AND is_promoted AND NOT is_back), 0),"
                " sum(cents) FILTER ({w} AND is_shop AND NOT is_back))"
            ),
            "promotion_value_ratio_365d": (
                "CASE WHEN avg(cents) FILTER (ago < 365 AND is_shop AND NOT is_promoted AND NOT is_back) > 0 THEN"
                " avg(cents) FILTER (ago < 365 AND is_shop AND is_promoted AND NOT is_back)"
                " / avg(cents) FILTER (ago < 365 AND is_shop AND NOT is_promoted AND NOT is_back) END"
            ),
            "instalment_spend_share": (
                "ratio(coalesce(sum(cents) FILTER ({w} AND is_on_credit AND NOT is_back), 0), sum(cents)"
                " FILTER ({w} AND is_shop AND NOT is_back))"
            ),
        },
        "mix": {
            **{
                f"{scene}_spend_share_365d": f"ratio(coalesce(sum(spent) FILTER (scene = '{scene}'), 0), sum(spent))"
                for scene in SCENES
            },
            "scene_entropy_365d": (
                "CASE WHEN sum(spent) > 0 THEN greatest(ln(sum(spent)) -"
                " sum(CASE WHEN spent > 0 THEN spent * ln(spent) ELSE 0 END) / sum(spent), 0) END"
            ),
            "top_scene_365d": "arg_min(scene, (-spent, place)) FILTER (spent > 0)",
            "paid_scene_count_365d": "count(*) FILTER (payments > 0)",
        },
        "merchants": {
            "merchant_count_90d": "count(*) FILTER (newest < 90)",
            "new_merchant_share_90d": "ratio(count(*) FILTER (oldest < 90), count(*) FILTER (newest < 90))",
            "top_merchant_share_365d": "ratio(max(payments), sum(payments))",
        },
        "trades": {
            "trade_count_365d": "count(*)",
            "trade_entropy_365d": ENTROPY,
        },
    },
    derived={},
    zero=("merchant_count_90d", "trade_count_365d"),
)
