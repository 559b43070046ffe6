"""Captures a table that arrives as files on S3: one manifest a day, and the files it lists."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from jobs.captured.capture import BadSourceError, Capture, Delivery, SourceUnavailableError
from jobs.captured.conform import delivered_columns
from jobs.captured.csv_rows import read_csv
from jobs.captured.downloads import Bucket, MissingObjectError
from jobs.captured.intake import Intake
from jobs.captured.json_rows import read_json_lines
from jobs.captured.manifests import LARGEST_MANIFEST, MANIFEST_NAME, DropManifest, DroppedFile, parse_manifest
from jobs.captured.parquet_rows import read_parquet
from jobs.captured.partial_files import partial_file, remove_abandoned, taken
from jobs.captured.rows import Batch
from jobs.captured.shop_bucket import partner_bucket
from jobs.captured.tokens import Tokeniser
from jobs.settings import Settings
from schemas.table import FileDrop, Table


def drop_is_complete(table: Table, business_date: date, settings: Settings) -> bool:
    """Whether the drop of that day can be captured: the partner publishes its manifest last."""
    delivery = Delivery(table, business_date)
    return partner_bucket(delivery, settings).exists(_folder(delivery) + MANIFEST_NAME)


def source_digest(table: Table, business_date: date, settings: Settings) -> str:
    """SHA-256 of the drop's manifest, which itself names the digest of every file."""
    delivery = Delivery(table, business_date)
    return _manifest(partner_bucket(delivery, settings), delivery).digest


def capture_file_drop(table: Table, business_date: date, settings: Settings, staging: Path) -> Capture:
    """The drop of that day, verified, parsed and staged in the order of file names and lines.

    BadSourceError when the drop is missing, lies about itself or has too many bad rows; SourceUnavailableError when
    the server does not answer. Files under `staging` are only ever complete when a Capture is returned.
    """
    delivery = Delivery(table, business_date)
    bucket = partner_bucket(delivery, settings)
    manifest = _manifest(bucket, delivery)
    remove_abandoned(settings.scratch, delivery, resumable=manifest.files)
    intake = Intake(delivery, Tokeniser(settings.keys().pseudonym), staging)
    try:
        for file in manifest.files:
            with _downloaded(bucket, delivery, file, settings.scratch) as path:
                _take_in(intake, delivery, file, path, manifest.row_count)
        digests = {MANIFEST_NAME: manifest.digest, **{file.name: file.sha256 for file in manifest.files}}
        return intake.finish(digests, notes={"files": str(len(manifest.files))})
    except BaseException:
        intake.abandon()
        raise


def _folder(delivery: Delivery) -> str:
    source = delivery.table.source
    if not isinstance(source, FileDrop):
        raise TypeError(f"{delivery.table.address} does not arrive as files")
    return f"{source.table}/dt={delivery.business_date.isoformat()}/"


def _manifest(bucket: Bucket, delivery: Delivery) -> DropManifest:
    try:
        content = bucket.read(_folder(delivery) + MANIFEST_NAME, LARGEST_MANIFEST)
    except MissingObjectError:
        cure = "wait for the partner to complete the drop, or ask for it"
        raise delivery.bad(MANIFEST_NAME, "there is none, so the day is not delivered", cure) from None
    return parse_manifest(content, delivery)


@contextmanager
def _downloaded(bucket: Bucket, delivery: Delivery, file: DroppedFile, scratch: Path) -> Iterator[Path]:
    """The file on the local disk while it is read. A process that dies leaves it, and the next one resumes."""
    with taken(partial_file(scratch, delivery, file)) as path:
        try:
            bucket.fetch(_folder(delivery) + file.name, file, path)
            yield path
        except SourceUnavailableError:
            raise  # the next try goes on from here
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        path.unlink(missing_ok=True)


def _take_in(intake: Intake, delivery: Delivery, file: DroppedFile, path: Path, rows_expected: int) -> None:
    """Feed one file to the intake; BadSourceError as soon as it has more rows than announced, or has fewer."""
    before = intake.rows_in
    for batch in _read(delivery, file, path):
        if intake.rows_in - before + batch.row_count > file.rows:
            raise _other_row_count(delivery, file, "more")
        intake.add(batch, rows_expected)
    if intake.rows_in - before != file.rows:
        raise _other_row_count(delivery, file, f"{intake.rows_in - before}")


def _other_row_count(delivery: Delivery, file: DroppedFile, found: str) -> BadSourceError:
    problem = f"the manifest says {file.rows} rows, the file has {found}"
    return delivery.bad(file.name, problem, "ask the partner to deliver the file again")


def _read(delivery: Delivery, file: DroppedFile, path: Path) -> Iterator[Batch]:
    columns = delivered_columns(delivery.table)

    def fail(problem: str, cure: str) -> BadSourceError:
        return delivery.bad(file.name, problem, cure)

    if file.name.endswith(".csv.gz"):
        return read_csv(path, file.name, tuple(column.name_in_source for column in columns), fail)
    if file.name.endswith(".jsonl.gz"):
        return read_json_lines(path, file.name, columns, fail)
    return read_parquet(path, file.name, columns, fail)
