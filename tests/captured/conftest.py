"""A real S3 server and a real PostgreSQL for the tests of capture, started once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as postgresql
import pytest

from demo.object_store import DROP_BUCKET
from demo.servers import Partners, partners
from demo.world import World
from jobs.settings import Settings, read_settings
from tests.captured.deliveries import Shop

BANKS = ("harbour", "meridian")


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Partners]:
    """Both servers, empty."""
    with partners(tmp_path_factory.mktemp("partners")) as running:
        yield running


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
    """Two bank databases of this test alone, and our settings to read them."""

    servers: Partners
    settings: Settings
    names: dict[str, str]

    def run(self, bank: str, *statements: str) -> None:
        """What the bank itself does to its database."""
        with postgresql.connect(self.servers.replicas.owner_url(self.names[bank]), autocommit=True) as connection:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)


@pytest.fixture
def banks(servers: Partners, base_settings: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Banks]:
    """Empty databases `harbour` and `meridian`, which no other test sees."""
    suffix = f"{abs(hash(request.node.nodeid)) % 10**12}"
    names = {bank: f"{bank}_{suffix}" for bank in BANKS}
    for name in names.values():
        servers.replicas.create_bank(name)
    urls = {bank: servers.replicas.url(name) for bank, name in names.items()}
    yield Banks(servers, replace(base_settings, banks=urls, scratch=tmp_path / "scratch"), names)
    with postgresql.connect(servers.replicas.owner_url("postgres"), autocommit=True) as connection:
        with connection.cursor() as cursor:
            for name in names.values():
                cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
