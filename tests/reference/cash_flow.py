"""cash_flow in SQL."""

from tests.reference.answer import Answer

VIEWS = """
    CREATE VIEW booked AS
        SELECT customer_id, t.*, days_ago_of(booked_at) AS ago,
               coalesce(account_type IN ('current', 'savings'), false) AS is_deposit
        FROM transactions t JOIN identities USING (source_record_id) WHERE days_ago_of(booked_at) >= 0;
    CREATE VIEW own AS
        SELECT DISTINCT customer_id, bank_code, account_id, is_deposit FROM booked
        WHERE is_deposit OR account_type = 'credit_card';
    CREATE VIEW at_one_bank AS
        SELECT account_id FROM transactions WHERE days_ago_of(booked_at) >= 0
        GROUP BY 1 HAVING count(DISTINCT bank_code) = 1;
    CREATE VIEW others AS
        SELECT b.customer_id, b.bank_code, b.transaction_id, bool_or(o.is_deposit) AS is_own,
               bool_or(NOT o.is_deposit) AS is_own_card
        FROM booked b JOIN own o ON o.customer_id = b.customer_id AND o.account_id = b.counterparty_account_id
             AND (o.bank_code = b.bank_code OR o.account_id IN (FROM at_one_bank))
        GROUP BY ALL;
    CREATE VIEW movements AS
        SELECT *, is_deposit AND NOT is_own AND NOT is_own_card AND amount_cents > 0 AND merchant_id IS NULL AS is_in,
               is_deposit AND NOT is_own AND (amount_cents < 0 OR merchant_id IS NOT NULL) AS is_out,
               is_deposit AND NOT is_own AND amount_cents < 0 AS is_debit,
               transaction_type IN ('pos', 'online') AS is_card
        FROM (SELECT b.*, coalesce(is_own, false) AS is_own, coalesce(is_own_card, false) AS is_own_card
              FROM booked b LEFT JOIN others USING (customer_id, bank_code, transaction_id));
    CREATE VIEW holders AS SELECT DISTINCT customer_id FROM booked WHERE ago < 180;
    CREATE VIEW periods AS
        SELECT customer_id, period, coalesce(sum(amount_cents) FILTER (is_in), 0) AS inflow,
               coalesce(sum(amount_cents) FILTER (is_in AND transaction_type = 'salary'), 0) AS salary
        FROM (SELECT DISTINCT customer_id FROM booked) CROSS JOIN (SELECT unnest(range(6)) AS period)
        LEFT JOIN (SELECT *, ago // 30 AS period FROM movements WHERE ago < 180) USING (customer_id, period)
        GROUP BY 1, 2;
    CREATE VIEW newest AS
        SELECT customer_id, arg_max(balance_after_cents, (booked_at, transaction_id)) AS balance
        FROM booked WHERE is_deposit AND balance_after_cents IS NOT NULL GROUP BY customer_id, bank_code, account_id;
    CREATE VIEW low_days AS
        WITH ends AS (
            SELECT customer_id, bank_code, account_id, least(ago, 90) AS day,
                   arg_max(balance_after_cents, (booked_at, transaction_id)) AS balance
            FROM booked WHERE is_deposit AND balance_after_cents IS NOT NULL GROUP BY ALL
        ), stood AS (
            SELECT *, coalesce(lag(day) OVER (PARTITION BY bank_code, account_id ORDER BY day) + 1, 0) AS until
            FROM ends
        )
        SELECT DISTINCT customer_id, unnest(range(until, least(day, 89) + 1)) AS ago FROM stood WHERE balance < 10000;
    CREATE VIEW payees AS
        SELECT customer_id, coalesce(merchant_id, counterparty_account_id) AS payee, amount_cents > 0 AS is_payer,
               count(DISTINCT ago // 30) AS months, sum(abs(amount_cents)) AS paid,
               max(abs(amount_cents)) AS largest, min(abs(amount_cents)) AS smallest
        FROM movements WHERE ago < 180 AND NOT is_own AND NOT is_own_card AND (amount_cents < 0 OR is_in)
            AND coalesce(merchant_id, counterparty_account_id) IS NOT NULL
        GROUP BY customer_id, payee, is_payer, CASE WHEN merchant_id IS NOT NULL THEN bank_code END;
"""

SALARY = "is_in AND transaction_type = 'salary'"


def summed(value: str, condition: str) -> str:
    """SQL: a sum in the window, 0 when there is nothing."""
    return f"coalesce(sum({value}) FILTER ({{w}} AND {condition}), 0)"


