"""CSV files that stock readers misread: each bad line costs itself, a bad file costs the table."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from jobs.captured import lines
from jobs.captured.capture import BadSourceError
from schemas.captured.contacts import CONTACTS
from schemas.captured.shop_credit_plans import SHOP_CREDIT_PLANS
from schemas.captured.shop_credit_repayments import SHOP_CREDIT_REPAYMENTS
from schemas.captured.shop_users import SHOP_USERS
from tests.captured.deliveries import DAY, Row, Shop, as_csv, column, gzipped, refusals, staged

PART = "part-00000.csv.gz"
ANN, BOB, CY = {"repayment_id": "ann"}, {"repayment_id": "bob"}, {"repayment_id": "cy"}


def deliver(shop: Shop, content: bytes, rows: int) -> None:
    shop.deliver(SHOP_CREDIT_REPAYMENTS, {PART: gzipped(content)}, rows)


def repayments(*rows: Row) -> bytes:
    return as_csv(SHOP_CREDIT_REPAYMENTS, rows)


def test_good_rows_arrive_typed_in_the_order_of_the_contract(shop: Shop) -> None:
    deliver(shop, repayments({**ANN, "amount_cents": "12", "paid_at": "2026-04-01T00:00:00.123456+08:00"}, BOB), 2)
    capture = shop.capture(SHOP_CREDIT_REPAYMENTS)
    first, second = staged(capture)
    assert tuple(first) == SHOP_CREDIT_REPAYMENTS.column_names
    assert first["paid_at"] == datetime(2026, 3, 31, 16, 0, 0, 123456, tzinfo=UTC)
    assert first["reverses_repayment_id"] is None
    assert second["captured_date"] == DAY
    assert (capture.counts.rows_in, capture.counts.rows_out) == (2, 2)
    assert capture.files[0].name == "part-00000.parquet"


def test_columns_may_come_in_any_order_quoted_with_crlf_and_a_byte_order_mark(shop: Shop) -> None:
    header = (
        b'\xef\xbb\xbf"amount_cents","repayment_id","plan_id","instalment_number","paid_at","reverses_repayment_id"\r\n'
    )
    deliver(shop, header + b'"7","ann, the ""first""","p",1,2026-04-01 09:30:00Z,""\r\n', 1)
    capture = shop.capture(SHOP_CREDIT_REPAYMENTS)
    assert column(capture, "repayment_id") == ['ann, the "first"']
    assert column(capture, "amount_cents") == [7]
    assert column(capture, "reverses_repayment_id") == [None]


@pytest.mark.parametrize(
    ("cells", "name", "reason"),
    [
        ({"amount_cents": "12.345"}, "amount_cents", "not a whole number of 64 bits"),
        ({"amount_cents": "12.00"}, "amount_cents", "not a whole number of 64 bits"),
        ({"amount_cents": "0x1F"}, "amount_cents", "not a whole number of 64 bits"),
        ({"amount_cents": "1e3"}, "amount_cents", "not a whole number of 64 bits"),
        ({"amount_cents": " 1"}, "amount_cents", "not a whole number of 64 bits"),
        ({"amount_cents": "9223372036854775808"}, "amount_cents", "not a whole number of 64 bits"),
        ({"amount_cents": "\uff11\uff12"}, "amount_cents", "not a whole number of 64 bits"),
        ({"amount_cents": ""}, "amount_cents", "is missing"),
        ({"instalment_number": "2147483648"}, "instalment_number", "not a whole number of 32 bits"),
        ({"paid_at": "2026-02-30T09:30:00+08:00"}, "paid_at", "not a moment with"),
        ({"paid_at": "2026-04-01T09:30:00"}, "paid_at", "not a moment with"),
        ({"paid_at": "2026-04-01T24:00:00+08:00"}, "paid_at", "not a moment with"),
        ({"paid_at": "2026-04-01T09:30:00.1234567+08:00"}, "paid_at", "not a moment with"),
        ({"paid_at": "0000-01-01T00:00:00Z"}, "paid_at", "not a moment with"),
        ({"paid_at": "2026-04-01"}, "paid_at", "not a moment with"),
        ({"plan_id": ""}, "plan_id", "is missing"),
    ],
)
def test_a_cell_that_is_not_exactly_of_its_type_costs_its_row(
    shop: Shop, cells: dict[str, object], name: str, reason: str
) -> None:
    deliver(shop, repayments(ANN, {**BOB, **cells}, CY), 3)
    capture = shop.capture(SHOP_CREDIT_REPAYMENTS)
    assert column(capture, "repayment_id") == ["ann", "cy"]
    ((file, line, at, why),) = refusals(capture)
    assert (file, line, at) == (PART, 3, name)
    assert why.startswith(reason)


@pytest.mark.parametrize("rate", ["NaN", "inf", "1e999", "0x1p3", ".5", "1.", "--1", "1,5"])
def test_a_rate_is_a_plain_finite_number(shop: Shop, rate: str) -> None:
    rows = [{"plan_id": "ann", "annual_rate": "0.12"}, {"plan_id": "bob", "annual_rate": rate}]
    shop.deliver(SHOP_CREDIT_PLANS, {PART: gzipped(as_csv(SHOP_CREDIT_PLANS, rows))}, 2)
    capture = shop.capture(SHOP_CREDIT_PLANS)
    assert column(capture, "annual_rate") == [0.12]
    assert capture.counts.quarantined == 1


