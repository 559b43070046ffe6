"""Standing records in a folder, mapped into memory rather than read: opening a million takes milliseconds.

records.arrow, <kind>.hashes.npy, <kind>.rows.npy: the records of the beginning. change-<number>.arrow: what changed
since, in order, with what reviewers said where that changed. about.json comes last: a folder without it is not there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.customers.comparing import RECORDS
from jobs.customers.sorted_hashes import SortedHashes
from jobs.customers.standing import HASHED, AllAnewError, StandingRecords
from jobs.customers.verdicts import Verdict

ABOUT = "about.json"
IS_GONE = pa.field("is_gone", pa.bool_())
VERDICTS = b"verdicts"


class StandingFolderError(ValueError):
    """The folder cannot be used; the message says what to do."""

    exit_code = 2


def write_standing(standing: StandingRecords, folder: Path) -> None:
    """The records of the beginning, into a folder that does not exist or is empty."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise StandingFolderError(f"{folder.name}: holds something already; name another folder, or remove it")
    records, index = standing.beginning
    _write(records, folder / "records.arrow")
    for kind, found in index.items():
        np.save(folder / f"{kind}.hashes.npy", found.hashes)
        np.save(folder / f"{kind}.rows.npy", found.rows)
    said = [[*pair, is_same] for pair, is_same in standing.verdicts.items()]
    about = {"rules_version": standing.version, "hashes_of": duckdb.__version__, "verdicts": said}
    (folder / ABOUT).write_text(json.dumps(about, sort_keys=True) + "\n", encoding="utf-8")


def read_standing(folder: Path) -> StandingRecords:
    """The records of the beginning with every change since; AllAnewError when they were hashed by another version."""
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise StandingFolderError(
            f"{folder.name}: no folder of standing records; compare all with compare-records --standing {folder.name}"
        ) from None
    if about["hashes_of"] != duckdb.__version__:
        raise AllAnewError(f"{folder.name}: hashed by duckdb {about['hashes_of']}: compare all records into a new one")
    index = {
        kind: SortedHashes(*(np.load(folder / f"{kind}.{part}.npy", mmap_mode="r") for part in ("hashes", "rows")))
        for kind in HASHED
    }
    verdicts = [Verdict(*one) for one in about.get("verdicts", ())]
    standing = StandingRecords(_mapped(folder / "records.arrow"), index, about["rules_version"], verdicts)
    for file in _changes(folder):
        change = _mapped(file)
        said = (change.schema.metadata or {}).get(VERDICTS)
        heard = None if said is None else [Verdict(*one) for one in json.loads(said)]
        standing.take(*told_in(change), heard)
    return standing


def append_change(folder: Path, changed: pa.Table, gone: list[str], verdicts: Iterable[Verdict] | None = None) -> None:
    """Keep a change that was compared; a second writer at the same moment is refused."""
    names = pa.table(
        {"source_record_id": pa.array(gone, pa.string()), IS_GONE.name: pa.array([True] * len(gone), IS_GONE.type)}
    )
    given = changed.select(RECORDS.names).cast(RECORDS)
    told = given.append_column(IS_GONE, pa.array([False] * given.num_rows, IS_GONE.type))
    file = folder / f"change-{len(_changes(folder)):06d}.arrow"
    staged = file.with_suffix(f".{os.getpid()}.staged")
    change = pa.concat_tables([told, names], promote_options="default")
    if verdicts is not None:
        change = change.replace_schema_metadata({VERDICTS: json.dumps([list(one) for one in verdicts])})
    _write(change, staged)
    try:
        os.link(staged, file)  # fails where the file is there, which a rename would replace
    except FileExistsError:
        raise StandingFolderError(f"{folder.name}: somebody else kept a change at this moment; compare again") from None
    finally:
        staged.unlink()


def told_in(change: pa.Table) -> tuple[pa.Table, list[str]]:
    """The new and other records of a change, and the names of those that are gone: where is_gone, if it is there."""
    if IS_GONE.name not in change.column_names:
        return change, []
    is_gone = pc.fill_null(change[IS_GONE.name], False)
    gone: list[str] = change.filter(is_gone)["source_record_id"].to_pylist()
    return change.filter(pc.invert(is_gone)), gone


def _changes(folder: Path) -> list[Path]:
    return sorted(folder.glob("change-*.arrow"))


def _write(table: pa.Table, file: Path) -> None:
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())


def _mapped(file: Path) -> pa.Table:
    return pa.ipc.open_file(pa.memory_map(str(file))).read_all()
