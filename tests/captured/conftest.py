"""What the partners deliver to the tests of capture, over a real S3 server and a real PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as postgresql
import pytest

from demo.object_store import DROP_BUCKET
from demo.replicas import READER
from demo.servers import Partners
from demo.world import World
from jobs.settings import Settings, read_settings
from schemas.catalogue import captured_tables
from schemas.table import BankTable
from tests.captured.deliveries import Shop


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What people were told, line by line."""
    return [record.getMessage() for record in caplog.records if record.name == "nightledger"]


@pytest.fixture(scope="session")
def base_settings(servers: Partners, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The settings of these servers, and the credentials in the environment."""
    environment = servers.environment(World(people=100), str(tmp_path_factory.mktemp("lake")), fixed_keys="tests")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
            patch.setenv(name, environment[name])
        yield read_settings(environment)


@pytest.fixture(scope="session")
def shop_client(servers: Partners) -> Any:
    """What the shop itself may do with its bucket."""
    return servers.store.client(servers.store.shop)


@pytest.fixture
def shop(shop_client: Any, base_settings: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> Shop:
    """The shop's drop under a prefix of this test alone."""
    prefix = re.sub(r"[^a-z0-9]", "-", request.node.nodeid.lower())[-100:].strip("-")
    settings = replace(base_settings, shop_drop=f"s3://{DROP_BUCKET}/{prefix}", scratch=tmp_path / "scratch")
    return Shop(shop_client, DROP_BUCKET, prefix, settings, tmp_path / "staging")


@dataclass(frozen=True)
class Banks:
    """The databases of two banks, and our settings to read them."""

    servers: Partners
    settings: Settings

    def run(self, bank: str, *statements: str) -> None:
        """What the bank itself does to its database."""
        url = self.servers.replicas.owner_url(bank)
        with postgresql.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


@pytest.fixture(scope="session")
def pristine_banks(servers: Partners, base_settings: Settings) -> Banks:
    """Both databases, their empty tables put aside in a schema that tests copy from."""
    banks = Banks(servers, base_settings)
    for bank in base_settings.banks:
        servers.replicas.create_bank(bank)
        banks.run(bank, "ALTER SCHEMA bank RENAME TO pristine")
    return banks


@pytest.fixture
def banks(pristine_banks: Banks, tmp_path: Path) -> Banks:
    """Both banks with empty tables, whatever the test before did to them."""
    names = [table.source.table for table in captured_tables() if isinstance(table.source, BankTable)]
    for bank in pristine_banks.settings.banks:
        pristine_banks.run(
            bank,
            "DROP SCHEMA IF EXISTS bank CASCADE",
            "CREATE SCHEMA bank",
            *(f"CREATE TABLE bank.{name} (LIKE pristine.{name} INCLUDING ALL)" for name in names),
            f"GRANT USAGE ON SCHEMA bank TO {READER}",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA bank TO {READER}",
        )
    return replace(pristine_banks, settings=replace(pristine_banks.settings, scratch=tmp_path / "scratch"))
