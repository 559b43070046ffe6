"""What a bank writes down about its credit cards: the statements, and what is paid towards them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from demo.tables import Ledger
from demo.world import day_of

DAYS_TO_PAY = 20  # from the statement to its due date


def write_statements(
    bank: str,
    ids: pa.Array,
    account_ids: pa.Array,
    closes_at: np.ndarray,
    owed: np.ndarray,
    minimum: np.ndarray,
    ledger: Ledger,
) -> None:
    """One statement per card that owed something when it closed; the bank sends it six hours later."""
    columns = {
        "statement_id": ids,
        "account_id": account_ids,
        "statement_date": day_of(closes_at),
        "due_date": day_of(closes_at) + DAYS_TO_PAY,
        "balance_cents": owed,
        "minimum_due_cents": minimum,
        "published_at": closes_at + 6 * 3600,
    }
    ledger.add("card_statements", day_of(closes_at), columns, bank=bank)


def write_payments(
    bank: str, ids: pa.Array, account_ids: pa.Array, paid_at: np.ndarray, paid: np.ndarray, ledger: Ledger
) -> None:
    """One payment towards a card."""
    columns = {"payment_id": ids, "account_id": account_ids, "paid_at": paid_at, "amount_cents": paid}
    ledger.add("card_payments", day_of(paid_at), columns, bank=bank)
