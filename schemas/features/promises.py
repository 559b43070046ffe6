"""How a customer keeps promises beside instalment plans: card statements, lines of credit, orders at the shop.

Utilisation is the balance over the limit of a statement, as in the data of the Home Credit competition of 2018.
"""

from schemas.cleaned.credit_accounts import CREDIT_ACCOUNTS
from schemas.cleaned.ended_orders import ENDED_ORDERS
from schemas.cleaned.statements import STATEMENTS
from schemas.columns import CUSTOMER_ID
from schemas.customers.identities import IDENTITIES
from schemas.measures import columns_of, count, days_since, formula, share, share_of, sum_of, total
from schemas.table import Describes, Table
from schemas.windows import EVER, last, last_events

QUARTER, YEAR = last(90, 365)
BALANCE_QUARTER, BALANCE_YEAR = (sum_of("balance_cents", window.condition) for window in (QUARTER, YEAR))
LIMIT_QUARTER, LIMIT_YEAR = (sum_of("credit_limit_cents", window.condition) for window in (QUARTER, YEAR))
REFUSED, CANCELLED = "ending = 'refused'", "ending = 'cancelled'"
TO_BE_PAID_AT_THE_DOOR = "payment_method = 'cash_on_delivery'"
REFUSED_AT_THE_DOOR = f"{TO_BE_PAID_AT_THE_DOOR} AND {REFUSED}"

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
    *count(
        "over_limit_statement",
        "card statements with a balance above the limit",
        YEAR,
        where="balance_cents > credit_limit_cents",
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

LINE_MEASURES = formula(
    "credit_line_cents_sum",
    "bigint",
    "limits of the shop's lines of instalment credit; 0 where all are blocked",
    sum_of("limit_cents", EVER.condition),
    missing="no line of credit",
)
"""Over the lines of credit opened by as_of, as they stood then; `days_ago` counts from the opening."""

ORDER_MEASURES = (
    *count(
        "refused_delivery",
        "orders to be paid on delivery that were refused at the door",
        EVER,
        YEAR,
        where=REFUSED_AT_THE_DOOR,
    ),
    *total(
        "refused_delivery_cents",
        "net_cents",
        "value of the orders refused at the door",
        YEAR,
        where=REFUSED_AT_THE_DOOR,
    ),
    *share(
        "refused_delivery",
        "orders refused at the door over those refused or delivered, of the orders to be paid on delivery,",
        YEAR,
        part=REFUSED,
        where=f"{TO_BE_PAID_AT_THE_DOOR} AND NOT {CANCELLED}",
        missing="no order to be paid on delivery ended in that time",
    ),
    *days_since(
        "last_refused_delivery",
        "days since an order was last refused at the door",
        where=REFUSED_AT_THE_DOOR,
        missing="never",
    ),
    *count("cancelled_order", "orders that were cancelled", EVER, QUARTER, YEAR, where=CANCELLED),
    *count(
        "cancelled_paid_order",
        "orders that were cancelled after they had been paid",
        YEAR,
        where=f"{CANCELLED} AND is_paid",
    ),
    *share(
        "cancelled_order",
        "orders cancelled over those delivered, refused or cancelled",
        YEAR,
        part=CANCELLED,
        missing="no order ended in that time",
    ),
    *days_since("last_cancelled_order", "days since an order was last cancelled", where=CANCELLED, missing="never"),
)
"""Over the orders that ended by as_of; `days_ago` counts from the end. To take what was ordered is a promise that no
credit stands behind, and that people without any credit give, too."""

PROMISES = Table(
    __name__,
    grain="one row per customer with a statement of a card with a limit, a line of credit or an order that ended",
    built_from=(
        STATEMENTS,
        CREDIT_ACCOUNTS,
        ENDED_ORDERS,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    key=("customer_id",),
    may_be_empty=True,
    columns=(CUSTOMER_ID, *columns_of(*STATEMENT_MEASURES, *LINE_MEASURES, *ORDER_MEASURES)),
)
