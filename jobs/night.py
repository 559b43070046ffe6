"""Many datasets in the order of their lineage: a night, a training, a range of nights.

A dataset that fails stops only what is built from it; the rest of the night goes on, and the failure is told last.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import date, timedelta

from jobs.errors import ExitCode
from jobs.failures import exit_code_of, sentence_of
from jobs.inputs import TRAINING_LAYERS, night
from jobs.road import Outcome, Road
from schemas.catalogue import all_datasets, captured_tables, dataset_at
from schemas.table import BankTable, Dataset, Table, ancestors

logger = logging.getLogger("nightledger")

Report = Callable[[Outcome], None]


@dataclass
class Summary:
    """What became of every dataset of a run."""

    outcomes: list[Outcome] = field(default_factory=list)
    failed: dict[str, Exception] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> ExitCode:
        """0, or the code of the failure that a retry helps least."""
        codes = [exit_code_of(error) for error in self.failed.values()]
        for code in (ExitCode.BAD_INPUT, ExitCode.STEP_MISSING, ExitCode.UNEXPECTED, ExitCode.TEMPORARY):
            if code in codes:
                return code
        return ExitCode.OK

    @property
    def sentence(self) -> str:
        """One line: how many datasets were published, unchanged, failed and left out."""
        published = sum(outcome.state == "published" for outcome in self.outcomes)
        parts = [f"{published} published", f"{len(self.outcomes) - published} unchanged"]
        if self.failed:
            parts.append(f"{len(self.failed)} failed ({', '.join(self.failed)})")
        if self.skipped:
            parts.append(f"{len(self.skipped)} left out because they are built from those ({', '.join(self.skipped)})")
        return ", ".join(parts)


def night_datasets() -> tuple[Dataset, ...]:
    """What a night publishes: everything but labels and models, which belong to the training."""
    return tuple(dataset for dataset in all_datasets() if dataset.layer not in TRAINING_LAYERS)


def training_datasets() -> tuple[Dataset, ...]:
    """What a training publishes: labels and models, all they are built from, and all that was captured on that day."""
    learnt = [dataset for dataset in all_datasets() if dataset.layer in TRAINING_LAYERS]
    needed = {parent.address for dataset in learnt for parent in (*ancestors(dataset), dataset)}
    observed = {parent.address for dataset in learnt for parent in _observed(dataset)}
    seen_at_observation_dates = {
        parent.address
        for address in observed
        for parent in (*ancestors(dataset_at(address)), dataset_at(address))
        if parent.layer in {"edges", "features"}
    }
    captured = {table.address for table in captured_tables()}  # all of it: the next night reads this day's rest too
    wanted = (needed - seen_at_observation_dates) | captured
    return tuple(dataset for dataset in all_datasets() if dataset.address in wanted)


def capture_units(datasets: Iterable[Dataset]) -> list[tuple[Table, ...]]:
    """The captured tables among them as they are captured: each drop table alone, all bank tables in one snapshot."""
    wanted = {dataset.address for dataset in datasets}
    tables = [table for table in captured_tables() if table.address in wanted]
    drops = [(table,) for table in tables if not isinstance(table.source, BankTable)]
    banks = tuple(table for table in tables if isinstance(table.source, BankTable))
    return [*drops, *([banks] if banks else [])]


def run_datasets(
    road: Road, datasets: Sequence[Dataset], business_date: date, *, force: bool = False, report: Report
) -> Summary:
    """Publish the datasets for one business date, parents before children, a few at a time."""
    summary = Summary()
    units: list[tuple[Dataset, ...]] = [*capture_units(datasets)]
    units += [(dataset,) for dataset in datasets if dataset.layer != "captured"]
    todo = {dataset.address for unit in units for dataset in unit}
    running: dict[Future[list[Outcome]], tuple[Dataset, ...]] = {}
    with ThreadPoolExecutor(road.settings.workers) as workers:
        _start_spark_early(road, workers, units, business_date, force=force)
        while units or running:
            ready = [unit for unit in units if not _parents_of(unit) & todo]
            units = [unit for unit in units if unit not in ready]
            for unit in ready:
                if _parents_of(unit) & {*summary.failed, *summary.skipped}:
                    summary.skipped += [dataset.address for dataset in unit]
                    todo -= {dataset.address for dataset in unit}
                else:
                    running[workers.submit(_publish, road, unit, business_date, force=force)] = unit
            done = wait(running, return_when=FIRST_COMPLETED).done
            for future in sorted(done, key=lambda future: running[future][0].address):
                unit = running.pop(future)
                todo -= {dataset.address for dataset in unit}
                _note(summary, unit, future, report)
    return summary


def run_backfill(
    road: Road, first: date, last: date, *, run_backwards: bool = False, force: bool = False, report: Report
) -> Summary:
    """Every night from first to last.

    run_backwards: what is captured comes newest day first, for people who wait for the newest rows; what is built from
    it needs the night before and follows oldest first, so that both ways give the same bytes.
    force: every day is captured once anew, and every dataset built once anew, whichever way.
    """
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    datasets = night_datasets()
    total = Summary()
    if run_backwards:
        captured = [dataset for dataset in datasets if dataset.layer == "captured"]
        for day in reversed(days):
            _add(total, run_datasets(road, captured, day, force=force, report=report), day)
        datasets = tuple(dataset for dataset in datasets if dataset.layer != "captured")
    for day in days:
        logger.info("night of %s", day)
        road.resolver.forget_models()  # people may have decided while the night before was built
        built = run_datasets(road, datasets, day, force=force, report=report) if not total.failed else None
        if built is None:
            break
        _add(total, built, day)
    return total


def unbuilt(road: Road, first: date, last: date) -> Iterator[str]:
    """What a backfill has before it: one line a night, with how many of its datasets are published already."""
    datasets = night_datasets()
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        published = sum(road.resolver.manifest(night(day).partition(dataset)) is not None for dataset in datasets)
        yield f"{day}: {published} of {len(datasets)} datasets published"


def _publish(road: Road, unit: Sequence[Dataset], business_date: date, *, force: bool) -> list[Outcome]:
    tables = [dataset for dataset in unit if isinstance(dataset, Table) and dataset.layer == "captured"]
    if tables:
        return road.capture(tables, business_date, force=force)
    return [road.publish(dataset, night(business_date), force=force) for dataset in unit]


def _start_spark_early(
    road: Road, workers: ThreadPoolExecutor, units: Sequence[Sequence[Dataset]], day: date, *, force: bool
) -> None:
    """Start Spark beside the capture when it will be needed anyway: it takes longer than a night's files."""
    captured = [dataset for unit in units for dataset in unit if dataset.layer == "captured"]
    built = [dataset for unit in units for dataset in unit if dataset.layer != "captured"]
    partitions = (night(day).partition(dataset) for dataset in captured)
    if built and (force or any(road.resolver.manifest(partition) is None for partition in partitions)):
        workers.submit(lambda: road.spark)


