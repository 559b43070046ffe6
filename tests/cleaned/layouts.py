"""The same rows as Spark may meet them: in another order and cut into another number of partitions."""

from __future__ import annotations

from collections.abc import Iterator

from pyspark.sql import DataFrame

from schemas.table import Table
from tests.conftest import GivenRows, TableMaker

PARTITIONS = (1, 7)


def in_every_layout(table: TableMaker, contract: Table, given: GivenRows) -> Iterator[DataFrame]:
    """The rows forwards in one partition, then backwards in seven."""
    yield table(contract, given).repartition(PARTITIONS[0])
    yield table(contract, given[::-1]).repartition(PARTITIONS[1])
