"""scenes: what is spent where, at the shop and by card, and never the same money twice."""

from __future__ import annotations

from datetime import date
from math import log
from typing import Any

import pytest

from jobs.features.scenes import build
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.refunds import REFUNDS
from schemas.cleaned.transactions import TRANSACTIONS
from schemas.customers.identities import IDENTITIES
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)
Row = dict[str, Any]


def described(
    table: TableMaker,
    purchases: list[Row],
    payments: list[Row],
    *columns: str,
    refunds: list[Row] | None = None,
    bank_since: str = "2020-01-01",
) -> list[tuple[Any, ...]]:
    records = sorted({row["source_record_id"] for row in (*purchases, *payments)})
    since = {"harbour": bank_since}
    identities = [
        {"source_record_id": record, "customer_id": name, "record_since": since.get(partner, "2020-01-01")}
        for record in records
        for partner, name in (record.split(":"),)
    ]
    built = build(
        table(PURCHASES, [{"order_id": f"o{n}", **row} for n, row in enumerate(purchases)]),
        table(REFUNDS, [{"refund_id": f"r{n}", **row} for n, row in enumerate(refunds or [])]),
        table(TRANSACTIONS, [{"transaction_id": f"t{n}", **row} for n, row in enumerate(payments)]),
        table(IDENTITIES, identities),
        as_of=AS_OF,
    )
    return rows(built, "customer_id", *columns)


def bought(name: str, cents: int, scene: str = "retail", method: str = "wallet", **more: Any) -> Row:
    given = {"source_record_id": f"shop:{name}", "paid_at": "2026-03-10", "net_cents": cents, "scene": scene}
    return {**given, "payment_method": method, **more}


def paid(name: str, cents: int, scene: str = "retail", merchant: str = "m1", **more: Any) -> Row:
    given = {"source_record_id": f"harbour:{name}", "booked_at": "2026-03-10", "amount_cents": -cents, "scene": scene}
    return {**given, "transaction_type": "pos", "merchant_id": merchant, **more}


def test_the_mix_holds_both_partners_and_its_entropy_is_that_of_the_shares(table: TableMaker) -> None:
    purchases = [bought("ann", 100, "retail"), bought("bob", 500, "travel")]
    payments = [paid("ann", 100, "catering"), paid("ann", 200, "medical", is_offline=True)]
    columns = ("retail_spend_share_365d", "medical_spend_share_365d", "scene_entropy_365d", "top_scene_365d")
    ann, bob = described(table, purchases, payments, *columns)
    assert ann == ("ann", 0.25, 0.5, pytest.approx(1.5 * log(2)), "medical")
    assert bob == ("bob", 0.0, 0.0, pytest.approx(0, abs=1e-12), "travel")


def test_what_was_bought_by_card_counts_at_the_bank_unless_no_partner_bank_knows_the_customer(
    table: TableMaker,
) -> None:
    purchases = [bought("ann", 300, method="bank_card"), bought("bob", 300, method="bank_card")]
    payments = [paid("ann", 300), paid("ann", 100, "travel")]
    columns = ("all_spend_cents_sum_90d", "shop_spend_cents_sum_90d", "wallet_share_90d")
    assert described(table, purchases, payments, *columns) == [("ann", 400, 300, 0.75), ("bob", 300, 300, 1.0)]


def test_t20_what_a_merchant_gave_back_counts_against_the_spending_and_never_below_nothing(table: TableMaker) -> None:
    payments = [
        paid("ann", 100, "travel"),
        paid("ann", -100, "travel"),
        paid("ann", -50, "medical"),
        paid("ann", 80, "retail"),
        paid("bob", -70, "travel"),  # for a payment of long ago: who was only given back has no mix
    ]
    columns = ("travel_spend_cents_sum_365d", "medical_spend_cents_sum_365d", "retail_spend_share_365d")
    assert described(table, [], payments, *columns) == [("ann", 0, -50, 1.0)]


