"""cash_flow: money that only moves between a customer's own accounts is neither income nor spending."""

from __future__ import annotations

from datetime import date
from math import sqrt
from typing import Any

from jobs.features.cash_flow import build
from schemas.cleaned.transactions import TRANSACTIONS
from schemas.customers.identities import IDENTITIES
from tests.conftest import TableMaker, rows
from tests.features.random_rows import AS_OF, Row

NAMES = ("ann", "bob", "cem", "dia", "eve", "fay")
PEOPLE = [
    {"source_record_id": f"{bank}:{name}", "customer_id": name} for bank in ("harbour", "meridian") for name in NAMES
]


def described(table: TableMaker, movements: list[Row], *columns: str, as_of: date = AS_OF) -> list[tuple[Any, ...]]:
    numbered = [{"transaction_id": f"t{number:02d}", **row} for number, row in enumerate(movements)]
    return rows(build(table(TRANSACTIONS, numbered), table(IDENTITIES, PEOPLE), as_of=as_of), "customer_id", *columns)


def moved(account: str, cents: int, moment: str = "2026-03-15", *, bank: str = "harbour", **more: Any) -> Row:
    """A movement on an account called <customer>-<account type>, or <customer>-<account type>-<anything>."""
    name, account_type, *_ = account.split("-")
    return {
        "bank_code": bank,
        "account_id": account,
        "source_record_id": f"{bank}:{name}",
        "account_type": account_type,
        "booked_at": moment,
        "amount_cents": cents,
        "transaction_type": "transfer_in" if cents > 0 else "transfer_out",
        **more,
    }


def test_a_transfer_between_own_deposit_accounts_is_neither_inflow_nor_outflow(table: TableMaker) -> None:
    movements = [
        moved("ann-current", -700, counterparty_account_id="ann-savings"),
        moved("ann-savings", 700, counterparty_account_id="ann-current"),
        moved("bob-current", -300, counterparty_account_id="bob-savings-elsewhere"),
        moved("bob-savings-elsewhere", 300, bank="meridian", counterparty_account_id="bob-current"),
        moved("cem-current", -500, counterparty_account_id="dia-current"),
        moved("dia-current", 500, counterparty_account_id="cem-current"),
        moved("eve-current", -900, counterparty_account_id="eve-credit_card", transaction_type="repayment"),
        moved("eve-credit_card", 900, counterparty_account_id="eve-current", transaction_type="repayment"),
        moved("fay-current", -100, counterparty_account_id="an account at another bank"),
    ]
    assert described(table, movements, "inflow_cents_sum_90d", "outflow_cents_sum_90d") == [
        ("ann", 0, 0),
        ("bob", 0, 0),
        ("cem", 0, 500),
        ("dia", 500, 0),
        ("eve", 0, 900),
        ("fay", 0, 100),
    ]


def test_an_account_id_that_two_banks_use_means_the_account_at_the_same_bank(table: TableMaker) -> None:
    other = {"counterparty_account_id": "ann-savings"}
    movements = [
        moved("ann-savings", 1, "2024-05-05"),
        moved("ann-savings", 1, "2024-05-05", bank="meridian", source_record_id="meridian:bob"),
        moved("ann-current", -700, **other),  # to the own account at harbour
        moved("ann-current", -300, bank="meridian", **other),  # to bob's at meridian
    ]
    assert described(table, movements, "outflow_cents_sum_90d") == [("ann", 300)]


def test_two_banks_may_call_different_merchants_by_the_same_id(table: TableMaker) -> None:
    days = ("2026-03-15", "2026-02-15", "2026-01-15", "2025-12-15", "2025-11-15")
    paid = {"merchant_id": "m1", "transaction_type": "pos"}
    movements = [
        *(moved("ann-current", -900, day, bank=("harbour", "meridian")[n % 2], **paid) for n, day in enumerate(days)),
        *(moved("bob-current", -900, day, **paid) for day in days),
    ]
    assert described(table, movements, "recurring_payee_count_180d") == [("ann", 0), ("bob", 1)]


