"""Staged Parquet: checksummed pages, whole row groups, meanings of columns, the same bytes however rows arrive."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs import parquet_files
from jobs.arrow_types import arrow_schema, arrow_type
from jobs.parquet_files import StagedFiles
from schemas.captured.shop_orders import SHOP_ORDERS
from schemas.catalogue import all_datasets
from schemas.table import ContractError, Table

SCHEMA = pa.schema([pa.field("order_id", pa.string()), pa.field("net_cents", pa.int64())])


def batches(rows: int, size: int) -> list[pa.RecordBatch]:
    table = pa.table({"order_id": [f"o{n:06d}" for n in range(rows)], "net_cents": list(range(rows))}, SCHEMA)
    return list(table.to_batches(max_chunksize=size))


def written(folder: Path, parts: list[pa.RecordBatch]) -> tuple[Path, ...]:
    files = StagedFiles(folder, SCHEMA)
    for part in parts:
        files.write(part)
    return files.close()


@pytest.mark.parametrize("rows", [0, 1, 9, 10, 11, 40, 41, 95])
def test_rows_are_cut_into_groups_and_files_of_fixed_size(
    tmp_path: Path, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_files, "ROWS_IN_GROUP", 10)
    monkeypatch.setattr(parquet_files, "ROWS_IN_FILE", 40)
    whole = written(tmp_path / "whole", batches(rows, 1000))
    slices = written(tmp_path / "slices", batches(rows, 3))
    assert [path.name for path in whole] == [f"part-{n:05d}.parquet" for n in range(max(1, -(-rows // 40)))]
    assert [path.read_bytes() for path in whole] == [path.read_bytes() for path in slices]
    groups = [
        metadata.row_group(index).num_rows
        for metadata in map(pq.read_metadata, whole)
        for index in range(metadata.num_row_groups)
    ]
    assert all(group == 10 for group in groups[:-1])
    found = [value for path in whole for value in pq.read_table(path)["net_cents"].to_pylist()]
    assert found == list(range(rows))


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    (path,) = written(tmp_path, batches(5_000, 5_000))
    content = bytearray(path.read_bytes())
    content[200] ^= 4
    path.write_bytes(content)
    with pytest.raises(OSError, match=r"(?i)crc|checksum"):
        pq.read_table(path, page_checksum_verification=True)


def test_an_abandoned_file_is_gone(tmp_path: Path) -> None:
    files = StagedFiles(tmp_path, SCHEMA)
    files.write(batches(200_000, 200_000)[0])
    assert list(tmp_path.iterdir())
    files.abandon()
    assert not list(tmp_path.iterdir())


def test_every_contract_has_an_arrow_schema_with_the_meaning_of_each_column() -> None:
    for dataset in all_datasets():
        if isinstance(dataset, Table):
            schema = arrow_schema(dataset)
            assert tuple(schema.names) == dataset.column_names
            for column in dataset.columns:
                field = schema.field(column.name)
                assert field.metadata[b"comment"].decode() == column.meaning
                assert field.nullable == column.is_nullable
    assert arrow_schema(SHOP_ORDERS).field("paid_at").type == pa.timestamp("us", tz="UTC")


def test_arrays_of_structs_have_an_arrow_type() -> None:
    expected = pa.list_(pa.field("element", pa.struct([("reason", pa.string()), ("points", pa.int32())])))
    assert arrow_type("array<struct<reason:string,points:int>>") == expected
    assert arrow_type("array<double>") == pa.list_(pa.field("element", pa.float64()))


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(ContractError, match="decimal is not a type"):
        arrow_type("decimal")
