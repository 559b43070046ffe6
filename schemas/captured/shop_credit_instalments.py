"""What is due when, each version of the schedule."""

from schemas.columns import CAPTURED_DATE
from schemas.table import Column, Describes, FileDrop, Table

SHOP_CREDIT_INSTALMENTS = Table(
    __name__,
    grain="one version of an instalment",
    describes=Describes.KNOWLEDGE,
    key=(
        "plan_id",
        "instalment_number",
        "schedule_version",
    ),
    source=FileDrop("credit_instalments", file_format="csv.gz"),
    may_be_empty=True,
    columns=(
        Column("plan_id", "string", "the plan the instalment belongs to"),
        Column("instalment_number", "int", "position within the plan, from 1"),
        Column("schedule_version", "int", "grows when the plan is rescheduled, from 1"),
        Column("due_date", "date", "day on which it is due"),
        Column("due_cents", "bigint", "amount due"),
        Column("published_at", "timestamp", "when this version of the schedule was published"),
        CAPTURED_DATE,
    ),
)
