"""Customers who must not be contacted about the card: they hold one, asked for one, or heard from us too often."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.windows import happened_by, in_last_days

COOL_OFF_DAYS = 90  # after an application or a refusal, as banks commonly do; a guess
CONTACT_WINDOW_DAYS = 30
MOST_CONTACTS = 3  # the fourth message in a month annoys; a guess until the uplift of frequency is measured


def suppressed(
    contacts: DataFrame,
    applications: DataFrame,
    accounts: DataFrame,
    shop_users: DataFrame,
    bank_customers: DataFrame,
    identities: DataFrame,
    as_of: date,
) -> DataFrame:
    """One row per customer who holds a card, applied or was written to: holds_card, applied_recently, contacted_often.

    Found on any record of the customer, so records merged into one person bring their suppression with them.
    """
    found = (
        _cards(accounts, as_of)
        .unionByName(_applicants(applications, shop_users, bank_customers, as_of))
        .unionByName(_messages(contacts, as_of))
    )
    # Many findings to one record, many records to one customer.
    of_customers = found.join(identities.select("source_record_id", "customer_id"), "source_record_id", how="inner")
    return of_customers.groupBy("customer_id").agg(
        F.max("holds_card").alias("holds_card"),
        F.max("applied_recently").alias("applied_recently"),
        (F.sum("messages") > MOST_CONTACTS).alias("contacted_often"),
    )


def _cards(accounts: DataFrame, as_of: date) -> DataFrame:
    """Open credit-card accounts at any partner bank."""
    is_open = happened_by("opened_at", as_of) & ~happened_by("closed_at", as_of)
    cards = accounts.where((F.col("account_type") == "credit_card") & is_open)
    return _findings(cards, holds_card=True, applied_recently=False, messages=0)


def _applicants(applications: DataFrame, shop_users: DataFrame, bank_customers: DataFrame, as_of: date) -> DataFrame:
    """Applications for the card, activated or within the cool-off, on every record they may belong to.

    An application names its person by tokens only. Either token will do: wrongly leaving someone out costs one
    message, wrongly writing to a card holder costs trust.
    """
    was_declined = F.coalesce(F.col("decision") == "declined", F.lit(False))
    is_recent = in_last_days("applied_at", COOL_OFF_DAYS, as_of)
    is_recent |= was_declined & in_last_days("decided_at", COOL_OFF_DAYS, as_of)
    is_activated = happened_by("activated_at", as_of)
    asked = applications.where(is_recent | is_activated).select(
        _token(), is_activated.alias("is_activated"), is_recent.alias("is_recent")
    )
    tokens = ("source_record_id", "phone_token", "national_id_token")
    records = shop_users.select(*tokens).unionByName(bank_customers.select(*tokens))
    # Many applications to many records: people share a phone.
    matched = asked.join(records.select("source_record_id", _token()), "token", how="inner")
    return _findings(matched, holds_card=F.col("is_activated"), applied_recently=F.col("is_recent"), messages=0)


def _token() -> Column:
    """One row for each token that is given; a token says of what kind it is, so a phone never meets an identity."""
    return F.explode(F.array_compact(F.array("phone_token", "national_id_token"))).alias("token")


def _messages(contacts: DataFrame, as_of: date) -> DataFrame:
    """Messages received lately; one that was withheld to measure its effect is none."""
    received = contacts.where(~F.col("is_control") & in_last_days("sent_at", CONTACT_WINDOW_DAYS, as_of))
    return _findings(received, holds_card=False, applied_recently=False, messages=1)


def _findings(
    records: DataFrame, *, holds_card: bool | Column, applied_recently: bool | Column, messages: int
) -> DataFrame:
    return records.select(
        "source_record_id",
        F.lit(holds_card).alias("holds_card"),
        F.lit(applied_recently).alias("applied_recently"),
        F.lit(messages).alias("messages"),
    )
