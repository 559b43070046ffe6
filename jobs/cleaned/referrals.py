"""Who brought whom to the shop, each referral once."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame

from jobs.cleaned.owners import shop_record_id
from jobs.versions import keep_newest_delivery


def build(shop_referrals: DataFrame, *, as_of: date) -> DataFrame:  # noqa: ARG001 - referrals carry their own moments
    """One row per referral; of one delivered twice the later delivery counts."""
    return keep_newest_delivery(shop_referrals, "referral_id").withColumns(
        {
            "referrer_source_record_id": shop_record_id("referrer_shop_user_id"),
            "referred_source_record_id": shop_record_id("referred_shop_user_id"),
        }
    )
