"""purchase_value: windows to the day, refunds taken off once, shares that nobody can push above one."""

from __future__ import annotations

from datetime import date
from typing import Any

from jobs.features.purchase_value import build
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.refunds import REFUNDS
from schemas.customers.identities import IDENTITIES
from tests.conftest import TableMaker, rows
from tests.features.random_rows import AS_OF, Row

LAST_SECOND, FIRST_SECOND = "23:59:59+08:00", "00:00:00+08:00"


def described(table: TableMaker, purchases: list[Row], refunds: list[Row], *columns: str) -> list[tuple[Any, ...]]:
    names = sorted({row["source_record_id"] for row in purchases})
    identities = [{"source_record_id": name, "customer_id": name.split(":")[1]} for name in names]
    built = build(table(PURCHASES, purchases), table(REFUNDS, refunds), table(IDENTITIES, identities), as_of=AS_OF)
    return rows(built, "customer_id", *columns)


def bought(name: str, moment: str, cents: int = 100, **more: Any) -> Row:
    given = {"source_record_id": f"shop:{name}", "paid_at": moment, "net_cents": cents, "gross_cents": cents}
    return {"order_id": f"{name}-{moment}-{cents}", **given, **more}


def test_t21_a_purchase_on_each_edge_of_a_window_is_counted_once(table: TableMaker) -> None:
    edge_days = ("2026-03-31", "2026-03-02", "2026-03-01", "2026-01-01", "2025-12-31", "2025-04-01", "2025-03-31")
    purchases = [bought("ann", f"{day} 12:00:00+08:00", 10**place) for place, day in enumerate(edge_days)]
    counts = [f"purchase_count_{days}d" for days in (30, 90, 365)]
    sums = [f"net_spend_cents_sum_{days}d" for days in (30, 90, 365)]
    [(_, *found)] = described(table, purchases, [], *counts, *sums)
    assert found == [2, 4, 6, 11, 1_111, 111_111]  # so 2, 2 and 2 in the disjoint windows 0-29, 30-89, 90-364


def test_t34_the_local_midnight_decides_the_day_of_a_purchase(table: TableMaker) -> None:
    purchases = [
        bought("ann", f"2026-03-31 {LAST_SECOND}"),
        bought("bob", f"2026-03-31 {FIRST_SECOND}"),
        bought("cem", f"2026-03-30 {LAST_SECOND}"),
        bought("dia", f"2026-04-01 {FIRST_SECOND}"),
        bought("eve", f"2025-04-01 {FIRST_SECOND}"),
        bought("fay", f"2025-03-31 {LAST_SECOND}"),
    ]
    assert described(table, purchases, [], "days_since_last_purchase") == [
        ("ann", 0),
        ("bob", 0),
        ("cem", 1),
        ("eve", 364),
        ("fay", 365),
    ]


def test_who_left_long_ago_is_known_by_what_was_bought_then_and_compared_with_nobody(table: TableMaker) -> None:
    purchases = [bought("ann", "2024-04-10", 500), bought("bob", "2020-01-01", 10)]
    purchases.append(bought("bob", "2026-03-10", 200, payment_method="wallet"))
    refunds = [{"refund_id": "r1", "order_id": purchases[0]["order_id"], "refunded_at": "2026-03-20"}]
    counts = ("purchase_count", "purchase_count_730d", "purchase_count_365d", "net_spend_cents_sum_365d")
    told = ("order_value_cents_mean_365d", "order_value_cents_median_365d", "instalment_share_365d", "recency_quintile")
    found = described(table, purchases, [{**refund, "amount_cents": 50} for refund in refunds], *counts, *told)
    assert found == [("ann", 1, 1, 0, -50, None, None, None, None), ("bob", 2, 1, 1, 200, 200.0, 200.0, 0.0, 1)]


