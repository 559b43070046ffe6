"""A lake on a local folder and one on a real S3 server, and children that start in milliseconds."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path
from uuid import uuid4

import pytest

from demo.object_store import PORTS, AccessKey, ObjectStore
from demo.processes import free_ports
from tests.lake.worlds import ACCESS_KEYS, BUCKET, World


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """A SeaweedFS of this test run alone."""
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    folder = tmp_path_factory.mktemp("s3")
    server = ObjectStore(folder, ports, shop=AccessKey("shop", "shop-secret"), alliance=AccessKey(*ACCESS_KEYS))
    process = server.start()
    try:
        server.wait(process)
        yield server
    finally:
        server.stop(process)


@pytest.fixture
def local_world(tmp_path: Path) -> World:
    return World(str(tmp_path / "lake"), tmp_path / "scratch")


@pytest.fixture
def s3_world(tmp_path: Path, s3_server: ObjectStore) -> World:
    return World(f"s3://{BUCKET}/{uuid4().hex}", tmp_path / "scratch", s3_server.endpoint)


@pytest.fixture(params=["local", "s3"])
def world(request: pytest.FixtureRequest) -> World:
    """Both kinds, one after the other."""
    found = request.getfixturevalue(f"{request.param}_world")
    assert isinstance(found, World)
    return found


@pytest.fixture(scope="session")
def children() -> ForkServerContext:
    """Processes forked from a lean one, never from pytest with its threads and its Spark session."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.lake.children", "pytest"])
    return context
