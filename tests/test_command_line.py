"""Whatever is typed: an exit code that says what to do, one line that says why, and a lake that is as it was."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.lake import Lake
from jobs.run import main
from jobs.settings import SettingsError, read_settings
from jobs.storage_local import LocalStorage
from schemas.cleaned.instalments import INSTALMENTS
from schemas.customers.identities import IDENTITIES
from schemas.edges.favours import FAVOURS
from schemas.edges.shared_identifiers import SHARED_IDENTIFIERS
from schemas.edges.shared_merchants import SHARED_MERCHANTS
from schemas.edges.transfers import TRANSFERS
from schemas.features.purchase_value import PURCHASE_VALUE
from tests.lake.explained_night import NIGHT, publish

EVIL = ("../../etc/passwd", "$(touch planted)", "`touch planted`", "; rm -rf /", "a\nb", "", "' OR 1=1 --")
ARABIC_DIGITS = "".join(chr(0x660 + int(digit)) if digit.isdigit() else digit for digit in "2026-04-01")
NO_DATES = (
    *(*EVIL, "2026-02-30", "20260401", "2026-W14-3", "2026-4-1", " 2026-04-01", "2026-04-01\n", "2026-04-01; id"),
    ARABIC_DIGITS,
)


@pytest.fixture(scope="module")
def published_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A night of two customers who are tied, as far as commands read it."""
    folder = tmp_path_factory.mktemp("small")
    lake = Lake(LocalStorage(folder / "lake"), folder / "scratch")
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    publish(lake, IDENTITIES, [{"source_record_id": f"shop:{name}", "customer_id": name} for name in ("ann", "bob")])
    tie = {"first_customer_id": "ann", "second_customer_id": "bob", "tie_weight": 1.0, "first_seen_at": moment}
    publish(lake, SHARED_IDENTIFIERS, [tie])
    publish(lake, SHARED_MERCHANTS, [tie])
    paid = {"payer_customer_id": "ann", "payee_customer_id": "bob", "first_transferred_at": moment}
    publish(lake, TRANSFERS, [paid])
    publish(lake, FAVOURS, [{"giver_customer_id": "ann", "receiver_customer_id": "bob", "first_seen_at": moment}])
    publish(lake, INSTALMENTS, [{"source_record_id": "shop:ann", "due_date": "2026-03-31"}])
    publish(lake, PURCHASE_VALUE, [{"customer_id": "ann"}])
    return folder / "lake"


