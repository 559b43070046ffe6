"""What comes in, what goes out, and what stays on a customer's bank accounts."""

from schemas.cleaned.transactions import TRANSACTIONS
from schemas.columns import CUSTOMER_ID
from schemas.customers.identities import IDENTITIES
from schemas.table import Column, Describes, Table

CASH_FLOW = Table(
    __name__,
    grain="one row per customer with a movement in the last 180 days",
    built_from=(
        TRANSACTIONS,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    key=("customer_id",),
    columns=(
        CUSTOMER_ID,
        Column(
            "inflow_cents_sum_90d",
            "bigint",
            "credits on current and savings accounts in the last 90 days; transfers between two of them left out",
        ),
        Column(
            "outflow_cents_sum_90d",
            "bigint",
            "debits on current and savings accounts in the last 90 days, as a positive amount; transfers between two "
            "of them left out",
        ),
        Column("salary_cents_sum_90d", "bigint", "salary received on current and savings accounts in the last 90 days"),
        Column("salary_month_count_180d", "bigint", "periods of 30 days, of the last six, in which a salary arrived"),
        Column(
            "inflow_variation_180d",
            "double",
            "standard deviation over mean of the inflow in the last six periods of 30 days, empty periods included",
            missing="no inflow in the last 180 days",
        ),
        Column(
            "balance_cents_last",
            "bigint",
            "sum over current and savings accounts of the newest known balance",
            missing="no balance known",
        ),
        Column(
            "balance_cents_min_90d",
            "bigint",
            "lowest balance of any current or savings account in the last 90 days",
            missing="no balance known in the last 90 days",
        ),
        Column("cash_share_90d", "double", "cash withdrawn over outflow in the last 90 days", missing="no outflow"),
        Column(
            "offline_share_90d",
            "double",
            "card payments with the card present over card payments in the last 90 days",
            missing="no card payment",
        ),
        Column(
            "spend_cents_sum_90d",
            "bigint",
            "card payments less what merchants gave back in the last 90 days; negative when older payments were given "
            "back",
        ),
        Column("fee_count_180d", "bigint", "fees charged in the last 180 days"),
    ),
)
