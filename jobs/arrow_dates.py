"""Moments as days of the alliance in Arrow, for commands that read published rows without Spark."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc


def local_dates(moments: pa.ChunkedArray, time_zone: str) -> pa.ChunkedArray:
    """The calendar day of each UTC moment where the zone's clocks hang; null for a null moment."""
    in_zone = moments.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us", time_zone))
    return pc.floor_temporal(pc.local_timestamp(in_zone), unit="day").cast(pa.date32())
