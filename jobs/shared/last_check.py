"""Whether an offer of an earlier night may still be handed over: wishes are asked for once more, as known now.

Between the night that made an offer and the moment it leaves the house people withdraw what they agreed to. A list that
was right when it was built is then wrong, so nothing is handed over on the strength of the night alone.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.erasures import without_erased
from jobs.segments.wishes import channels_agreed, sharing_agreed
from jobs.shared.recipient_tokens import RecipientKeys, customer_token, keys_of

REASONS = {
    "not_recognised": "the token is of no customer of that night under the bank's present key; build the offers again",
    "erased": "the person has asked to be forgotten since",
    "sharing_withdrawn": "the person no longer agrees to sharing with this bank",
    "channel_withdrawn": "the person no longer agrees to messages on this channel",
    "expired": "the offer may not be used any more",
}
"""Why an offer is withheld, in the order in which it is looked at: the first that holds is the reason."""


def check_again(
    partner_offers: DataFrame,
    identities: DataFrame,
    consents: DataFrame,
    erasure_requests: DataFrame,
    *,
    known_by: date,
    recipient_keys: RecipientKeys,
) -> DataFrame:
    """Every offer with `withheld_because`: one of REASONS, null where it may be handed over.

    partner_offers, identities: those of the night that made the offers. consents: cleaned/consents of `known_by`, the
    last day of which wishes are known. erasure_requests: all that are known by then.
    """
    keys = keys_of(partner_offers, recipient_keys)
    customers = identities.select("customer_id").distinct().join(F.broadcast(keys), how="cross")
    named = customers.select("bank_code", customer_token().alias("customer_token"), "customer_id")
    shared = sharing_agreed(consents, identities, banks=sorted(recipient_keys), as_of=known_by)
    reached = channels_agreed(consents, identities, as_of=known_by)
    kept = without_erased(identities, erasure_requests).select("source_record_id")
    erased = identities.join(kept, "source_record_id", how="left_anti").select("customer_id").distinct()
    marked = (  # every table joined here has at most one row for an offer
        partner_offers.join(named, ["bank_code", "customer_token"], how="left")
        .join(shared.withColumn("is_shared", F.lit(True)), ["customer_id", "bank_code"], how="left")
        .join(reached.withColumn("is_reached", F.lit(True)), ["customer_id", "contact_channel"], how="left")
        .join(erased.withColumn("is_erased", F.lit(True)), "customer_id", how="left")
    )
    holds = {
        "not_recognised": F.isnull("customer_id"),
        "erased": F.isnotnull("is_erased"),
        "sharing_withdrawn": F.isnull("is_shared"),
        "channel_withdrawn": F.isnull("is_reached"),
        "expired": F.col("expires_date") < F.lit(known_by),
    }
    because = F.coalesce(*(F.when(holds[reason], F.lit(reason)) for reason in REASONS))
    return marked.select(*partner_offers.columns, because.alias("withheld_because"))
