"""The doctor names each illness of an installation with its cure, and a sensor does not wait for what stays wrong."""

from __future__ import annotations

import importlib.metadata
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pyspark
import pytest

from demo.object_store import DROP_BUCKET
from demo.world import World
from jobs import doctor
from jobs.captured import downloads, shop_bucket
from jobs.run import main
from schemas.catalogue import captured_tables
from schemas.table import FileDrop
from tests.captured.conftest import Banks, told
from tests.captured.deliveries import DAY, Shop

AWAY = "127.0.0.1:1"
HARBOUR = "NIGHTLEDGER_BANK_HARBOUR_URL"


@dataclass
class Installation:
    """One that is well, until a test makes it ill."""

    patch: pytest.MonkeyPatch
    variables: dict[str, str]
    folder: Path
    banks: Banks

    def set(self, name: str, value: str) -> None:
        self.variables[name] = value
        self.patch.setenv(name, value)

    def replace(self, name: str, old: str, new: str) -> None:
        assert re.search(old, self.variables[name])
        self.set(name, re.sub(old, new, self.variables[name]))

    def say_of_java(self, words: str) -> None:
        java = self.folder / "java" / "bin" / "java"
        java.parent.mkdir(parents=True, exist_ok=True)
        java.write_text(f"#!/bin/sh\necho '{words}' >&2\n", encoding="utf-8")
        java.chmod(0o700)
        self.set("JAVA_HOME", str(java.parent.parent))

    def distributions(self, *others: str, without: str = "", **versions: str) -> None:
        version = importlib.metadata.version

        def version_of(name: str) -> str:
            if name == without:
                raise importlib.metadata.PackageNotFoundError(name)
            return versions.get(name) or version(name)

        self.patch.setattr(importlib.metadata, "version", version_of)
        self.patch.setattr(
            importlib.metadata, "distributions", lambda: [SimpleNamespace(name=name) for name in ("pyspark", *others)]
        )


@pytest.fixture(scope="session")
def delivered(shop_client: object) -> str:
    """A drop of the first business date, of which only the manifests are looked at."""
    first = World(people=100).first_business_date
    for table in captured_tables():
        if isinstance(table.source, FileDrop):
            key = f"doctor/{table.source.table}/dt={first}/_MANIFEST.json"
            shop_client.put_object(Bucket=DROP_BUCKET, Key=key, Body=b"{}")  # type: ignore[attr-defined]
    return f"s3://{DROP_BUCKET}/doctor"


