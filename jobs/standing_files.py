"""Standing records and customers in a folder, mapped into memory rather than read: a million open in milliseconds.

records.arrow, with records.<kind>.hashes.npy and .rows.npy, are the records of the beginning; pairs, people and
refusals likewise, where customers stand there, too. change-<number>/ holds what changed since, in order, and what was
found of it. The folder and every change appear whole, by a rename. A change has the number after those that were read:
of two writers who read the same, the second is refused.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.customers.comparing import RECORDS
from jobs.customers.sorted_hashes import SortedHashes
from jobs.customers.standing import HASHED, AllAnewError, Change, StandingRecords
from jobs.customers.standing_customers import PAIRS_BY, PEOPLE_BY, CustomerChange, StandingCustomers
from jobs.customers.standing_rows import StandingRows
from jobs.customers.verdicts import Verdict
from jobs.storage_local import sync_to_disk

ABOUT, TOLD = "about.json", "told.json"
IS_GONE = pa.field("is_gone", pa.bool_())
RECORD_ROWS = "records"
CUSTOMER_ROWS = {"pairs": PAIRS_BY, "people": PEOPLE_BY, "refusals": PAIRS_BY}
HASHES_OF_CHANGE = ("anew", "touched")


class StandingFolderError(ValueError):
    """The folder cannot be used; the message says what to do."""

    exit_code = 2


@dataclass(frozen=True)
class StandingFolder:
    """A folder as it was read. asked: of the newest change, what names all that was asked for, if it was told."""

    path: Path
    changes: int
    asked: str | None

    def append(
        self,
        changed: pa.Table,
        gone: list[str],
        verdicts: Iterable[Verdict] | None = None,
        *,
        found: CustomerChange | Change,
        asked: str | None = None,
    ) -> None:
        """Keep a change that was made of what was read; StandingFolderError where somebody else kept one since."""
        kept = self.path / _name_of(self.changes)
        with _staged(kept) as staged:
            _write(_as_one(changed, gone), staged / f"{RECORD_ROWS}.arrow")
            if isinstance(found, CustomerChange):
                for name in CUSTOMER_ROWS:
                    _write(getattr(found, name), staged / f"{name}.arrow")
                for name in HASHES_OF_CHANGE:
                    np.save(staged / f"{name}.npy", getattr(found, name))
            else:
                _write(found.pairs, staged / "pairs.arrow")
                _write(pa.table({"source_record_id": found.anew}), staged / "anew.arrow")
            told = {
                "verdicts": None if verdicts is None else [list(one) for one in verdicts],
                "as_of": found.as_of.isoformat() if isinstance(found, CustomerChange) else None,
                "asked": asked,
            }
            _write_json(told, staged / TOLD)

    def newest_of_records(self) -> Change:
        """What was found of the newest change among records."""
        change = self.path / _name_of(self.changes - 1)
        anew = _mapped(change / "anew.arrow")["source_record_id"]
        return Change(_mapped(change / "pairs.arrow"), anew.combine_chunks())

    def newest_of_customers(self) -> CustomerChange:
        """What was found of the newest change among customers."""
        change = self.path / _name_of(self.changes - 1)
        return _customer_change(change, _read_json(change / TOLD))


def refuse_a_folder_in_use(folder: Path) -> None:
    """StandingFolderError where something is in it."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StandingFolderError(f"{folder}: holds something already; name another folder, or remove it")