@pytest.mark.parametrize("day", ["2026-02-30", "2026-2-3", "20260203", "2026-02-03T00:00:00Z", "0000-01-01"])
def test_a_birth_date_is_a_day_of_the_calendar(shop: Shop, day: str) -> None:
    rows = [{"shop_user_id": "ann", "birth_date": "1990-02-28"}, {"shop_user_id": "bob", "birth_date": day}]
    shop.deliver(SHOP_USERS, {PART: gzipped(as_csv(SHOP_USERS, rows))}, 2)
    capture = shop.capture(SHOP_USERS)
    assert column(capture, "birth_date") == [date(1990, 2, 28)]
    assert refusals(capture) == [(PART, 3, "birth_date", "not a day of the calendar like 2026-02-28")]


def test_a_value_outside_the_allowed_ones_costs_its_row(shop: Shop) -> None:
    rows = [
        {"contact_id": "ann"},
        {"contact_id": "bob", "contact_channel": "pigeon"},
        {"contact_id": "cy", "is_control": "maybe"},
    ]
    shop.deliver(CONTACTS, {PART: gzipped(as_csv(CONTACTS, rows))}, 3)
    capture = shop.capture(CONTACTS)
    assert column(capture, "contact_id") == ["ann"]
    assert [(at, why) for _, _, at, why in refusals(capture)] == [
        ("contact_channel", "not one of the allowed values"),
        ("is_control", "not true or false"),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'"bob,p,1,2026-04-01T09:30:00+08:00,100,', "a quote is not closed, or stands within a field"),
        (b'bob",p,1,2026-04-01T09:30:00+08:00,100,', "a quote is not closed, or stands within a field"),
        (b'"bo"b,p,1,2026-04-01T09:30:00+08:00,100,', "a quote is not closed, or stands within a field"),
        (b"bob,p,1,2026-04-01T09:30:00+08:00,100,,", "has not 6 fields"),
        (b"bob,p,1", "has not 6 fields"),
        (b"", "has not 6 fields"),
        (b"bo\0b,p,1,2026-04-01T09:30:00+08:00,100,", "holds a NUL byte"),
        (b"bo\rb,p,1,2026-04-01T09:30:00+08:00,100,", "holds a carriage return"),
        (b"b\xffb,p,1,2026-04-01T09:30:00+08:00,100,", "not UTF-8"),
        (b"b\xed\xa0\x80b,p,1,2026-04-01T09:30:00+08:00,100,", "not UTF-8"),
    ],
)
def test_a_malformed_line_costs_itself_and_no_line_after_it(shop: Shop, line: bytes, reason: str) -> None:
    header, ann, cy = repayments(ANN, CY).splitlines(keepends=True)
    deliver(shop, header + ann + line + b"\n" + cy, 3)
    capture = shop.capture(SHOP_CREDIT_REPAYMENTS)
    assert column(capture, "repayment_id") == ["ann", "cy"]
    assert refusals(capture) == [(PART, 3, None, reason)]


def test_a_file_cut_within_a_row_loses_that_row_even_where_it_still_reads_well(shop: Shop) -> None:
    header, ann, _ = repayments(ANN, BOB).splitlines(keepends=True)
    deliver(shop, header + ann + b"bob,p,1,2026-04-01T09:30:00+08:00,100,r", 2)
    capture = shop.capture(SHOP_CREDIT_REPAYMENTS)
    assert column(capture, "repayment_id") == ["ann"]
    assert refusals(capture) == [(PART, 3, None, "the file ends within this line")]


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        (
            "repayment_id,plan_id,instalment_number,paid_at,amount",
            "missing columns amount_cents, reverses_repayment_id; unknown columns amount",
        ),
        ("repayment_id,plan_id,instalment_number,paid_at,amount_cents", "missing columns reverses_repayment_id"),
        (
            "repayment_id,plan_id,instalment_number,paid_at,amount_cents,reverses_repayment_id,plan_id",
            "repeated columns plan_id",
        ),
        (
            "repayment_id,plan_id,instalment_number,paid_at,amount_cents,reverses_repayment_id,13800138000",
            "unknown columns (not a column name)",
        ),
    ],
)
def test_t39_a_header_with_other_columns_stops_the_table_with_all_differences(
    shop: Shop, header: str, problem: str
) -> None:
    deliver(shop, header.encode() + b"\n", 0)
    with pytest.raises(BadSourceError) as raised:
        shop.capture(SHOP_CREDIT_REPAYMENTS)
    assert str(raised.value).startswith(
        f"captured/shop_credit_repayments {DAY}: {PART}: {problem}; agree with the partner"
    )


