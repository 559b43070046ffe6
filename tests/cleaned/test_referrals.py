"""Referrals, each once."""

from __future__ import annotations

from datetime import date

from jobs.cleaned.referrals import build
from schemas.captured.shop_referrals import SHOP_REFERRALS
from tests.cleaned.layouts import in_every_layout
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)


def referral(name: str, referrer: str, referred: str, captured: str) -> dict[str, str]:
    return {
        "referral_id": name,
        "referrer_shop_user_id": referrer,
        "referred_shop_user_id": referred,
        "captured_date": captured,
    }


def test_t17_a_referral_delivered_twice_is_there_once_and_known_from_the_first_time(table: TableMaker) -> None:
    given = [
        referral("r1", "ann", "bob", "2026-03-30"),
        referral("r1", "ann", "cem", "2026-03-31"),  # corrected
        referral("r2", "bob", "dia", "2026-03-31"),
    ]
    for layout in in_every_layout(table, SHOP_REFERRALS, given):
        found = build(layout, as_of=AS_OF)
        assert rows(found, "referral_id", "referrer_source_record_id", "referred_source_record_id", "known_date") == [
            ("r1", "shop:ann", "shop:cem", date(2026, 3, 30)),
            ("r2", "shop:bob", "shop:dia", date(2026, 3, 31)),
        ]


def test_a_day_without_referrals_is_empty(table: TableMaker) -> None:
    assert rows(build(table(SHOP_REFERRALS, []), as_of=AS_OF), "referral_id") == []
