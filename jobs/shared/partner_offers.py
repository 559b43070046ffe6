"""What each partner bank receives: its own tokens, bands instead of scores, only people who agreed to it."""

from __future__ import annotations

from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.segments.wishes import sharing_agreed
from jobs.shared.recipient_tokens import RecipientKeys, customer_token, keys_of

BAND_POINTS = 20  # half of what doubles the odds: enough to price by, too coarse to tell people apart
OFFER_DAYS = 30  # consent and risk are re-checked nightly; an older list must not be used


def build(
    customer_segments: DataFrame,
    customer_scores: DataFrame,
    consents: DataFrame,
    identities: DataFrame,
    *,
    as_of: date,
    recipient_keys: RecipientKeys,
) -> DataFrame:
    """One row per bank and customer to whom the offer may be made; no customer id, no exact score.

    recipient_keys: bank_code -> version and bytes of that bank's own key; a bank without key receives nothing.
    Left out: who is not eligible, who is held out, and who did not agree to sharing with that bank.
    """
    offered = customer_segments.where(F.col("is_eligible") & ~F.col("is_hold_out")).select(
        "customer_id", "segment", "contact_channel"
    )
    agreed = sharing_agreed(consents, identities, banks=sorted(recipient_keys), as_of=as_of)
    scored = offered.join(customer_scores.select("customer_id", "score"), "customer_id", how="inner")
    # One row per customer and bank; a bank in a wish that is no recipient finds no key and drops out.
    for_banks = scored.join(agreed, "customer_id", how="inner").join(
        keys_of(customer_segments, recipient_keys), "bank_code", how="inner"
    )
    return for_banks.select(
        "bank_code",
        customer_token().alias("customer_token"),
        "segment",
        score_band("score").alias("score_band"),
        "contact_channel",
        F.lit(as_of + timedelta(days=OFFER_DAYS)).alias("expires_date"),
    )


def score_band(score: str) -> Column:
    """The band of BAND_POINTS points, like 640-659."""
    lowest = (F.floor(F.col(score) / BAND_POINTS) * BAND_POINTS).cast("bigint")
    return F.concat(lowest.cast("string"), F.lit("-"), (lowest + (BAND_POINTS - 1)).cast("string"))
