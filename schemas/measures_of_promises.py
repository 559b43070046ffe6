"""The measures of promises to pay beside instalment plans: card statements, lines of credit, cash at the door.

They are columns of features/repayment; the dates of the rows are told by its job.
"""

from schemas.measures import count, days_since, formula, share, share_of, sum_of, total
from schemas.windows import EVER, last, last_events

QUARTER, YEAR = last(90, 365)
BALANCE_QUARTER, BALANCE_YEAR = (sum_of("balance_cents", window.condition) for window in (QUARTER, YEAR))
LIMIT_QUARTER, LIMIT_YEAR = (sum_of("credit_limit_cents", window.condition) for window in (QUARTER, YEAR))
REFUSED = "is_refused"

STATEMENT_MEASURES = (
    *share(
        "card_utilisation",
        "balances over limits of the newest card statements",
        *last_events("statements_ago", 1),
        part="balance_cents",
        whole="credit_limit_cents",
        noun="ratio",
        missing="no card statement with a limit",
    ),
    *share(
        "card_utilisation",
        "balances over limits of the card statements",
        QUARTER,
        YEAR,
        part="balance_cents",
        whole="credit_limit_cents",
        noun="ratio",
        missing="no card statement with a limit",
    ),
    *formula(
        "card_utilisation_ratio_max_365d",
        "double",
        "largest balance over limit of a card statement in the last 365 days",
        f"max(CASE WHEN {YEAR.condition} AND credit_limit_cents > 0 "
        "THEN CAST(balance_cents AS DOUBLE) / CAST(credit_limit_cents AS DOUBLE) END)",
        missing="no card statement with a limit",
        rows=YEAR.condition,
    ),
    *formula(
        "card_utilisation_trend_90d_365d",
        "double",
        "balances over limits of the card statements of the last 90 days over the same of the last 365: 1 when nothing "
        "changed",
        share_of(
            f"{BALANCE_QUARTER} * CAST({LIMIT_YEAR} AS DOUBLE)", f"({LIMIT_QUARTER} * CAST({BALANCE_YEAR} AS DOUBLE))"
        ),
        missing="no card statement with a limit in the last 90 days, or no balance in the last 365",
        rows=YEAR.condition,
    ),
    *share(
        "minimum_paid",
        "card statements of which at least the minimum was paid by the due date over those due",
        YEAR,
        part="paid_cents >= minimum_due_cents",
        where="is_due",
        missing="no card statement due, or no card",
    ),
)
"""Over the card statements published by as_of; `days_ago` counts from the closing day."""

LINE_MEASURES = (*total("credit_line_cents", "limit_cents", "limits of the shop's lines of instalment credit", EVER),)
"""Over the lines of credit opened by as_of, as they stood then; `days_ago` counts from the opening."""

LINE_FORMULAS = (
    *formula(
        "credit_line_utilisation_ratio",
        "double",
        "outstanding_cents over the limits of the shop's lines of instalment credit",
        "CASE WHEN credit_line_cents_sum > 0 "
        "THEN CAST(outstanding_cents AS DOUBLE) / CAST(credit_line_cents_sum AS DOUBLE) END",
        missing="no line of credit delivered, or all are blocked",
        rows="true",
    ),
)
"""Over the columns above."""

DELIVERY_MEASURES = (
    *count(
        "refused_delivery", "orders to be paid on delivery that were refused at the door", EVER, YEAR, where=REFUSED
    ),
    *total("refused_delivery_cents", "net_cents", "value of the orders refused at the door", YEAR, where=REFUSED),
    *share(
        "refused_delivery",
        "orders refused at the door over those refused or delivered, of the orders to be paid on delivery,",
        YEAR,
        part=REFUSED,
        missing="no order to be paid on delivery ended in that time",
    ),
    *days_since(
        "last_refused_delivery", "days since an order was last refused at the door", where=REFUSED, missing="never"
    ),
)
"""Over the orders to be paid on delivery that ended by as_of: a promise to pay that no credit stands behind."""