def _note(summary: Summary, unit: Sequence[Dataset], future: Future[list[Outcome]], report: Report) -> None:
    error = future.exception()
    if isinstance(error, Exception):  # the rest of the night goes on; every failure is told and sets the exit code
        summary.failed |= {dataset.address: error for dataset in unit}
        unexpected = exit_code_of(error) is ExitCode.UNEXPECTED
        logger.error("%s", sentence_of(error), exc_info=error if unexpected else None)
        return
    outcomes = future.result()
    summary.outcomes += outcomes
    for outcome in outcomes:
        report(outcome)


def _parents_of(unit: Sequence[Dataset]) -> set[str]:
    """What must be there first: the parents, and whatever an observed parent is assembled from for an earlier day."""
    observed = [parent for dataset in unit for parent in _observed(dataset)]
    assembled = [ancestor for parent in observed for ancestor in ancestors(parent)]
    return {parent.address for parent in (*observed, *assembled, *(p for one in unit for p in one.built_from))}


def _add(total: Summary, part: Summary, day: date) -> None:
    total.outcomes += part.outcomes
    total.failed |= {f"{address} {day}": error for address, error in part.failed.items()}
    total.skipped += [f"{address} {day}" for address in part.skipped]


def _observed(dataset: Dataset) -> tuple[Dataset, ...]:
    return dataset.observed if isinstance(dataset, Table) else ()
