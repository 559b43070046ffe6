"""What comes in, what goes out, and what stays on a customer's bank accounts.

Variation is the coefficient of variation (Pearson 1896) over six equal periods. What recurs, who pays regularly and
what is low are rules of our own, with their numbers in the meanings.
"""

from schemas.cleaned.transactions import TRANSACTIONS
from schemas.columns import CUSTOMER_ID
from schemas.customers.identities import IDENTITIES
from schemas.measures import (
    Feature,
    columns_of,
    count,
    days_since,
    formula,
    least,
    mean,
    most,
    share,
    sum_of,
    total,
    trend,
)
from schemas.table import Describes, Table
from schemas.windows import EVER, MONTH_DAYS, SAME_DAYS_LAST_YEAR, YEAR_DAYS, Window, disjoint, last

PERIODS = disjoint(30, 60, 90, 120, 150, 180)
"""Six periods of 30 days, not calendar months: every one is as long as the next, whatever the day of the month."""

HALF_YEAR_DAYS = 180
LONGEST_DAYS = YEAR_DAYS + MONTH_DAYS  # the same 30 days a year earlier
LOW_BALANCE_CENTS = 100_00  # a hundred of the currency: the next meal, not the next rent; a guess
RECURRING_PERIODS = 5  # of six: a monthly payment whose day slips once still recurs

MONTH, SEASON, HALF_YEAR = last(30, 90, 180)
FLOWS = (*last(30, 90, 180, 365), SAME_DAYS_LAST_YEAR)
INFLOW, OUTFLOW, SALARY, CARD = "is_inflow", "is_outflow", "is_salary", "is_card"
COMES_IN = "is_deposit AND NOT (is_own OR is_own_card) AND amount_cents > 0 AND merchant_id IS NULL"
MARKS = {
    INFLOW: COMES_IN,
    OUTFLOW: "is_deposit AND NOT is_own AND (amount_cents < 0 OR merchant_id IS NOT NULL)",
    SALARY: f"{COMES_IN} AND transaction_type = 'salary'",
    CARD: "transaction_type IN ('pos', 'online')",
}
"""What the measures ask a movement again and again, answered once for each row."""


def over_periods(condition: str) -> tuple[str, ...]:
    """SQL: the amounts of each of the six periods."""
    return tuple(sum_of("amount_cents", f"{condition} AND {period.condition}") for period in PERIODS)


def variation_of(amounts: tuple[str, ...]) -> str:
    """SQL: standard deviation (of the whole, not of a sample) over mean, from exact sums; null when the mean is 0.

    The deviation over the mean is the root of n * (sum of squares) / (square of the sum) - 1, computed from the
    differences to the mean in the order of the periods, so that the order of rows cannot show.
    """
    whole = f"CAST({' + '.join(amounts)} AS DOUBLE)"
    number = len(amounts)
    squares = " + ".join(f"power(CAST({amount} AS DOUBLE) - {whole} / {number}D, 2D)" for amount in amounts)
    return f"CASE WHEN {whole} > 0 THEN sqrt(({squares}) / {number}D) / ({whole} / {number}D) END"


def periods_with(condition: str) -> str:
    """SQL: in how many of the six periods the condition holds for a movement."""
    meant = f"{condition} AND {HALF_YEAR.condition}"
    periods = f"bit_or(shiftleft(1L, CAST(days_ago DIV {MONTH_DAYS} AS INT))) FILTER (WHERE {meant})"
    return f"CAST(bit_count(coalesce({periods}, 0L)) AS BIGINT)"


def flow(name: str, meaning: str, value: str, condition: str, *windows: Window) -> tuple[Feature, ...]:
    """Sums of amounts, one column for each window."""
    return total(name, value, meaning, *windows, where=condition)


