"""What it costs to find out who is one person, and how often that is right, judged by the truth of a large world."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from demo.bench_rings import read_published
from demo.machine import this_machine
from demo.oracle import read_truth
from demo.processes import PROJECT_ROOT
from demo.session import partners_up
from demo.world import World
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.identities import IDENTITIES
from schemas.customers.record_pairs import RECORD_PAIRS

PEOPLE = 100_000
MILLION = 1_000_000
KIOSK_USERS = 100_000
BUILT = (
    "captured/erasure_requests",
    "captured/shop_users",
    "captured/banks",
    *(table.address for table in (SHOP_USERS, BANK_CUSTOMERS, RECORD_PAIRS, IDENTITIES)),
)
IDENTIFYING = (
    "source_record_id",
    "national_id_token",
    "phone_token",
    "email_token",
    "full_name_token",
    "full_name_encoding",
    "given_name_token",
    "birth_date",
    "city_code",
    "gender",
)
TOKENS = ("national_id_token", "phone_token", "email_token")
QUALITY = """
WITH people AS (
    SELECT records.*, person_id, customer_id FROM records
    JOIN (SELECT partner || ':' || source_id AS source_record_id, person_id FROM source_ids) USING (source_record_id)
    JOIN identities USING (source_record_id)
),
found AS (
    SELECT count(*) AS pairs, count(*) FILTER (l.person_id = r.person_id) AS right_pairs
    FROM people l JOIN people r USING (customer_id) WHERE l.source_record_id < r.source_record_id
),
comparable AS (
    SELECT count(*) AS pairs, count(*) FILTER (l.customer_id = r.customer_id) AS found_pairs
    FROM people l JOIN people r USING (person_id)
    WHERE l.source_record_id < r.source_record_id AND (
        l.national_id_token = r.national_id_token OR l.phone_token = r.phone_token OR l.email_token = r.email_token
        OR (l.full_name_token = r.full_name_token AND l.birth_date = r.birth_date))
)
SELECT found.right_pairs / found.pairs, comparable.found_pairs / comparable.pairs, comparable.pairs
FROM found, comparable"""


def bench_identities(folder: Path, people: int = PEOPLE) -> list[str]:
    """The lines of a table: how right one night is, what the next one changes, and the speed of comparing a million."""
    with partners_up(folder, "--people", str(people), "--days", "1") as environment:
        day = date.fromisoformat(environment["NIGHTLEDGER_FIRST_BUSINESS_DATE"])
        nights = (day, day + timedelta(days=1))
        for night in nights:
            _run(environment, "dataset", *BUILT, "--business-date", str(night))
        lake = Path(environment["NIGHTLEDGER_LAKE"])
        records = _records(lake, day)
        precision, recall, pairs = _quality(folder / "truth", records, read_published(lake, IDENTITIES, day))
        new, churn = _churn(*(read_published(lake, IDENTITIES, night) for night in nights))
        seconds = _speed(environment, folder, records)
    full = seconds["full"]
    return [
        f"{people:,} people, {records.num_rows:,} records, {pairs:,} pairs of one person that share an identifier, or "
        f"name and birth date; seed {World.seed}, {this_machine()}; seconds from the file to the pairs, of {MILLION:,} "
        "records",
        "| who is one person | found | wished |",
        "|---|---|---|",
        f"| precision by pair | {precision:.5f} | 0.999 |",
        f"| recall by comparable pair | {recall:.4f} | 0.97 |",
        f"| known records with another customer a night and {new:,} new records later | {churn:.4%} | 0.1 % |",
        f"| records a minute | {MILLION / full * 60:,.0f} | 1,000,000 |",
        f"| 1 % of the records new or changed, over all of them | {seconds['increment'] / full:.2f} | 0.10 |",
        f"| {KIOSK_USERS:,} records with one phone, over without | {seconds['kiosk'] / full:.2f} | 1.2 |",
    ]


def _records(lake: Path, day: date) -> pa.Table:
    columns = list(IDENTIFYING)
    return pa.concat_tables(read_published(lake, table, day).select(columns) for table in (SHOP_USERS, BANK_CUSTOMERS))


def _quality(truth: Path, records: pa.Table, identities: pa.Table) -> tuple[float, float, int]:
    with duckdb.connect() as connection:
        connection.register("records", records)
        connection.register("identities", identities.select(["source_record_id", "customer_id"]))
        connection.register("source_ids", read_truth(truth, "source_ids"))
        precision, recall, pairs = connection.sql(QUALITY).fetchall()[0]
    return float(precision), float(recall), int(pairs)


def _churn(before: pa.Table, after: pa.Table) -> tuple[int, float]:
    """How many records are new, and the share of the known ones that another customer has."""
    found = before.select(["source_record_id", "customer_id"]).join(
        after.select(["source_record_id", "customer_id"]), "source_record_id", join_type="inner", right_suffix="_after"
    )
    moved = pc.sum(pc.not_equal(found["customer_id"], found["customer_id_after"])).as_py()
    return after.num_rows - found.num_rows, moved / before.num_rows


def _speed(environment: Mapping[str, str], folder: Path, records: pa.Table) -> dict[str, float]:
    """Seconds to compare a million records, 1 % of them that changed, and a million of which many have one phone.

    From reading the file to the written pairs, as the commands tell; not the start of the interpreter.
    """
    files = {name: folder / f"{name}.parquet" for name in ("records", "changed", "kiosk", "pairs", "others", "anew")}
    standing = folder / "standing"
    with duckdb.connect() as connection:
        connection.register("records", records)
        copies = -(-MILLION // records.num_rows)
        connection.execute(f"CREATE TABLE million AS {_copied(copies)}")
        _write(connection, "SELECT * FROM million", files["records"])
        _write(
            connection,
            _with_phone("'new.' || source_record_id", "number % 100 = 0", "number % 100 = 0"),
            files["changed"],
        )
        _write(connection, _with_phone("'kiosk'", f"number <= {KIOSK_USERS}"), files["kiosk"])
    out, anew = ("--out", str(files["others"])), ("--anew", str(files["anew"]))
    kept = ("--standing", str(standing))
    shutil.rmtree(standing, ignore_errors=True)
    full = _told_seconds(environment, "compare-records", str(files["records"]), "--out", str(files["pairs"]), *kept)
    return {
        "full": full,
        "increment": _told_seconds(environment, "compare-changes", str(files["changed"]), *kept, *out, *anew),
        "kiosk": _told_seconds(environment, "compare-records", str(files["kiosk"]), *out),
    }


def _copied(copies: int) -> str:
    """The records so many times, each time of other people with the same names."""
    tokens = ", ".join(f"{token} || '.' || copy AS {token}" for token in TOKENS)
    return (
        f"SELECT * REPLACE (source_record_id || '.' || copy AS source_record_id, {tokens}, "
        "birth_date + copy::INTEGER AS birth_date) "
        f"FROM (SELECT records.*, copy FROM records, range({copies}) copies(copy)) "
        f"ORDER BY source_record_id LIMIT {MILLION}"
    )


def _with_phone(phone: str, condition: str, chosen: str = "true") -> str:
    numbered = "SELECT *, row_number() OVER (ORDER BY source_record_id) AS number FROM million"
    changed = f"CASE WHEN {condition} THEN {phone} ELSE phone_token END AS phone_token"
    return f"SELECT * EXCLUDE (number) REPLACE ({changed}) FROM ({numbered}) WHERE {chosen}"


def _write(connection: duckdb.DuckDBPyConnection, query: str, file: Path) -> None:
    pq.write_table(connection.sql(query).to_arrow_table().select(list(IDENTIFYING)), file)


def _told_seconds(environment: Mapping[str, str], *arguments: str) -> float:
    """The seconds that a command says it took."""
    told = _run(environment, *arguments).stderr
    found = re.findall(r"([0-9.]+) s$", told, flags=re.MULTILINE)
    return float(found[-1])


def _run(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command: Sequence[str] = [sys.executable, "-m", "jobs.run", *arguments]
    return subprocess.run(
        command, cwd=PROJECT_ROOT, env=dict(environment), check=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
