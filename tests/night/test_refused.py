"""What a night refuses, in one line, without touching what stands."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from demo.drops import write_drop
from demo.object_store import DROP_BUCKET, DROP_PREFIX
from demo.tables import FILE_TABLES
from jobs.run import main
from tests.alliance import Alliance, published

ARABIC_DIGITS = "".join(chr(0x660 + int(digit)) if digit.isdigit() else digit for digit in "2026-04-01")
HOSTILE = ("../../etc/passwd", "2026-04-01; rm -rf /", "$(id)", "`id`", "2026-02-30", "2026-04-01\n", "", ARABIC_DIGITS)


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An installation whose servers are nowhere: whatever is refused, is refused before anybody is asked."""
    monkeypatch.setenv("NIGHTLEDGER_LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv("NIGHTLEDGER_SCRATCH", str(tmp_path / "scratch"))
    monkeypatch.setenv("NIGHTLEDGER_FIRST_BUSINESS_DATE", "2026-03-31")
    return tmp_path / "lake"


@pytest.mark.parametrize("command", [("night",), ("train",), ("features/repayment",), ("ready", "shop")])
@pytest.mark.parametrize("value", HOSTILE)
def test_a_date_that_is_none_is_refused_before_anything_happens(
    lake: Path, command: tuple[str, ...], value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main([*command, "--business-date", value])
    assert refused.value.code == 2
    assert "business_date" in capsys.readouterr().err.splitlines()[-1]
    assert not lake.exists()


@pytest.mark.parametrize(
    "address", ["features/../../x", "features/nothing", "../features/repayment", "features/$(id)", "/etc/x"]
)
def test_an_address_that_no_contract_has_is_refused(
    lake: Path, address: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert main([address, "--business-date", "2026-04-01"]) == 2
    assert "there is no dataset at this address" in caplog.text
    assert not (lake / "features").exists()


def test_a_day_before_the_first_delivery_is_refused(lake: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert main(["night", "--business-date", "2026-03-30"]) == 2
    assert "lies before NIGHTLEDGER_FIRST_BUSINESS_DATE 2026-03-31" in caplog.text


def test_missing_settings_are_all_named_at_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("NIGHTLEDGER_LAKE", "NIGHTLEDGER_FIRST_BUSINESS_DATE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NIGHTLEDGER_BANKS", "harbour")
    monkeypatch.setenv("NIGHTLEDGER_TIME_ZONE", "Europe/Berlin")  # a zone, and not the one that days are counted in
    monkeypatch.delenv("NIGHTLEDGER_BANK_HARBOUR_URL", raising=False)
    assert main(["night", "--business-date", "2026-04-01"]) == 2
    for name in ("NIGHTLEDGER_LAKE", "NIGHTLEDGER_FIRST_BUSINESS_DATE", "NIGHTLEDGER_BANK_HARBOUR_URL", "_TIME_ZONE"):
        assert name in caplog.text


def test_a_day_the_shop_has_not_delivered_stops_the_night_and_nothing_else_changes(closed: Alliance) -> None:
    lake = closed.copy_lake("forward", "undelivered")
    before, day = published(lake), str(closed.days[-1] + timedelta(days=1))
    done = closed.run("undelivered", "night", "--business-date", day)
    assert done.returncode == 2
    assert f"captured/shop_orders {day}" in done.stderr
    assert "Traceback" not in done.stderr
    after = published(lake)
    assert {key: files for key, files in after.items() if key[1] != day} == before
    assert {address for address, of in after if of == day} <= {a for a, _ in before if a.startswith("captured/bank_")}


def test_a_night_before_which_one_is_missing_names_the_one_to_build_first(closed: Alliance) -> None:
    lake = closed.copy_lake("first", "gap")
    done = closed.run("gap", "customers/identities", "--business-date", str(closed.days[2]))
    assert done.returncode == 3
    assert f"--business-date {closed.days[1]}" in done.stderr or f"--business-date {closed.days[2]}" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert published(lake) == published(closed.lake("first"))


def test_t38_a_source_that_falls_silent_stops_what_is_built_from_it_and_yesterday_stands(closed: Alliance) -> None:
    lake, day = closed.copy_lake("forward", "silent"), closed.days[-1]
    for partition in lake.glob(f"[!_]*/*/business_date={day}"):
        shutil.rmtree(partition)
    before = published(lake)
    serve_without_events(closed, day)

    done = closed.run(
        "silent", "night", "--business-date", str(day), NIGHTLEDGER_SHOP_DROP=f"s3://{DROP_BUCKET}/silent"
    )

    assert done.returncode == 2
    assert f"captured.shop_events {day}" in done.stderr
    of_the_night = {address for address, of in published(lake) if of == str(day)}
    assert "captured/shop_orders" in of_the_night
    assert not of_the_night & {"captured/shop_events", "cleaned/browsing_events", "features/browsing"}
    assert not {address for address in of_the_night if address.startswith(("scores/", "segments/", "shared/"))}
    assert {key: files for key, files in published(lake).items() if key[1] != str(day)} == before


def serve_without_events(alliance: Alliance, day: object) -> None:
    """Serve the drop of one day under the prefix `silent`, in which nobody has looked at anything."""
    folder = alliance.folder / "silent-drop"
    for source in FILE_TABLES.values():
        rows = alliance.life.drop(source.name, day)  # type: ignore[arg-type]
        write_drop(source, rows.slice(0, 0) if source.name == "events" else rows, folder, day)  # type: ignore[arg-type]
    client = alliance.partners.store.client(alliance.partners.store.shop)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            client.put_object(Bucket=DROP_BUCKET, Key=f"silent/{path.relative_to(folder)}", Body=path.read_bytes())
    assert DROP_PREFIX != "silent"