def test_t1_an_account_that_is_known_only_later_does_not_yet_make_a_transfer_an_own_one(table: TableMaker) -> None:
    movements = [
        moved("ann-current", -700, "2026-03-31", counterparty_account_id="ann-savings"),
        moved("ann-savings", 700, "2026-03-31 16:00:00", counterparty_account_id="ann-current"),
    ]
    assert described(table, movements, "outflow_cents_sum_90d") == [("ann", 700)]
    assert described(table, movements, "outflow_cents_sum_90d", as_of=date(2026, 4, 1)) == [("ann", 0)]


def test_t21_t34_a_movement_on_each_edge_of_a_window_is_counted_once(table: TableMaker) -> None:
    edges = (
        "2026-03-31 23:59:59+08:00",  # day 0
        "2026-01-01 00:00:00+08:00",  # day 89
        "2025-12-31 23:59:59+08:00",  # day 90
        "2025-10-03 00:00:00+08:00",  # day 179
        "2025-10-02 23:59:59+08:00",  # day 180
        "2026-04-01 00:00:00+08:00",  # tomorrow
    )
    movements = [
        *(moved("ann-current", 10**place, moment, transaction_type="salary") for place, moment in enumerate(edges)),
        *(moved("bob-current", -(10**place), moment, transaction_type="pos") for place, moment in enumerate(edges)),
        *(moved("cem-current", -1, moment, transaction_type="fee") for moment in edges),
        moved("dia-current", 1, edges[-2]),
        moved("eve-current", 1, edges[-1]),
    ]
    columns = ("inflow_cents_sum_90d", "salary_cents_sum_90d", "salary_month_count_180d", "spend_cents_sum_90d")
    assert described(table, movements, *columns, "fee_count_180d") == [
        ("ann", 11, 11, 4, 0, 0),
        ("bob", 0, 0, 0, 11, 0),
        ("cem", 0, 0, 0, 0, 4),
    ]


def test_the_newest_known_balance_of_each_account_counts_and_a_tie_goes_to_the_larger_id(
    table: TableMaker,
) -> None:
    movements = [
        moved("ann-current", 1, "2026-03-01", balance_after_cents=10, transaction_id="a1"),
        moved("ann-current", 1, "2026-03-01", balance_after_cents=20, transaction_id="a3"),
        moved("ann-current", 1, "2026-03-01", balance_after_cents=30, transaction_id="a2"),
        moved("ann-current", 1, "2026-03-02", balance_after_cents=None, transaction_id="a4"),
        moved("ann-savings", 1, "2024-05-05", balance_after_cents=1_000, transaction_id="a5"),  # old, and still there
        moved("ann-savings", 1, "2024-05-05", balance_after_cents=5_000, bank="meridian", transaction_id="a6"),
        moved("ann-credit_card", -1, "2026-03-02", balance_after_cents=-900, transaction_id="a7"),
        moved("bob-current", 1, "2026-03-02", balance_after_cents=None, transaction_id="b1"),
        moved("cem-credit_card", -1, "2026-03-02", balance_after_cents=-900, transaction_id="c1"),
        moved("dia-current", 1, "2025-12-31", balance_after_cents=-50, transaction_id="d1"),
    ]
    assert described(table, movements, "balance_cents_last", "balance_cents_min_90d") == [
        ("ann", 6_020, 10),
        ("bob", None, None),
        ("cem", None, None),
        ("dia", -50, None),
    ]


