"""Who is kept out of every campaign, so that what campaigns do can be measured."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column
from pyspark.sql import functions as F

HOLD_OUT_ONE_IN = 20  # 5 %: enough to measure by, cheap enough to keep for good
HOLD_OUT_SALT = "nightledger hold-out"


def is_hold_out(customer_id: str, as_of: date) -> Column:
    """Whether the customer is in the hold-out group of the quarter in which as_of lies.

    The first 32 bits of SHA-256("<salt> <year>-Q<quarter> <customer id>"), modulo HOLD_OUT_ONE_IN, are 0: anyone can
    recompute it with any tool, it is the same on every machine and every night of the quarter, and each quarter draws
    anew. It follows the customer id, so a customer whose records are merged takes the group of the id that stays.
    """
    quarter = f"{as_of.year}-Q{(as_of.month + 2) // 3}"
    digest = F.sha2(F.concat(F.lit(f"{HOLD_OUT_SALT} {quarter} "), F.col(customer_id)), 256)
    number = F.conv(F.substring(digest, 1, 8), 16, 10).cast("bigint")
    return number % HOLD_OUT_ONE_IN == 0
