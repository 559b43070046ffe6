"""Messages sent to people, and what had come of them by the day."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.cleaned.subjects import address_every_match, banks_of_each_id
from jobs.versions import keep_version_in_force, known_by_moment
from jobs.windows import happened_by


def build(contacts: DataFrame, bank_customers: DataFrame, *, as_of: date) -> DataFrame:
    """One row per message sent by as_of and source record it may have gone to.

    Where a bank customer's id exists at several banks the message counts for all: better one message too few than one
    too many. What came of it after as_of is not known yet.
    """
    sent = contacts.where(happened_by("sent_at", as_of))
    messages = keep_version_in_force(sent, "contact_id", as_of=as_of).withColumns(
        {"opened_at": known_by_moment("opened_at", as_of), "applied_at": known_by_moment("applied_at", as_of)}
    )
    return address_every_match(messages, banks_of_each_id(bank_customers), only_if_certain=F.lit(False))
