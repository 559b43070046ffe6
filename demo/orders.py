"""The orders of one month while they are being lived, and the words the shop has for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CHANNELS = ("app", "mini_program", "web", "offline_code")
METHODS = ("instalment_credit", "bank_card", "wallet", "cash_on_delivery")
STATUSES = ("created", "paid", "delivered", "cancelled", "refused")
IN_APP, IN_MINI_PROGRAM, IN_SHOP = (CHANNELS.index(name) for name in ("app", "mini_program", "offline_code"))
ON_CREDIT, ON_CARD, ON_WALLET, ON_DELIVERY = range(4)
CREATED, PAID, DELIVERED, CANCELLED, REFUSED = range(5)


@dataclass(frozen=True)
class Orders:
    """The orders of one month, one entry per order in every array; paid_at is NOTHING where nobody paid.

    closed_at: when the order was delivered, cancelled or refused. article: of the first line.
    """

    number: np.ndarray
    person: np.ndarray
    ordered_at: np.ndarray
    paid_at: np.ndarray
    closed_at: np.ndarray
    status: np.ndarray
    channel: np.ndarray
    method: np.ndarray
    gross_cents: np.ndarray
    discount_cents: np.ndarray
    device: np.ndarray
    article: np.ndarray

    @property
    def net_cents(self) -> np.ndarray:
        """What is to be paid."""
        return np.asarray(self.gross_cents - self.discount_cents)


@dataclass(frozen=True)
class Lines:
    """The lines of the month's orders; `order` is the position of the order, `number` counts from 1 within it."""

    order: np.ndarray
    number: np.ndarray
    article: np.ndarray
    quantity: np.ndarray
    price_cents: np.ndarray