def test_t20_what_the_shop_gave_back_leaves_nothing_spent_and_no_part_of_the_wallet(table: TableMaker) -> None:
    purchases = [bought("ann", 300, "travel"), bought("bob", 300), bought("cem", 500, paid_at="2024-12-01")]
    payments = [paid("ann", 100), paid("bob", 100)]
    refunds = [
        {"order_id": "o0", "refunded_at": "2026-03-11", "amount_cents": 300},
        {"order_id": "o1", "refunded_at": "2026-04-01", "amount_cents": 300},  # tomorrow
        {"order_id": "o2", "refunded_at": "2026-03-11", "amount_cents": 500},  # of the year before last: no row
        {"order_id": "cancelled", "refunded_at": "2026-03-11", "amount_cents": 300},
    ]
    columns = ("travel_spend_cents_sum_90d", "all_spend_cents_sum_90d", "shop_spend_cents_sum_90d", "wallet_share_90d")
    assert described(table, purchases, payments, *columns, refunds=refunds) == [
        ("ann", 0, 100, 0, 0.0),
        ("bob", 0, 400, 300, 0.75),
    ]


def test_a_card_of_another_bank_paid_before_the_relation_with_ours_began_and_its_purchase_counts(
    table: TableMaker,
) -> None:
    purchases = [
        bought("ann", 300, method="bank_card", paid_at="2026-03-09 23:59:59+08:00"),
        bought("ann", 50, method="bank_card", paid_at="2026-03-10 00:00:00+08:00"),
    ]
    found = described(
        table, purchases, [paid("ann", 50)], "all_spend_cents_sum_90d", bank_since="2026-03-10 00:00:00+08:00"
    )
    assert found == [("ann", 350)]


def test_two_banks_may_call_different_merchants_by_the_same_id(table: TableMaker) -> None:
    payments = [paid("ann", 10, bank_code="harbour"), paid("ann", 10, bank_code="meridian")]
    columns = ("merchant_count_90d", "top_merchant_share_365d")
    assert described(table, [], payments, *columns) == [("ann", 2, 0.5)]


def test_a_merchant_is_new_when_first_paid_within_the_season(table: TableMaker) -> None:
    payments = [
        paid("ann", 10, merchant="m1"),
        paid("ann", 10, merchant="m2"),
        paid("ann", 10, merchant="m2", booked_at="2025-12-31 23:59:59+08:00"),
        paid("ann", 10, merchant="m3", booked_at="2025-12-31 23:59:59+08:00"),
    ]
    columns = ("merchant_count_90d", "new_merchant_share_90d", "top_merchant_share_365d")
    assert described(table, [], payments, *columns) == [("ann", 2, 0.5, 0.5)]


def test_trades_are_those_of_the_payments_of_the_year_and_their_entropy_is_that_of_the_payments(
    table: TableMaker,
) -> None:
    payments = [
        paid("ann", 10, mcc="5411"),
        paid("ann", 90, mcc="5411", booked_at="2025-04-01 00:00:00+08:00"),
        paid("ann", 10, mcc="4111"),
        paid("ann", -10, mcc="5812"),
        paid("ann", 10, mcc="5912", booked_at="2025-03-31 23:59:59+08:00"),
        paid("bob", 10, mcc="5411"),
        paid("cem", 10),
    ]
    ann, *others = described(table, [], payments, "trade_count_365d", "trade_entropy_365d")
    assert ann == ("ann", 2, pytest.approx(log(3) - 2 / 3 * log(2), abs=1e-9))
    assert others == [("bob", 1, 0.0), ("cem", 0, None)]


def test_promotions_and_instalments_are_shares_of_what_the_shop_earned(table: TableMaker) -> None:
    purchases = [
        bought("ann", 100, discount_cents=10),
        bought("ann", 200, method="instalment_credit"),
        bought("ann", 400),
        bought("bob", 0),
    ]
    columns = ("promotion_spend_share_365d", "promotion_value_ratio_365d", "instalment_spend_share_365d")
    ann, bob = described(table, purchases, [], *columns)
    assert ann == ("ann", pytest.approx(1 / 7), pytest.approx(100 / 300), pytest.approx(2 / 7))
    assert bob == ("bob", None, None, None)
