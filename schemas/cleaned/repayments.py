"""Money paid towards instalments; a reversal is a negative payment at the moment of the reversal."""

from schemas.captured.shop_credit_accounts import SHOP_CREDIT_ACCOUNTS
from schemas.captured.shop_credit_plans import SHOP_CREDIT_PLANS
from schemas.captured.shop_credit_repayments import SHOP_CREDIT_REPAYMENTS
from schemas.table import Column, Describes, Table

REPAYMENTS = Table(
    __name__,
    grain="one payment, or one reversal",
    built_from=(
        SHOP_CREDIT_REPAYMENTS,
        SHOP_CREDIT_PLANS,
        SHOP_CREDIT_ACCOUNTS,
    ),
    describes=Describes.KNOWLEDGE,
    key=("repayment_id",),
    may_be_empty=True,
    columns=(
        Column("repayment_id", "string", "the shop's id of the payment"),
        Column("plan_id", "string", "the plan paid towards"),
        Column("instalment_number", "int", "the instalment paid towards"),
        Column(
            "source_record_id",
            "string",
            "a partner's record of a person: shop:<shop_user_id>",
            missing="the plan or its line of credit has not been delivered yet",
        ),
        Column("paid_at", "timestamp", "when it was paid, or taken back"),
        Column("amount_cents", "bigint", "amount; negative when a payment is taken back"),
        Column("is_reversal", "boolean", "whether the row takes a payment back"),
        Column("reverses_repayment_id", "string", "the payment taken back", missing="the row is a payment"),
    ),
)
