"""Promised against returned: every difference in one line."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from expectations.shape import ContractBrokenError, compare_with_contract, contract_type, refuse_a_broken_contract
from jobs.arrow_types import arrow_schema
from jobs.spark_types import spark_schema
from tests.expectations.conftest import NIGHT, WALLETS

KEPT = arrow_schema(WALLETS)


def test_a_contract_that_is_kept_has_no_differences() -> None:
    assert compare_with_contract(WALLETS, KEPT) == []


def test_nullability_is_not_compared() -> None:
    assert compare_with_contract(WALLETS, pa.schema([field.with_nullable(True) for field in KEPT])) == []


def test_t39_missing_extra_mistyped_and_misplaced_columns_are_reported_at_once() -> None:
    by_name = {field.name: field for field in KEPT}
    by_name["weight"] = pa.field("weight", pa.decimal128(10, 2))
    order = ["wallet_id", "bank_code", *[n for n in by_name if n not in {"wallet_id", "bank_code", "code"}]]
    returned = pa.schema([*(by_name[name] for name in order), pa.field("colour", pa.string())])
    with pytest.raises(ContractBrokenError) as raised:
        refuse_a_broken_contract(WALLETS, returned, NIGHT)
    message = str(raised.value)
    assert message.startswith(
        "features.wallets 2026-04-01: promised {code: string, weight: double}, "
        "returned {weight: decimal128(10, 2), colour: string}; promised order (bank_code, wallet_id, opened_at, "
    )
    assert "returned (wallet_id, bank_code, opened_at, " in message
    assert "\n" not in message


def test_a_column_returned_twice_is_reported() -> None:
    assert compare_with_contract(WALLETS, KEPT.append(KEPT.field("code"))) == ["returned twice: code"]


@pytest.mark.parametrize(
    ("arrow", "word"),
    [
        (pa.timestamp("us", tz="UTC"), "timestamp"),
        (pa.timestamp("us"), "timestamp[us]"),
        (pa.timestamp("ns", tz="UTC"), "timestamp[ns, tz=UTC]"),
        (pa.timestamp("us", tz="Asia/Shanghai"), "timestamp[us, tz=Asia/Shanghai]"),
        (pa.int16(), "int16"),
        (pa.float32(), "float"),
        (pa.dictionary(pa.int32(), pa.string()), "string"),
        (pa.list_(pa.string()), "array<string>"),
        (pa.list_(pa.struct([("name", pa.string()), ("points", pa.int32())])), "array<struct<name:string,points:int>>"),
    ],
)
def test_an_arrow_type_has_the_contract_s_word_or_none(arrow: pa.DataType, word: str) -> None:
    assert contract_type(arrow) == word


def test_what_spark_writes_keeps_the_contract(spark: SparkSession, tmp_path: Path) -> None:
    spark.createDataFrame([], spark_schema(WALLETS)).coalesce(1).write.parquet(str(tmp_path / "wallets"))
    (file,) = (tmp_path / "wallets").glob("*.parquet")
    assert compare_with_contract(WALLETS, pq.read_schema(file)) == []
