"""The one road every dataset takes: resolve, skip if equal, build, stage, check, publish.

Nothing of a dataset is decided here; everything follows from its contract. Effects (the lake, Spark, the partners)
are here and below, never in a job.
"""

from __future__ import annotations

import importlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import product
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, cast

from jobs.clock import Clock
from jobs.code_version import code_version, contract_fingerprint, job_module
from jobs.errors import StepMissingError
from jobs.input_frames import DataFrames
from jobs.inputs import Dates, Input, Resolver, digests_of, names_of_night_before, night, observed_on, rows_at_most
from jobs.lake import Lake, Writer
from jobs.manifest import Manifest
from jobs.needs import Needs
from jobs.origin import Origin
from jobs.settings import Settings
from jobs.spark_sessions import SparkSessions
from schemas.columns import CHANGED_DATE
from schemas.table import BankTable, Dataset, Document, FileDrop, Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from jobs.captured.capture import Capture

logger = logging.getLogger("nightledger")

NIGHTS_TO_COMPARE = 28
"""Four weeks: enough for the median of four same weekdays."""


@dataclass(frozen=True)
class Outcome:
    """What became of one dataset."""

    address: str
    dates: Dates
    state: Literal["published", "unchanged"]
    manifest: Manifest
    seconds: float
    warnings: tuple[str, ...] = ()


