"""Standing records and customers in a folder, mapped into memory rather than read: a million open in milliseconds.

records.arrow, with records.<kind>.hashes.npy and .rows.npy, are the records of the beginning; pairs, people and
refusals likewise, where customers stand there, too. change-<number>/ holds what changed since, in order, with what
reviewers said where that changed. about.json comes last: a folder without it is not there.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.customers.comparing import RECORDS
from jobs.customers.sorted_hashes import SortedHashes
from jobs.customers.standing import HASHED, AllAnewError, StandingRecords
from jobs.customers.standing_customers import PAIRS_BY, PEOPLE_BY, CustomerChange, StandingCustomers
from jobs.customers.standing_rows import StandingRows
from jobs.customers.verdicts import Verdict

ABOUT = "about.json"
IS_GONE = pa.field("is_gone", pa.bool_())
VERDICTS = b"verdicts"
RECORD_ROWS = "records"
CUSTOMER_ROWS = {"pairs": PAIRS_BY, "people": PEOPLE_BY, "refusals": PAIRS_BY}
HASHES_OF_CHANGE = ("anew", "touched")


class StandingFolderError(ValueError):
    """The folder cannot be used; the message says what to do."""

    exit_code = 2


def write_standing(standing: StandingRecords, folder: Path, customers: StandingCustomers | None = None) -> None:
    """The records of the beginning, and their customers, into a folder that does not exist or is empty."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise StandingFolderError(f"{folder.name}: holds something already; name another folder, or remove it")
    _write_rows(standing.rows, folder, RECORD_ROWS)
    for name in CUSTOMER_ROWS if customers is not None else ():
        _write_rows(getattr(customers, name), folder, name)
    said = [[*pair, is_same] for pair, is_same in standing.verdicts.items()]
    about = {
        "rules_version": standing.version,
        "hashes_of": duckdb.__version__,
        "verdicts": said,
        "has_customers": customers is not None,
    }
    (folder / ABOUT).write_text(json.dumps(about, sort_keys=True) + "\n", encoding="utf-8")


def read_standing(folder: Path) -> StandingRecords:
    """The records of the beginning with every change since; AllAnewError when they were hashed by another version."""
    about = _about(folder, "compare-records")
    if about["has_customers"]:
        raise StandingFolderError(f"{folder.name}: customers stand there, too; use resolve-changes")
    standing = _records_of_beginning(folder, about)
    for change in _changes(folder):
        standing.take(*_told(change))
    return standing


def read_standing_customers(folder: Path) -> StandingCustomers:
    """The customers of the beginning with every change since; AllAnewError as for `read_standing`."""
    about = _about(folder, "resolve-records")
    if not about["has_customers"]:
        raise StandingFolderError(
            f"{folder.name}: only records stand there; use compare-changes, or resolve-records anew"
        )
    rows = [_read_rows(folder, name, kinds) for name, kinds in CUSTOMER_ROWS.items()]
    standing = StandingCustomers(_records_of_beginning(folder, about), *rows)
    for change in _changes(folder):
        changed, gone, verdicts = _told(change)
        tables = {name: _mapped(change / f"{name}.arrow") for name in CUSTOMER_ROWS}
        hashes = {name: np.load(change / f"{name}.npy") for name in HASHES_OF_CHANGE}
        standing.take(changed, gone, CustomerChange(**tables, **hashes), verdicts)
    return standing


def append_change(
    folder: Path,
    changed: pa.Table,
    gone: list[str],
    verdicts: Iterable[Verdict] | None = None,
    customers: CustomerChange | None = None,
) -> None:
    """Keep a change that was compared; a second writer at the same moment is refused."""
    names = pa.table(
        {"source_record_id": pa.array(gone, pa.string()), IS_GONE.name: pa.array([True] * len(gone), IS_GONE.type)}
    )
    given = changed.select(RECORDS.names).cast(RECORDS)
    told = given.append_column(IS_GONE, pa.array([False] * given.num_rows, IS_GONE.type))
    change = pa.concat_tables([told, names], promote_options="default")
    if verdicts is not None:
        change = change.replace_schema_metadata({VERDICTS: json.dumps([list(one) for one in verdicts])})
    kept = folder / f"change-{len(_changes(folder)):06d}"
    staged = folder / f"{kept.name}.{os.getpid()}.staged"
    staged.mkdir()
    _write(change, staged / f"{RECORD_ROWS}.arrow")
    if customers is not None:
        for name in CUSTOMER_ROWS:
            _write(getattr(customers, name), staged / f"{name}.arrow")
        for name in HASHES_OF_CHANGE:
            np.save(staged / f"{name}.npy", getattr(customers, name))
    try:
        staged.rename(kept)  # fails where a folder that holds something is there
    except OSError:
        shutil.rmtree(staged)
        if not kept.exists():
            raise
        raise StandingFolderError(f"{folder.name}: somebody else kept a change at this moment; compare again") from None


def told_in(change: pa.Table) -> tuple[pa.Table, list[str]]:
    """The new and other records of a change, and the names of those that are gone: where is_gone, if it is there."""
    if IS_GONE.name not in change.column_names:
        return change, []
    is_gone = pc.fill_null(change[IS_GONE.name], False)
    gone: list[str] = change.filter(is_gone)["source_record_id"].to_pylist()
    return change.filter(pc.invert(is_gone)), gone


def _about(folder: Path, command: str) -> dict[str, Any]:
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        name = folder.name
        raise StandingFolderError(
            f"{name}: no folder of standing records; compare all with {command} --standing {name}"
        ) from None
    if "has_customers" not in about:
        raise StandingFolderError(f"{folder.name}: written by an earlier version; compare all records into a new one")
    if about["hashes_of"] != duckdb.__version__:
        raise AllAnewError(f"{folder.name}: hashed by duckdb {about['hashes_of']}: compare all records into a new one")
    found: dict[str, Any] = about
    return found


def _records_of_beginning(folder: Path, about: dict[str, Any]) -> StandingRecords:
    verdicts = [Verdict(*one) for one in about["verdicts"]]
    return StandingRecords(_read_rows(folder, RECORD_ROWS, HASHED), str(about["rules_version"]), verdicts)


def _told(change: Path) -> tuple[pa.Table, list[str], list[Verdict] | None]:
    told = _mapped(change / f"{RECORD_ROWS}.arrow")
    said = (told.schema.metadata or {}).get(VERDICTS)
    return *told_in(told), None if said is None else [Verdict(*one) for one in json.loads(said)]


def _changes(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("change-*") if path.suffix != ".staged")


def _write_rows(standing: StandingRows, folder: Path, name: str) -> None:
    rows, index = standing.beginning
    _write(rows, folder / f"{name}.arrow")
    for kind, found in index.items():
        np.save(folder / f"{name}.{kind}.hashes.npy", found.hashes)
        np.save(folder / f"{name}.{kind}.rows.npy", found.rows)


def _read_rows(folder: Path, name: str, kinds: Iterable[str]) -> StandingRows:
    index = {
        kind: SortedHashes(
            *(np.load(folder / f"{name}.{kind}.{part}.npy", mmap_mode="r") for part in ("hashes", "rows"))
        )
        for kind in kinds
    }
    return StandingRows.of(_mapped(folder / f"{name}.arrow"), index)


def _write(table: pa.Table, file: Path) -> None:
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())


def _mapped(file: Path) -> pa.Table:
    return pa.ipc.open_file(pa.memory_map(str(file))).read_all()
