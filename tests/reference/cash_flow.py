"""cash_flow in SQL."""

from tests.reference.answer import Answer

VIEWS = """
    CREATE VIEW booked AS
        SELECT customer_id, t.*, days_ago_of(booked_at) AS ago,
               coalesce(account_type IN ('current', 'savings'), false) AS is_deposit
        FROM transactions t JOIN identities USING (source_record_id) WHERE days_ago_of(booked_at) >= 0;
    CREATE VIEW own AS SELECT DISTINCT customer_id, bank_code, account_id FROM booked WHERE is_deposit;
    CREATE VIEW at_one_bank AS
        SELECT account_id FROM transactions
        WHERE days_ago_of(booked_at) >= 0 AND account_type IN ('current', 'savings')
        GROUP BY 1 HAVING count(DISTINCT bank_code) = 1;
    CREATE VIEW movements AS
        SELECT *, is_deposit AND NOT is_own AND amount_cents > 0 AS is_in,
               is_deposit AND NOT is_own AND amount_cents < 0 AS is_out,
               transaction_type IN ('pos', 'online') AS is_card
        FROM (SELECT b.*, EXISTS (FROM own WHERE own.customer_id = b.customer_id
                                  AND own.account_id = b.counterparty_account_id
                                  AND (own.bank_code = b.bank_code OR own.account_id IN (FROM at_one_bank))) AS is_own
              FROM booked b);
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
    CREATE VIEW payees AS
        SELECT customer_id, coalesce(merchant_id, counterparty_account_id) AS payee,
               count(DISTINCT ago // 30) AS months,
               -sum(amount_cents) AS paid
        FROM movements WHERE ago < 180 AND amount_cents < 0 AND NOT is_own
            AND coalesce(merchant_id, counterparty_account_id) IS NOT NULL
        GROUP BY customer_id, payee, CASE WHEN merchant_id IS NOT NULL THEN bank_code END;
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
            "outflow_count": "count(*) FILTER ({w} AND is_out)",
            "inflow_trend_30d_90d": (
                "ratio(3 * coalesce(sum(amount_cents) FILTER (is_in AND ago < 30), 0),"
                " sum(amount_cents) FILTER (is_in AND ago < 90))"
            ),
            "outflow_trend_30d_90d": (
                "ratio(3 * coalesce(sum(amount_cents) FILTER (is_out AND ago < 30), 0),"
                " sum(amount_cents) FILTER (is_out AND ago < 90))"
            ),
            "balance_cents_min": "min(balance_after_cents) FILTER ({w} AND is_deposit)",
            "balance_cents_mean": (
                "ratio(sum(balance_after_cents) FILTER ({w} AND is_deposit),"
                " count(balance_after_cents) FILTER ({w} AND is_deposit))"
            ),
            "low_balance_day_count": "count(DISTINCT ago) FILTER ({w} AND is_deposit AND balance_after_cents < 10000)",
            "cash_share": (
                "ratio(coalesce(sum(amount_cents) FILTER ({w} AND is_out AND transaction_type = 'cash'), 0),"
                " sum(amount_cents) FILTER ({w} AND is_out))"
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
        "newest": {"balance_cents_last": "sum(balance)"},
        "payees": {
            "recurring_payee_count_180d": "count(*) FILTER (months >= 5)",
            "recurring_cents_sum_180d": "coalesce(sum(paid) FILTER (months >= 5), 0)",
        },
    },
    derived={},
    zero=("recurring_payee_count_180d", "recurring_cents_sum_180d"),
)
