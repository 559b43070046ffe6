"""Commands on records of one's own: pairs and customers of a Parquet file, and of what changed in it since."""

from __future__ import annotations

import hashlib
import logging
import time
from argparse import Namespace
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.errors import ExitCode
from jobs.named_files import reading, writing
from jobs.pair_commands import verdicts_in
from jobs.settings import read_match_weights
from jobs.verbs import verbs_with

if TYPE_CHECKING:
    import pyarrow as pa

logger = logging.getLogger("nightledger")

EXAMPLES = """examples:
  python -m jobs.run compare-records records.parquet --out pairs.parquet --standing standing
  python -m jobs.run compare-changes changed.parquet --standing standing --out pairs_now.parquet --anew records.parquet
  python -m jobs.run resolve-records records.parquet --as-of 2026-04-01 --out customers.parquet --standing people
  python -m jobs.run resolve-changes changed.parquet --as-of 2026-04-02 --standing people --out moved.parquet
  python -m jobs.run resolve-changes more.parquet --as-of 2026-04-03 --standing people --out moved.parquet --all all.pq

A folder of standing records takes every change and is gone on from; what is found is what all records anew would give,
at the price of what changed. The rows of resolve-changes stand in the place of those of the same source_record_id; of
every other row the customer stays, and is that of before. The same change told again tells the same rows, and changes
nothing. Where a folder cannot be gone on from, resolve-records --before goes on with the customers of --all.
Keep the folder where only those may read who may read records.
"""


def add_verbs(verbs: Any, day: Callable[[str], date]) -> None:
    """The commands as verbs of `python -m jobs.run`."""
    verb = verbs_with(verbs, EXAMPLES)
    compared = verb("compare-records", compare_records, "compare the records of a Parquet file of one's own")
    compared.add_argument("--out", type=Path, required=True, help="Parquet of pairs")
    resolved = verb("resolve-records", resolve_records, "make customers of the records of a Parquet file of one's own")
    resolved.add_argument("--out", type=Path, required=True, help="Parquet with the columns of customers/identities")
    compares = verb("compare-changes", compare_changes, "compare what changed among records that were compared before")
    compares.add_argument("--out", type=Path, required=True, help="Parquet of the pairs that were compared")
    compares.add_argument(
        "--anew", type=Path, required=True, help="Parquet of records: what was known of their pairs counts no more"
    )
    resolves = verb("resolve-changes", resolve_changes, "tell the customers of what changed among standing customers")
    resolves.add_argument(
        "--out", type=Path, required=True, help="Parquet of the rows that stand in place of earlier ones"
    )
    resolves.add_argument("--all", dest="everybody", type=Path, help="Parquet of the rows of everybody, besides")
    for added in (compared, resolved):
        added.add_argument("records", type=Path, help="columns as in jobs/customers/records.py")
        added.add_argument("--standing", type=Path, help="a new folder, to go on from with what changes")
        added.add_argument("--decided", type=Path, help="what reviewers said of pairs, as for decide-pairs")
    resolved.add_argument("--before", type=Path, help="customers of before, who keep their ids: an --out or --all")
    for added in (compares, resolves):
        added.add_argument(
            "changed", type=Path, help="new and other records; only source_record_id where is_gone is true"
        )
        added.add_argument("--standing", type=Path, required=True, help="the folder; it takes the change")
        added.add_argument(
            "--decided", type=Path, help="what reviewers said besides, as for decide-pairs; what they said before holds"
        )
    for added in (resolved, resolves):
        added.add_argument(
            "--as-of", required=True, type=day, metavar="YYYY-MM-DD", help="the day from which new customer ids count"
        )


def compare_records(options: Namespace) -> int:
    """Compare a file of records with itself, and write the pairs."""
    from jobs.customers.comparing import compare
    from jobs.customers.standing import StandingRecords
    from jobs.records_of_a_file import read_records
    from jobs.standing_files import refuse_a_folder_in_use, told_in, write_standing

    started = time.monotonic()
    if options.standing is not None:
        refuse_a_folder_in_use(options.standing)
    weights, verdicts = read_match_weights(), verdicts_in(options.decided, {}) or ()
    records, _ = told_in(read_records(options.records))
    pairs = compare(records, weights, verdicts=verdicts)
    if options.standing is not None:
        with writing(options.standing):
            write_standing(StandingRecords.of(records, weights, verdicts), options.standing)
    _write(pairs, options.out)
    seconds = time.monotonic() - started
    logger.info("%s records, %s pairs, %.2f s", f"{records.num_rows:,}", f"{pairs.num_rows:,}", seconds)
    return ExitCode.OK


