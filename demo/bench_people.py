"""What it costs to make customers of a million records, Parquet to Parquet, each way in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from demo.processes import PROJECT_ROOT

MILLION = 1_000_000
KIOSK_USERS = 100_000
TOKENS = ("national_id_token", "phone_token", "email_token")
NEW, OTHER, GONE = 0.004, 0.004, 0.002
"""Of all records, what an increment of 1 % is made of: new ones, some with another phone, and some that are gone."""

RESOLVE = """
import json, resource, sys, time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
import pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq
from jobs.customers.clusters import find_clusters, with_customer_before
from jobs.customers.comparing import compare
from jobs.customers.naming import MOMENT, name_customers
from jobs.customers.standing import StandingRecords
from jobs.customers.standing_customers import StandingCustomers
from jobs.standing_files import write_standing

way, records_file, out, before, standing = sys.argv[1:]
out, before, standing = Path(out), Path(before), Path(standing)
out.mkdir(parents=True, exist_ok=True)
started = time.monotonic()
records = pq.read_table(records_file)
read, worked = time.monotonic(), time.process_time()
if way == "two tables":
    last_records = pq.read_table(before / "records.parquet")
    pairs = compare(records, before=last_records, pairs_before=pq.read_table(before / "pairs.parquet"))
else:
    pairs = compare(records)
compared, worked = time.monotonic(), time.process_time() - worked
night, last = date(2026, 4, 1), None
people = records.select(["source_record_id", "national_id_token"])
since = pa.repeat(pa.scalar(datetime(2024, 1, 1, tzinfo=UTC), MOMENT), people.num_rows)
people = people.append_column("record_since", since)
if (before / "customers.parquet").exists():
    night, last = night + timedelta(days=1), pq.read_table(before / "customers.parquet")
    people = with_customer_before(people, last)
found = find_clusters(people, pairs)
clustered = time.monotonic()
customers = name_customers(found.members, last, as_of=night)
pq.write_table(pairs, out / "pairs.parquet")
pq.write_table(found.refusals, out / "refusals.parquet")
pq.write_table(customers, out / "customers.parquet")
stayed = pc.fill_null(pc.equal(customers["customer_id"], customers["previous_customer_id"]), False)
pq.write_table(customers.filter(pc.invert(stayed)), out / "changes.parquet")
done = time.monotonic()
if way == "standing":
    compared_records = StandingRecords.of(records)
    write_standing(compared_records, standing / "records")
    since = people["record_since"]
    write_standing(
        compared_records, standing / "customers", StandingCustomers.of(compared_records, pairs, since, as_of=night)
    )
held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({
    "seconds": done - started, "comparing": compared - read, "clustering": clustered - compared,
    "naming and writing": done - clustered, "gigabytes": held / 2**20 if sys.platform != "darwin" else held / 2**30,
    "pairs": pairs.num_rows, "processor seconds": time.process_time(), "of comparing": worked,
}))
"""
"""Records to pairs, clusters and named customers, as a night makes them, and the records that changed customers."""

CHANGES = """
import json, resource, sys, time
from datetime import UTC, date, datetime
from pathlib import Path
import pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq
from jobs.customers.naming import MOMENT
from jobs.standing_files import read_standing, read_standing_customers, told_in

standing, changed_file, out = (Path(one) for one in sys.argv[1:])
out.mkdir(parents=True, exist_ok=True)
started = time.monotonic()
changed, gone = told_in(pq.read_table(changed_file))
records, folder = read_standing(standing / "records")
compared = records.change(changed, gone)
folder.append(changed, gone, found=compared)
pq.write_table(compared.pairs, out / "compared.parquet")
comparing = time.monotonic() - started
started = time.monotonic()
changed, gone = told_in(pq.read_table(changed_file))
since = pa.repeat(pa.scalar(datetime(2024, 1, 1, tzinfo=UTC), MOMENT), changed.num_rows)
people, folder = read_standing_customers(standing / "customers")
change = people.change(changed.append_column("record_since", since), gone, as_of=date(2026, 4, 2))
folder.append(changed, gone, found=change)
pq.write_table(change.people, out / "moved.parquet")
done = time.monotonic()
held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
customers = people.customers()
pq.write_table(people.all_pairs(), out / "pairs.parquet")
pq.write_table(people.all_refusals(), out / "refusals.parquet")
pq.write_table(customers, out / "customers.parquet")
stayed = pc.fill_null(pc.equal(customers["customer_id"], customers["previous_customer_id"]), False)
pq.write_table(customers.filter(pc.invert(stayed)), out / "changes.parquet")
print(json.dumps({
    "seconds": done - started, "comparing": comparing, "rows": change.people.num_rows,
    "gigabytes": held / 2**20 if sys.platform != "darwin" else held / 2**30,
}))
"""
"""What changed to the pairs that had to be compared; and to the customers that it touches, from a folder of each."""

SPLINK = """
import json, logging, resource, sys, time
import duckdb, pyarrow.parquet as pq
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from jobs.customers import comparing_sql as sql
from jobs.customers.learning import comparisons_of
from jobs.customers.match_weights import DECLARED

logging.getLogger("splink").setLevel(logging.ERROR)
comparisons = comparisons_of({})
for comparison in comparisons:
    name, levels = comparison["output_column_name"], comparison["comparison_levels"][1:]
    for place, level in enumerate(reversed(levels)):
        level.update(m_probability=DECLARED.m[name][place], u_probability=DECLARED.u[name][place])
