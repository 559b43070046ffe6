"""What is wrong with this installation, and the cure, one line for each thing that a night needs."""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from jobs.captured.capture import BadSourceError, SourceUnavailableError
from jobs.java import java_home, java_program
from jobs.lake_errors import LakeError
from jobs.settings import Settings, SettingsError, read_settings
from schemas.catalogue import captured_tables
from schemas.table import BankTable, FileDrop

logger = logging.getLogger("nightledger")

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
LIBRARIES = ("apache-airflow", "great-expectations", "pyarrow", "pandas", "numpy", "boto3", "adbc-driver-postgresql")
OLDEST_JAVA = 17
JAVA_CURE = "install a full Java 17 or newer: apt-get install openjdk-17-jre-headless, or brew install openjdk@17"


@dataclass(frozen=True)
class Finding:
    """One thing looked at. cure: what to do; empty when all is well."""

    what: str
    found: str
    cure: str = ""


def examine() -> bool:
    """Look at everything, say what was found, and return whether all is well."""
    findings = [*_without_settings()]
    try:
        settings = read_settings()
    except SettingsError as error:
        findings.append(Finding("settings", str(error), "set them, or `set -a; . .demo/environment` for the demo's"))
    else:
        findings += _with_settings(settings)
    for finding in findings:
        mark = "wrong" if finding.cure else "ok"
        logger.info("%-5s  %-16s %s%s", mark, finding.what, finding.found, f"; {finding.cure}" if finding.cure else "")
    wrong = sum(bool(finding.cure) for finding in findings)
    logger.info(
        "%s", f"{wrong} of {len(findings)} things are wrong" if wrong else f"all {len(findings)} things are well"
    )
    return not wrong


def _without_settings() -> list[Finding]:
    return [
        _python(),
        *(_version(name) for name in LIBRARIES),
        _spark_files(),
        _java(),
    ]


def _with_settings(settings: Settings) -> list[Finding]:
    looks: tuple[tuple[str, Callable[[Settings], str], str], ...] = (
        ("keys", _keys, "write the file; `make demo` shows one in .demo/keys.json"),
        ("lake", _lake, "make the folder writable, or check the bucket and its access keys"),
        ("shop drop on S3", _shop_drop, "start a server that is away, or ask the shop for its drop"),
        (
            "banks",
            _banks,
            "start a server that is away; the role in NIGHTLEDGER_BANK_<CODE>_URL needs SELECT on schema bank",
        ),
        ("a Python UDF", _udf_round_trip, "see the Java and pyspark lines above; memory: NIGHTLEDGER_SPARK_MEMORY"),
    )
    return [_look(what, look, cure, settings) for what, look, cure in looks]


def _look(what: str, look: Callable[[Settings], str], cure: str, settings: Settings) -> Finding:
    try:
        return Finding(what, look(settings))
    except (SettingsError, LakeError, BadSourceError, SourceUnavailableError, OSError) as error:
        return Finding(what, str(error), cure)
    except Exception as error:  # noqa: BLE001 a doctor who dies of the first illness finds no second one
        return Finding(what, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}", cure)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    cure = "" if (3, 11) <= sys.version_info < (3, 13) else "use Python 3.11 or 3.12: make clean setup"
    return Finding("python", version, cure)


def _version(name: str) -> Finding:
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, "not installed", "make setup")
    wanted = _wanted_versions().get(name)
    if wanted is not None and not wanted.contains(version, prereleases=True):
        return Finding(name, f"{version}, where pyproject.toml asks for {wanted}", "make clean setup")
    return Finding(name, version)


@lru_cache
def _wanted_versions() -> Mapping[str, SpecifierSet]:
    """What the project asks for, by name; nothing where only its modules were copied to."""
    if not PROJECT.is_file():
        return {}
    declared = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["dependencies"]
    return {wanted.name: wanted.specifier for wanted in map(Requirement, declared)}


