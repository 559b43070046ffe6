"""The families that tell of others' promises, as the leak audit attacks them: by the definitions of the night."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.edges import favours, shared_identifiers
from jobs.features import default_influence, identifier_risk, neighbourhood
from jobs.relations.leak_audit import Family

NO_ACCOUNTS: Final = {
    "source_record_id": "string",
    "account_type": "string",
    "opened_at": "timestamp",
    "closed_at": "timestamp",
}
NO_PAYMENTS: Final = {
    "payer_source_record_id": "string",
    "payee_source_record_id": "string",
    "amount_cents": "bigint",
    "transferred_at": "timestamp",
}

Frames = Mapping[str, DataFrame]
"""The tables of `attacked_worlds.COLUMNS` and, after `with_ties`, the ties made of them."""


def with_ties(frames: Frames, as_of: date) -> dict[str, DataFrame]:
    """The frames beside the ties that the night makes of them, made once for all families."""
    held = frames["identifier_holders"]
    made = favours.build(frames["referrals"], held, frames["identities"], as_of=as_of)
    return {
        **frames,
        "shared_identifiers": shared_identifiers.build(held, as_of=as_of).localCheckpoint(),
        "favours": made.localCheckpoint(),
    }


def build_neighbourhood(frames: Frames, as_of: date) -> DataFrame:
    """The family but for cards and the shape of amounts, which tell of nobody's promises."""
    return neighbourhood.build(
        frames["transfers"],
        frames["shared_identifiers"],
        frames["favours"],
        nothing(frames["identities"], NO_PAYMENTS),
        frames["instalments"],
        nothing(frames["identities"], NO_ACCOUNTS),
        frames["identities"],
        as_of=as_of,
    )


def build_default_influence(frames: Frames, as_of: date) -> DataFrame:
    """The family."""
    return default_influence.build(
        *(frames[name] for name in ("transfers", "shared_identifiers", "favours", "instalments", "identities")),
        as_of=as_of,
    )


def nothing(rows: DataFrame, columns: Mapping[str, str]) -> DataFrame:
    """No row, of columns of those types: known to be empty when the plan is made, so that nothing is run for it."""
    return rows.where(F.lit(False)).select(*(F.lit(None).cast(kind).alias(name) for name, kind in columns.items()))


def build_identifier_risk(frames: Frames, as_of: date) -> DataFrame:
    """The family."""
    return identifier_risk.build(frames["identifier_holders"], frames["instalments"], frames["identities"], as_of=as_of)


FAMILIES: Final = (
    Family("default_influence", build_default_influence, ("default_influence",)),
    Family("identifier_risk", build_identifier_risk, ("identifier_default_share_mean",)),
    Family("neighbourhood", build_neighbourhood, ("defaulted_neighbour_share", "late_neighbour_share")),
)
"""All that tell of others' promises, as a night builds them."""
