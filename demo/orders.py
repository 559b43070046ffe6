"""The orders of one month while they are being lived, how each of them ends, and the words the shop has for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.tables import NOTHING
from demo.world import DAY_SECONDS

CHANNELS = ("app", "mini_program", "web", "offline_code")
METHODS = ("instalment_credit", "bank_card", "wallet", "cash_on_delivery")
STATUSES = ("created", "paid", "delivered", "cancelled", "refused")
IN_APP, IN_MINI_PROGRAM, IN_SHOP = (CHANNELS.index(name) for name in ("app", "mini_program", "offline_code"))
ON_CREDIT, ON_CARD, ON_WALLET, ON_DELIVERY = range(4)
CREATED, PAID, DELIVERED, CANCELLED, REFUSED = range(5)
CANCELLED_SHARE = 0.05
REFUSES, REFUSES_BY_HAZARD = 0.20, 0.06  # of the orders to be paid on delivery; more for each deviation of the hazard


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


def refusal_chance(hazard: np.ndarray) -> np.ndarray:
    """How often each person sends away whoever brings an order that is to be paid on delivery.

    In India 26 % of such orders went back to the sender in 2024/25, and below 2 % of those paid in advance (Shipway,
    ShipNotes, 2025). That counts wrong addresses and people who were not at home too: a fifth is turned away here.
    """
    return np.asarray(REFUSES + REFUSES_BY_HAZARD * np.clip(hazard, -1, 2))


def endings(
    chance: np.random.Generator, ordered_at: np.ndarray, channel: np.ndarray, method: np.ndarray, hazard: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """When each order is paid (NOTHING: never), when it ends, and how; hazard: of whoever ordered."""
    count = len(ordered_at)
    ends = chance.random(count)
    paid_at = ordered_at + chance.integers(20, 1_200, count)
    closed_at = ordered_at + chance.integers(20 * 3600, 5 * DAY_SECONDS, count)
    closed_at = np.where(channel == IN_SHOP, paid_at + 60, closed_at)
    is_refused = (method == ON_DELIVERY) & (ends > 1 - refusal_chance(hazard))
    is_cancelled = (ends < CANCELLED_SHARE) & (method != ON_CREDIT) & ~is_refused
    is_unpaid = is_refused | (is_cancelled & ((ends < 0.04) | (method == ON_DELIVERY)))
    paid_at = np.where(is_unpaid, NOTHING, np.where(method == ON_DELIVERY, closed_at, paid_at))
    status = np.where(is_refused, REFUSED, np.where(is_cancelled, CANCELLED, DELIVERED))
    return paid_at, closed_at, status