@pytest.fixture
def installation(
    banks: Banks, shop: Shop, delivered: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Installation:
    variables = banks.servers.environment(World(people=100), str(tmp_path / "lake"), fixed_keys="tests")
    keys = tmp_path / "keys.json"
    keys.write_bytes(Path(variables["NIGHTLEDGER_KEYS_FILE"]).read_bytes())
    keys.chmod(0o600)
    own = {"NIGHTLEDGER_SHOP_DROP": delivered, "NIGHTLEDGER_KEYS_FILE": str(keys)}
    found = Installation(monkeypatch, {}, tmp_path, banks)
    for name, value in {**variables, **own, "NIGHTLEDGER_SCRATCH": str(shop.settings.scratch)}.items():
        found.set(name, value)
    found.say_of_java('openjdk version "17.0.9" 2023-10-17')
    # A JVM of its own would take seconds and end the one that other tests share; the README's test runs the real one.
    monkeypatch.setattr(doctor, "_udf_round_trip", lambda _: "goes to Spark and back")
    monkeypatch.setattr(downloads, "PATIENCE_SECONDS", ())
    return found


def drop_a_table(it: Installation) -> None:
    it.banks.run("harbour", "DROP TABLE bank.accounts")


def forbid_a_table(it: Installation) -> None:
    it.banks.run("harbour", "REVOKE SELECT ON bank.accounts FROM alliance_reader")


def forget_a_bank_in_the_keys(it: Installation) -> None:
    keys = Path(it.variables["NIGHTLEDGER_KEYS_FILE"])
    keys.write_text(keys.read_text(encoding="utf-8").replace('"harbour"', '"elsewhere"'), encoding="utf-8")


def put_a_file_where_the_lake_should_be(it: Installation) -> None:
    Path(it.variables["NIGHTLEDGER_LAKE"]).write_text("", encoding="utf-8")


def set_a_wrong_s3_key(it: Installation) -> None:
    it.patch.setattr(shop_bucket, "_client", shop_bucket._client.__wrapped__)  # a process keeps the keys it found first
    it.set("AWS_SECRET_ACCESS_KEY", "no such secret")


def find_another_python(_: object) -> str:
    raise RuntimeError("Python in worker has different version:\n  3.9")


REFUSED = "the server refuses.*; start a server that is away; the role in NIGHTLEDGER_BANK_<CODE>_URL needs SELECT"

ILLNESSES: dict[str, tuple[Callable[[Installation], object], str]] = {
    "a Python that is too new": (
        lambda it: it.patch.setattr(doctor, "sys", SimpleNamespace(version_info=(3, 13, 1))),
        r"python +3\.13\.1; use Python 3\.11 or 3\.12",
    ),
    "no Airflow": (lambda it: it.distributions(without="apache-airflow"), "apache-airflow +not installed; make setup"),
    "no pyspark": (lambda it: it.distributions(without="pyspark"), "pyspark +not installed; make setup"),
    "a pandas that is too new": (
        lambda it: it.distributions(pandas="3.0.1"),
        r"pandas +3\.0\.1, where pyproject\.toml asks for <3,>=2\.2; make clean setup",
    ),
    "another pyspark": (
        lambda it: it.distributions(pyspark="3.5.1"),
        r"pyspark +3\.5\.1, where pyproject\.toml asks for ==4\.3\.0; make clean setup",
    ),
    "workers that find another Python": (
        lambda it: it.patch.setattr(doctor, "_udf_round_trip", find_another_python),
        r"a Python UDF +RuntimeError: Python in worker has different version: 3\.9; see the Java and pyspark lines",
    ),
    "pyspark-client beside pyspark": (
        lambda it: it.distributions("pyspark-client"),
        r"pyspark-client share files; make clean setup \(never install both\)",
    ),
    "files of another pyspark": (
        lambda it: it.patch.setattr(pyspark, "__version__", "3.5.1"),
        r"installed, files of 3\.5\.1; make clean setup",
    ),
    "no Java": (
        lambda it: it.set("JAVA_HOME", str(it.folder / "nowhere")),
        "java +not found.*; install a full Java 17",
    ),
    "an old Java": (lambda it: it.say_of_java('openjdk version "11.0.2"'), r"11\.0\.2.*; install a full Java 17"),
    "a Java that is only a hint": (
        lambda it: it.say_of_java("Unable to locate a Java Runtime."),
        "Unable to locate a Java Runtime.; install a full Java 17",
    ),
    "no keys file": (
        lambda it: it.set("NIGHTLEDGER_KEYS_FILE", str(it.folder / "none.json")),
        r"keys +NIGHTLEDGER_KEYS_FILE cannot be read \(No such file or directory\).*; write the file",
    ),
    "keys that others can read": (
        lambda it: Path(it.variables["NIGHTLEDGER_KEYS_FILE"]).chmod(0o644),
        "keys +others can read the keys file; chmod 600",
    ),
    "a bank without a key": (forget_a_bank_in_the_keys, "keys +no key of their own: harbour; write the file"),
    "a lake that is a file": (put_a_file_where_the_lake_should_be, "lake +.*; make the folder writable"),
    "S3 is away": (
        lambda it: it.set("NIGHTLEDGER_S3_ENDPOINT", f"http://{AWAY}"),
        "shop drop on S3 +.*the S3 server does not answer.*; start a server that is away",
    ),
    "a wrong S3 key": (
        set_a_wrong_s3_key,
        "shop drop on S3 +.*the S3 server refuses.*the AWS credentials",
    ),
    "a drop that was never made": (
        lambda it: it.set("NIGHTLEDGER_SHOP_DROP", f"s3://{DROP_BUCKET}/nothing"),
        "shop drop on S3 +.*has no manifest of 2026-03-31 for ",
    ),
    "a bank is away": (
        lambda it: it.replace(HARBOUR, r"127\.0\.0\.1:\d+", AWAY),
        "banks +bank harbour 2026-03-31: the server does not answer.*; start a server that is away",
    ),
    "a wrong password": (lambda it: it.replace(HARBOUR, "alliance_reader:", "alliance_reader:wrong"), REFUSED),
    "no such database": (lambda it: it.replace(HARBOUR, "/harbour$", "/nowhere"), REFUSED),
    "a bank without one of its tables": (drop_a_table, "bank harbour: bank.accounts: the table is not there"),
    "a table we may not read": (forbid_a_table, "bank.accounts: the table is not there, or we may not read it"),
}


def test_an_installation_that_is_well_is_said_to_be(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    assert isinstance(installation, Installation)
    with caplog.at_level(logging.INFO):
        assert main(["doctor"]) == 0
    assert all(line.startswith(("ok", "all ")) for line in told(caplog)), told(caplog)


@pytest.mark.parametrize("illness", ILLNESSES)
def test_each_illness_is_found_alone_and_told_with_its_cure(
    installation: Installation, illness: str, caplog: pytest.LogCaptureFixture
) -> None:
    make_ill, expected = ILLNESSES[illness]
    make_ill(installation)
    with caplog.at_level(logging.INFO):
        assert main(["doctor"]) == 2
    wrong = [line for line in told(caplog) if line.startswith("wrong")]
    assert len(wrong) == 1, wrong
    assert re.search(expected, wrong[0]), wrong[0]
    assert told(caplog)[-1].startswith("1 of ")
    secrets = [re.split("[:@]", installation.variables[HARBOUR])[2], installation.variables["AWS_SECRET_ACCESS_KEY"]]
    assert not [secret for secret in secrets if secret in caplog.text]


def test_settings_that_are_missing_are_an_illness_too(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    installation.patch.delenv("NIGHTLEDGER_LAKE")
    with caplog.at_level(logging.INFO):
        assert main(["doctor"]) == 2
    assert (
        "wrong  settings         NIGHTLEDGER_LAKE is not set: a folder or s3://bucket/prefix; set them" in caplog.text
    )


@pytest.mark.parametrize(
    ("illness", "code"), [("a wrong password", 2), ("no such database", 2), ("a bank is away", 75)]
)
def test_a_sensor_fails_at_once_where_waiting_does_not_help(
    installation: Installation, illness: str, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    assert main(["ready", "banks", "--business-date", str(DAY)]) == 0
    ILLNESSES[illness][0](installation)
    caplog.clear()
    assert main(["ready", "banks", "--business-date", str(DAY)]) == code
    assert len(told(caplog)) == 1
    assert "bank harbour" in told(caplog)[0]
