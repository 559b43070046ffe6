"""Shop users as they were on the day."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame

from jobs.cleaned.owners import shop_record_id
from jobs.erasures import without_erased
from jobs.versions import keep_version_in_force
from jobs.windows import happened_by


def build(shop_users: DataFrame, erasure_requests: DataFrame, *, as_of: date) -> DataFrame:
    """One row per user registered by as_of, in the version then, unless to be forgotten.

    shop_users: one row per delivered version of a user.
    """
    registered_users = shop_users.where(happened_by("registered_at", as_of))
    users = keep_version_in_force(registered_users, "shop_user_id", as_of=as_of)
    return without_erased(users.withColumn("source_record_id", shop_record_id()), erasure_requests)
