"""Thirty buyers over forty nights, with all that makes yesterday's numbers wrong: what is late, corrected, cancelled or
refunded, people who turn out to be one or not, somebody who is forgotten or stops buying, and a 29 February."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.refunds import REFUNDS
from schemas.columns import SCENES
from schemas.customers.identities import IDENTITIES
from schemas.features.purchase_value import CHANGES
from schemas.table import Table
from schemas.windows import YEAR_DAYS
from tests.features.random_rows import Row

ZONE: Final = ZoneInfo("Asia/Shanghai")
FIRST_NIGHT: Final = date(2024, 2, 19)
NIGHTS: Final = tuple(FIRST_NIGHT + timedelta(days=number) for number in range(40))
BUYERS: Final = tuple(f"buyer-{number:02d}" for number in range(30))
HISTORY_DAYS: Final = 760
RECENT_DAYS: Final = 20
MERGED, SPLIT_AGAIN = NIGHTS[4], NIGHTS[9]
FORGOTTEN: Final = (BUYERS[3], NIGHTS[7])
GONE: Final = ("buyer-who-stops", NIGHTS[6])
"""Bought once, a year ago: on that night the purchase is 365 days old, and lies in no window of a year any more."""


@dataclass(frozen=True)
class Fact:
    """A row as it is known from a night until another one; without an end it stands."""

    table: Table
    row: Row
    since: date
    until: date = date.max


def facts(seed: int) -> Sequence[Fact]:
    """All that is ever known of the buyers; the same for the same seed."""
    chance = random.Random(seed)
    found: list[Fact] = []
    for number, buyer in enumerate(BUYERS):
        for order in range(chance.choice((1, 8, 25, 25))):
            found += _purchase(chance, f"o{number}-{order}", buyer, _day(chance))
    last_purchase, *_ = _purchase(chance, "o-last", GONE[0], GONE[1] - timedelta(days=YEAR_DAYS))
    return [*found, replace(last_purchase, until=date.max)]


def known_on(night: date, known: Sequence[Fact]) -> Mapping[Table, list[Row]]:
    """The parents of purchase_value as that night knows them."""
    rows: dict[Table, list[Row]] = {PURCHASES: [], REFUNDS: [], IDENTITIES: _identities(night)}
    for fact in known:
        is_forgotten = fact.row["source_record_id"].startswith(f"shop:{FORGOTTEN[0]}") and night >= FORGOTTEN[1]
        if fact.since <= night < fact.until and not is_forgotten:
            rows[fact.table].append({**fact.row, "changed_date": fact.since})
    return rows


def _identities(night: date) -> list[Row]:
    """Every buyer has two records; buyer 1 and buyer 2 are taken for one person for a while."""
    people = [buyer for buyer in (*BUYERS, GONE[0]) if buyer != FORGOTTEN[0] or night < FORGOTTEN[1]]
    return [
        {
            "source_record_id": f"shop:{buyer}{account}",
            "customer_id": BUYERS[2] if buyer == BUYERS[1] and MERGED <= night < SPLIT_AGAIN else buyer,
            "matched_by": "alone",
        }
        for buyer in people
        for account in ("", "-again")
    ]


def _day(chance: random.Random) -> date:
    """One in four lies in the weeks of the nights, two in four come into or go out of a window on one of them."""
    on_an_edge = chance.choice(NIGHTS) - timedelta(days=chance.choice(CHANGES.days_to_read))
    recent, any_day = (NIGHTS[-1] - timedelta(days=chance.randint(0, days)) for days in (RECENT_DAYS, HISTORY_DAYS))
    return chance.choice((recent, on_an_edge, on_an_edge, any_day))


def _purchase(chance: random.Random, order_id: str, buyer: str, day: date) -> list[Fact]:
    clock = chance.choice((time(0), time(23, 59, 59), time(chance.randint(0, 23), 30)))
    paid_at = datetime.combine(day, clock, ZONE).astimezone(UTC)
    gross = chance.randint(1, 99_999_999)
    discount = chance.choice((0, gross, gross // 3))
    row = {
        "order_id": order_id,
        "source_record_id": f"shop:{buyer}{chance.choice(('', '', '-again'))}",
        "paid_at": paid_at,
        "payment_method": chance.choice(("instalment_credit", "wallet", "bank_card")),
        "sales_channel": "web" if gross % 3 else "app",
        "gross_cents": gross,
        "discount_cents": discount,
        "net_cents": gross - discount,
        "scene": chance.choice(SCENES),
        "item_count": chance.choice((None, 1, 2, 7)),
        "piece_count": chance.choice((None, 1, 5, 9)),
    }
    since = max(FIRST_NIGHT, day + timedelta(days=chance.choice((0, 0, 0, 0, 1, 9, -1))))  # late, or a clock ahead
    return _versions(chance, Fact(PURCHASES, row, since)) + _refunds(chance, row, since)


def _versions(chance: random.Random, first: Fact) -> list[Fact]:
    """The fact, in one of five cases corrected or cancelled later on, if the nights last so long."""
    happens = chance.random()
    if happens > 0.2:
        return [first]
    changes = first.since + timedelta(days=chance.randint(1, 20))
    ended = replace(first, until=changes)
    if happens < 0.06:  # cancelled
        return [ended]
    corrected = {"item_count": 3} if happens < 0.12 else {"net_cents": first.row["net_cents"] // 2}
    return [ended, replace(first, row={**first.row, **corrected}, since=changes)]


def _refunds(chance: random.Random, purchase: Row, since: date) -> list[Fact]:
    if chance.random() > 0.25:
        return []
    refunded_at = purchase["paid_at"] + timedelta(days=chance.choice((1, 12, 40)))
    row = {
        "refund_id": f"r-{purchase['order_id']}",
        **{name: purchase[name] for name in ("order_id", "source_record_id")},
        "refunded_at": refunded_at,
        "amount_cents": purchase["net_cents"] // chance.choice((1, 2)),
    }
    return [Fact(REFUNDS, row, max(since, refunded_at.astimezone(ZONE).date()))]
