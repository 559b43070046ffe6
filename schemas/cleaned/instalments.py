"""What is due, and what had been paid towards it by the day."""

from schemas.captured.shop_credit_accounts import SHOP_CREDIT_ACCOUNTS
from schemas.captured.shop_credit_instalments import SHOP_CREDIT_INSTALMENTS
from schemas.captured.shop_credit_plans import SHOP_CREDIT_PLANS
from schemas.cleaned.repayments import REPAYMENTS
from schemas.table import Column, Describes, Table

INSTALMENTS = Table(
    __name__,
    grain="one instalment, on the schedule in force on the day",
    built_from=(
        SHOP_CREDIT_INSTALMENTS,
        SHOP_CREDIT_PLANS,
        SHOP_CREDIT_ACCOUNTS,
        REPAYMENTS,
    ),
    describes=Describes.DAY,
    key=(
        "plan_id",
        "instalment_number",
    ),
    may_be_empty=True,
    columns=(
        Column("plan_id", "string", "the plan"),
        Column("instalment_number", "int", "position within the plan, from 1"),
        Column(
            "source_record_id",
            "string",
            "a partner's record of a person: shop:<shop_user_id>",
            missing="the plan or its line of credit has not been delivered yet",
        ),
        Column(
            "plan_opened_at", "timestamp", "when the plan was opened", missing="the plan has not been delivered yet"
        ),
        Column(
            "instalment_count", "int", "instalments agreed in the plan", missing="the plan has not been delivered yet"
        ),
        Column(
            "annual_rate",
            "double",
            "yearly interest rate of the plan, 0.12 is twelve per cent",
            missing="the plan has not been delivered yet",
        ),
        Column(
            "order_id",
            "string",
            "the order the plan pays for",
            missing="cash loan, or the plan has not been delivered yet",
        ),
        Column("first_due_date", "date", "due date on the first schedule"),
        Column(
            "due_date",
            "date",
            "due date in force: the newest schedule published no later than the day the one before it was due",
        ),
        Column("due_cents", "bigint", "amount due in force"),
        Column("schedule_version", "int", "version of the schedule in force"),
        Column("is_rescheduled", "boolean", "whether the due date was moved"),
        Column(
            "rescheduled_at",
            "timestamp",
            "when the schedule in force was published",
            missing="the due date was not moved",
        ),
        Column("paid_cents", "bigint", "paid by the day, reversals taken off"),
        Column(
            "last_paid_at", "timestamp", "newest payment that still stands", missing="nothing paid that still stands"
        ),
        Column(
            "settled_date",
            "date",
            "local day since which payments less reversals have covered what is due without a break",
            missing="not paid in full on the day",
        ),
    ),
)
