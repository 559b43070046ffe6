"""Customers of the partner banks as they were on the day."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame

from jobs.cleaned.owners import bank_record_id
from jobs.erasures import without_erased
from jobs.versions import keep_version_in_force
from jobs.windows import happened_by


def build(bank_customers: DataFrame, erasure_requests: DataFrame, *, as_of: date) -> DataFrame:
    """One row per bank and customer whose relation began by as_of, in the version then, unless to be forgotten.

    bank_customers: one row per delivered version of a bank's customer.
    """
    begun = bank_customers.where(happened_by("opened_at", as_of))
    customers = keep_version_in_force(begun, "bank_code", "bank_customer_id", as_of=as_of)
    return without_erased(customers.withColumn("source_record_id", bank_record_id()), erasure_requests)