odds = DECLARED.matches_per_record / DECLARED.records
settings = SettingsCreator(
    link_type="dedupe_only",
    comparisons=comparisons,
    blocking_rules_to_generate_predictions=[block_on(key) for key in ("phone", "email", "named_and_born")],
    probability_two_random_records_match=odds / (1 + odds),
)
started, worked = time.monotonic(), time.process_time()
with duckdb.connect() as connection:
    connection.register("records", pq.read_table(sys.argv[1]))
    connection.execute(f"CREATE TABLE people AS {sql.for_learning()}")
    linker = Linker(DuckDBAPI(connection).register("people"), settings, log_level=logging.ERROR)
    found = linker.inference.predict(threshold_match_probability=0.05).as_duckdbpyrelation().to_arrow_table()
pq.write_table(found.select(["unique_id_l", "unique_id_r", "match_probability"]), sys.argv[2])
print(json.dumps({
    "seconds": time.monotonic() - started, "of comparing": time.process_time() - worked, "pairs": found.num_rows,
    "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
}))
"""
"""The same model over the same prepared records by Splink's own prediction; without rules, decisions and evidence."""

Cost = Mapping[str, Any]


class UnequalError(AssertionError):
    """Two ways that must agree did not."""


def cost_of_people(environment: Mapping[str, str], folder: Path, records: pa.Table) -> dict[str, Cost]:
    """What each way took: all anew, by what changed, with a phone of many, and Splink's prediction.

    UnequalError when the increment gives other pairs or customers than all anew.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = _write_records(folder, records)
    first, nothing, standing = folder / "first", folder / "nothing", folder / "standing"

    def resolved(way: str, name: str, out: str, before: Path = nothing) -> Cost:
        given = (way, str(files[name]), str(folder / out), str(before), str(standing))
        return _told(environment, RESOLVE, *given)

    costs = {"full": resolved("standing", "records", "first")}
    (first / "records.parquet").symlink_to(files["records"])
    costs["next night, all anew"] = resolved("all", "now", "anew", first)
    costs["next night, two tables"] = resolved("two tables", "now", "tables", first)
    given = (str(standing), str(files["changed"]), str(folder / "increment"))
    costs["next night, what changed"] = _told(environment, CHANGES, *given)
    for name in ("pairs", "customers", "refusals", "changes"):
        anew = pq.read_table(folder / "anew" / f"{name}.parquet")
        for way in ("tables", "increment"):
            if not pq.read_table(folder / way / f"{name}.parquet").equals(anew):
                raise UnequalError(f"{way}: other {name} than all anew")
    costs["kiosk"] = resolved("all", "kiosk", "kiosk")
    costs["splink"] = _told(environment, SPLINK, str(files["records"]), str(folder / "splink.parquet"))
    return costs


def _write_records(folder: Path, records: pa.Table) -> dict[str, Path]:
    """A million records; an increment and the records after it; and a million of which many have one phone."""
    files = {name: folder / f"{name}.parquet" for name in ("records", "changed", "now", "kiosk")}
    newcomers = int(MILLION * NEW)
    with duckdb.connect() as connection:
        connection.register("records", records)
        copied = _copied(-(-(MILLION + newcomers) // records.num_rows), MILLION + newcomers)
        connection.execute(f"CREATE TABLE everybody AS SELECT *, row_number() OVER () AS number FROM ({copied})")
        for name, query in _queries(newcomers, ", ".join(records.column_names)).items():
            pq.write_table(connection.sql(query).to_arrow_table(), files[name])
    return files


def _queries(newcomers: int, columns: str) -> dict[str, str]:
    """Everybody but the newcomers, what changed, everybody who is left, and everybody with a kiosk."""
    known, newest = f"FROM everybody WHERE number > {newcomers}", f"FROM everybody WHERE number <= {newcomers}"
    is_other, is_gone = (
        f"hash(source_record_id, '{which}') % 1000 < {1000 * share:.0f}"
        for which, share in (("other", OTHER), ("gone", GONE))
    )
    renewed = _with_phone("'new.' || source_record_id", is_other)
    at_kiosk = _with_phone("'kiosk'", f"number <= {newcomers + KIOSK_USERS}")
    now = f"SELECT {renewed} {known} AND NOT ({is_gone}) UNION ALL SELECT * {newest}"
    change = f"SELECT {renewed}, {is_gone} AS is_gone {known} AND (({is_gone}) OR ({is_other}))"
    in_order = "ORDER BY source_record_id"
    return {
        "records": f"SELECT {columns} {known} {in_order}",
        "now": f"SELECT {columns} FROM ({now}) {in_order}",
        "kiosk": f"SELECT {columns} FROM (SELECT {at_kiosk} {known}) {in_order}",
        "changed": f"SELECT {columns}, is_gone FROM ({change} UNION ALL SELECT *, false {newest}) {in_order}",
    }


def _with_phone(phone: str, condition: str) -> str:
    return f"* REPLACE (CASE WHEN {condition} THEN {phone} ELSE phone_token END AS phone_token)"


def _copied(copies: int, count: int) -> str:
    """The records so many times, each time of other people with the same names, dealt so that partners are mixed."""
    tokens = ", ".join(f"{token} || '.' || copy AS {token}" for token in TOKENS)
    return (
        f"SELECT * EXCLUDE (copy) REPLACE (source_record_id || '.' || copy AS source_record_id, {tokens}, "
        "birth_date + copy::INTEGER AS birth_date) "
        f"FROM (SELECT records.*, copy FROM records, range({copies}) copies(copy)) "
        f"ORDER BY hash(source_record_id), source_record_id LIMIT {count}"
    )


def _told(environment: Mapping[str, str], script: str, *arguments: str) -> Cost:
    os.sync()  # what was written before is not waited for by a way that waits for the disk
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=PROJECT_ROOT, env=dict(environment), check=True,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    cost: Cost = json.loads(done.stdout.splitlines()[-1])
    return cost
