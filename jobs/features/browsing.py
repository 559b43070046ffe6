"""What a customer looks at, how often and when."""

from __future__ import annotations

from datetime import date
from typing import Final

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.windows import aggregates_of, count_where, days_before, in_last_days, local_date, local_hour
from schemas.cleaned.browsing_events import CLIENTS
from schemas.features.browsing import (
    ARTICLE_MEASURES,
    ARTICLES_OF_CATEGORY,
    BOT_EVENTS,
    CATEGORY_MEASURES,
    DAYS_BEFORE,
    LONGEST_SECONDS,
    SEASON_DAYS,
    SILENCE_SECONDS,
    VISIT_MEASURES,
)

NIGHT_ENDS_AT_HOUR: Final = 6  # 00:00 to 05:59 local time: hours in which people with a regular day sleep
ABOUT_ARTICLES: Final = ("view", "search", "add_to_cart", "checkout", "purchase")
COUNTED: Final = (*ABOUT_ARTICLES, "login")
BASE: Final = 10  # more than there are clients
OF_EVENT: Final = ("customer_id", "session_id", "event_id", "occurred_at", "done", "category_code", "sku_id")
"""What both sessions and what they are about are told from: asked for the same columns, Spark shuffles events once."""


def build(browsing_events: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per customer with an event in the last 90 days, bots and endless sessions left out.

    Events of people who were not logged in belong to nobody and are left out. A session is what the shop calls one,
    cut after half an hour of silence; one that two customers share counts for both, each with their own events. One
    that ended on the first of the 90 days counts with what came before midnight.
    """
    # The join below asks for a customer on one side only. Asked for here, both sides are the same shuffle, made once.
    records = identities.select("source_record_id", "customer_id").where(F.col("customer_id").isNotNull())
    events = (
        browsing_events.where(in_last_days("occurred_at", SEASON_DAYS + DAYS_BEFORE, as_of))
        .join(records, "source_record_id", how="inner")
        .withColumn("done", tell_done())
        .select(*OF_EVENT)
    )
    visits = number_visits(events)
    return (
        tell_gaps(
            describe_sessions(visits, as_of).where(
                is_by_a_person("event_count", "seconds") & (F.col("days_ago") < SEASON_DAYS)
            )
        )
        .groupBy("customer_id")
        .agg(*aggregates_of(*VISIT_MEASURES))
        .join(describe_interests(leave_out_machines(visits, as_of), as_of), "customer_id", how="left")
        .fillna(0, ["category_count_90d", *(feature.column.name for feature in ARTICLE_MEASURES)])
    )


def tell_done() -> Column:
    """What was done and with which client as one small number: the place of the kind, and that of the client."""
    kind = F.array_position(F.lit(list(COUNTED)), F.col("event_type"))
    client = F.coalesce(F.array_position(F.lit(list(CLIENTS)), F.col("client")), F.lit(0))
    return (kind * BASE + client).cast("int")


def number_visits(events: DataFrame) -> DataFrame:
    """The events with the number of their visit within the session: one more after every long silence."""
    in_order = Window.partitionBy("customer_id", "session_id").orderBy("occurred_at", "event_id")
    second = F.unix_seconds("occurred_at")
    is_new = F.coalesce(second - F.lag(second).over(in_order) > SILENCE_SECONDS, F.lit(False))
    so_far = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    return events.withColumn("is_new", is_new.cast("int")).withColumn("visit", F.sum("is_new").over(so_far))


def leave_out_machines(visits: DataFrame, as_of: date) -> DataFrame:
    """The events of visits that a person may have made and that ended in the last 90 days, with that moment."""
    of_visit = Window.partitionBy("customer_id", "session_id", "visit")
    second = F.unix_seconds("occurred_at")
    told = {
        "visit_events": F.count("event_id").over(of_visit),
        "visit_seconds": F.max(second).over(of_visit) - F.min(second).over(of_visit),
        "ended_at": F.max("occurred_at").over(of_visit),
    }
    return (
        visits.withColumns(told)
        .where(is_by_a_person("visit_events", "visit_seconds") & in_last_days("ended_at", SEASON_DAYS, as_of))
        .drop("visit_events", "visit_seconds")
    )


def is_by_a_person(events: str, seconds: str) -> Column:
    """Whether a person may have made a visit of so many events and seconds."""
    return (F.col(events) <= BOT_EVENTS) & (F.col(seconds) <= LONGEST_SECONDS)


def describe_interests(by_people: DataFrame, as_of: date) -> DataFrame:
    """One row per customer with an event about an article or category: which these are. An article has one category."""
    return (
        by_people.where(is_event(*ABOUT_ARTICLES))
        .groupBy("customer_id", "category_code", "sku_id")
        .agg(F.count("event_id").alias("event_count"), days_before(as_of, F.max("ended_at")).alias("days_ago"))
        .groupBy("customer_id", "category_code")
        .agg(
            F.sum(F.when(F.col("category_code").isNotNull(), F.col("event_count"))).alias("event_count"),
            *aggregates_of(*ARTICLES_OF_CATEGORY),
        )
        .groupBy("customer_id")
        .agg(*aggregates_of(*CATEGORY_MEASURES, *ARTICLE_MEASURES))
    )


def describe_sessions(visits: DataFrame, as_of: date) -> DataFrame:
    """One row per session of a customer; it counts on the local day of its last event."""
    begun_at = F.min("occurred_at")
    return visits.groupBy("customer_id", "session_id", "visit").agg(
        F.min(days_before(as_of, "occurred_at")).alias("days_ago"),
        F.count("event_id").alias("event_count"),
        (F.unix_seconds(F.max("occurred_at")) - F.unix_seconds(begun_at)).alias("seconds"),
        local_hour(begun_at).alias("hour"),
        F.weekday(local_date(begun_at)).alias("weekday"),
        count_where(local_hour("occurred_at") < NIGHT_ENDS_AT_HOUR).alias("night_event_count"),
        F.count("category_code").alias("category_event_count"),
        F.count("sku_id").alias("article_event_count"),
        *(count_where(is_with(client)).alias(f"{client}_event_count") for client in CLIENTS),
        *(count_where(is_event(kind)).alias(f"{kind}_count") for kind in COUNTED),
    )


def tell_gaps(sessions: DataFrame) -> DataFrame:
    """The sessions with the days since the customer's session before; null for the first."""
    in_order = Window.partitionBy("customer_id").orderBy(F.col("days_ago").desc(), "session_id", "visit")
    return sessions.withColumn("gap_days", F.lag("days_ago").over(in_order) - F.col("days_ago"))


def is_event(*kinds: str) -> Column:
    """Whether the event is of one of these kinds."""
    return F.expr(f"done DIV {BASE}").isin([COUNTED.index(kind) + 1 for kind in kinds])


def is_with(client: str) -> Column:
    """Whether the event happened in the app, or on the web."""
    return F.col("done") % BASE == CLIENTS.index(client) + 1
