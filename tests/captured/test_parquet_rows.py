"""Parquet files: a changed type, a lying size or a flipped bit stops the table before a sum can change."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from jobs.captured import parquet_rows
from jobs.captured.capture import BadSourceError
from schemas.captured.shop_orders import SHOP_ORDERS
from schemas.captured.shop_refunds import SHOP_REFUNDS
from tests.captured.deliveries import DAY, Row, Shop, as_parquet, column, parquet_bytes, refusals

PART = "part-00000.parquet"
MOMENT = datetime(2026, 4, 1, 1, 30, tzinfo=UTC)
ANN, BOB, CY = ({"refund_id": name, "refunded_at": MOMENT} for name in ("ann", "bob", "cy"))


def deliver(shop: Shop, content: bytes, rows: int) -> None:
    shop.deliver(SHOP_REFUNDS, {PART: content}, rows)


def stops(shop: Shop, problem: str) -> None:
    with pytest.raises(BadSourceError) as raised:
        shop.capture(SHOP_REFUNDS)
    assert str(raised.value).startswith(f"captured/shop_refunds {DAY}: {PART}: {problem}")
    assert not list(shop.staging.rglob("*.parquet"))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("amount_cents", pa.int32()),
        ("amount_cents", pa.uint64()),
        ("refund_id", pa.large_string()),
        ("refund_id", pa.string_view()),
        ("refund_id", pa.dictionary(pa.int32(), pa.string())),
        ("refunded_at", pa.timestamp("ms", tz="UTC")),
        ("refunded_at", pa.timestamp("us", tz="Asia/Shanghai")),
    ],
)
def test_a_type_that_holds_the_same_values_is_as_good(shop: Shop, name: str, kind: pa.DataType) -> None:
    deliver(shop, as_parquet(SHOP_REFUNDS, [ANN, BOB], {name: kind}), 2)
    capture = shop.capture(SHOP_REFUNDS)
    assert column(capture, "refund_id") == ["ann", "bob"]
    assert column(capture, "refunded_at") == [MOMENT, MOMENT]
    assert capture.cents["amount_cents"].staged == 200


@pytest.mark.parametrize(
    ("name", "kind", "value", "problem"),
    [
        ("amount_cents", pa.float64(), 100.0, "amount_cents is double instead of bigint"),
        ("amount_cents", pa.decimal128(18, 2), 100, "amount_cents is decimal128(18, 2) instead of bigint"),
        ("amount_cents", pa.string(), "100", "amount_cents is string instead of bigint"),
        ("refunded_at", pa.timestamp("us"), datetime(2026, 4, 1), "refunded_at is timestamp[us] instead of timestamp"),  # noqa: DTZ001
        ("refund_id", pa.int64(), 7, "refund_id is int64 instead of string"),
        ("refund_id", pa.binary(), b"ann", "refund_id is binary instead of string"),
    ],
)
def test_t39_a_column_of_another_type_stops_the_table(
    shop: Shop, name: str, kind: pa.DataType, value: object, problem: str
) -> None:
    deliver(shop, as_parquet(SHOP_REFUNDS, [{**ANN, name: value}], {name: kind}), 1)
    stops(shop, f"columns of another type: {problem}; agree with the partner")


def test_t39_missing_and_unknown_columns_stop_the_table_with_all_differences(shop: Shop) -> None:
    rows = pa.table({"refund_id": ["ann"], "order_id": ["o"], "amount": [1], "reason_code": ["x"]})
    deliver(shop, parquet_bytes(rows), 1)
    stops(shop, "missing columns amount_cents, refunded_at; unknown columns amount; ")


def test_a_flipped_bit_within_a_page_stops_the_table(shop: Shop) -> None:
    rows = pa.concat_tables([_refunds(n) for n in range(200)])
    content = bytearray(parquet_bytes(rows, write_page_checksum=True, compression="none", use_dictionary=False))
    content[content.index(b"refund-00100")] ^= 1
    deliver(shop, bytes(content), 200)
    stops(shop, "the file is damaged or is no Parquet file")


@pytest.mark.parametrize("content", [b"PAR1", b"refund_id,order_id\n", b"PAR1" + bytes(64) + b"PAR1"])
def test_what_is_no_parquet_stops_the_table(shop: Shop, content: bytes) -> None:
    deliver(shop, content, 1)
    stops(shop, "the file is damaged or is no Parquet file")


def test_a_file_that_is_cut_stops_the_table(shop: Shop) -> None:
    deliver(shop, as_parquet(SHOP_REFUNDS, [ANN, BOB])[:-20], 2)
    stops(shop, "the file is damaged or is no Parquet file")


def test_a_small_file_that_claims_very_many_rows_stops_the_table(shop: Shop) -> None:
    rows = pa.table({name: pa.repeat(_refunds(1)[name][0], 2_000_000) for name in _refunds(1).column_names})
    content = parquet_bytes(rows, compression="zstd", row_group_size=2_000_000)
    assert len(content) < 100_000
    deliver(shop, content, 2_000_000)
    stops(shop, f"{len(content)} bytes claim to hold 2000000 rows")


def test_one_long_text_repeated_in_every_row_stops_the_table(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_rows, "LARGEST_BATCH", 16 << 20)
    rows = pa.table({**{name: pa.repeat(_refunds(1)[name][0], 5_000) for name in _refunds(1).column_names}})
    rows = rows.set_column(4, "reason_code", pa.repeat(pa.scalar("x" * 10_000), 5_000))
    deliver(shop, parquet_bytes(rows), 5_000)
    stops(shop, "65536 rows unpack to more than 16777216 bytes of text")


def test_values_that_do_not_fit_cost_their_row(shop: Shop) -> None:
    kinds = {"amount_cents": pa.uint64(), "refunded_at": pa.timestamp("ns", tz="UTC")}
    rows: list[Row] = [ANN, {**BOB, "amount_cents": 2**63}, CY, {**BOB, "refund_id": None}]
    table = pa.parquet.read_table(pa.BufferReader(as_parquet(SHOP_REFUNDS, rows, kinds)))
    finer = pa.array([1_775_007_000_000_000_000, 1_775_007_000_000_000_000, 1_775_007_000_000_000_001, 0])
    table = table.set_column(2, "refunded_at", finer.cast(pa.timestamp("ns", tz="UTC")))
    deliver(shop, parquet_bytes(table), 4)
    capture = shop.capture(SHOP_REFUNDS)
    assert column(capture, "refund_id") == ["ann"]
    assert [(line, at) for _, line, at, _ in refusals(capture)] == [
        (2, "amount_cents"),
        (3, "refunded_at"),
        (4, "refund_id"),
    ]


def test_text_that_is_no_utf8_costs_its_row(shop: Shop) -> None:
    table = pa.parquet.read_table(pa.BufferReader(as_parquet(SHOP_REFUNDS, [ANN, BOB, CY])))
    broken = pa.array([b"fine", b"b\xffb", b"nul\0"]).view(pa.string())
    deliver(shop, parquet_bytes(table.set_column(4, "reason_code", broken)), 3)
    capture = shop.capture(SHOP_REFUNDS)
    assert column(capture, "refund_id") == ["ann"]
    assert refusals(capture) == [(PART, line, "reason_code", "not text in UTF-8 without NUL") for line in (2, 3)]


def test_the_shops_recipient_phone_and_the_users_phone_share_one_token_space(shop: Shop) -> None:
    rows = [
        {"order_id": "ann", "recipient_phone": "138 0013 8000"},
        {"order_id": "bob", "recipient_phone": "+8613800138000"},
    ]
    shop.deliver(SHOP_ORDERS, {PART: as_parquet(SHOP_ORDERS, rows)}, 2)
    tokens = column(shop.capture(SHOP_ORDERS), "recipient_phone_token")
    assert tokens[0] == tokens[1]
    assert tokens[0].startswith("k1.")


def _refunds(number: int) -> pa.Table:
    row = {**ANN, "refund_id": f"refund-{number:05d}"}
    return pa.parquet.read_table(pa.BufferReader(as_parquet(SHOP_REFUNDS, [row])))
