"""How a customer keeps the promise to pay instalments."""

from schemas.cleaned.instalments import INSTALMENTS
from schemas.cleaned.repayments import REPAYMENTS
from schemas.columns import CUSTOMER_ID
from schemas.customers.identities import IDENTITIES
from schemas.table import Column, Describes, Table

REPAYMENT = Table(
    __name__,
    grain="one row per customer with an instalment plan",
    built_from=(
        INSTALMENTS,
        REPAYMENTS,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    key=("customer_id",),
    may_be_empty=True,
    columns=(
        CUSTOMER_ID,
        Column("plan_count", "bigint", "instalment plans ever opened"),
        Column("plan_count_90d", "bigint", "plans opened in the last 90 days"),
        Column("unpaid_due_cents", "bigint", "due by as_of and not paid"),
        Column("due_cents_next_30d", "bigint", "due in the 30 days after as_of and not paid yet"),
        Column(
            "days_past_due", "int", "days since the oldest instalment due and not paid in full was due; 0 when none"
        ),
        Column(
            "days_past_due_bucket",
            "string",
            "standard bucket of days_past_due",
            allowed=("current", "1-29", "30-59", "60-89", "90+"),
        ),
        Column(
            "days_past_due_max_180d",
            "int",
            "worst delay of an instalment due in the last 180 days, paid or not",
            missing="nothing due in the last 180 days",
        ),
        Column(
            "days_past_due_max_365d",
            "int",
            "worst delay of an instalment due in the last 365 days, paid or not",
            missing="nothing due in the last 365 days",
        ),
        Column(
            "late_instalment_count_365d",
            "bigint",
            "instalments due in the last 365 days that were paid, or are still unpaid, at least one day late",
        ),
        Column(
            "on_time_share_365d",
            "double",
            "instalments paid in full by their due date over those due in the last 365 days",
            missing="nothing due in the last 365 days",
        ),
        Column(
            "early_share_365d",
            "double",
            "instalments paid in full at least 3 days early over those due in the last 365 days",
            missing="nothing due in the last 365 days",
        ),
        Column("reversal_count_365d", "bigint", "payments taken back in the last 365 days"),
        Column("rescheduled_count_365d", "bigint", "instalments due in the last 365 days that had been rescheduled"),
        Column("days_since_last_payment", "int", "days since a payment that still stands", missing="never paid"),
    ),
)
