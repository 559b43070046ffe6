"""The families that tell of others' promises, as the leak audit attacks them: by the definitions of the night."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.edges import favours, shared_identifiers, suspected_rings
from jobs.features import default_influence, identifier_risk, money_flows, neighbourhood, network_position
from jobs.relations.leak_audit import Family

TIES: Final = ("transfers", "shared_identifiers", "favours")
NO_ACCOUNTS: Final = {
    "source_record_id": "string",
    "account_type": "string",
    "opened_at": "timestamp",
    "closed_at": "timestamp",
}

Frames = Mapping[str, DataFrame]
"""The tables of `attacked_worlds.COLUMNS` and, after `with_ties`, the ties made of them."""


def with_ties(frames: Frames, as_of: date) -> dict[str, DataFrame]:
    """The frames beside the ties that the night makes of them, made once for all families."""
    held = frames["identifier_holders"]
    made = favours.build(frames["referrals"], held, frames["identities"], as_of=as_of)
    return {
        **frames,
        "payments": payments_of(frames).localCheckpoint(),
        "shared_identifiers": shared_identifiers.build(held, as_of=as_of).localCheckpoint(),
        "favours": made.localCheckpoint(),
    }


def build_neighbourhood(frames: Frames, as_of: date) -> DataFrame:
    """The family but for cards, which tell of nobody's promises."""
    return neighbourhood.build(
        frames["transfers"],
        frames["shared_identifiers"],
        frames["favours"],
        frames["payments"],
        frames["instalments"],
        nothing(frames["identities"], NO_ACCOUNTS),
        frames["identities"],
        as_of=as_of,
    )


def build_default_influence(frames: Frames, as_of: date) -> DataFrame:
    """The family."""
    return default_influence.build(
        *(frames[name] for name in (*TIES, "instalments", "identities")),
        as_of=as_of,
    )


def build_network_position(frames: Frames, as_of: date) -> DataFrame:
    """The family."""
    return network_position.build(*(frames[name] for name in TIES), as_of=as_of)


def build_money_flows(frames: Frames, as_of: date) -> DataFrame:
    """The family."""
    return money_flows.build(frames["payments"], frames["identities"], as_of=as_of)


def build_suspected_rings(frames: Frames, as_of: date) -> DataFrame:
    """The rings of the night."""
    return suspected_rings.build(frames["transfers"], frames["shared_identifiers"], as_of=as_of)


def payments_of(frames: Frames) -> DataFrame:
    """A transfer for each pair of payer and payee, the newest, with all that was paid: enough to see one too many."""
    records = frames["identities"].groupBy("customer_id").agg(F.min("source_record_id").alias("record"))
    paid = frames["transfers"].select(
        *(f"{role}_customer_id" for role in ("payer", "payee")),
        F.col("amount_cents_sum_180d").alias("amount_cents"),
        F.col("last_transferred_at").alias("transferred_at"),
    )
    for role in ("payer", "payee"):
        of_role = records.toDF(f"{role}_customer_id", f"{role}_source_record_id")
        paid = paid.join(of_role, f"{role}_customer_id", how="inner")
    return paid.drop("payer_customer_id", "payee_customer_id")


def nothing(rows: DataFrame, columns: Mapping[str, str]) -> DataFrame:
    """No row, of columns of those types: known to be empty when the plan is made, so that nothing is run for it."""
    return rows.where(F.lit(False)).select(*(F.lit(None).cast(kind).alias(name) for name, kind in columns.items()))


def build_identifier_risk(frames: Frames, as_of: date) -> DataFrame:
    """The family."""
    return identifier_risk.build(frames["identifier_holders"], frames["instalments"], frames["identities"], as_of=as_of)


FAMILIES: Final = (
    Family(
        "default_influence",
        build_default_influence,
        ("default_influence", "default_influence_per_tie", "two_tie_default_share"),
    ),
    Family("identifier_risk", build_identifier_risk, ("identifier_default_share_mean", "identifier_default_share_max")),
    Family("neighbourhood", build_neighbourhood, ("defaulted_neighbour_share", "late_neighbour_share")),
    Family("network_position", build_network_position, ()),
    Family("money_flows", build_money_flows, ()),
    Family("suspected_rings", build_suspected_rings, ()),
)
"""All that tell of others' promises or ties, as a night builds them.

Judged are shares and what is measured by the tie: a count of others in default grows with the number of ties, which a
random graph keeps, and so tells of outcomes without any leak.
"""
