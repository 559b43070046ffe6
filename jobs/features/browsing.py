"""What a customer looks at, how often and when."""

from __future__ import annotations

from datetime import date
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.windows import count_where, days_before, in_last_days, local_hour, share_of

SEASON_DAYS: Final = 90
MONTH_DAYS: Final = 30
NIGHT_ENDS_AT_HOUR: Final = 6  # 00:00 to 05:59 local time: hours in which people with a regular day sleep


def build(browsing_events: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per customer with an event in the last 90 days.

    Events of people who were not logged in belong to nobody and are left out. A session belongs to a window in which
    one of its events lies; one that two customers share counts for both, each with their own events.
    """
    events = (
        browsing_events.where(in_last_days("occurred_at", SEASON_DAYS, as_of))
        .join(identities.select("source_record_id", "customer_id"), "source_record_id", how="inner")
        .withColumn("days_ago", days_before(as_of, "occurred_at"))
    )
    active_days = events.select("customer_id", "days_ago").distinct()
    active_day_counts = active_days.groupBy("customer_id").agg(F.count("days_ago").alias("active_day_count_90d"))
    sessions = events.groupBy("customer_id", "session_id").agg(*describe_session())
    return sessions.groupBy("customer_id").agg(*describe_sessions()).join(active_day_counts, "customer_id", how="inner")


def describe_session() -> list[Column]:
    """The aggregates over the events of a customer's session; two levels, since distinct counts are slow in one."""
    in_month = F.col("days_ago") < MONTH_DAYS
    is_view, is_cart, is_search = (F.col("event_type") == kind for kind in ("view", "add_to_cart", "search"))
    return [
        F.min("days_ago").alias("days_ago"),
        F.count("event_id").alias("event_count"),
        count_where(in_month & is_view).alias("month_view_count"),
        count_where(in_month & is_cart).alias("month_cart_count"),
        count_where(is_cart).alias("cart_count"),
        count_where(is_search).alias("search_count"),
        count_where(local_hour("occurred_at") < NIGHT_ENDS_AT_HOUR).alias("night_event_count"),
    ]


def describe_sessions() -> list[Column]:
    """The aggregates over a customer's sessions."""
    session_count = F.count("session_id")
    return [
        F.min("days_ago").alias("days_since_last_event"),
        count_where(F.col("days_ago") < MONTH_DAYS).alias("session_count_30d"),
        session_count.alias("session_count_90d"),
        F.sum("month_view_count").alias("view_count_30d"),
        F.sum("month_cart_count").alias("add_to_cart_count_30d"),
        F.sum("search_count").alias("search_count_90d"),
        share_of(count_where(F.col("cart_count") > 0), session_count).alias("cart_share_90d"),
        share_of(F.sum("night_event_count"), F.sum("event_count")).alias("night_share_90d"),
    ]
