"""One example of every kind of rule: rows that obey it, edge included, and rows that break it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from expectations.rules import (
    BusinessDate,
    Rule,
    adds_up,
    at_least,
    at_most,
    between,
    different,
    given,
    in_set,
    matches,
    not_after_the_night,
    not_less_than,
    unique,
)

Wallets = Mapping[str, Mapping[str, Any]]
END_OF_NIGHT = datetime(2026, 4, 1, 16, tzinfo=UTC)  # midnight in Shanghai
A_GUESS = "a guess"


@dataclass(frozen=True)
class Kind:
    """A rule about rows, wallets that obey it, wallets of which some break it, and the names of those."""

    rule: Rule
    obeying: Wallets
    breaking: Wallets
    offenders: tuple[str, ...]


KINDS = {
    "at least": Kind(
        at_least("balance_cents", 0, because=A_GUESS),
        {"ann": {"balance_cents": 0}, "bob": {"balance_cents": None}},
        {"ann": {"balance_cents": -1}, "bob": {"balance_cents": None}, "cat": {"balance_cents": 0}},
        ("ann",),
    ),
    "at most, beyond what a double can tell apart": Kind(
        at_most("balance_cents", 2**53, because=A_GUESS),
        {"ann": {"balance_cents": 2**53}, "bob": {"balance_cents": None}},
        {"ann": {"balance_cents": 2**53 + 1}, "bob": {"balance_cents": None}, "cat": {"balance_cents": 2**53}},
        ("ann",),
    ),
    "between, of small whole numbers": Kind(
        between("coin_count", 1, 3, because=A_GUESS),
        {"ann": {"coin_count": 1}, "bob": {"coin_count": 3}, "cat": {"coin_count": None}},
        {"ann": {"coin_count": 0}, "bob": {"coin_count": 4}, "cat": {"coin_count": 2}},
        ("ann", "bob"),
    ),
    "between, of days": Kind(
        between("checked_date", date(2026, 1, 1), BusinessDate(), because=A_GUESS),
        {"ann": {"checked_date": date(2026, 1, 1)}, "bob": {"checked_date": date(2026, 4, 1)}},
        {
            "ann": {"checked_date": date(2025, 12, 31)},
            "bob": {"checked_date": date(2026, 4, 2)},
            "cat": {"checked_date": None},
            "dan": {"checked_date": date(9999, 12, 31)},
        },
        ("ann", "bob", "dan"),
    ),
    "not after the night": Kind(
        not_after_the_night("opened_at", because=A_GUESS),
        {"ann": {"opened_at": END_OF_NIGHT}},
        {"ann": {"opened_at": END_OF_NIGHT.replace(microsecond=1)}, "bob": {"opened_at": END_OF_NIGHT}},
        ("ann",),
    ),
    "in set": Kind(
        in_set("coin_count", (1, 2), because=A_GUESS),
        {"ann": {"coin_count": 1}, "bob": {"coin_count": None}},
        {"ann": {"coin_count": 3}, "bob": {"coin_count": None}, "cat": {"coin_count": 2}},
        ("ann",),
    ),
    "matches the whole text": Kind(
        matches("code", "[0-9]{4}", because=A_GUESS),
        {"ann": {"code": "5411"}, "bob": {"code": None}},
        {"ann": {"code": "54110"}, "bob": {"code": None}, "cat": {"code": "5411\n"}, "dan": {"code": "5411"}},
        ("ann", "cat"),
    ),
    "given": Kind(
        given("balance_cents", because=A_GUESS),
        {"ann": {}},
        {"ann": {"balance_cents": None}, "bob": {}},
        ("ann",),
    ),
    "given, of a nested column": Kind(
        given("tags", because=A_GUESS),
        {"ann": {}, "bob": {"tags": []}},
        {"ann": {"tags": None}, "bob": {}},
        ("ann",),
    ),
    "unique": Kind(
        unique("owner_token", because=A_GUESS),
        {"ann": {"owner_token": "a"}, "bob": {"owner_token": None}, "cat": {"owner_token": None}},
        {"ann": {"owner_token": "a"}, "bob": {"owner_token": "b"}, "cat": {"owner_token": "a"}},
        ("ann", "cat"),
    ),
    "unique together": Kind(
        unique("owner_token", "coin_count", because=A_GUESS),
        {
            "ann": {"owner_token": "a", "coin_count": 1},
            "bob": {"owner_token": "a", "coin_count": 2},
            "cat": {"owner_token": "a", "coin_count": None},
            "dan": {"owner_token": "a", "coin_count": None},
        },
        {
            "ann": {"owner_token": "a", "coin_count": 1},
            "bob": {"owner_token": "a", "coin_count": 1},
            "cat": {"owner_token": None, "coin_count": 1},
            "dan": {"owner_token": None, "coin_count": 1},
        },
        ("ann", "bob"),
    ),
    "not less than": Kind(
        not_less_than("closed_at", "opened_at", because=A_GUESS),
        {"ann": {"closed_at": datetime(2026, 3, 1, 12, tzinfo=UTC)}, "bob": {"closed_at": None}},
        {"ann": {"closed_at": datetime(2026, 3, 1, 11, tzinfo=UTC)}, "bob": {"closed_at": None}, "cat": {}},
        ("ann",),
    ),
    "different": Kind(
        different("code", "owner_token", because=A_GUESS),
        {"ann": {"owner_token": "5412"}, "bob": {"owner_token": None}},
        {"ann": {"owner_token": "5411"}, "bob": {"owner_token": None}},
        ("ann",),
    ),
    "adds up": Kind(
        adds_up("balance_cents", ("paid_cents", "-fee_cents"), because=A_GUESS),
        {"ann": {}, "bob": {"fee_cents": None}, "cat": {"balance_cents": 2**60, "paid_cents": 2**60, "fee_cents": 0}},
        {"ann": {"balance_cents": 101}, "bob": {}, "cat": {"balance_cents": 2**60, "paid_cents": 2**60 - 1}},
        ("ann", "cat"),
    ),
    "allowed values of the contract": Kind(
        in_set("wallet_type", ("leather", "cloth"), because="the contract's allowed values"),
        {"ann": {"wallet_type": "cloth"}, "bob": {"wallet_type": None}},
        {"ann": {"wallet_type": "paper"}, "bob": {"wallet_type": None}},
        ("ann",),
    ),
    "a probability of the contract": Kind(
        between("loss_probability", 0, 1, because="a share or probability, as its name says"),
        {"ann": {"loss_probability": 0.0}, "bob": {"loss_probability": 1.0}, "cat": {"loss_probability": None}},
        {
            "ann": {"loss_probability": -1e-9},
            "bob": {"loss_probability": 1 + 1e-9},
            "cat": {"loss_probability": float("nan")},
            "dan": {"loss_probability": 0.5},
        },
        ("ann", "bob", "cat"),
    ),
}
