"""Names that are refused, servers that do not answer, uploads in parts, and downloads that break off."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from demo.object_store import ObjectStore
from jobs.lake import CorruptFileError, LakeAccessError, LakeUnavailableError, UnsafeKeyError
from jobs.storage import check_key, open_storage
from jobs.storage_local import LocalStorage
from jobs.storage_s3 import S3Storage
from tests.lake.s3_that_lies import serve_lies
from tests.lake.worlds import BUCKET, NEW, PARTITION, World, content, publish, publish_staged

UNSAFE_KEYS = [
    "", "/", "/etc/passwd", "..", "../x", "a/../b", "a/..", "a//b", "a/", "./a", "a/.", ".hidden", "a/.b", "~/x",
    "a b", "a\tb", "a\nb", "a\x00b", "a\x7f", "a\\b", "a;b", "a|b", "a$b", "a`b", "a&b", "a*b", "a?b", "a'b", 'a"b',
    "a:b", "a%2e", "a<b", "é", "a\u202eb", "-rf", "x" * 201, "/".join(["abcdefghij"] * 90),
]  # fmt: skip


@pytest.mark.parametrize("key", UNSAFE_KEYS)
def test_a_key_that_could_leave_the_lake_or_mean_something_to_a_shell_is_refused(key: str) -> None:
    with pytest.raises(UnsafeKeyError):
        check_key(key)


@pytest.mark.parametrize("key", ["_locks/x.lock", "cleaned/purchases/business_date=2026-04-01/part-00000-ab.parquet"])
def test_the_keys_of_a_lake_are_not_refused(key: str) -> None:
    assert check_key(key) == key


@pytest.mark.parametrize("key", ["../outside", "a/../../outside", "/outside"])
def test_no_operation_of_a_storage_leaves_its_root(world: World, tmp_path: Path, key: str) -> None:
    storage = world.lake().storage
    secret = tmp_path / "outside"
    secret.write_bytes(b"a key")
    for operation in (
        lambda: storage.read(key),
        lambda: storage.size(key),
        lambda: storage.list_keys(key),
        lambda: storage.put_file(secret, key, "0" * 64),
        lambda: storage.put_bytes(key, b""),
        lambda: storage.replace(key, b"", None),
        lambda: storage.delete(key),
        lambda: storage.open_file(key, 5, "0" * 64, tmp_path / "cache"),
    ):
        with pytest.raises(UnsafeKeyError):
            operation()
    assert secret.read_bytes() == b"a key"


@pytest.mark.parametrize("uri", ["s3://", "s3://UPPER/x", "s3://bucket/../x", "s3://bucket/a b", "ftp://host/x"])
def test_an_address_of_a_lake_that_is_neither_a_folder_nor_a_bucket_is_refused(uri: str) -> None:
    with pytest.raises(UnsafeKeyError):
        open_storage(uri)


def test_an_address_opens_the_kind_of_storage_it_names(tmp_path: Path) -> None:
    assert isinstance(open_storage(str(tmp_path)), LocalStorage)
    assert open_storage(tmp_path.as_uri()).uri == str(tmp_path)
    assert isinstance(open_storage("s3://bucket/prefix"), S3Storage)
    assert open_storage("s3://bucket").uri == "s3://bucket"


def test_a_server_that_is_gone_is_a_temporary_failure(tmp_path: Path) -> None:
    lake = World("s3://bucket/lake", tmp_path, "http://127.0.0.1:9").lake()
    with pytest.raises(LakeUnavailableError, match=r"S3 does not answer .* run again later") as error:
        lake.manifest(PARTITION)
    assert error.value.is_temporary


def test_wrong_access_keys_and_a_missing_bucket_are_lasting_failures(s3_server: ObjectStore) -> None:
    stranger = S3Storage(f"s3://{BUCKET}/x", s3_server.endpoint, access_keys=("nobody", "knows-this-secret"))
    with pytest.raises(LakeAccessError, match="S3 refuses us") as refused:
        stranger.read("a")
    owner = (s3_server.shop.key_id, s3_server.shop.secret)
    with pytest.raises(LakeAccessError, match="the bucket does not exist"):
        S3Storage("s3://no-such-bucket/x", s3_server.endpoint, access_keys=owner).read("a")
    assert not refused.value.is_temporary
    assert "knows-this-secret" not in str(refused.value)


def test_a_lake_below_a_file_is_a_lasting_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LakeAccessError):
        LocalStorage(tmp_path / "file").put_bytes("a/b", b"")


def test_an_upload_in_parts_gives_the_file(s3_world: World) -> None:
    lake = s3_world.lake()
    body = os.urandom(1024) * (11 * 1024)  # two parts of 5 MiB and a short one
    publish(lake, {"ann": body})
    assert content(lake) == {"ann": body}


def test_an_upload_that_was_left_unfinished_is_aborted_by_the_next_writer(s3_world: World, tmp_path: Path) -> None:
    class DiedError(Exception):
        pass

    def die(name: str) -> None:
        if name == "before complete upload":
            raise DiedError

    staged = tmp_path / "ann.txt"
    staged.write_bytes(b"a" * (6 * 1024 * 1024))
    storage = s3_world.lake(die).storage
    with pytest.raises(DiedError):
        storage.put_file(staged, f"{PARTITION.folder}/ann-000000000000.txt", "0" * 64)
    aborted: list[str] = []
    publish(s3_world.lake(aborted.append), NEW)
    assert aborted.count("after abort upload") == 1
    aborted.clear()
    publish(s3_world.lake(aborted.append), NEW)
    assert "after abort upload" not in aborted


def test_a_body_that_is_damaged_on_its_way_is_not_stored(s3_world: World, tmp_path: Path) -> None:
    staged = tmp_path / "ann.txt"
    staged.write_bytes(b"damaged")
    storage = s3_world.lake().storage
    with pytest.raises(LakeUnavailableError, match="BadDigest"):
        storage.put_file(staged, "cleaned/ann-aaa.txt", hashlib.sha256(b"sound").hexdigest())
    assert storage.size("cleaned/ann-aaa.txt") is None


def served(tmp_path: Path, endpoint: str, body: bytes, size: int | None = None) -> bytes:
    storage = World("s3://liar/lake", tmp_path, endpoint).lake().storage
    digest = hashlib.sha256(body).hexdigest()
    return storage.open_file("cleaned/x.parquet", size or len(body), digest, tmp_path / "cache").read_bytes()


def test_a_download_that_breaks_off_goes_on_where_it_stopped(tmp_path: Path) -> None:
    body, asked = os.urandom(100_000), list[str]()
    objects = {"/liar/lake/cleaned/x.parquet": body}
    with serve_lies(objects=objects, breaks_off_after=40_000, ranges_asked=asked) as endpoint:
        assert served(tmp_path, endpoint, body) == body
    assert asked == ["bytes=0-", "bytes=40000-", "bytes=80000-"]
    with serve_lies(objects={}) as endpoint:
        assert served(tmp_path, endpoint, body) == body  # from the cache


def test_a_download_that_keeps_breaking_off_is_a_temporary_failure_and_what_arrived_is_kept(tmp_path: Path) -> None:
    body, asked = os.urandom(100_000), list[str]()
    objects = {"/liar/lake/cleaned/x.parquet": body}
    with (
        serve_lies(objects=objects, breaks_off_after=15_000, ranges_asked=asked) as endpoint,
        pytest.raises(LakeUnavailableError),
    ):
        served(tmp_path, endpoint, body)
    with serve_lies(objects=objects, ranges_asked=asked) as endpoint:
        assert served(tmp_path, endpoint, body) == body
    assert asked[-1] == "bytes=75000-"


def test_what_an_earlier_download_left_behind_is_not_trusted(tmp_path: Path) -> None:
    body = os.urandom(1000)
    digest = hashlib.sha256(body).hexdigest()
    partial = tmp_path / "cache" / digest[:2] / f"{digest}.partial"
    partial.parent.mkdir(parents=True)
    for left_behind in (b"rubbish", b"x" * 1000, b"x" * 1001):
        partial.write_bytes(left_behind)
        with serve_lies(objects={"/liar/lake/cleaned/x.parquet": body}) as endpoint:
            assert served(tmp_path, endpoint, body) == body
        (partial.parent / f"{digest}.parquet").unlink()


def test_a_download_of_other_bytes_than_were_published_is_refused(tmp_path: Path) -> None:
    objects = {"/liar/lake/cleaned/x.parquet": b"other"}
    with serve_lies(objects=objects) as endpoint, pytest.raises(CorruptFileError, match="has another sha256"):
        served(tmp_path, endpoint, b"right")
    with serve_lies(objects=objects) as endpoint, pytest.raises(CorruptFileError, match="has 5 bytes instead of 7"):
        served(tmp_path, endpoint, b"longer!")
    with serve_lies(objects={}) as endpoint, pytest.raises(CorruptFileError, match="is missing"):
        served(tmp_path, endpoint, b"right")


def test_two_lakes_may_share_a_scratch_folder(s3_world: World) -> None:
    other = replace(s3_world, root=f"{s3_world.root}/other")
    with s3_world.lake().writing(PARTITION) as writer, other.lake().writing(PARTITION) as writer_of_other:
        assert writer.staging_folder.is_dir()
        assert writer_of_other.staging_folder.is_dir()
        publish_staged(writer_of_other, [])
    assert content(s3_world.lake()) is None
    assert content(other.lake()) == {}
