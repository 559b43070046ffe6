"""identity in SQL."""

from tests.reference.answer import Answer

FIELDS = (
    "full_name_token",
    "phone_token",
    "email_token",
    "national_id_token",
    "birth_date",
    "gender",
    "city_code",
    "occupation",
)

VIEWS = f"""
    CREATE VIEW records AS
        SELECT i.*, i.source_record_id LIKE 'shop:%' AS is_shop, days_ago_of(record_since) AS ago,
               greatest(coalesce(days_ago_of(d.updated_at), days_ago_of(record_since)), 0) AS unchanged,
               date_sub('year', birth_date, getvariable('as_of')) AS age, d.* EXCLUDE (source_record_id, updated_at)
        FROM identities i LEFT JOIN (
            SELECT source_record_id, updated_at, {", ".join(FIELDS)}, is_real_name_verified, city_tier,
                   NULL AS bank_code, NULL AS kyc_level FROM shop_users
            UNION ALL SELECT source_record_id, updated_at, {", ".join(FIELDS)}, NULL, NULL, bank_code, kyc_level
            FROM bank_customers) d USING (source_record_id)
        WHERE days_ago_of(record_since) >= 0;
    CREATE VIEW people AS SELECT DISTINCT customer_id FROM records;
    CREATE VIEW open_accounts AS
        SELECT r.customer_id, a.* FROM accounts a JOIN records r USING (source_record_id)
        WHERE days_ago_of(a.opened_at) >= 0 AND (a.closed_at IS NULL OR days_ago_of(a.closed_at) < 0);
    CREATE VIEW first_plans AS
        SELECT r.customer_id, days_ago_of(plan_opened_at) AS ago
        FROM instalments JOIN records r USING (source_record_id)
        WHERE days_ago_of(plan_opened_at) >= 0;
    CREATE VIEW addresses AS
        SELECT r.customer_id, min(days_ago_of(paid_at)) AS newest, max(days_ago_of(paid_at)) AS oldest,
               count(*) FILTER (days_ago_of(paid_at) < 365) AS orders
        FROM purchases p JOIN records r USING (source_record_id)
        WHERE days_ago_of(paid_at) >= 0 AND shipping_address_token IS NOT NULL GROUP BY 1, shipping_address_token;
    CREATE VIEW devices AS
        SELECT r.customer_id, min(days_ago_of(occurred_at)) AS newest, max(days_ago_of(occurred_at)) AS oldest
        FROM browsing_events e JOIN records r USING (source_record_id)
        WHERE days_ago_of(occurred_at) >= 0 GROUP BY 1, device_id;
    CREATE VIEW ip_addresses AS
        SELECT r.customer_id, min(days_ago_of(paid_at)) AS newest
        FROM purchases p JOIN records r USING (source_record_id)
        WHERE days_ago_of(paid_at) BETWEEN 0 AND 89 AND ip_address_token IS NOT NULL GROUP BY 1, ip_address_token;
"""

CONFLICTS = (
    "(count(DISTINCT national_id_token) > 1)::INT + (count(DISTINCT birth_date) > 1)::INT"
    " + (count(DISTINCT gender) > 1)::INT"
)

ANSWER = Answer(
    views=VIEWS,
    customers="people",
    measures={
        "records": {
            "tenure_days": "max(ago)",
            "shop_tenure_days": "max(ago) FILTER (is_shop)",
            "bank_tenure_days": "max(ago) FILTER (NOT is_shop)",
            "record_count": "count(*)",
            "bank_count": "count(DISTINCT bank_code)",
            "kyc_level_max": "max(kyc_level)",
            "is_real_name_verified": "coalesce(bool_or(is_real_name_verified), false)",
            "filled_share": f"({' + '.join(f'(count({name}) > 0)::INT' for name in FIELDS)}) / 8",
            "phone_count": "count(DISTINCT phone_token)",
            "email_count": "count(DISTINCT email_token)",
            "days_since_details_changed": "min(unchanged)",
            "age_band": (
                "CASE WHEN max(age) < 18 THEN 'under 18' WHEN max(age) < 25 THEN '18-24' WHEN max(age) <"
                " 35 THEN '25-34'"
                " WHEN max(age) < 45 THEN '35-44' WHEN max(age) < 55 THEN '45-54' WHEN max(age) < 65 THEN '55-64'"
                " WHEN max(age) IS NOT NULL THEN '65+' END"
            ),
            "city_tier_best": "min(city_tier)",
            "conflict_count": CONFLICTS,
            "match_probability_min": "min(weakest_match_probability)",
            "has_identity_bridge": "bool_or(has_bridge)",
            "identity_confidence": f"coalesce(min(weakest_match_probability), 1) / pow(2, {CONFLICTS})",
        },
        "open_accounts": {
            "account_count": "count(*)",
            "card_count": "count(*) FILTER (account_type = 'credit_card')",
            "credit_limit_cents_sum": "coalesce(sum(credit_limit_cents) FILTER (account_type = 'credit_card'), 0)",
        },
        "first_plans": {"credit_tenure_days": "max(ago)"},
        "addresses": {
            "address_count_180d": "count(*) FILTER (newest < 180)",
            "new_address_count_365d": "count(*) FILTER (oldest < 365)",
            "main_address_share_365d": "ratio(max(orders), sum(orders))",
            "days_since_new_address": "min(oldest)",
        },
        "devices": {
            "device_count_30d": "count(*) FILTER (newest < 30)",
            "device_count_90d": "count(*) FILTER (newest < 90)",
            "days_since_new_device": "min(oldest)",
        },
        "ip_addresses": {
            "ip_address_count_30d": "count(*) FILTER (newest < 30)",
            "ip_address_count_90d": "count(*)",
        },
    },
    derived={},
    zero=(
        *("account_count", "card_count", "credit_limit_cents_sum", "address_count_180d"),
        *("new_address_count_365d", "device_count_30d", "device_count_90d"),
        *("ip_address_count_30d", "ip_address_count_90d"),
    ),
)