ANSWER = Answer(
    views=VIEWS,
    customers="holders",
    measures={
        "movements": {
            "inflow_cents_sum": summed("amount_cents", "is_in"),
            "outflow_cents_sum": summed("-amount_cents", "is_out"),
            "net_flow_cents_sum": summed("amount_cents", "(is_in OR is_out)"),
            "own_transfer_cents_sum": summed("amount_cents", "is_deposit AND is_own AND amount_cents > 0"),
            "salary_cents_sum": summed("amount_cents", SALARY),
            "salary_month_count_180d": f"count(DISTINCT ago // 30) FILTER (ago < 180 AND {SALARY})",
            "salary_cents_mean": (
                f"ratio(sum(amount_cents) FILTER ({{w}} AND {SALARY}), count(*) FILTER ({{w}} AND {SALARY}))"
            ),
            "days_since_last_salary": f"min(ago) FILTER (ago < 395 AND {SALARY})",
            "inflow_cents_max": "max(amount_cents) FILTER ({w} AND is_in)",
            "inflow_count": "count(*) FILTER ({w} AND is_in)",
            "outflow_count": "count(*) FILTER ({w} AND is_debit)",
            "inflow_trend_30d_90d": (
                "ratio(3 * coalesce(sum(amount_cents) FILTER (is_in AND ago < 30), 0),"
                " sum(amount_cents) FILTER (is_in AND ago < 90))"
            ),
            "outflow_trend_30d_90d": (
                "CASE WHEN sum(amount_cents) FILTER (is_out AND ago < 90) < 0 THEN"
                " ratio(3 * coalesce(sum(amount_cents) FILTER (is_out AND ago < 30), 0),"
                " sum(amount_cents) FILTER (is_out AND ago < 90)) END"
            ),
            "balance_cents_min": "min(balance_after_cents) FILTER ({w} AND is_deposit)",
            "balance_cents_mean": (
                "ratio(sum(balance_after_cents) FILTER ({w} AND is_deposit),"
                " count(balance_after_cents) FILTER ({w} AND is_deposit))"
            ),
            "cash_share": (
                "ratio(coalesce(sum(amount_cents) FILTER ({w} AND is_debit AND transaction_type = 'cash'), 0),"
                " sum(amount_cents) FILTER ({w} AND is_debit))"
            ),
            "card_cash_share": (
                "ratio(coalesce(sum(amount_cents) FILTER ({w} AND amount_cents < 0 AND account_type = 'credit_card' AND"
                " transaction_type = 'cash'), 0), sum(amount_cents) FILTER ({w} AND amount_cents < 0 AND account_type ="
                " 'credit_card'))"
            ),
            "offline_share": (
                "ratio(count(*) FILTER ({w} AND is_card AND amount_cents < 0 AND is_offline),"
                " count(*) FILTER ({w} AND is_card AND amount_cents < 0))"
            ),
            "spend_cents_sum": summed("-amount_cents", "is_card"),
            "fee_count": "count(*) FILTER ({w} AND transaction_type = 'fee' AND amount_cents < 0)",
        },
        "periods": {
            "inflow_variation_180d": "CASE WHEN sum(inflow) > 0 THEN stddev_pop(inflow) / avg(inflow) END",
            "salary_variation_180d": "CASE WHEN sum(salary) > 0 THEN stddev_pop(salary) / avg(salary) END",
        },
        "low_days": {"low_balance_day_count_90d": "count(*)"},
        "newest": {"balance_cents_last": "sum(balance)"},
        "payees": {
            "recurring_payee_count_180d": "count(*) FILTER (months >= 5 AND NOT is_payer)",
            "recurring_cents_sum_180d": "coalesce(sum(paid) FILTER (months >= 5 AND NOT is_payer), 0)",
            "regular_obligation_cents_sum_180d": (
                "coalesce(sum(paid) FILTER (months >= 5 AND NOT is_payer AND 5 * largest <= 6 * smallest), 0)"
            ),
            "regular_payer_count_180d": "count(*) FILTER (months >= 5 AND is_payer AND largest <= 2 * smallest)",
            "regular_income_cents_sum_180d": (
                "coalesce(sum(paid) FILTER (months >= 5 AND is_payer AND largest <= 2 * smallest), 0)"
            ),
        },
    },
    derived={},
    zero=(
        "low_balance_day_count_90d",
        *("recurring_payee_count_180d", "recurring_cents_sum_180d", "regular_obligation_cents_sum_180d"),
        *("regular_payer_count_180d", "regular_income_cents_sum_180d"),
    ),
)