def test_a_file_without_header_stops_the_table_and_its_first_row_is_not_repeated(shop: Shop) -> None:
    first_row = as_csv(SHOP_USERS, [{"shop_user_id": "ann", "full_name": "wang"}]).splitlines(keepends=True)[1]
    shop.deliver(SHOP_USERS, {PART: gzipped(first_row)}, 0)
    with pytest.raises(BadSourceError, match="none of the promised columns is there") as raised:
        shop.capture(SHOP_USERS)
    assert "wang" not in str(raised.value)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda packed: packed[:-9], "ends too early"),
        (lambda packed: packed[: len(packed) // 2], "ends too early"),
        (lambda packed: packed[:-8] + bytes(4) + packed[-4:], "is damaged"),
        (lambda packed: packed + b"garbage", "is damaged"),
        (lambda _packed: b"repayment_id\n", "is damaged"),
    ],
)
def test_a_truncated_or_damaged_gzip_stops_the_table(
    shop: Shop, damage: Callable[[bytes], bytes], problem: str
) -> None:
    packed = damage(gzipped(repayments(*({"repayment_id": f"r{n}"} for n in range(500)))))
    shop.deliver(SHOP_CREDIT_REPAYMENTS, {PART: packed}, 500)
    with pytest.raises(BadSourceError, match=problem):
        shop.capture(SHOP_CREDIT_REPAYMENTS)


def test_a_gzip_of_several_members_is_read_to_its_end(shop: Shop) -> None:
    header, ann, bob = repayments(ANN, BOB).splitlines(keepends=True)
    shop.deliver(SHOP_CREDIT_REPAYMENTS, {PART: gzipped(header + ann[:5]) + gzipped(ann[5:]) + gzipped(bob)}, 2)
    assert column(shop.capture(SHOP_CREDIT_REPAYMENTS), "repayment_id") == ["ann", "bob"]


def test_a_gzip_bomb_stops_the_table_before_it_fills_the_memory(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "RATIO_COUNTS_FROM", 4 << 20)
    line = b"bob,p,1,2026-04-01T09:30:00+08:00,100,\n"
    bomb = gzip.compress(repayments() + line * 400_000, mtime=0)
    assert len(bomb) * 200 < len(line) * 400_000
    shop.deliver(SHOP_CREDIT_REPAYMENTS, {PART: bomb}, 400_000)
    with pytest.raises(BadSourceError, match="unpacks to more than 200 times its size"):
        shop.capture(SHOP_CREDIT_REPAYMENTS)


def test_an_endless_line_stops_the_table(shop: Shop) -> None:
    deliver(shop, repayments(ANN) + b"b" * 1_100_000 + b"\n", 2)
    with pytest.raises(BadSourceError, match="a line is longer than 1048576 bytes"):
        shop.capture(SHOP_CREDIT_REPAYMENTS)


def test_more_bad_rows_than_a_slip_stop_the_table_and_say_which_and_where(shop: Shop) -> None:
    good = [{"repayment_id": f"r{n}"} for n in range(379)]
    bad = [{"repayment_id": f"b{n}", "amount_cents": "1.5"} for n in range(21)]
    deliver(shop, repayments(*good, *bad), 400)
    with pytest.raises(
        BadSourceError, match=r"21 of 400 rows: refused, more than 5%: 21 times amount_cents not a whole"
    ):
        shop.capture(SHOP_CREDIT_REPAYMENTS)
    assert not list(shop.staging.rglob("*.parquet"))


def test_a_few_bad_rows_cost_only_themselves(shop: Shop) -> None:
    good = [{"repayment_id": f"r{n}"} for n in range(380)]
    bad = [{"repayment_id": f"b{n}", "amount_cents": "1.5"} for n in range(20)]
    deliver(shop, repayments(*good, *bad), 400)
    counts = shop.capture(SHOP_CREDIT_REPAYMENTS).counts
    assert (counts.rows_in, counts.rows_out, counts.quarantined) == (400, 380, 20)


def test_a_table_without_rows_is_one_empty_file_of_the_right_columns(shop: Shop) -> None:
    deliver(shop, repayments(), 0)
    capture = shop.capture(SHOP_CREDIT_REPAYMENTS)
    assert staged(capture) == []
    assert len(capture.files) == 1


def test_a_file_without_even_a_header_stops_the_table(shop: Shop) -> None:
    deliver(shop, b"", 0)
    with pytest.raises(BadSourceError, match="empty, not even a header"):
        shop.capture(SHOP_CREDIT_REPAYMENTS)


def test_rows_keep_the_order_of_file_names_and_lines_and_the_same_drop_gives_the_same_bytes(shop: Shop) -> None:
    first = gzipped(repayments({"repayment_id": "cy"}, {"repayment_id": "ann"}))
    second = gzipped(repayments({"repayment_id": "bob"}))
    shop.deliver(SHOP_CREDIT_REPAYMENTS, {"part-00001.csv.gz": second, PART: first}, {"part-00001.csv.gz": 1, PART: 2})
    capture = shop.capture(SHOP_CREDIT_REPAYMENTS)
    assert column(capture, "repayment_id") == ["cy", "ann", "bob"]
    before = capture.files[0].read_bytes()
    assert shop.capture(SHOP_CREDIT_REPAYMENTS).files[0].read_bytes() == before