@pytest.fixture
def lake(published_lake: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An installation whose servers are nowhere, in a folder of its own; its lake is the same afterwards."""
    monkeypatch.setenv("NIGHTLEDGER_LAKE", str(published_lake))
    monkeypatch.setenv("NIGHTLEDGER_SCRATCH", str(tmp_path / "scratch"))
    monkeypatch.setenv("NIGHTLEDGER_FIRST_BUSINESS_DATE", "2026-03-31")
    monkeypatch.chdir(tmp_path)
    before = stored(published_lake)
    yield published_lake
    assert stored(published_lake) == before
    assert not list(tmp_path.rglob("planted"))


def stored(lake: Path) -> dict[str, bytes]:
    return {str(path.relative_to(lake)): path.read_bytes() for path in lake.rglob("*") if path.is_file()}


def run(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, *arguments: str) -> tuple[int, list[str]]:
    """The exit code and every line that people see; a traceback would be one of them."""
    caplog.clear()
    try:
        code = main(list(arguments))
    except SystemExit as ended:
        code = int(str(ended.code))
    lines = capsys.readouterr().err.splitlines()
    lines += [record.getMessage() for record in caplog.records if record.name == "nightledger"]
    assert not any(record.exc_info for record in caplog.records)
    return code, lines


DATES = (
    "night --business-date ?",
    "train --business-date ?",
    "features/repayment --business-date ?",
    "features/repayment --business-date 2026-04-01 --known-by ?",
    "backfill --from ? --to 2026-04-02",
    "backfill --from 2026-04-01 --to ?",
    "ready shop --business-date ?",
    "promote --trained-on ? --from 2026-05-06 --by committee --why gains",
    "roll-back --from ? --by committee --why drift",
    "who-was shop:ann --business-date ?",
    "promote --trained-on 2026-04-30 --from ? --by committee --why gains",
    "shadow --trained-on ? --kind trees --from 2026-05-06 --by me --why so",
    "shadow --trained-on 2026-04-30 --kind trees --from ? --by me --why so",
    "retire --trained-on ? --from 2026-05-06 --by me --why so",
    "retire --trained-on 2026-04-30 --from ? --by me --why so",
    "decide-pairs nothing.csv --from ? --by me --why so",
    "files customers/identities --business-date ?",
    "explain ann purchase_count_30d --business-date ?",
    "ego --business-date ? --customer ann --out ties.svg",
    "export --business-date ? --out offers",
    "identity-report --business-date ? --out page.html",
    "blocking-report --business-date ?",
    "learn-weights --business-date ? --out weights.json",
    "audit-leaks --business-date ?",
    "resolve-records a-file --out customers.parquet --as-of ?",
    "resolve-changes a-file --standing a-folder.svg --out customers.parquet --as-of ?",
)
TEXTS = (
    "?",
    "night --business-date 2026-04-01 ?",
    "files ? --business-date 2026-04-01",
    "files features/? --business-date 2026-04-01",
    "? --business-date 2026-04-01",
    "features/repayment ? --business-date 2026-04-01",
    "ready ? --business-date 2026-04-01",
    "who-was ? --business-date 2026-04-01",
    "explain ? purchase_count_30d --business-date 2026-04-01",
    "explain ann ? --business-date 2026-04-01",
    "ego --business-date 2026-04-01 --customer ? --out ties.svg",
    "ego --business-date 2026-04-01 --customer ann --out ?",
    "models --model ?",
    "roll-back --model ? --from 2026-05-09 --by me --why so",
    "retire --trained-on 2026-04-30 --kind ? --from 2026-05-06 --by me --why so",
    "compare-rejects a-file --worse-by ?",
    "identity-report --business-date 2026-04-01 --out page.html --labelled ?",
    "decide-pairs ? --from 2026-04-02 --by me --why so",
    "compare-records ? --out pairs.parquet",
    "resolve-records ? --out customers.parquet --as-of 2026-04-01",
    "resolve-records a-file --out customers.parquet --as-of 2026-04-01 --before ?",
    "shadow --trained-on 2026-04-30 --kind ? --from 2026-05-06 --by me --why so",
)
UNUSABLE_FILES = (
    "ego --business-date 2026-04-01 --customer ann --out a-file/ties.svg",
    "ego --business-date 2026-04-01 --customer ann --out a-folder.svg",
    "data-docs --out a-file",
    "data-docs --out a-file/site",
    "compare-records nothing.parquet --out pairs.parquet",
    "compare-records a-file --out pairs.parquet",
    "compare-changes a-file --standing a-folder.svg --out a.parquet --anew b.parquet",
    "decide-pairs nothing.csv --from 2026-04-02 --by me --why so",
)
IMPOSSIBLE_DAYS = (
    "features/repayment --business-date 2026-04-02 --known-by 2026-04-01",
    "features/repayment --business-date 2026-03-30",
    "night --business-date 2026-03-30",
    "backfill --from 2026-04-02 --to 2026-04-01",
    "backfill --from 2026-03-30 --to 2026-04-01",
    "captured/banks --business-date 2026-04-01 --known-by 2026-04-02",
)


@pytest.mark.parametrize(
    ("command", "values"),
    [
        *((command, NO_DATES) for command in DATES),
        *((command, EVIL) for command in TEXTS),
        *((command, ("",)) for command in (*UNUSABLE_FILES, *IMPOSSIBLE_DAYS)),
    ],
)
@pytest.mark.usefixtures("lake")
def test_what_cannot_be_is_refused_in_one_line_and_changes_nothing(
    command: str,
    values: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "a-file").write_text("text", encoding="utf-8")
    (tmp_path / "a-folder.svg").mkdir()
    for value in values:
        arguments = [word.replace("?", value) for word in shlex.split(command)]
        code, lines = run(capsys, caplog, *arguments)
        assert (code, len(lines)) == (2, 1), (arguments, lines)
        assert lines[0].strip()


@pytest.mark.usefixtures("lake")
def test_what_is_asked_for_before_it_is_built_names_the_step(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    code, lines = run(
        capsys, caplog, *shlex.split("promote --trained-on 2026-04-30 --from 2026-05-06 --by committee --why gains")
    )
    assert code == 3
    assert "python -m jobs.run train --business-date 2026-04-30" in "".join(lines)


@pytest.mark.usefixtures("lake")
def test_what_can_be_told_of_that_lake_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for arguments in (
        "who-was shop:ann --business-date 2026-04-01",
        "ego --business-date 2026-04-01 --customer ann --out new/ties.svg",
        "files customers/identities --business-date 2026-04-01",
        "data-docs --out new/site",
    ):
        assert run(capsys, caplog, *shlex.split(arguments))[0] == 0, arguments
    assert (tmp_path / "new" / "ties.svg").exists()


@pytest.mark.parametrize("first", NO_DATES)
def test_the_first_business_date_is_as_strict_as_any(first: str) -> None:
    with pytest.raises(SettingsError, match="NIGHTLEDGER_FIRST_BUSINESS_DATE is not a date"):
        read_settings({"NIGHTLEDGER_LAKE": "lake", "NIGHTLEDGER_FIRST_BUSINESS_DATE": first})


@pytest.mark.parametrize(
    "text", [*(value for value in EVIL if value), "localhost:9000", "http://", "http://host:x", "host", "ftp://host"]
)
@pytest.mark.parametrize("name", ["NIGHTLEDGER_S3_ENDPOINT", "NIGHTLEDGER_SPARK_REMOTE"])
def test_the_address_of_a_server_is_one(name: str, text: str) -> None:
    needed = {"NIGHTLEDGER_LAKE": "lake", "NIGHTLEDGER_FIRST_BUSINESS_DATE": str(NIGHT)}
    with pytest.raises(SettingsError, match=f"{name} is not an address like "):
        read_settings({**needed, name: text})


@pytest.mark.parametrize("codes", [value for value in EVIL if value])
def test_the_code_of_a_bank_is_a_word(codes: str) -> None:
    needed = {"NIGHTLEDGER_LAKE": "lake", "NIGHTLEDGER_FIRST_BUSINESS_DATE": str(NIGHT)}
    with pytest.raises(SettingsError, match="NIGHTLEDGER_BANKS"):
        read_settings({**needed, "NIGHTLEDGER_BANKS": codes})


def test_a_zone_in_which_no_job_counts_is_refused() -> None:
    needed = {"NIGHTLEDGER_LAKE": "lake", "NIGHTLEDGER_FIRST_BUSINESS_DATE": str(NIGHT)}
    assert read_settings(needed).time_zone == "Asia/Shanghai"
    assert read_settings({**needed, "NIGHTLEDGER_TIME_ZONE": "Asia/Shanghai"}).time_zone == "Asia/Shanghai"
    with pytest.raises(SettingsError, match="NIGHTLEDGER_TIME_ZONE is not Asia/Shanghai"):
        read_settings({**needed, "NIGHTLEDGER_TIME_ZONE": "Europe/Berlin"})


def test_missing_settings_are_all_named_at_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("NIGHTLEDGER_LAKE", "NIGHTLEDGER_FIRST_BUSINESS_DATE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NIGHTLEDGER_BANKS", "harbour")
    monkeypatch.delenv("NIGHTLEDGER_BANK_HARBOUR_URL", raising=False)
    assert main(["night", "--business-date", "2026-04-01"]) == 2
    for name in ("NIGHTLEDGER_LAKE", "NIGHTLEDGER_FIRST_BUSINESS_DATE", "NIGHTLEDGER_BANK_HARBOUR_URL"):
        assert name in caplog.text
