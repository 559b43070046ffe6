"""What people did on the shop's site and apps, each event once."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.cleaned.owners import shop_record_id
from jobs.scenes import scene_of_category
from jobs.versions import keep_newest_of_repeated


def build(shop_events: DataFrame, *, as_of: date) -> DataFrame:  # noqa: ARG001 - events carry their own moments
    """One row per event; of an event delivered twice the later delivery counts.

    An event of a user whom the shop has not delivered yet is kept: its source record is in its own columns.
    """
    events = keep_newest_of_repeated(shop_events, "event_id")
    is_browser = F.col("user_agent").startswith("Mozilla/")
    return events.withColumns(
        {
            "source_record_id": shop_record_id(),
            "scene": scene_of_category(F.col("category_code")),
            "client": F.when(is_browser, "web").when(F.length("user_agent") > 0, "app"),
        }
    )