def write_standing(standing: StandingRecords, folder: Path, customers: StandingCustomers | None = None) -> None:
    """The records of the beginning, and their customers, into a folder that does not exist or is empty."""
    refuse_a_folder_in_use(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    about = {
        "rules_version": standing.version,
        "hashes_of": duckdb.__version__,
        "verdicts": [[*pair, is_same] for pair, is_same in standing.verdicts.items()],
        "customers_as_of": None if customers is None else customers.as_of.isoformat(),
    }
    with _staged(folder) as staged:
        _write_rows(standing.rows, staged, RECORD_ROWS)
        for name in CUSTOMER_ROWS if customers is not None else ():
            _write_rows(getattr(customers, name), staged, name)
        _write_json(about, staged / ABOUT)


def read_standing(folder: Path) -> tuple[StandingRecords, StandingFolder]:
    """The records of the beginning with every change since; AllAnewError when they were hashed by another version."""
    about = _about(folder, "compare-records")
    if about["customers_as_of"] is not None:
        raise StandingFolderError(f"{folder}: customers stand there, too; use resolve-changes")
    with _whole(folder):
        standing, told = _records_of_beginning(folder, about), _all_told(folder)
        standing.take([told_in(_mapped(change / f"{RECORD_ROWS}.arrow")) for change, _ in told], _verdicts(told))
    return standing, _as_read(folder, told)


def read_standing_customers(folder: Path) -> tuple[StandingCustomers, StandingFolder]:
    """The customers of the beginning with every change since; AllAnewError as for `read_standing`."""
    about = _about(folder, "resolve-records")
    if about["customers_as_of"] is None:
        raise StandingFolderError(f"{folder}: only records stand there; use compare-changes, or resolve-records anew")
    with _whole(folder):
        rows = [_read_rows(folder, name, kinds) for name, kinds in CUSTOMER_ROWS.items()]
        as_of = date.fromisoformat(about["customers_as_of"])
        standing, told = StandingCustomers(_records_of_beginning(folder, about), *rows, as_of=as_of), _all_told(folder)
        changes = [
            (*told_in(_mapped(change / f"{RECORD_ROWS}.arrow")), _customer_change(change, said))
            for change, said in told
        ]
        standing.take(changes, _verdicts(told))
    return standing, _as_read(folder, told)


def told_in(change: pa.Table) -> tuple[pa.Table, list[str]]:
    """The new and other records of a change, and the names of those that are gone: where is_gone, if it is there."""
    if IS_GONE.name not in change.column_names:
        return change, []
    is_gone = pc.fill_null(change[IS_GONE.name], False)
    gone: list[str] = change.filter(is_gone)["source_record_id"].to_pylist()
    return change.filter(pc.invert(is_gone)), gone


def _as_one(changed: pa.Table, gone: list[str]) -> pa.Table:
    names = pa.table(
        {"source_record_id": pa.array(gone, pa.string()), IS_GONE.name: pa.array([True] * len(gone), IS_GONE.type)}
    )
    given = changed.select(RECORDS.names).cast(RECORDS)
    told = given.append_column(IS_GONE, pa.array([False] * given.num_rows, IS_GONE.type))
    return pa.concat_tables([told, names], promote_options="default")


def _about(folder: Path, command: str) -> dict[str, Any]:
    try:
        about = _read_json(folder / ABOUT)
    except (OSError, ValueError):
        raise StandingFolderError(
            f"{folder}: no folder of standing records; compare all with {command} --standing {folder}"
        ) from None
    if "customers_as_of" not in about:
        raise StandingFolderError(f"{folder}: written by an earlier version; compare all records into a new one")
    if about["hashes_of"] != duckdb.__version__:
        raise AllAnewError(f"{folder}: hashed by duckdb {about['hashes_of']}: compare all records into a new one")
    return about


@contextmanager
def _whole(folder: Path) -> Iterator[None]:
    """For the block that reads the folder: a file that is missing or cut short is said in one line."""
    try:
        yield
    except (OSError, EOFError, json.JSONDecodeError, KeyError, pa.ArrowInvalid) as error:
        raise StandingFolderError(
            f"{folder}: a file is missing or damaged ({type(error).__name__}); compare all records into a new one"
        ) from None


def _records_of_beginning(folder: Path, about: dict[str, Any]) -> StandingRecords:
    verdicts = [Verdict(*one) for one in about["verdicts"]]
    return StandingRecords(_read_rows(folder, RECORD_ROWS, HASHED), str(about["rules_version"]), verdicts)


def _all_told(folder: Path) -> list[tuple[Path, dict[str, Any]]]:
    changes = [folder / _name_of(number) for number in range(len(list(folder.glob("change-??????"))))]
    return [(change, _read_json(change / TOLD)) for change in changes]


def _verdicts(told: list[tuple[Path, dict[str, Any]]]) -> list[Verdict] | None:
    """What reviewers said last, if they said anything."""
    said = [one["verdicts"] for _, one in told if one["verdicts"] is not None]
    return [Verdict(*one) for one in said[-1]] if said else None


def _as_read(folder: Path, told: list[tuple[Path, dict[str, Any]]]) -> StandingFolder:
    return StandingFolder(folder, len(told), told[-1][1]["asked"] if told else None)


def _customer_change(change: Path, told: dict[str, Any]) -> CustomerChange:
    tables = {name: _mapped(change / f"{name}.arrow") for name in CUSTOMER_ROWS}
    hashes = {name: np.load(change / f"{name}.npy") for name in HASHES_OF_CHANGE}
    return CustomerChange(**tables, **hashes, as_of=date.fromisoformat(told["as_of"]))


def _name_of(number: int) -> str:
    return f"change-{number:06d}"


@contextmanager
def _staged(kept: Path) -> Iterator[Path]:
    """A folder beside it for the block to fill, which then appears under the name, whole and on the disk."""
    staged = Path(tempfile.mkdtemp(prefix=f".{kept.name}.", suffix=".staged", dir=kept.parent))
    try:
        staged.chmod(0o755)
        yield staged
        with ThreadPoolExecutor() as workers:  # at once: the disk then waits once, and not for every file
            list(workers.map(sync_to_disk, [*staged.iterdir(), staged]))
        try:
            staged.rename(kept)  # fails where a folder that holds something is there
        except OSError:
            if not kept.is_dir():
                raise
            raise StandingFolderError(
                f"{kept.parent if kept.name.startswith('change-') else kept}: somebody else wrote there meanwhile; "
                "begin again"
            ) from None
        sync_to_disk(kept.parent)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _write_rows(standing: StandingRows, folder: Path, name: str) -> None:
    rows, index = standing.beginning
    _write(rows, folder / f"{name}.arrow")
    for kind, found in index.items():
        np.save(folder / f"{name}.{kind}.hashes.npy", found.hashes)
        np.save(folder / f"{name}.{kind}.rows.npy", found.rows)


def _read_rows(folder: Path, name: str, kinds: Iterable[str]) -> StandingRows:
    def mapped(kind: str, part: str) -> Any:
        return np.load(folder / f"{name}.{kind}.{part}.npy", mmap_mode="r")

    index = {kind: SortedHashes(mapped(kind, "hashes"), mapped(kind, "rows")) for kind in kinds}
    return StandingRows.of(_mapped(folder / f"{name}.arrow"), index)


def _read_json(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


def _write_json(content: dict[str, Any], file: Path) -> None:
    file.write_text(json.dumps(content, sort_keys=True) + "\n", encoding="utf-8")


def _write(table: pa.Table, file: Path) -> None:
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())


def _mapped(file: Path) -> pa.Table:
    return pa.ipc.open_file(pa.memory_map(str(file))).read_all()
