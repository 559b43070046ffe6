"""Fetching from S3 over a bad line: cut connections are resumed, dead servers are temporary, refusals are not."""

from __future__ import annotations

import hashlib
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import numpy as np
import pytest

from jobs.captured import downloads
from jobs.captured.capture import BadSourceError, SourceUnavailableError
from jobs.captured.file_drop import capture_file_drop, drop_is_complete
from schemas.captured.shop_referrals import SHOP_REFERRALS
from tests.captured.deliveries import DAY, Shop, as_csv, column, gzipped

PART = "part-00000.csv.gz"
ROWS = [{"referral_id": value.tobytes().hex()} for value in np.random.default_rng(5).integers(0, 2**63, 50_000)]
CONTENT = gzipped(as_csv(SHOP_REFERRALS, ROWS))


class Relay(socketserver.ThreadingTCPServer):
    """Passes bytes to the S3 server, and cuts the line after `cut_after` bytes of an answer, `cuts` times."""

    daemon_threads = True

    def __init__(self, endpoint: str, cut_after: int, cuts: int) -> None:
        super().__init__(("127.0.0.1", 0), _Passage)
        self.target = (urlsplit(endpoint).hostname, urlsplit(endpoint).port)
        self.cut_after, self.cuts_left = cut_after, cuts
        self.answered_bytes = 0


class _Passage(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Relay)
        with socket.create_connection(self.server.target) as upstream:
            threading.Thread(target=self._pass_requests, args=(upstream,), daemon=True).start()
            passed = 0
            while answer := upstream.recv(16_384):
                passed += len(answer)
                if passed > self.server.cut_after and self.server.cuts_left > 0:
                    self.server.cuts_left -= 1
                    return
                self.server.answered_bytes += len(answer)
                self.request.sendall(answer)

    def _pass_requests(self, upstream: socket.socket) -> None:
        try:
            while request := self.request.recv(16_384):
                upstream.sendall(request)
            upstream.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


@contextmanager
def relay(shop: Shop, cut_after: int, cuts: int) -> Iterator[Relay]:
    assert shop.settings.s3_endpoint
    with Relay(shop.settings.s3_endpoint, cut_after, cuts) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "PATIENCE_SECONDS", (0.01, 0.01, 0.01))


def partial_files(shop: Shop) -> list[int]:
    return [path.stat().st_size for path in shop.settings.scratch.rglob("*.partial")]


def endpoint_of(server: Relay) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


def test_a_cut_download_goes_on_where_it_stopped(shop: Shop) -> None:
    shop.deliver(SHOP_REFERRALS, {PART: CONTENT}, len(ROWS))
    assert len(CONTENT) > 550_000
    with relay(shop, cut_after=200_000, cuts=2) as server:
        capture = shop.capture(SHOP_REFERRALS, settings=shop.with_endpoint(endpoint_of(server)))
        assert server.cuts_left == 0
        assert server.answered_bytes < len(CONTENT) * 1.1  # nothing was fetched twice
    assert column(capture, "referral_id") == [row["referral_id"] for row in ROWS]
    assert partial_files(shop) == []


def test_a_download_cut_too_often_is_temporary_and_the_next_process_goes_on(shop: Shop) -> None:
    shop.deliver(SHOP_REFERRALS, {PART: CONTENT}, len(ROWS))
    with relay(shop, cut_after=0, cuts=10**6) as server, pytest.raises(SourceUnavailableError, match="does not answer"):
        shop.capture(SHOP_REFERRALS, settings=shop.with_endpoint(endpoint_of(server)))
    (shop.settings.scratch / "downloads").mkdir(parents=True)
    name = f"shop_referrals-{DAY}-{hashlib.sha256(CONTENT).hexdigest()[:32]}.partial"
    (shop.settings.scratch / "downloads" / name).write_bytes(CONTENT[:-1000])
    with relay(shop, cut_after=0, cuts=0) as server:
        capture = shop.capture(SHOP_REFERRALS, settings=shop.with_endpoint(endpoint_of(server)))
        assert server.answered_bytes < 10_000
    assert capture.counts.rows_out == len(ROWS)


@pytest.mark.parametrize("rest", [b"something else", CONTENT[:-1] + b"?", CONTENT + b"more"])
def test_the_rest_of_another_object_is_thrown_away(shop: Shop, rest: bytes) -> None:
    shop.deliver(SHOP_REFERRALS, {PART: CONTENT}, len(ROWS))
    (shop.settings.scratch / "downloads").mkdir(parents=True)
    name = f"shop_referrals-{DAY}-{hashlib.sha256(CONTENT).hexdigest()[:32]}.partial"
    (shop.settings.scratch / "downloads" / name).write_bytes(rest)
    assert shop.capture(SHOP_REFERRALS).counts.rows_out == len(ROWS)


def test_a_file_is_deleted_from_scratch_whatever_becomes_of_it(shop: Shop) -> None:
    shop.deliver(SHOP_REFERRALS, {PART: CONTENT}, 7)
    with pytest.raises(BadSourceError):
        shop.capture(SHOP_REFERRALS)
    assert partial_files(shop) == []


def test_a_server_that_is_down_is_temporary(shop: Shop) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings = shop.with_endpoint(f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(SourceUnavailableError) as raised:
            drop_is_complete(SHOP_REFERRALS, DAY, settings)
    assert str(raised.value) == (
        f"captured/shop_referrals {DAY}: _MANIFEST.json: the S3 server does not answer; "
        "try again when the server is back"
    )


def test_a_refused_bucket_is_not_temporary(shop: Shop) -> None:
    settings = replace(shop.settings, shop_drop="s3://not-ours/drop")
    with pytest.raises(BadSourceError, match=r"_MANIFEST.json: (the S3 server refuses \(AccessDenied\)|there is none)"):
        capture_file_drop(SHOP_REFERRALS, DAY, settings, shop.staging)


@pytest.mark.parametrize(
    "address", ["", "drop", "http://x/y", "s3://", "s3://a/../b", "s3://alliance/$(id)", "s3://alliance/a b"]
)
def test_a_drop_that_is_no_s3_address_is_refused(shop: Shop, address: str) -> None:
    settings = replace(shop.settings, shop_drop=address)
    with pytest.raises(BadSourceError, match="NIGHTLEDGER_SHOP_DROP: is not s3://bucket/prefix"):
        drop_is_complete(SHOP_REFERRALS, DAY, settings)
