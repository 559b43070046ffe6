"""What each command of `python -m jobs.run` does; every one takes the parsed options and returns an exit code."""

from __future__ import annotations

import json
import logging
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.errors import ExitCode, StepMissingError
from jobs.inputs import Dates
from jobs.inputs import night as night_of
from jobs.lake import open_lake
from jobs.named_files import writing
from jobs.settings import Settings, SettingsError, read_settings
from schemas.catalogue import captured_tables, dataset_at
from schemas.table import BankTable, Dataset, FileDrop, Table

if TYPE_CHECKING:
    from jobs.night import Summary
    from jobs.road import Outcome, Road

logger = logging.getLogger("nightledger")

BANKS = "captured/banks"
"""Not a dataset but a unit of capture: all tables of all banks, one snapshot for each bank."""


def dataset(options: Namespace) -> int:
    """Build datasets in the order given, or replays of them; `captured/banks` is all tables of the banks."""
    with _road() as road:
        # A replay may describe a day before the first delivery, which holds the history, but not know less than it.
        dates = Dates(as_of=options.business_date, known_by=options.known_by or options.business_date)
        _refuse_days_before_the_first(road.settings, dates.known_by)
        if dates.known_by < dates.as_of:
            raise SettingsError(
                f"--known-by {dates.known_by} lies before --business-date {dates.as_of}: name a later day"
            )
        wanted = [_tables_or_dataset(address) for address in options.addresses]  # all are known before one is built
        for unit in wanted:
            for outcome in _outcomes(road, unit, dates, force=options.force):
                report(outcome)
    return ExitCode.OK


def night(options: Namespace) -> int:
    """Build every dataset of one night."""
    from jobs.night import night_datasets, run_datasets

    with _road() as road:
        _refuse_days_before_the_first(road.settings, options.business_date)
        summary = run_datasets(road, night_datasets(), options.business_date, force=options.force, report=report)
        _refresh_data_docs(road.settings, summary)
    return _tell(f"night of {options.business_date}", summary)


def train(options: Namespace) -> int:
    """Build the model, and first what it is built from."""
    from jobs.night import run_datasets, training_datasets

    with _road() as road:
        _refuse_days_before_the_first(road.settings, options.business_date)
        summary = run_datasets(road, training_datasets(), options.business_date, force=options.force, report=report)
    return _tell(f"training on {options.business_date}", summary)


def backfill(options: Namespace) -> int:
    """Build every night of a range, or say what would be built."""
    from jobs.night import run_backfill, unbuilt

    if options.last < options.first:
        raise SettingsError(f"--to {options.last} lies before --from {options.first}")
    with _road() as road:
        _refuse_days_before_the_first(road.settings, options.first)
        for line in unbuilt(road, options.first, options.last):
            logger.info("%s", line)
        if options.dry_run:
            return ExitCode.OK
        summary = run_backfill(
            road,
            options.first,
            options.last,
            run_backwards=options.run_backwards,
            force=options.force,
            report=report,
        )
        _refresh_data_docs(road.settings, summary)
    return _tell(f"backfill of {options.first} to {options.last}", summary)


def ready(options: Namespace) -> int:
    """Say whether a partner has delivered the day; 75 means not yet."""
    settings = read_settings()
    if options.partner == "banks":
        from jobs.captured.postgres import why_banks_are_not_ready

        reasons = why_banks_are_not_ready(options.business_date, settings)
        is_ready, waiting = not reasons, "; ".join(reasons)
    else:
        from jobs.captured.file_drop import drop_is_complete

        drops = [table for table in captured_tables() if isinstance(table.source, FileDrop)]
        missing = [table.name for table in drops if not drop_is_complete(table, options.business_date, settings)]
        is_ready, waiting = not missing, f"no manifest yet for {', '.join(missing)}"
    state = "delivered" if is_ready else f"not yet delivered: {waiting}"
    logger.info("%s %s: %s", options.partner, options.business_date, state)
    return ExitCode.OK if is_ready else ExitCode.TEMPORARY


def files(options: Namespace) -> int:
    """Print the files of a published partition, one a line."""
    settings = read_settings()
    lake = open_lake(settings)
    partition = night_of(options.business_date).partition(dataset_at(options.address))
    if lake.manifest(partition) is None:
        raise StepMissingError(f"{options.address} {options.business_date}: nothing is published")
    for path in lake.local_files(partition):
        _print(str(path))
    return ExitCode.OK


