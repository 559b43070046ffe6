"""The banks' PostgreSQL replicas: one server on a loopback port, one database per bank, a role that can only read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
from adbc_driver_postgresql import dbapi

from demo.postgresql import PostgreSQL
from demo.tables import BANK_TABLES, MOMENT

READER, SCHEMA = "alliance_reader", "bank"
_SQL_TYPES = {
    pa.string(): "text",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.float64(): "double precision",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    MOMENT: "timestamptz",
}


@dataclass(frozen=True)
class Replicas(PostgreSQL):
    """A PostgreSQL with one database per bank; `owner_secret` writes, `reader_secret` only reads."""

    reader_secret: str

    def url(self, bank: str) -> str:
        """How the alliance reaches a bank's replica; a secret."""
        return f"postgresql://{READER}:{self.reader_secret}@127.0.0.1:{self.port}/{bank}"

    def create_bank(self, bank: str) -> None:
        """Make a bank's database with its empty tables, unless it is there."""
        if not self.create_database(bank):
            return
        with dbapi.connect(self.owner_url(bank)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = $1", parameters=[READER])
            if not cursor.fetchall()[0][0]:
                cursor.execute(f"CREATE ROLE {READER} LOGIN PASSWORD '{self.reader_secret}'")
                cursor.execute(f"ALTER ROLE {READER} SET default_transaction_read_only = on")
            cursor.execute(f'GRANT CONNECT ON DATABASE "{bank}" TO {READER}')
            for statement in _bank_statements():
                cursor.execute(statement)
            connection.commit()

    def append(self, bank: str, tables: Mapping[str, pa.Table]) -> int:
        """Append rows to a bank's tables in one transaction; the number of rows."""
        with dbapi.connect(self.owner_url(bank)) as connection, connection.cursor() as cursor:
            for name, rows in tables.items():
                if rows.num_rows:
                    cursor.adbc_ingest(name, rows, mode="append", db_schema_name=SCHEMA)
            connection.commit()
        return sum(rows.num_rows for rows in tables.values())


def _bank_statements() -> list[str]:
    statements = [f"CREATE SCHEMA {SCHEMA}", f"GRANT USAGE ON SCHEMA {SCHEMA} TO {READER}"]
    for table in BANK_TABLES.values():
        columns = [
            f"{field.name} {_SQL_TYPES[field.type]}{'' if field.nullable else ' NOT NULL'}" for field in table.schema
        ]
        statements += [
            f"CREATE TABLE {SCHEMA}.{table.name} ({', '.join(columns)})",
            # Rows are appended by day, so a block-range index finds a day's slice at no cost.
            f"CREATE INDEX ON {SCHEMA}.{table.name} USING brin ({table.moment}) WITH (pages_per_range = 16)",
            f"GRANT SELECT ON {SCHEMA}.{table.name} TO {READER}",
        ]
    return statements
