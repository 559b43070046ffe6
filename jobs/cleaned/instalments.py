"""What is due, and what had been paid towards it by the day."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.cleaned.owners import plan_owners
from jobs.windows import happened_by, local_date

VERSION = ("schedule_version", "captured_date", "published_at", "due_date", "due_cents")
"""One version of an instalment; in this order the newer one, and of one version the later delivery, comes last."""

PAYMENT = ("paid_at", "is_reversal", "repayment_id", "amount_cents", "reverses_repayment_id")
"""One payment; of the same moment a payment comes before a reversal, so that a pair of them never looks unpaid."""


def build(
    shop_credit_instalments: DataFrame,
    shop_credit_plans: DataFrame,
    shop_credit_accounts: DataFrame,
    repayments: DataFrame,
    *,
    as_of: date,
) -> DataFrame:
    """One row per instalment published by as_of, on the schedule in force then, with what had been paid by then.

    repayments: one row per payment or reversal, reversals negative. Terms and owner of a plan that has not been
    delivered are null; what is due is known all the same.
    """
    owners = plan_owners(shop_credit_plans, shop_credit_accounts, as_of)
    schedules = _schedules_in_force(shop_credit_instalments, as_of)
    payments = _payments_by(repayments, as_of)
    return (
        schedules.join(payments, ["plan_id", "instalment_number"], how="left")
        .withColumn("payments", F.coalesce("payments", F.array()))
        .withColumns({"paid_cents": _paid_cents(), "last_paid_at": _last_paid_at(), "settled_date": _settled_date()})
        .join(owners, "plan_id", how="left")
    )


def _schedules_in_force(shop_credit_instalments: DataFrame, as_of: date) -> DataFrame:
    """One row per instalment: the version in force on as_of, and the due date it began with."""
    published = shop_credit_instalments.where(happened_by("published_at", as_of))
    versions = F.sort_array(F.collect_list(F.struct(*VERSION))).alias("versions")
    in_force = F.aggregate("versions", F.col("versions")[0], _later_in_force)
    return (
        published.groupBy("plan_id", "instalment_number")
        .agg(versions)
        .withColumn("in_force", in_force)
        .select(
            "plan_id",
            "instalment_number",
            "in_force.due_date",
            "in_force.due_cents",
            "in_force.schedule_version",
            "in_force.published_at",
            _first_due_date().alias("first_due_date"),
        )
        .withColumn("is_rescheduled", F.col("due_date") != F.col("first_due_date"))
        .withColumn("rescheduled_at", F.when(F.col("is_rescheduled"), F.col("published_at")))
    )


def _later_in_force(in_force: Column, later: Column) -> Column:
    """A later version counts if it was published while the one in force was not past due.

    Otherwise rescheduling what is overdue would turn a late payer into one who was never late. A version delivered
    again corrects itself.
    """
    is_in_time = local_date(later["published_at"]) <= in_force["due_date"]
    is_same_version = later["schedule_version"] == in_force["schedule_version"]
    return F.when(is_in_time | is_same_version, later).otherwise(in_force)


def _first_due_date() -> Column:
    """The due date of the first version, as its last delivery says."""
    first_number = F.col("versions")[0]["schedule_version"]
    first_versions = F.filter("versions", lambda version: version["schedule_version"] == first_number)
    return F.element_at(first_versions, -1)["due_date"]


def _payments_by(repayments: DataFrame, as_of: date) -> DataFrame:
    """One row per instalment: its payments and reversals by as_of, oldest first."""
    made = repayments.where(happened_by("paid_at", as_of))
    payments = F.sort_array(F.collect_list(F.struct(*PAYMENT))).alias("payments")
    return made.groupBy("plan_id", "instalment_number").agg(payments)


def _paid_cents() -> Column:
    return F.aggregate("payments", F.lit(0).cast("bigint"), lambda paid, payment: paid + payment["amount_cents"])


def _last_paid_at() -> Column:
    """The newest payment that no reversal has taken back by the day."""
    taken_back = F.transform("payments", lambda payment: payment["reverses_repayment_id"])
    standing = F.filter(
        "payments",
        lambda payment: (
            ~payment["is_reversal"]
            & ~F.exists(taken_back, lambda reversed_id: reversed_id.eqNullSafe(payment["repayment_id"]))
        ),
    )
    return F.array_max(F.transform(standing, lambda payment: payment["paid_at"]))


def _settled_date() -> Column:
    """The day on which the running sum reached what is due for good; falling below it again begins anew."""
    nothing_due_since = F.when(F.col("due_cents") <= 0, F.col("published_at"))
    begin = F.struct(F.lit(0).cast("bigint").alias("paid_cents"), nothing_due_since.alias("settled_at"))

    def add(so_far: Column, payment: Column) -> Column:
        paid_cents = so_far["paid_cents"] + payment["amount_cents"]
        settled_at = F.when(paid_cents >= F.col("due_cents"), F.coalesce(so_far["settled_at"], payment["paid_at"]))
        return F.struct(paid_cents.alias("paid_cents"), settled_at.alias("settled_at"))

    return local_date(F.aggregate("payments", begin, add)["settled_at"])
