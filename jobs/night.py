"""Many datasets in the order of their lineage: a night, a training, a range of nights.

A dataset that fails stops only what is built from it; the rest of the night goes on, and the failure is told last.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial

from jobs.errors import ExitCode
from jobs.failures import exit_code_of, sentence_of
from jobs.inputs import night
from jobs.road import Outcome, Road
from schemas.catalogue import all_datasets, captured_tables, dataset_at
from schemas.table import BankTable, Dataset, Table, ancestors

logger = logging.getLogger("nightledger")

TRAINING_LAYERS = frozenset({"labels", "models"})
MODEL = "models/credit_score"

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
    """What a training publishes: the model and everything it is built from on that day."""
    model = dataset_at(MODEL)
    needed = {dataset.address for dataset in ancestors(model)} | {model.address}
    observed = {parent.address for dataset in (*ancestors(model), model) for parent in _observed(dataset)}
    seen_at_observation_dates = observed | {
        parent.address
        for address in observed
        for parent in ancestors(dataset_at(address))
        if parent.layer in {"edges", "features"}
    }
    return tuple(d for d in all_datasets() if d.address in needed - seen_at_observation_dates)


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
    """Publish the datasets for one business date, parents before children."""
    summary = Summary()
    for unit in capture_units(datasets):
        _attempt(summary, unit, partial(road.capture, unit, business_date, force=force), report)
    for dataset in datasets:
        if dataset.layer != "captured":
            _attempt(summary, (dataset,), partial(_publish, road, dataset, business_date, force=force), report)
    return summary


def run_backfill(
    road: Road, first: date, last: date, *, run_backwards: bool = False, force: bool = False, report: Report
) -> Summary:
    """Every night from first to last.

    run_backwards: what is captured comes newest day first, for people who wait for the newest rows; what is built from
    it needs the night before and follows oldest first, so that both ways give the same bytes.
    """
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    datasets = night_datasets()
    total = Summary()
    if run_backwards:
        captured = [dataset for dataset in datasets if dataset.layer == "captured"]
        for day in reversed(days):
            _add(total, run_datasets(road, captured, day, force=force, report=report), day)
    forced = force and not run_backwards
    for day in days:
        logger.info("night of %s", day)
        built = run_datasets(road, datasets, day, force=forced, report=report) if not total.failed else None
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


def _attempt(summary: Summary, unit: Sequence[Dataset], publish: Callable[[], list[Outcome]], report: Report) -> None:
    broken = set(summary.failed) | set(summary.skipped)
    if any(parent.address in broken for dataset in unit for parent in dataset.built_from):
        summary.skipped += [dataset.address for dataset in unit]
        return
    try:
        outcomes = publish()
    except Exception as error:  # the rest of the night goes on; every failure is told and sets the exit code
        summary.failed |= {dataset.address: error for dataset in unit}
        logger.error("%s", sentence_of(error), exc_info=exit_code_of(error) is ExitCode.UNEXPECTED)
        return
    summary.outcomes += outcomes
    for outcome in outcomes:
        report(outcome)


def _publish(road: Road, dataset: Dataset, business_date: date, *, force: bool) -> list[Outcome]:
    return [road.publish(dataset, night(business_date), force=force)]


def _add(total: Summary, part: Summary, day: date) -> None:
    total.outcomes += part.outcomes
    total.failed |= {f"{address} {day}": error for address, error in part.failed.items()}
    total.skipped += [f"{address} {day}" for address in part.skipped]


def _observed(dataset: Dataset) -> tuple[Dataset, ...]:
    return dataset.observed if isinstance(dataset, Table) else ()
