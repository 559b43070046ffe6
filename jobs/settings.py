"""The environment, read once into one frozen Settings that is passed down; nothing else reads the environment."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from jobs.customers.match_weights import DECLARED, MatchWeights, read_weights
from jobs.memory import usable_memory
from schemas.dates import BusinessDateError, parse_business_date
from schemas.windows import ALLIANCE_TIME_ZONE

KEY_VERSION = re.compile(r"[a-z0-9]{1,16}")
NEVER = 9_999_999_999
"""More rows than any table of ours has."""

COMPARE_ALL_BELOW = 5_000_000
"""A million are compared anew in 3 to 5 seconds on two cores; finding what changed among them costs half of it."""

NO_WEIGHTS = "NIGHTLEDGER_MATCH_WEIGHTS is not a file: what `python -m jobs.run learn-weights` wrote"
BANK_CODE = re.compile(r"[a-z][a-z0-9_]{0,30}")


class SettingsError(ValueError):
    """A setting is missing or wrong: the message names the variable and what to put there."""


@dataclass(frozen=True)
class KeyRing:
    """Versioned secret keys of one purpose: new tokens are made with `current`, older versions stay for rotation."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)

    @property
    def current_key(self) -> bytes:
        """The key with which new tokens are made."""
        return self.keys[self.current]


@dataclass(frozen=True)
class Keys:
    """The pseudonym key of the lake, and one key ring for each recipient of shared data."""

    pseudonym: KeyRing
    recipients: Mapping[str, KeyRing]


@dataclass(frozen=True)
class Settings:
    """Everything that differs between two installations.

    lake: a folder, or s3://bucket/prefix. shop_drop: s3://bucket/prefix. banks: code -> PostgreSQL URL (secret).
    memory and row limits are plain numbers; see the README for each variable.
    """

    lake: str
    scratch: Path
    shop_drop: str
    s3_endpoint: str | None
    banks: Mapping[str, str] = field(repr=False)
    keys_file: Path | None
    first_business_date: date
    time_zone: str
    spark_remote: str | None
    spark_cores: int
    spark_memory: str
    spark_java_options: str
    shuffle_partitions: int
    shuffle_partitions_of_few_rows: int
    check_in_memory_rows: int
    edges_in_memory: int
    incremental_from_rows: int
    workers: int
    match_weights_file: Path | None = None
    labelled_records_file: Path | None = None
    compare_all_below: int = COMPARE_ALL_BELOW

    @property
    def spark_temporary(self) -> Path:
        """Where every Spark that is started here has a folder of its own for what it shuffles."""
        return self.scratch / "spark" / "local"

    def keys(self) -> Keys:
        """The secret keys, read from their file each time so that they live in memory only while needed."""
        if self.keys_file is None:
            raise SettingsError("NIGHTLEDGER_KEYS_FILE is not set: point it at the JSON file of secret keys")
        return read_keys(self.keys_file)


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process; SettingsError lists every variable that is missing or wrong at once."""
    values = dict(os.environ if environment is None else environment)
    problems: list[str] = []
    lake = values.get("NIGHTLEDGER_LAKE", "")
    if not lake:
        problems.append("NIGHTLEDGER_LAKE is not set: a folder or s3://bucket/prefix")
    spark_memory = values.get("NIGHTLEDGER_SPARK_MEMORY", "3g")
    if not re.fullmatch(r"[1-9][0-9]*[mg]", spark_memory):
        problems.append("NIGHTLEDGER_SPARK_MEMORY is not like 3g or 1500m")
        spark_memory = "3g"
    settings = Settings(
        lake=lake if lake.startswith("s3://") else str(Path(lake).absolute()),
        scratch=Path(values.get("NIGHTLEDGER_SCRATCH", ".work")).absolute(),
        shop_drop=values.get("NIGHTLEDGER_SHOP_DROP", ""),
        s3_endpoint=_address(values, "NIGHTLEDGER_S3_ENDPOINT", ("http", "https"), "http://host:9000", problems),
        banks=_banks(values, problems),
        keys_file=_file(values, "NIGHTLEDGER_KEYS_FILE"),
        first_business_date=_date(values, "NIGHTLEDGER_FIRST_BUSINESS_DATE", problems),
        time_zone=_time_zone(values, problems),
        spark_remote=_address(values, "NIGHTLEDGER_SPARK_REMOTE", ("sc",), "sc://host:15002", problems),
        spark_cores=_whole_number(values, "NIGHTLEDGER_SPARK_CORES", os.cpu_count() or 2, problems),
        spark_memory=spark_memory,
        spark_java_options=values.get("NIGHTLEDGER_SPARK_JAVA_OPTIONS", ""),
        shuffle_partitions=_whole_number(values, "NIGHTLEDGER_SHUFFLE_PARTITIONS", 4, problems),
        shuffle_partitions_of_few_rows=_whole_number(values, "NIGHTLEDGER_SHUFFLE_PARTITIONS_OF_FEW_ROWS", 1, problems),
        workers=_whole_number(values, "NIGHTLEDGER_WORKERS", 2, problems),
        edges_in_memory=_whole_number(values, "NIGHTLEDGER_EDGES_IN_MEMORY", _edges_that_fit(spark_memory), problems),
        incremental_from_rows=_whole_number(values, "NIGHTLEDGER_INCREMENTAL_FROM_ROWS", NEVER, problems),
        check_in_memory_rows=_whole_number(values, "NIGHTLEDGER_CHECK_IN_MEMORY_ROWS", 2_000_000, problems),
        match_weights_file=_file(values, "NIGHTLEDGER_MATCH_WEIGHTS"),
        labelled_records_file=_file(values, "NIGHTLEDGER_LABELLED_RECORDS"),
        compare_all_below=_whole_number(values, "NIGHTLEDGER_COMPARE_ALL_BELOW", COMPARE_ALL_BELOW, problems),
    )
    if settings.match_weights_file is not None and not settings.match_weights_file.is_file():
        problems.append(NO_WEIGHTS)
    if settings.labelled_records_file is not None and not settings.labelled_records_file.is_file():
        problems.append("NIGHTLEDGER_LABELLED_RECORDS is not a file: CSV or Parquet of source_record_id, person_id")
    if problems:
        raise SettingsError("; ".join(problems))
    return settings


def read_match_weights(environment: Mapping[str, str] | None = None) -> MatchWeights:
    """The weights that NIGHTLEDGER_MATCH_WEIGHTS names, or the declared ones; for commands that need no lake."""
    file = _file(dict(os.environ if environment is None else environment), "NIGHTLEDGER_MATCH_WEIGHTS")
    return weights_in(file)


def weights_in(file: Path | None) -> MatchWeights:
    """The weights of a file, or the declared ones without one; WeightsError or SettingsError when it holds none."""
    if file is None:
        return DECLARED
    try:
        return read_weights(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise SettingsError(NO_WEIGHTS) from None


def read_keys(path: Path) -> Keys:
    """The secret keys in the JSON file; SettingsError says what is wrong with it, never what is in it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Keys(
            pseudonym=_key_ring(content["pseudonym"]),
            recipients={bank: _key_ring(ring) for bank, ring in sorted(content["recipients"].items())},
        )
    except OSError as error:
        raise SettingsError(f"NIGHTLEDGER_KEYS_FILE cannot be read ({error.strerror}): {path}") from error
    except (KeyError, TypeError, AttributeError, ValueError):
        raise SettingsError(
            f"NIGHTLEDGER_KEYS_FILE has not the form {{pseudonym: {{current, keys}}, recipients: {{bank: ...}}}} "
            f"with keys of at least 32 bytes in hexadecimal: {path}"
        ) from None