def test_t20_a_purchase_given_back_in_full_leaves_nothing_spent(table: TableMaker) -> None:
    purchases = [bought("ann", "2026-03-10", 500), bought("bob", "2026-03-10", 500), bought("bob", "2026-03-11", 500)]
    refunds = [
        {"refund_id": "r1", "order_id": purchases[0]["order_id"], "refunded_at": "2026-03-20", "amount_cents": 200},
        {"refund_id": "r2", "order_id": purchases[0]["order_id"], "refunded_at": "2026-03-20", "amount_cents": 300},
        {"refund_id": "r3", "order_id": purchases[1]["order_id"], "refunded_at": "2026-03-20", "amount_cents": 250},
    ]
    found = described(table, purchases, refunds, "net_spend_cents_sum_30d", "purchase_count_30d", "refund_share_365d")
    assert found == [("ann", 0, 1, 1.0), ("bob", 750, 2, 0.25)]


def test_t20_a_refund_counts_on_its_own_day_even_when_the_purchase_lies_outside_the_window(table: TableMaker) -> None:
    purchases = [bought("ann", "2026-02-01", 500), bought("bob", "2024-06-01", 500), bought("bob", "2026-03-02", 100)]
    refunds = [
        {"refund_id": "r1", "order_id": purchases[0]["order_id"], "refunded_at": "2026-03-20", "amount_cents": 500},
        {"refund_id": "r2", "order_id": purchases[1]["order_id"], "refunded_at": "2026-03-20", "amount_cents": 500},
    ]
    found = described(
        table, purchases, refunds, "net_spend_cents_sum_30d", "net_spend_cents_sum_90d", "refund_share_365d"
    )
    assert found == [("ann", -500, 0, 1.0), ("bob", -400, -400, 1.0)]


def test_the_median_order_is_the_one_in_the_middle_of_the_year_or_the_mean_of_two(table: TableMaker) -> None:
    """Ann's fourth purchase is a year old; cem bought for the same twice, on one day; refunds change no order."""
    purchases = [
        *(bought("ann", f"2026-03-{day:02d} 12:00:00+08:00", cents) for day, cents in ((1, 900), (2, 100), (3, 250))),
        bought("ann", "2025-03-31 12:00:00+08:00", 100_000),
        *(bought("bob", f"2026-03-{day:02d} 12:00:00+08:00", cents) for day, cents in ((1, 100), (2, 101))),
        *(bought("cem", "2026-03-01 12:00:00+08:00", 500, order_id=f"cem-{number}") for number in (1, 2)),
        *(bought("cem", "2026-03-02 12:00:00+08:00", cents) for cents in (1, 70_000)),
        bought("dia", "2025-04-01 12:00:00+08:00", 7),
    ]
    refunds = [
        {"refund_id": "r1", "order_id": purchases[0]["order_id"], "refunded_at": "2026-03-20", "amount_cents": 900}
    ]
    found = described(table, purchases, refunds, "order_value_cents_median_365d")
    assert found == [("ann", 250.0), ("bob", 100.5), ("cem", 500.0), ("dia", 7.0)]


def test_t20_the_refund_of_a_cancelled_order_is_not_taken_off_other_purchases(table: TableMaker) -> None:
    refunds = [
        {"refund_id": "r1", "order_id": "cancelled", "source_record_id": "shop:ann", "refunded_at": "2026-03-20"}
    ]
    found = described(
        table,
        [bought("ann", "2026-03-10", 500)],
        [{**refund, "amount_cents": 9_000} for refund in refunds],
        "net_spend_cents_sum_365d",
        "refund_share_365d",
    )
    assert found == [("ann", 500, 0.0)]


def test_shares_and_scenes_look_at_the_last_year_only(table: TableMaker) -> None:
    purchases = [
        bought("ann", "2026-03-10", 600, gross_cents=800, discount_cents=200, scene="retail"),
        bought("ann", "2026-03-11", 200, scene="retail", payment_method="wallet"),
        bought("ann", "2026-03-12", 0, scene="travel", payment_method="bank_card"),
        bought("ann", "2026-03-13", 0, scene="medical", payment_method="instalment_credit"),
        bought("ann", "2024-03-13", 900, gross_cents=999, discount_cents=99, scene="education"),
    ]
    columns = ("discount_share_365d", "instalment_share_365d", "scene_count_365d")
    assert described(table, purchases, [], *columns) == [("ann", 0.2, 0.5, 3)]


