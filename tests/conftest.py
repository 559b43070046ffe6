"""What all tests share: one Spark session, and tables given by the columns that matter."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from demo.servers import JAVA_OPTIONS_FOR_SHORT_RUNS, Partners, partners
from jobs.arrow_types import arrow_schema
from jobs.spark import another_session, open_session
from jobs.spark_types import spark_schema
from schemas.table import Column, Table
from tests.alliance import Alliance
from tests.alliance_lakes import LAKES, trained_alliance

os.environ["TZ"] = "UTC"  # rows that are collected show moments in the process's zone
time.tzset()

GivenRows = Sequence[Mapping[str, Any]]
TableMaker = Callable[[Table, GivenRows], DataFrame]

MEANWHILE = {"dags", "demo", "lake"}
"""The folders whose tests run beside the nights of the alliance, but for those that need Spark."""

VALUE_WHEN_NOT_GIVEN: Mapping[str, Any] = {
    "string": "x",
    "int": 0,
    "bigint": 0,
    "double": 0.0,
    "boolean": False,
    "date": date(2020, 1, 1),
    "timestamp": datetime(2020, 1, 1, tzinfo=UTC),
}


@pytest.fixture(scope="session")
def compiling() -> Iterator[SparkSession]:
    """One embedded Spark for the whole suite, in the session that compiles its plans, as for a night of millions."""
    session = open_session(
        remote=None, cores=2, memory="2g", shuffle_partitions=2, java_options=JAVA_OPTIONS_FOR_SHORT_RUNS
    )
    _compute_with_rows_as_at_night(session)
    yield session
    session.stop()
    logging.getLogger("py4j").setLevel(logging.ERROR)  # it says good-bye when the output of the tests is closed already


@pytest.fixture(scope="session")
def spark(compiling: SparkSession) -> SparkSession:
    """The same Spark in the session that interprets plans, as for a night of few rows; no result depends on it."""
    session = another_session(compiling, shuffle_partitions=2, few_rows=True)
    _compute_with_rows_as_at_night(session)
    return session


def _compute_with_rows_as_at_night(session: SparkSession) -> None:
    """By default Spark holds a few given rows as a constant, with which it computes while it plans."""
    session.conf.set("spark.sql.execution.arrow.localRelationThreshold", "0")


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Partners]:
    """A real S3 server and a real PostgreSQL, empty, started once for all who need one."""
    with partners(tmp_path_factory.mktemp("partners")) as running:
        yield running
    running.replicas.remove()


def lakes_to_wait_for(item: pytest.Item) -> int:
    """0 for a test without the alliance, then 1 for one that needs it trained, and so on in the order of the lakes."""
    fixtures = getattr(item, "fixturenames", ())
    return max((place for place, name in enumerate(("alliance", *LAKES), start=1) if name in fixtures), default=0)


@pytest.hookimpl(tryfirst=True)  # before pytest asks who is marked
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of the whole alliance come last: it takes minutes to make, and is made beside the others.

    `make test` runs them in a process of their own, which tests worlds, files and servers meanwhile: both of its
    processes then take about as long.
    """
    items.sort(key=lakes_to_wait_for)
    for item in items:
        if lakes_to_wait_for(item):
            item.add_marker(pytest.mark.alliance)
        elif item.path.parent.name in MEANWHILE and "compiling" not in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.meanwhile)


@pytest.fixture(scope="session", autouse=True)
def in_the_making(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[Alliance]]]:
    """The alliance and its lakes, made two at a time from the start of the session; only those that a test wants."""
    wanted = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    with ExitStack() as stack, ThreadPoolExecutor(2) as makers:
        making: dict[str, Future[Alliance]] = {}
        if "alliance" in wanted:
            making["alliance"] = makers.submit(trained_alliance, stack)
        for name, make in LAKES.items():
            if name in wanted:
                making[name] = makers.submit(once_it_is_there, making["alliance"], make)
        yield making


def once_it_is_there(trained: Future[Alliance], make: Callable[[Alliance], object]) -> Alliance:
    alliance = trained.result()
    make(alliance)
    return alliance


@pytest.fixture(scope="session")
def alliance(in_the_making: dict[str, Future[Alliance]]) -> Alliance:
    """The one demo world of the suite, with a lake named `first` in which the first day is trained on."""
    return in_the_making["alliance"].result()


@pytest.fixture(scope="session")
def closed(alliance: Alliance, in_the_making: dict[str, Future[Alliance]]) -> Alliance:
    """The alliance, with the nights after the first closed in the lake `forward`, oldest first, in one process."""
    return in_the_making["closed"].result()


@pytest.fixture(scope="session")
def backward(alliance: Alliance, in_the_making: dict[str, Future[Alliance]]) -> Alliance:
    """The alliance, with the same nights in the lake `backward`: newest capture first, in three shuffle partitions."""
    return in_the_making["backward"].result()


@pytest.fixture(scope="session")
def by_airflow(alliance: Alliance, in_the_making: dict[str, Future[Alliance]]) -> Alliance:
    """The alliance, with four of the nights closed by Airflow in the lake `by-airflow`."""
    return in_the_making["by_airflow"].result()


@pytest.fixture(scope="session")
def killed(alliance: Alliance, in_the_making: dict[str, Future[Alliance]]) -> Alliance:
    """The alliance, with the second night killed six times and then closed in the lake `killed`."""
    return in_the_making["killed"].result()


@pytest.fixture
def table(spark: SparkSession) -> TableMaker:
    """Rows of a contract, of which only the columns that matter are given.

    A column that is not given is null where the contract allows it, and otherwise a plain value of its type (the first
    allowed one of a category). Moments are given as text like "2026-03-31 23:59:59" in UTC, or with an offset; days as
    "2026-03-31". A column the contract does not have is an error.
    """
    return tables_in(spark)


@pytest.fixture
def compiled_table(compiling: SparkSession) -> TableMaker:
    """The same in the session that compiles what is built from them."""
    return tables_in(compiling)


def tables_in(session: SparkSession) -> TableMaker:
    def make(contract: Table, given: GivenRows) -> DataFrame:
        # A table that is known to be empty would not be computed with at all, and rows of Python need a Python to read.
        rows = arrow_rows(contract, given) if given else session.sparkContext.emptyRDD()
        return session.createDataFrame(rows, spark_schema(contract))

    return make


def arrow_rows(contract: Table, given: GivenRows) -> pa.Table:
    """The rows with every column of the contract, as `table` fills them."""
    unknown = {name for row in given for name in row} - set(contract.column_names)
    assert not unknown, f"{contract.address} has no columns {sorted(unknown)}"
    filled = [{column.name: _value(column, row) for column in contract.columns} for row in given]
    return pa.Table.from_pylist(filled, arrow_schema(contract))


def rows(frame: DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """The given columns of every row, sorted, so that no test depends on an order nobody promised."""
    found = [tuple(row) for row in frame.select(*columns).collect()]
    return sorted(found, key=lambda row: tuple((value is None, str(value)) for value in row))


def _value(column: Column, row: Mapping[str, Any]) -> Any:
    if column.name in row:
        return _typed(column.type, row[column.name])
    if column.is_nullable:
        return None
    if column.allowed:
        return column.allowed[0]
    return [] if column.type.startswith("array") else VALUE_WHEN_NOT_GIVEN[column.type]


def _typed(kind: str, value: Any) -> Any:
    if isinstance(value, str) and kind == "date":
        return date.fromisoformat(value)
    if isinstance(value, str) and kind == "timestamp":
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return value
