"""Where the shop drops its files, from the settings."""

from __future__ import annotations

import re
from functools import cache
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config

from jobs.captured.capture import Delivery
from jobs.captured.downloads import Bucket
from jobs.settings import Settings

DROP_ADDRESS = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9._/=-]*))?")
SESSION_LOCK = Lock()  # making clients is not safe in threads, using them is


def partner_bucket(delivery: Delivery, settings: Settings) -> Bucket:
    """Where the shop drops its files; BadSourceError when the setting is no S3 address."""
    match = DROP_ADDRESS.fullmatch(settings.shop_drop.rstrip("/"))
    if match is None:
        raise delivery.bad("NIGHTLEDGER_SHOP_DROP", "is not s3://bucket/prefix", "set it to where the shop delivers")
    with SESSION_LOCK:
        client = _client(settings.s3_endpoint)
    prefix = (match[2] or "").strip("/")
    return Bucket(client, match[1], f"{prefix}/" if prefix else "", delivery)


@cache
def _client(endpoint: str | None) -> Any:
    """One for the process, with the keys it was started with: making one takes a tenth of a second."""
    config = Config(
        connect_timeout=5,
        read_timeout=60,
        retries={"total_max_attempts": 1, "mode": "standard"},  # we are patient ourselves, and can resume
        s3={"addressing_style": "path"} if endpoint else {},
    )
    session = boto3.session.Session()
    return session.client("s3", endpoint_url=endpoint, region_name=session.region_name or "us-east-1", config=config)