def test_what_is_placed_in_the_app_or_its_mini_program_is_told_from_the_rest(table: TableMaker) -> None:
    channels = {"ann": ("app", "web", "mini_program", "offline_code"), "bob": ("web",), "cem": ("app",)}
    purchases = [
        bought(name, f"2026-03-{day:02d}", sales_channel=channel)
        for name, placed in channels.items()
        for day, channel in enumerate(placed, start=1)
    ]
    purchases.append(bought("cem", "2025-03-31", sales_channel="web"))  # a year and a day ago
    assert described(table, purchases, [], "app_share_365d") == [("ann", 0.5), ("bob", 0.0), ("cem", 1.0)]


def test_a_customer_who_got_everything_for_free_has_no_shares_of_money(table: TableMaker) -> None:
    purchases = [
        bought("ann", "2026-03-10", 0, gross_cents=300, discount_cents=300),
        bought("bob", "2026-03-10", 0),
    ]
    found = described(table, purchases, [], "refund_share_365d", "discount_share_365d", "net_spend_cents_sum_30d")
    assert found == [("ann", None, 1.0, 0), ("bob", None, None, 0)]


def test_the_records_of_one_customer_are_described_together_and_unknown_records_not_at_all(table: TableMaker) -> None:
    purchases = [bought("ann", "2026-03-10"), bought("ann-again", "2026-03-11"), bought("nobody", "2026-03-12")]
    identities = [
        {"source_record_id": "shop:ann", "customer_id": "ann"},
        {"source_record_id": "shop:ann-again", "customer_id": "ann"},
    ]
    built = build(table(PURCHASES, purchases), table(REFUNDS, []), table(IDENTITIES, identities), as_of=AS_OF)
    assert rows(built, "customer_id", "purchase_count_30d") == [("ann", 2)]


def test_fifths_of_a_cohort_compare_with_customers_who_came_in_the_same_year(table: TableMaker) -> None:
    """364 days since the first purchase make a newcomer, 365 do not; of those who buy alike the id decides."""
    names = ("ann", "bob", "cem", "dan", "eve")
    newcomers = [bought(name, "2025-04-01", 100 * place) for place, name in enumerate(names)]
    old = [bought(name, "2025-03-31") for name in ("flo", "gus", "hal", "ida", "jan")]
    again = [bought(name, "2026-03-01", 10_000) for name in ("flo", "gus", "hal", "ida")]
    again.append(bought("jan", "2026-03-02", 5))
    again += [bought("kim", "2024-03-31"), bought("kim", "2026-03-02", 7)]  # alone among those of two years ago
    sides = [f"{side}_quintile_of_cohort" for side in ("monetary", "frequency", "recency")]
    told = described(table, newcomers + old + again, [], "monetary_quintile", *sides)
    assert told == [
        ("ann", 1, 1, 1, 1),
        ("bob", 2, 2, 2, 2),
        ("cem", 2, 3, 3, 3),
        ("dan", 3, 4, 4, 4),
        ("eve", 3, 5, 5, 5),
        ("flo", 4, 2, 1, 1),
        ("gus", 4, 3, 2, 2),
        ("hal", 5, 4, 3, 3),
        ("ida", 5, 5, 4, 4),
        ("jan", 1, 1, 5, 5),
        ("kim", 1, None, None, None),
    ]


def test_another_as_of_shifts_every_window_by_as_many_days(table: TableMaker) -> None:
    purchases = table(PURCHASES, [bought("ann", "2026-03-02 12:00:00+08:00")])
    identities = table(IDENTITIES, [{"source_record_id": "shop:ann", "customer_id": "ann"}])
    built = build(purchases, table(REFUNDS, []), identities, as_of=date(2026, 4, 1))
    assert rows(built, "days_since_last_purchase", "purchase_count_30d", "purchase_count_90d") == [(30, 0, 1)]