def compare_changes(options: Namespace) -> int:
    """Compare what changed, keep the change, and write its pairs and the records that they stand for."""
    import pyarrow as pa

    from jobs.records_of_a_file import read_records
    from jobs.standing_files import read_standing, told_in

    started = time.monotonic()
    weights, asked = read_match_weights(), _asked(options)
    changed, gone = told_in(read_records(options.changed))
    standing, folder = read_standing(options.standing)
    if folder.asked == asked:
        change = folder.newest_of_records()
        logger.info("%s: was told before; nothing changed", options.changed.name)
    else:
        verdicts = verdicts_in(options.decided, standing.verdicts)
        change = standing.change(changed, gone, weights, verdicts)
        with writing(options.standing):
            folder.append(changed, gone, verdicts, found=change, asked=asked)
    _write(change.pairs, options.out)
    _write(pa.table({"source_record_id": change.anew}), options.anew)
    seconds = time.monotonic() - started
    logger.info("%s records anew, %s pairs, %.2f s", f"{len(change.anew):,}", f"{change.pairs.num_rows:,}", seconds)
    return ExitCode.OK


def resolve_records(options: Namespace) -> int:
    """Make customers of a file of records, and write who is who."""
    from jobs.customers.comparing import compare
    from jobs.customers.standing import StandingRecords
    from jobs.customers.standing_customers import StandingCustomers
    from jobs.records_of_a_file import read_customers, read_records_with_since
    from jobs.standing_files import refuse_a_folder_in_use, told_in, write_standing

    started = time.monotonic()
    if options.standing is not None:
        refuse_a_folder_in_use(options.standing)
    weights, verdicts = read_match_weights(), verdicts_in(options.decided, {}) or ()
    records, _ = told_in(read_records_with_since(options.records))
    before = None if options.before is None else read_customers(options.before)
    standing = StandingRecords.of(records, weights, verdicts)
    pairs, since = compare(records, weights, verdicts=verdicts), records["record_since"]
    people = StandingCustomers.of(standing, pairs, since, as_of=options.as_of, before=before)
    customers = people.customers()
    if options.standing is not None:
        with writing(options.standing):
            write_standing(standing, options.standing, people)
    _write(customers, options.out)
    found, seconds = len(customers["customer_id"].unique()), time.monotonic() - started
    logger.info("%s records, %s customers, %.2f s", f"{records.num_rows:,}", f"{found:,}", seconds)
    return ExitCode.OK


def resolve_changes(options: Namespace) -> int:
    """Tell the customers of what changed, and keep the change."""
    import pyarrow.compute as pc

    from jobs.records_of_a_file import read_records_with_since
    from jobs.standing_files import read_standing_customers, told_in

    started = time.monotonic()
    weights, asked = read_match_weights(), _asked(options, options.as_of)
    changed, gone = told_in(read_records_with_since(options.changed))
    standing, folder = read_standing_customers(options.standing)
    if folder.asked == asked:
        people = folder.newest_of_customers().people
        logger.info("%s: was told before; nothing changed", options.changed.name)
    else:
        verdicts = verdicts_in(options.decided, standing.records.verdicts)
        change = standing.change(changed, gone, as_of=options.as_of, weights=weights, verdicts=verdicts)
        with writing(options.standing):
            folder.append(changed, gone, verdicts, found=change, asked=asked)
        people = change.people
    _write(people, options.out)
    if options.everybody is not None:
        _write(standing.customers(), options.everybody)
    stayed = pc.sum(pc.equal(people["customer_id"], people["previous_customer_id"])).as_py() or 0
    logger.info(
        "%s records looked at, %s of them with another customer or a first one, %.2f s",
        f"{people.num_rows:,}", f"{people.num_rows - stayed:,}", time.monotonic() - started,
    )  # fmt: skip
    return ExitCode.OK


def _asked(options: Namespace, *others: object) -> str:
    """Names everything that a change is asked by, so that the same asked again is known."""
    told: list[object] = [others]
    for file in (options.changed, options.decided):
        if file is not None:
            with reading(file):
                told.append(hashlib.sha256(file.read_bytes()).hexdigest())
        else:
            told.append(None)
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _write(rows: pa.Table, file: Path) -> None:
    """The file appears whole, or stays what it was."""
    import pyarrow.parquet as pq

    with writing(file):
        staged = file.with_name(f".{file.name}.staged")
        pq.write_table(rows, staged)
        staged.replace(file)