MOVEMENT_MEASURES = (
    *flow(
        "inflow_cents",
        "credits on current and savings accounts; transfers between two of them, what was drawn from the own credit "
        "card and what merchants gave back are left out,",
        "amount_cents",
        INFLOW,
        *FLOWS,
    ),
    *flow(
        "outflow_cents",
        "debits on current and savings accounts less what merchants gave back, so negative when more was given back; "
        "transfers between two of them are left out,",
        "-amount_cents",
        OUTFLOW,
        *FLOWS,
    ),
    *flow(
        "net_flow_cents",
        "inflow less outflow",
        "amount_cents",
        f"({INFLOW} OR {OUTFLOW})",
        MONTH,
        SEASON,
        HALF_YEAR,
    ),
    *flow(
        "own_transfer_cents",
        "moved from one to another of the own current and savings accounts",
        "amount_cents",
        "is_deposit AND is_own AND amount_cents > 0",
        SEASON,
    ),
    *flow("salary_cents", "salary received on current and savings accounts", "amount_cents", SALARY, SEASON, HALF_YEAR),
    *formula(
        "salary_month_count_180d",
        "bigint",
        "periods of 30 days, of the last six, in which a salary arrived",
        periods_with(SALARY),
        rows=f"{SALARY} AND {HALF_YEAR.condition}",
    ),
    *mean("salary_cents", "amount_cents", "the salaries received", HALF_YEAR, where=SALARY, missing="no salary"),
    *days_since("last_salary", "days since a salary arrived", where=SALARY, missing="no salary in the last 395 days"),
    *formula(
        "inflow_variation_180d",
        "double",
        "standard deviation over mean of the inflow in the last six periods of 30 days, empty periods included",
        variation_of(over_periods(INFLOW)),
        missing="no inflow in the last 180 days",
        rows=f"{INFLOW} AND {HALF_YEAR.condition}",
    ),
    *formula(
        "salary_variation_180d",
        "double",
        "standard deviation over mean of the salary in the last six periods of 30 days, empty periods included",
        variation_of(over_periods(SALARY)),
        missing="no salary in the last 180 days",
        rows=f"{SALARY} AND {HALF_YEAR.condition}",
    ),
    *most("inflow_cents", "amount_cents", "the credits", HALF_YEAR, where=INFLOW, missing="no inflow"),
    *count("inflow", "credits that are inflow", SEASON, where=INFLOW),
    *count("outflow", "debits that are outflow", SEASON, where=f"{OUTFLOW} AND amount_cents < 0"),
    *trend("inflow", "amount_cents", "inflow", where=INFLOW, missing="no inflow in the last 90 days"),
    *trend(
        "outflow",
        "-amount_cents",
        "outflow",
        where=OUTFLOW,
        missing="no more debited than given back in the last 90 days",
    ),
    *formula(
        "balance_cents_last",
        "bigint",
        "sum over current and savings accounts of the newest known balance",
        "max(deposits_cents)",
        missing="no balance known",
        rows=f"{EVER.condition} AND is_newest_balance",
    ),
    *least(
        "balance_cents",
        "balance_after_cents",
        "the balances after each movement of any current or savings account",
        MONTH,
        SEASON,
        HALF_YEAR,
        where="is_deposit",
        missing="no movement with a known balance in that time",
    ),
    *mean(
        "balance_cents",
        "balance_after_cents",
        "the balances after each movement of a current or savings account",
        SEASON,
        where="is_deposit",
        missing="no balance known in that time",
    ),
    *formula(
        "low_balance_day_count_90d",
        "bigint",
        "local days, of the last 90, at the end of which a current or savings account held less than 100.00; a balance "
        "stands until the account's next movement",
        "coalesce(max(low_balance_days), 0L)",
        rows=f"{EVER.condition} AND is_deposit AND balance_after_cents IS NOT NULL",
    ),
    *share(
        "cash",
        "cash withdrawn over debits of current and savings accounts, transfers between two of them left out,",
        SEASON,
        part="transaction_type = 'cash'",
        where=f"{OUTFLOW} AND amount_cents < 0",
        value="-amount_cents",
        missing="no such debit",
    ),
    *share(
        "card_cash",
        "cash drawn by credit card over all that credit cards were debited",
        HALF_YEAR,
        part="transaction_type = 'cash'",
        where="account_type = 'credit_card' AND amount_cents < 0",
        value="-amount_cents",
        missing="no debit of a credit card",
    ),
    *share(
        "offline",
        "card payments with the card present over card payments",
        SEASON,
        part="is_offline",
        where=f"{CARD} AND amount_cents < 0",
        missing="no card payment",
    ),
    *flow(
        "spend_cents",
        "card payments less what merchants gave back, negative when older payments were given back,",
        "-amount_cents",
        CARD,
        MONTH,
        SEASON,
        HALF_YEAR,
    ),
    *count("fee", "fees charged", HALF_YEAR, where="transaction_type = 'fee' AND amount_cents < 0"),
)
"""Over the movements of the last 395 days: a year, and the same 30 days a year ago."""

RECURS = f"period_count >= {RECURRING_PERIODS}"
REGULAR_PAYER = f"{RECURS} AND is_credit AND largest_cents <= 2 * smallest_cents"
PAID_RECENTLY = Window("180d", "", 0, HALF_YEAR_DAYS - 1)

PAYEE_MEASURES = (
    *count(
        "recurring_payee",
        "accounts of others and merchants paid in at least five of the last six periods of 30 days",
        PAID_RECENTLY,
        where=f"{RECURS} AND NOT is_credit",
    ),
    *total(
        "recurring_cents",
        "paid_cents",
        "paid in the last 180 days to those who were paid in at least five of the last six periods of 30 days",
        PAID_RECENTLY,
        where=f"{RECURS} AND NOT is_credit",
    ),
    *total(
        "regular_obligation_cents",
        "paid_cents",
        "paid to those of them of whose payments the largest is at most a fifth above the smallest, as rent and "
        "subscriptions are,",
        PAID_RECENTLY,
        where=f"{RECURS} AND NOT is_credit AND largest_cents * 5 <= smallest_cents * 6",
    ),
    *count(
        "regular_payer",
        "accounts of others that paid into current and savings accounts in at least five of the last six periods of 30 "
        "days, the largest payment at most twice the smallest: what a salary looks like, however the bank labels it,",
        PAID_RECENTLY,
        where=REGULAR_PAYER,
    ),
    *total(
        "regular_income_cents",
        "paid_cents",
        "received from regular payers (see regular_payer_count_180d)",
        PAID_RECENTLY,
        where=REGULAR_PAYER,
    ),
)
"""Over those whom a customer paid, or who paid the customer, in the last 180 days, one row for each account or merchant
and direction; amounts are positive."""

CASH_FLOW = Table(
    __name__,
    grain="one row per customer with a movement in the last 180 days",
    built_from=(
        TRANSACTIONS,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    key=("customer_id",),
    columns=(CUSTOMER_ID, *columns_of(*MOVEMENT_MEASURES, *PAYEE_MEASURES)),
)