@dataclass
class Road:
    """Publishes datasets into one lake."""

    settings: Settings
    lake: Lake
    code_versions: dict[str, str] = field(default_factory=dict)
    _checking: Lock = field(default_factory=Lock)

    @cached_property
    def resolver(self) -> Resolver:
        """Finds what a build reads."""
        return Resolver(self.lake, self.settings)

    @cached_property
    def needs(self) -> Needs:
        """What builds are given besides their parents."""
        return Needs(self.settings, self.lake.storage)

    @cached_property
    def sessions(self) -> SparkSessions:
        """What Spark is asked through; nothing is started before something has to be built."""
        return SparkSessions(self.settings)

    @property
    def spark(self) -> SparkSession:
        """The session of this process for many rows; datasets that are built at the same time share it."""
        return self.sessions.for_many_rows

    def close(self) -> None:
        """Stop Spark if it was started here; a Connect server is stopped by whoever started it."""
        self.sessions.close()

    def publish(self, dataset: Dataset, dates: Dates, *, force: bool = False) -> Outcome:
        """Build, check and publish a dataset that is made from others, unless an equal build stands already.

        Raises StepMissingError, JobBrokenError, CheckFailedError or a LakeError; what was published before stays.
        """
        started = time.monotonic()
        inputs = self.resolver.inputs(dataset, dates)
        origin = self._origin(dataset, dates, digests_of(inputs) | self.needs.digests(dataset, dates.known_by))
        partition = dates.partition(dataset)
        standing = None if force else self.resolver.manifest(partition)  # --force also replaces a corrupt manifest
        if standing is not None and standing.build_id == origin.build_id:
            self.lake.tidy(partition)
            return Outcome(dataset.address, dates, "unchanged", standing, time.monotonic() - started)
        if isinstance(dataset, Document):
            self.resolver.registry.refuse_to_replace(dataset.address, dates.as_of)
        with self.lake.writing(partition) as writer:
            clock = Clock()
            with clock.step("build"):
                files = self._stage(dataset, inputs, dates, writer.staging_folder)
            warnings: tuple[str, ...] = ()
            if isinstance(dataset, Table):
                with clock.step("check"):
                    warnings = self._check(dataset, dates, files, writer)
            manifest = writer.publish(
                files,
                known_by=dates.known_by,
                as_of=dates.as_of,
                contract=origin.contract,
                code=origin.code,
                inputs=origin.inputs,
                seconds=clock.seconds,
                rows={file.name: 1 for file in files} if isinstance(dataset, Document) else None,
            )
        self.resolver.forget(partition)
        return Outcome(dataset.address, dates, "published", manifest, time.monotonic() - started, warnings)

    def capture(self, tables: Sequence[Table], business_date: date, *, force: bool = False) -> list[Outcome]:
        """Publish what one source delivered that day: one table of a drop, or all tables of the banks in one snapshot.

        A captured day that stands is what was known that night and is not captured again without `force`, even if the
        partner has delivered it anew since; that is said as a warning.
        """
        dates = night(business_date)
        published = {table: None if force else self.resolver.manifest(dates.partition(table)) for table in tables}
        outcomes: list[Outcome] = []
        for table, manifest in published.items():
            if manifest is not None:
                self.lake.tidy(dates.partition(table))
                outcomes.append(self._standing(table, dates, manifest))
        missing = [table for table, manifest in published.items() if manifest is None]
        return [*outcomes, *self._capture_as_the_one_writer(missing, dates, force=force)]

    def _capture_as_the_one_writer(self, tables: Sequence[Table], dates: Dates, *, force: bool) -> Iterator[Outcome]:
        """Nothing is fetched before every partition is ours; whoever was late finds the day standing, and leaves it."""
        with ExitStack() as held:
            writers: dict[Table, Writer] = {}
            for table in tables:
                writer = held.enter_context(self.lake.writing(dates.partition(table)))
                if writer.published is not None and not force:
                    yield self._standing(table, dates, writer.published)
                else:
                    writers[table] = writer
            for table, captured in self._captured(writers, dates.as_of):
                yield self._publish_captured(table, dates, captured, writers[table])

    def assemble(
        self,
        dataset: Dataset,
        inputs: Sequence[Input],
        dates: Dates,
        folder: Path,
        *,
        is_parent: bool = False,
        reader: SparkSession | None = None,
    ) -> Any:
        """What a job returns for resolved inputs: a lazy DataFrame, or the files of a document by name.

        folder: where ancestors are written that nobody published for these dates. Several may read one of them, and a
        plan that held it once for each would be planned and computed as often. Parents are read once, and stay lazy.
        reader: the session of whoever reads it lazily. A plan runs in the session of its first table, which may be few
        rows that many are joined to.
        """
        from jobs.staging import columns_of_contract, written_once

        session = reader or self.sessions.of(dataset, inputs)

        def assembled(parent: Input) -> DataFrame:
            def build() -> DataFrame:
                of_parent = (parent.dataset, parent.assembled_from, parent.dates, folder)
                is_read_by = None if is_parent else session
                return cast("DataFrame", self.assemble(*of_parent, is_parent=True, reader=is_read_by))

            return written_once(parent.dataset, folder, session, build) if is_parent else build()

        frames = DataFrames(self.lake, session, assembled)
        build: Callable[..., Any] = importlib.import_module(job_module(dataset)).build
        parents = [frames.of(parent) for parent in inputs if not parent.handed_as]
        named: dict[str, Any] = {}
        if isinstance(dataset, Table):
            names = [one.name for one in dataset.earlier]
            names += names_of_night_before(dataset) if dataset.reads_previous_night else []
            named = dict.fromkeys(names) | {one.handed_as: frames.of(one) for one in inputs if one.handed_as}
            if dataset.goes_on_from_previous_night:
                before = {one.handed_as: frames.of(one) for one in self._may_go_on_from(dataset, inputs, dates)}
                named |= {name: before.get(name) for name in names_of_night_before(dataset)}
            named |= {need: self.needs.value(need, dates.known_by) for need in dataset.needs}
        built = build(*parents, as_of=dates.as_of, **named)
        return columns_of_contract(dataset, built, str(dates)) if isinstance(dataset, Table) else built

    def _may_go_on_from(self, table: Table, inputs: Sequence[Input], dates: Dates) -> Sequence[Input]:
        """Yesterday's partitions, where going on from them spares work; none where they cannot be relied on.

        How, never what: the result is the same without them, so they are no part of the inputs' digests.
        """
        before = night(dates.as_of - timedelta(days=1))
        rows_read = max((parent.rows for parent in inputs), default=0)
        if dates.is_replay or rows_read < self.settings.incremental_from_rows:
            return ()
        telling = [one for one in table.built_from if isinstance(one, Table) and CHANGED_DATE in one.columns]
        if not all(self._still_stands(*one) for one in ((table, before), *product(telling, (before, dates)))):
            return ()
        logger.info("%s %s: goes on from the night before", table.address, dates)
        return [
            replace(self.resolver.published(dataset, before), handed_as=name)
            for name, dataset in names_of_night_before(table).items()
        ]

    def _still_stands(self, dataset: Dataset, dates: Dates) -> bool:
        """Whether what is published is what the same code would make by the same contract from what there is now."""
        try:
            standing, inputs = self.resolver.manifest(dates.partition(dataset)), self.resolver.inputs(dataset, dates)
        except StepMissingError:
            return False
        origin = self._origin(dataset, dates, digests_of(inputs) | self.needs.digests(dataset, dates.known_by))
        return standing is not None and standing.build_id == origin.build_id

    def _stage(self, dataset: Dataset, inputs: Sequence[Input], dates: Dates, folder: Path) -> list[Path]:
        from jobs.staging import write_document, write_rows

        if isinstance(dataset, Table) and dataset.observed:
            return self._stage_observed(dataset, inputs, dates, folder)
        built = self.assemble(dataset, inputs, dates, folder / "ancestors")
        if isinstance(dataset, Document):
            return write_document(dataset, built, folder)
        if not isinstance(dataset, Table):
            raise TypeError(f"{dataset.address} is neither a table nor a document")
        rows_read = max((parent.rows for parent in inputs), default=0)
        at_most = rows_at_most(dataset, inputs)
        return write_rows(dataset, built, folder, rows_read=rows_read, rows_at_most=at_most, when=str(dates))

    def _stage_observed(self, table: Table, inputs: Sequence[Input], dates: Dates, folder: Path) -> list[Path]:
        """One file for each observation date: the job sees the observed parents as they were known for that day."""
        from jobs.staging import write_rows

        plain = [parent for parent in inputs if parent.dates.as_of == dates.as_of]
        at_most = rows_at_most(table, plain)

        def stage(observation_date: date) -> list[Path]:
            observed = [parent for parent in inputs if parent.dates.as_of == observation_date]
            started = time.monotonic()
            part = folder / f"observation-{observation_date}"
            part.mkdir()
            observed_dates = Dates(as_of=observation_date, known_by=dates.known_by)
            rows = self.assemble(table, [*plain, *observed], observed_dates, part / "ancestors")
            written = write_rows(table, rows, part, rows_read=0, rows_at_most=at_most, when=str(observed_dates))
            logger.info("%s: observation date %s, %.1f s", table.address, observation_date, time.monotonic() - started)
            return written

        with ThreadPoolExecutor(self.settings.workers) as workers:
            staged = [path for paths in workers.map(stage, observed_on(table, dates.as_of)) for path in paths]
        return [path.rename(folder / f"part-{number:05d}.parquet") for number, path in enumerate(staged)]

    def _check(self, table: Table, dates: Dates, files: Sequence[Path], writer: Writer) -> tuple[str, ...]:
        """The warnings of a passed check; CheckFailedError for a failed one, its offending rows in quarantine."""
        import pyarrow.parquet as pq

        from expectations.checks import check  # Great Expectations takes three seconds to import
        from expectations.shape import refuse_a_broken_contract

        for file in files:
            refuse_a_broken_contract(table, pq.read_schema(file), dates.as_of)
        rows = sum(pq.read_metadata(file).num_rows for file in files)
        with self._checking:  # Great Expectations keeps state of its own
            verdict = check(
                table,
                files,
                business_date=dates.as_of,
                rows=rows,
                earlier_row_counts=self._earlier_row_counts(table, dates),
                first_business_date=self.settings.first_business_date,
                partner_banks=tuple(self.settings.banks),
                time_zone=self.settings.time_zone,
                in_memory_rows=self.settings.check_in_memory_rows,
                spark=self.spark if rows > self.settings.check_in_memory_rows else None,
            )
        self._keep_verdict(dates, table, verdict.to_json())
        if not verdict.passed and verdict.offending.num_rows:
            writer.quarantine("failed_check", verdict.offending)
        verdict.raise_if_failed()
        return tuple(verdict.warning_sentences)

    def _keep_verdict(self, dates: Dates, table: Table, text: str) -> None:
        """Where `data-docs` finds it; a replay lies beside its night, not over it."""
        folder = self.settings.scratch / "verdicts" / table.layer / table.name
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{dates.as_of}-known-by-{dates.known_by}" if dates.is_replay else f"{dates.as_of}"
        (folder / f"{name}.json").write_text(text, encoding="utf-8")

    def _earlier_row_counts(self, table: Table, dates: Dates) -> Mapping[date, int]:
        earlier = [day for day in self.lake.partitions(table.address) if day < dates.as_of][-NIGHTS_TO_COMPARE:]
        manifests = {day: self.resolver.manifest(night(day).partition(table)) for day in earlier}
        return {day: manifest.rows for day, manifest in manifests.items() if manifest is not None}

    def _captured(self, writers: Mapping[Table, Writer], day: date) -> Iterator[tuple[Table, Capture]]:
        """Staged where their writers stage; the tables of one snapshot together, with the first of them."""
        if any(isinstance(table.source, BankTable) for table in writers):
            from jobs.captured.postgres import capture_banks

            first = next(iter(writers.values()))
            captured = capture_banks(tuple(writers), day, self.settings, first.staging_folder)
            yield from ((table, captured[table.address]) for table in writers)
        else:
            from jobs.captured.file_drop import capture_file_drop

            for table, writer in writers.items():
                yield table, capture_file_drop(table, day, self.settings, writer.staging_folder)

    def _publish_captured(self, table: Table, dates: Dates, captured: Capture, writer: Writer) -> Outcome:
        clock = Clock({"capture": captured.seconds})
        if captured.quarantine.num_rows:
            writer.quarantine("bad_rows", captured.quarantine)
        with clock.step("check"):
            warnings = self._check(table, dates, captured.files, writer)
        origin = self._origin(table, dates, captured.source_digests)
        manifest = writer.publish(
            captured.files,
            known_by=dates.known_by,
            as_of=dates.as_of,
            contract=origin.contract,
            code=origin.code,
            inputs=origin.inputs,
            counts=asdict(captured.counts),
            notes={**captured.notes, "cents": {name: asdict(sums) for name, sums in captured.cents.items()}},
            seconds=clock.seconds,
        )
        self.resolver.forget(dates.partition(table))
        return Outcome(table.address, dates, "published", manifest, sum(clock.seconds.values()), warnings)

    def _standing(self, table: Table, dates: Dates, manifest: Manifest) -> Outcome:
        return Outcome(table.address, dates, "unchanged", manifest, 0.0, self._redelivered(table, manifest))

    def _redelivered(self, table: Table, manifest: Manifest) -> tuple[str, ...]:
        """A warning when the drop on S3 is not the one that was captured; silent when it cannot be asked."""
        if not isinstance(table.source, FileDrop):
            return ()
        from jobs.captured.capture import BadSourceError, SourceUnavailableError
        from jobs.captured.file_drop import source_digest

        try:
            delivered = source_digest(table, manifest.business_date, self.settings)
        except (BadSourceError, SourceUnavailableError):
            return ()
        if delivered in manifest.inputs.values():
            return ()
        return (
            "the drop was delivered anew after it was captured; what stands is what was known (--force replaces it)",
        )

    def _origin(self, dataset: Dataset, dates: Dates, inputs: Mapping[str, str]) -> Origin:
        if dataset.address not in self.code_versions:
            self.code_versions[dataset.address] = code_version(dataset)
        return Origin(
            dataset.address, dates, dict(inputs), contract_fingerprint(dataset), self.code_versions[dataset.address]
        )
