"""Money sent between accounts that we know, seen once, from the payer's side."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.cleaned.owners import account_owners


def build(transactions: DataFrame, bank_accounts: DataFrame, *, as_of: date) -> DataFrame:
    """One row per outgoing transfer whose payer and payee we both know, the two accounts of one person included.

    The payee's own booking of the same money is left aside, so each transfer is there once. Transfers to accounts
    outside the alliance stay in cleaned/transactions, where nothing is lost.
    """
    is_sent = (F.col("transaction_type") == "transfer_out") & (F.col("amount_cents") < 0)
    sent = transactions.where(is_sent & F.col("source_record_id").isNotNull())
    payees = _owners_by_account_id(account_owners(bank_accounts, as_of))
    return (
        sent.join(payees, sent["counterparty_account_id"] == payees["payee_account_id"], how="inner")
        .withColumn("payee_source_record_id", _payee())
        .where("payee_source_record_id is not null")
        .select(
            "bank_code",
            "transaction_id",
            F.col("source_record_id").alias("payer_source_record_id"),
            "payee_source_record_id",
            F.col("booked_at").alias("transferred_at"),
            (-F.col("amount_cents")).alias("amount_cents"),
            "known_date",
        )
    )


def _owners_by_account_id(owners: DataFrame) -> DataFrame:
    """One row per account id, with its owner at every bank that uses the id."""
    entries = F.sort_array(F.collect_list(F.struct("bank_code", "source_record_id")))
    return owners.groupBy(F.col("account_id").alias("payee_account_id")).agg(
        F.map_from_entries(entries).alias("owner_by_bank")
    )


def _payee() -> Column:
    """The owner at the payer's bank; else at the only other bank with such an account.

    A movement does not name the other bank, and account ids are unique per bank only: of several we take none.
    """
    elsewhere = F.map_values("owner_by_bank")
    return F.coalesce(
        F.try_element_at("owner_by_bank", F.col("bank_code")),
        F.when(F.size(elsewhere) == 1, F.try_element_at(elsewhere, F.lit(1))),
    )