def _spark_files() -> Finding:
    """Whether pyspark-client has overwritten pyspark: the files then tell another version than the distribution."""
    installed = _version("pyspark")
    if installed.cure:
        return installed
    if any(distribution.name == "pyspark-client" for distribution in importlib.metadata.distributions()):
        return Finding(
            "pyspark", f"{installed.found} and pyspark-client share files", "make clean setup (never install both)"
        )
    try:
        files = importlib.import_module("pyspark").__version__
    except ImportError as error:
        return Finding("pyspark", f"{installed.found} cannot be imported ({error})", "make clean setup")
    if files != installed.found:
        return Finding("pyspark", f"{installed.found} installed, files of {files}", "make clean setup")
    return installed


def _java() -> Finding:
    """The Java that Spark starts."""
    home = java_home()
    java = java_program()
    if java is None:
        return Finding("java", f"not found in {home} (JAVA_HOME)" if home else "not found on PATH", JAVA_CURE)
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < OLDEST_JAVA:
        return Finding("java", said.splitlines()[0] if said else "says nothing", JAVA_CURE)
    return Finding("java", said.splitlines()[0])


def _keys(settings: Settings) -> str:
    keys = settings.keys()
    without = sorted(set(settings.banks) - set(keys.recipients))
    if without:
        raise SettingsError(f"no key of their own: {', '.join(without)}")
    if settings.keys_file is not None and settings.keys_file.stat().st_mode & 0o077:
        raise SettingsError("others can read the keys file; chmod 600")
    return f"version {keys.pseudonym.current}, {len(keys.recipients)} recipients"


def _lake(settings: Settings) -> str:
    from jobs.storage import open_storage

    storage = open_storage(settings.lake, settings.s3_endpoint)
    storage.put_bytes("_doctor/probe", b"probe")
    stored = storage.read("_doctor/probe")
    storage.delete("_doctor/probe")
    if stored is None or stored.body != b"probe":
        raise OSError("what was written is not what is read")
    return f"{settings.lake} can be written and read"


def _shop_drop(settings: Settings) -> str:
    from jobs.captured.file_drop import drop_is_complete

    drops = [table for table in captured_tables() if isinstance(table.source, FileDrop)]
    complete = [table for table in drops if drop_is_complete(table, settings.first_business_date, settings)]
    if len(complete) < len(drops):
        missing = ", ".join(table.name for table in drops if table not in complete)
        raise SettingsError(f"{settings.shop_drop} has no manifest of {settings.first_business_date} for {missing}")
    return f"{settings.shop_drop} delivers {len(drops)} tables since {settings.first_business_date}"


def _banks(settings: Settings) -> str:
    if not settings.banks:
        raise SettingsError("no bank is named")
    problems: list[str] = []
    open_days: list[str] = []
    for bank in sorted(settings.banks):
        try:
            if not _bank_has_ended_the_first_day(bank, settings):
                open_days.append(bank)
        except (BadSourceError, SourceUnavailableError) as error:
            problems.append(str(error))
    if problems:
        raise BadSourceError("; ".join(problems))
    waiting = f"; {settings.first_business_date} is not over at {', '.join(open_days)}" if open_days else ""
    return f"{', '.join(sorted(settings.banks))} answer, with the tables promised{waiting}"


def _bank_has_ended_the_first_day(bank: str, settings: Settings) -> bool:
    from jobs.captured.postgres import has_ended_the_day, refuse_other_tables

    tables = [table for table in captured_tables() if isinstance(table.source, BankTable)]
    refuse_other_tables(bank, tables, settings.first_business_date, settings)
    return has_ended_the_day(bank, settings.first_business_date, settings)


def _udf_round_trip(settings: Settings) -> str:
    from pyspark.sql import functions as F

    from jobs.spark import open_session

    session = open_session(remote=settings.spark_remote, cores=1, memory="1g", shuffle_partitions=1)
    try:
        # The only Python UDF of the project: it proves that workers start and find the same libraries as we do.
        add_one = F.udf(lambda value: value + 1, "bigint")
        rows = session.range(3).select(add_one("id")).collect()
        if [row[0] for row in rows] != [1, 2, 3]:
            raise OSError("a Python UDF returned something else than it should")
        return f"goes to Spark {session.version} and back"
    finally:
        session.stop()