def _key_ring(content: Mapping[str, object]) -> KeyRing:
    keys = content["keys"]
    if not isinstance(keys, dict):
        raise TypeError("keys")
    ring = KeyRing(current=str(content["current"]), keys={name: bytes.fromhex(value) for name, value in keys.items()})
    if any(len(key) < 32 for key in ring.keys.values()) or any(not KEY_VERSION.fullmatch(name) for name in ring.keys):
        raise ValueError("keys")
    ring.keys[ring.current]
    return ring


def _banks(values: Mapping[str, str], problems: list[str]) -> Mapping[str, str]:
    codes = [code.strip() for code in values.get("NIGHTLEDGER_BANKS", "").split(",") if code.strip()]
    problems += [
        f"NIGHTLEDGER_BANKS: {code!r} is not a bank code like harbour"
        for code in codes
        if code == "shop" or not BANK_CODE.fullmatch(code)
    ]
    banks = {code: values.get(f"NIGHTLEDGER_BANK_{code.upper()}_URL", "") for code in sorted(set(codes))}
    problems += [
        f"NIGHTLEDGER_BANK_{code.upper()}_URL is not set: postgresql://user:password@host:port/database"
        for code, url in banks.items()
        if not url.startswith(("postgresql://", "postgres://"))
    ]
    return banks


def _address(
    values: Mapping[str, str], name: str, schemes: tuple[str, ...], example: str, problems: list[str]
) -> str | None:
    """The address of a server, or None where none is given."""
    text = values.get(name, "")
    try:
        parts = urlsplit(text)
        is_one = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        is_one = False
    if text and (not is_one or not text.isprintable() or " " in text):
        problems.append(f"{name} is not an address like {example}")
        return None
    return text or None


def _file(values: Mapping[str, str], name: str) -> Path | None:
    return Path(values[name]).absolute() if values.get(name) else None


def _date(values: Mapping[str, str], name: str, problems: list[str]) -> date:
    try:
        return parse_business_date(values.get(name, ""))
    except BusinessDateError:
        problems.append(f"{name} is not a date: the first day the partners deliver, like 2026-03-31")
        return date.min


def _time_zone(values: Mapping[str, str], problems: list[str]) -> str:
    """The alliance's zone; a variable that says another one would split the days of capture from those of features."""
    name = values.get("NIGHTLEDGER_TIME_ZONE") or ALLIANCE_TIME_ZONE
    if name != ALLIANCE_TIME_ZONE:
        problems.append(
            f"NIGHTLEDGER_TIME_ZONE is not {ALLIANCE_TIME_ZONE}, in which every job counts its days: leave it out, or "
            "change ALLIANCE_TIME_ZONE in schemas/windows.py before the first night"
        )
    return ALLIANCE_TIME_ZONE


def _edges_that_fit(spark_memory: str) -> int:
    """Edges whose graph takes about a quarter of the memory, at the 800 bytes that its measures hold.

    On their way here they pass through Spark's driver, 100 bytes each, and may take half of what it has.
    """
    driver = int(spark_memory[:-1]) << (30 if spark_memory.endswith("g") else 20)
    fitting = min(usable_memory() // 4 // 800, driver // 2 // 100)
    return min(max(1, fitting), 1_000_000_000)  # Spark counts a limit in 32 bits


def _whole_number(values: Mapping[str, str], name: str, default: int, problems: list[str]) -> int:
    text = values.get(name, str(default))
    if not re.fullmatch(r"[1-9][0-9]{0,9}", text):
        problems.append(f"{name} is not a whole number above zero")
        return default
    return int(text)