def explain(options: Namespace) -> int:
    """Print a customer's value with its definition and the rows behind it."""
    from jobs.explain import explain
    from schemas.features.purchase_outlook import PURCHASE_OUTLOOK

    settings = read_settings()
    explanation = explain(options.customer_id, options.column, options.business_date, open_lake(settings), settings)
    for line in explanation.lines():
        _print(line)
    if explanation.family == PURCHASE_OUTLOOK:
        _tell_fit(options)
    return ExitCode.OK


def _tell_fit(options: Namespace) -> None:
    """The one explanation that starts Spark: the models are everybody's, and are fitted once more."""
    from jobs.explained_outlook import fit_of_night

    with _road() as road:
        fit = fit_of_night(options.customer_id, options.business_date, road.resolver, road.sessions)
    for line in fit.lines(options.column):
        _print(line)


def doctor(_: Namespace) -> int:
    """Check the installation."""
    from jobs.doctor import examine

    return ExitCode.OK if examine() else ExitCode.BAD_INPUT


def dictionary(_: Namespace) -> int:
    """Write the data dictionary."""
    from jobs.dictionary import DICTIONARY_FILE, data_dictionary

    DICTIONARY_FILE.write_text(data_dictionary(), encoding="utf-8")
    logger.info("wrote %s", DICTIONARY_FILE.name)
    return ExitCode.OK


def data_docs(options: Namespace) -> int:
    """Write the site of all checks."""
    from expectations.data_docs import build_data_docs

    settings = read_settings()
    site: Path = options.out or settings.scratch / "data_docs"
    with writing(site):
        page = build_data_docs(settings.scratch / "verdicts", site)
    logger.info("data docs: %s", page)
    return ExitCode.OK


def report(outcome: Outcome) -> None:
    """One line for people on standard error, one JSON object for programs on standard output."""
    rows = outcome.manifest.rows
    logger.info(
        "%-34s %s  %-9s %11s rows %6.1f s",
        outcome.address, outcome.dates, outcome.state, f"{rows:,}", outcome.seconds,
    )  # fmt: skip
    for warning in outcome.warnings:
        logger.warning("%s %s: warning: %s", outcome.address, outcome.dates, warning)
    line = {"dataset": outcome.address, "business_date": str(outcome.dates.as_of), "rows": rows, "state": outcome.state}
    _print(json.dumps(line))


def _tables_or_dataset(address: str) -> Dataset | tuple[Table, ...]:
    """What is captured together, or the one dataset at the address."""
    if address == BANKS:
        return tuple(table for table in captured_tables() if isinstance(table.source, BankTable))
    wanted = dataset_at(address)
    return (wanted,) if isinstance(wanted, Table) and wanted.source is not None else wanted


def _outcomes(road: Road, wanted: Dataset | tuple[Table, ...], dates: Dates, *, force: bool) -> list[Outcome]:
    if not isinstance(wanted, tuple):
        return [road.publish(wanted, dates, force=force)]
    if dates.is_replay:
        raise SettingsError(f"{wanted[0].address}: what was captured on a day cannot be replayed with later knowledge")
    return road.capture(wanted, dates.as_of, force=force)


def _refresh_data_docs(settings: Settings, summary: Summary) -> None:
    """The pages of what was checked just now, the failed ones too; nothing to do where nothing was checked."""
    if summary.failed or any(outcome.state == "published" for outcome in summary.outcomes):
        from expectations.data_docs import build_data_docs

        logger.info("checks: %s", build_data_docs(settings.scratch / "verdicts", settings.scratch / "data_docs"))


def _tell(what: str, summary: Summary) -> int:
    log = logger.error if summary.failed else logger.info
    log("%s: %s", what, summary.sentence)
    return summary.exit_code


def _refuse_days_before_the_first(settings: Settings, day: date) -> None:
    if day < settings.first_business_date:
        raise SettingsError(f"{day} lies before NIGHTLEDGER_FIRST_BUSINESS_DATE {settings.first_business_date}")


@contextmanager
def _road() -> Iterator[Road]:
    from jobs.road import Road

    settings = read_settings()
    road = Road(settings, open_lake(settings))
    try:
        yield road
    finally:
        road.close()


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201 standard output is what programs read; people read the log
