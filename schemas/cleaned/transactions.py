"""Movements booked by the banks, with scene and whom they belong to."""

from schemas.captured.bank_accounts import BANK_ACCOUNTS
from schemas.captured.bank_merchants import BANK_MERCHANTS
from schemas.captured.bank_transactions import BANK_TRANSACTIONS
from schemas.columns import BANK_CODE, KNOWN_DATE, SCENES
from schemas.table import Column, Describes, Table

TRANSACTIONS = Table(
    __name__,
    grain="one booked movement",
    built_from=(
        BANK_TRANSACTIONS,
        BANK_ACCOUNTS,
        BANK_MERCHANTS,
    ),
    describes=Describes.KNOWLEDGE,
    key=(
        "bank_code",
        "transaction_id",
    ),
    arranged_by="booked_at",
    columns=(
        BANK_CODE,
        Column("transaction_id", "string", "the bank's id of the movement"),
        Column("account_id", "string", "the account moved"),
        Column(
            "source_record_id",
            "string",
            "a partner's record of a person: <bank_code>:<bank_customer_id>",
            missing="the account has not been delivered yet",
        ),
        Column(
            "account_type",
            "string",
            "kind of account",
            missing="the account has not been delivered yet",
            allowed=("current", "savings", "credit_card", "loan"),
        ),
        Column("booked_at", "timestamp", "when it was booked"),
        Column("amount_cents", "bigint", "amount, credit positive"),
        Column("balance_after_cents", "bigint", "balance after the movement", missing="not known"),
        Column(
            "transaction_type",
            "string",
            "kind of movement",
            allowed=("pos", "online", "transfer_in", "transfer_out", "salary", "cash", "fee", "interest", "repayment"),
        ),
        Column("counterparty_account_id", "string", "the other account", missing="not a transfer, or unknown"),
        Column("merchant_id", "string", "the merchant paid", missing="no merchant"),
        Column(
            "mcc",
            "string",
            "merchant category code (ISO 18245); where the movement has none, the merchant's when it was booked",
            missing="no merchant, or a merchant without a known code",
        ),
        Column("scene", "string", "consumption scene", missing="no merchant", allowed=SCENES),
        Column("is_offline", "boolean", "whether the card was present"),
        KNOWN_DATE,
    ),
)
