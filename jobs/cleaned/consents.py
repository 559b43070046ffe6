"""Wishes people expressed, tied to the record they are about."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.cleaned.subjects import address_every_match, banks_of_each_id
from jobs.versions import keep_newest_delivery


def build(consents: DataFrame, bank_customers: DataFrame, *, as_of: date) -> DataFrame:  # noqa: ARG001 - own moments
    """One row per wish and source record it is about.

    Where a bank customer's id exists at several banks, a denial or a revocation counts for all of them and a grant
    for none: a person who said no is never contacted, and nobody's consent is guessed.
    """
    wishes = keep_newest_delivery(consents, "consent_id")
    is_granted = F.col("consent_status") == "granted"
    return address_every_match(wishes, banks_of_each_id(bank_customers), only_if_certain=is_granted)