def test_a_low_balance_stands_until_the_next_movement_and_a_day_counts_once_for_all_accounts(table: TableMaker) -> None:
    def left(account: str, cents: int, day: str, **more: Any) -> Row:
        return moved(account, -1, day, balance_after_cents=cents, **more)

    movements = [
        left("ann-current", 9_999, "2026-03-01"),
        left("ann-current", 5_000, "2026-03-11 01:00"),
        left("ann-current", 10_000, "2026-03-11 02:00"),  # the day ended with enough: low on 1 to 10 March
        moved("ann-current", -1, "2026-03-05", balance_after_cents=None),
        left("ann-savings", 0, "2026-03-09"),
        left("ann-savings", 90_000, "2026-03-13"),  # 9 to 12 March
        left("bob-current", 10, "2024-01-01"),  # ever since: all 90 days
        moved("bob-current", -1, "2026-03-31"),
        left("cem-current", 10, "2025-12-01"),
        left("cem-current", 50_000, "2026-01-02"),  # 1 January, which is day 89
        left("cem-credit_card", 10, "2026-01-02"),
        left("dia-current", 10, "2026-03-31"),
    ]
    assert described(table, movements, "low_balance_day_count_90d") == [
        ("ann", 12),
        ("bob", 90),
        ("cem", 1),
        ("dia", 1),
    ]


def test_t20_money_given_back_by_a_merchant_is_taken_off_the_spending(table: TableMaker) -> None:
    movements = [
        moved("ann-credit_card", -800, transaction_type="online"),
        moved("ann-credit_card", 800, transaction_type="online"),
        moved("bob-current", -300, transaction_type="pos", is_offline=True),
        moved("bob-current", -100, transaction_type="online"),
        moved("bob-current", -100, transaction_type="cash", is_offline=True),
        moved("cem-savings", 5, transaction_type="interest"),
    ]
    assert described(table, movements, "spend_cents_sum_90d", "offline_share_90d", "cash_share_90d") == [
        ("ann", 0, 0.0, None),
        ("bob", 400, 0.5, 0.2),
        ("cem", 0, None, None),
    ]


def test_an_even_inflow_varies_by_nothing_and_one_in_six_periods_varies_by_the_root_of_five(table: TableMaker) -> None:
    month_days = ("2026-03-15", "2026-02-15", "2026-01-15", "2025-12-15", "2025-11-15", "2025-10-15")
    movements = [
        *(moved("ann-current", 600, day) for day in month_days),
        moved("bob-current", 600, month_days[3]),
        moved("cem-current", -600, month_days[0]),
    ]
    assert described(table, movements, "inflow_variation_180d") == [("ann", 0.0), ("bob", sqrt(5)), ("cem", None)]


def test_who_pays_in_as_much_every_month_is_a_regular_payer_whatever_the_bank_calls_it(table: TableMaker) -> None:
    days = ("2026-03-15", "2026-02-15", "2026-01-15", "2025-12-15", "2025-11-15")
    wages = (1_000, 1_000, 1_000, 1_000, 2_000)
    movements = [
        *(moved("ann-current", c, d, counterparty_account_id="works") for d, c in zip(days, wages, strict=True)),
        *(moved("ann-current", -c, d, counterparty_account_id="rent") for d, c in zip(days, wages, strict=True)),
        *(moved("ann-current", 100 + n, d, counterparty_account_id="ann-savings") for n, d in enumerate(days)),
        moved("ann-savings", 1),
        *(
            moved("bob-current", c + 1, d, counterparty_account_id="x")
            for d, c in zip(days, (1, 1, 1, 1, 3), strict=True)
        ),
        *(moved("bob-current", 500, d, merchant_id="m") for d in days),  # given back by a merchant
        *(
            moved("cem-current", -c, d, counterparty_account_id="y")
            for d, c in zip(days, (50, 50, 60, 50, 50), strict=True)
        ),
        *(moved("dia-credit_card", 500, d, counterparty_account_id="z") for d in days),
        moved("dia-current", 1, days[0]),
    ]
    columns = ("regular_payer_count_180d", "regular_income_cents_sum_180d", "regular_obligation_cents_sum_180d")
    assert described(table, movements, *columns, "recurring_payee_count_180d") == [
        ("ann", 1, 6_000, 0, 1),
        ("bob", 1, 12, 0, 0),
        ("cem", 0, 0, 260, 1),
        ("dia", 0, 0, 0, 0),
    ]


