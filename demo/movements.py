"""The movements of money of one month while they are collected."""

from __future__ import annotations

import numpy as np

from demo.tables import NOTHING

NOBODY = -1


class Movements:
    """The movements of one month while they are collected: account, moment, amount and what it was."""

    def __init__(self) -> None:
        """Begin empty."""
        self._parts: list[tuple[np.ndarray, ...]] = []

    def add(
        self,
        account: np.ndarray,
        moment: np.ndarray,
        amount: np.ndarray,
        kind: np.ndarray | int,
        counterparty: np.ndarray | int = NOTHING,
        merchant: np.ndarray | int = NOBODY,
    ) -> None:
        """Collect movements of real accounts and whole cents; counterparty below -1 stands for an outsider."""
        is_real = (account >= 0) & (amount.astype(np.int64) != 0)
        columns = [
            np.broadcast_to(c, account.shape)[is_real] for c in (account, moment, amount, kind, counterparty, merchant)
        ]
        self._parts.append(tuple(column.astype(np.int64) for column in columns))

    def in_order(self) -> tuple[np.ndarray, ...]:
        """All movements by account and moment."""
        columns = [np.concatenate(column) for column in zip(*self._parts, strict=True)]
        order = np.lexsort((columns[2], columns[1], columns[0]))
        return tuple(column[order] for column in columns)
