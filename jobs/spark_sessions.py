"""The sessions of a process on one Spark: one that compiles plans, for many rows, and one that interprets them."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Literal

from jobs.inputs import Input
from jobs.settings import Settings
from schemas.table import Dataset, Table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

logger = logging.getLogger("nightledger")

ROWS_WORTH_COMPILING = 100_000
"""From about so many rows on, compiled plans are faster than interpreted ones; see `spark.FOR_SMALL_DATA`."""

VALUES_WORTH_COMPILING = 6_000_000
"""The same for rows read times columns made: many columns pay from fewer rows on."""


def is_worth_compiling(dataset: Dataset, rows_read: int) -> bool:
    """Whether compiling costs less than it gains, by the rows of the largest parent; of a training set per date."""
    columns = len(dataset.columns) if isinstance(dataset, Table) and not dataset.observed else 0
    return rows_read >= ROWS_WORTH_COMPILING or rows_read * columns >= VALUES_WORTH_COMPILING


@dataclass
class SparkSessions:
    """Each is opened when something is first built in it; datasets that are built at the same time share them."""

    settings: Settings
    opened: dict[Literal["compiling", "interpreting"], SparkSession] = field(default_factory=dict)
    _opening: Lock = field(default_factory=Lock)

    @property
    def for_many_rows(self) -> SparkSession:
        """The session that compiles."""
        return self._session("compiling")

    def of(self, dataset: Dataset, inputs: Sequence[Input]) -> SparkSession:
        """The session that is faster for so many rows and columns, those of parents that are assembled included."""
        assembled = [(parent.dataset, parent.assembled_from) for parent in inputs if parent.assembled_from]
        is_worth_it = any(
            is_worth_compiling(built, max((parent.rows for parent in parents), default=0))
            for built, parents in ((dataset, inputs), *assembled)
        )
        return self._session("compiling" if is_worth_it else "interpreting")

    def close(self) -> None:
        """Stop Spark if it was started here; a Connect server is stopped by whoever started it."""
        sessions = list(self.opened.values())
        if self.settings.spark_remote is None:
            del sessions[1:]  # with the first of them all Spark stops
        with ThreadPoolExecutor(2) as stopping:  # good-byes to a server that is lost take minutes
            list(stopping.map(lambda session: session.stop(), sessions))

    def _session(self, kind: Literal["compiling", "interpreting"]) -> SparkSession:
        with self._opening:
            if kind not in self.opened:
                self.opened[kind] = self._open(few_rows=kind == "interpreting")
            return self.opened[kind]

    def _open(self, *, few_rows: bool) -> SparkSession:
        """The first starts Spark, or connects to it; the other is a second one of the same Spark."""
        from jobs.spark import another_session, open_session  # a capture need not wait a second for pyspark

        settings = self.settings
        partitions = settings.shuffle_partitions_of_few_rows if few_rows else settings.shuffle_partitions
        if self.opened:
            [first] = self.opened.values()
            return another_session(first, shuffle_partitions=partitions, few_rows=few_rows)
        from expectations.checks import warm_up
        from jobs.temporary_folders import hold_folder

        started, remote = time.monotonic(), settings.spark_remote
        session = open_session(
            remote=remote,
            cores=settings.spark_cores,
            memory=settings.spark_memory,
            shuffle_partitions=partitions,
            few_rows=few_rows,
            java_options=settings.spark_java_options,
            temporary_folder=None if remote else hold_folder(settings.spark_temporary).path,  # until we end
        )
        warm_up()  # the first check would wait three seconds for Great Expectations
        logger.info("spark %s ready in %.1f s", session.version, time.monotonic() - started)
        return session