def test_what_is_saved_every_month_on_the_own_account_is_no_obligation_and_the_rent_is(table: TableMaker) -> None:
    month_days = ("2026-03-15", "2026-02-15", "2026-01-15", "2025-12-15", "2025-11-15", "2025-10-15")
    movements = [
        *(moved("ann-current", -500, day, counterparty_account_id="ann-savings") for day in month_days),
        *(moved("ann-savings", 500, day, counterparty_account_id="ann-current") for day in month_days),
        *(moved("ann-current", -900, day, counterparty_account_id="a landlord") for day in month_days[1:]),
        *(moved("bob-current", -500, day, counterparty_account_id="bob-savings") for day in month_days),
        *(moved("bob-savings", 500, day, counterparty_account_id="bob-current") for day in month_days),
    ]
    assert described(table, movements, "recurring_payee_count_180d", "recurring_cents_sum_180d") == [
        ("ann", 1, 5 * 900),
        ("bob", 0, 0),
    ]


def test_what_the_own_credit_card_pays_every_month_is_owed_once_and_not_again_when_the_card_is_repaid(
    table: TableMaker,
) -> None:
    month_days = ("2026-03-15", "2026-02-15", "2026-01-15", "2025-12-15", "2025-11-15", "2025-10-15")
    paid = {"merchant_id": "a gym", "transaction_type": "online"}
    movements = [
        *(moved("ann-credit_card", -700, day, **paid) for day in month_days),
        *(moved("ann-current", -700, day, counterparty_account_id="ann-credit_card") for day in month_days),
        *(moved("ann-credit_card", 700, day, counterparty_account_id="ann-current") for day in month_days),
        *(moved("bob-current", -700, day, counterparty_account_id="a card of another bank") for day in month_days),
        *(moved("cem-current", -700, day, counterparty_account_id="dia-credit_card") for day in month_days),
        *(moved("dia-credit_card", 700, day, counterparty_account_id="cem-current") for day in month_days),
    ]
    columns = ("recurring_payee_count_180d", "recurring_cents_sum_180d", "outflow_cents_sum_180d")
    assert described(table, movements, *columns) == [
        ("ann", 1, 6 * 700, 6 * 700),
        ("bob", 1, 6 * 700, 6 * 700),
        ("cem", 1, 6 * 700, 6 * 700),  # what is paid for a friend is paid to somebody else
        ("dia", 0, 0, 0),
    ]


def test_t20_neither_money_given_back_nor_money_borrowed_on_the_own_card_is_income(table: TableMaker) -> None:
    movements = [
        moved("ann-current", -500, merchant_id="m", transaction_type="pos"),
        moved("ann-current", 500, merchant_id="m", transaction_type="pos"),
        moved("bob-current", 300, counterparty_account_id="bob-credit_card"),
        moved("bob-credit_card", -300, counterparty_account_id="bob-current"),
        moved("cem-current", 300, counterparty_account_id="an account at another bank"),
        moved("dia-current", 400, merchant_id="m", transaction_type="pos"),  # for a payment of long ago
    ]
    sums = ("inflow_cents_sum_90d", "outflow_cents_sum_90d", "net_flow_cents_sum_90d", "spend_cents_sum_90d")
    more = ("inflow_count_90d", "outflow_count_90d", "outflow_trend_30d_90d", "inflow_cents_max_180d")
    assert described(table, movements, *sums, *more) == [
        ("ann", 0, 0, 0, 0, 0, 1, None, None),
        ("bob", 0, 0, 0, 0, 0, 0, None, None),
        ("cem", 300, 0, 300, 0, 1, 0, None, 300),
        ("dia", 0, -400, 400, -400, 0, 0, None, None),
    ]
