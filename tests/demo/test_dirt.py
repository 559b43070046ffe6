"""Dirt: every planted flaw is found in what is served, by counting or by the capture jobs themselves."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from demo.dirt import DELAYS, NEW_EVENT_TYPE, Soiled
from demo.dirt_rates import Dirt
from demo.drift import Drift
from demo.drops import bank_flaws_of, encode, encode_blocks, flaws_of, write_drops
from demo.life import Life, live
from demo.mistakes import MISTAKES
from demo.object_store import DROP_BUCKET
from demo.servers import Partners
from demo.spelling import FILLINGS, NO_DEVICES, PLACEHOLDERS
from demo.tables import BANK_TABLES, FILE_TABLES, MOMENT
from demo.truth import truth_table
from demo.world import World, day_of, moment_of
from jobs.captured import shop_bucket
from jobs.captured.file_drop import capture_file_drop
from jobs.captured.postgres import capture_banks
from jobs.settings import read_settings
from schemas.catalogue import captured_tables
from schemas.table import BankTable, FileDrop, Table
from tests.demo.conftest import FIRST, SECOND, SMALL, THIRD

FILTHY = Dirt(
    late_rows=0.1,
    exact_duplicates=0.04,
    newer_versions=0.5,
    corrections=0.5,
    malformed_lines=0.03,
    clock_skew=0.03,
    placeholders=0.1,
    mistyped=0.1,
    amounts_times_100=0.2,
    added_categories=0.02,
    placeholder_devices=0.05,
    missing_days=(("referrals", THIRD),),
    time_zone_shifts=(("contacts", SECOND),),
    changed_types=(("orders", "gross_cents", SECOND),),
)


@pytest.fixture(scope="module")
def filthy() -> Life:
    return live(World(people=1_500, dirt=FILTHY), THIRD)


def planted(life: Life, kind: str, table: str, day: date) -> list[str]:
    return sorted(flaw.key for flaw in flaws_of(life, table, day) if flaw.kind == kind)


def pair(life: Life, table: str, day: date, key: str) -> pd.DataFrame:
    """Rows of the delivery beside those of the same delivery without dirt, the first of each key."""
    rows, clean = (
        rows.to_pandas().drop_duplicates(key) for rows in (life.drop(table, day), life.clean_drop(table, day))
    )
    return pd.DataFrame(rows.merge(clean, on=key, how="left", suffixes=("", "_clean"), indicator=True))


def test_every_duplicate_is_noted(filthy: Life) -> None:
    found = {}
    for table in FILE_TABLES:
        found[table] = int(filthy.drop(table, FIRST).to_pandas().duplicated().sum())
        assert found[table] == len(planted(filthy, "exact_duplicate", table, FIRST)), table
    assert {table for table, count in found.items() if count > 50} >= {"events", "order_items", "consents"}
    assert sum(count > 0 for count in found.values()) > 10


MOMENTS_OF_LATE_TABLES = {
    "events": "occurred_at",
    "refunds": "refunded_at",
    "credit_repayments": "paid_at",
    "referrals": "referred_at",
    "consents": "occurred_at",
}


def test_every_late_row_is_noted(filthy: Life) -> None:
    assert set(MOMENTS_OF_LATE_TABLES) == set(DELAYS)
    for table, column in MOMENTS_OF_LATE_TABLES.items():
        midnight = pa.scalar(moment_of(SECOND) * 1_000_000, pa.int64()).cast(MOMENT)
        rows = filthy.clean_drop(table, SECOND)
        late = rows.filter(pc.less(rows[column], midnight)).column(0).to_pylist()
        assert sorted(late) == planted(filthy, "late_row", table, SECOND), table
    assert len(planted(filthy, "late_row", "events", SECOND)) > 3


def test_each_table_is_late_by_its_own_distribution_of_days(filthy: Life) -> None:
    for table, column in MOMENTS_OF_LATE_TABLES.items():
        rows, arrives = filthy.ledger.all_rows(table)
        days = arrives - day_of(rows[column].cast(pa.int64()).to_numpy() // 1_000_000)
        late = np.bincount(days[days > 0], minlength=len(DELAYS[table]) + 1)[1:]
        expected = late.sum() * np.array(DELAYS[table])
        assert len(late) == len(expected)
        assert (np.abs(late - expected) <= 4 * np.sqrt(expected) + 1).all(), table
        assert abs(late.sum() - FILTHY.late_rows * len(days)) < 4 * np.sqrt(FILTHY.late_rows * len(days))
        assert late.sum() > 5


def test_every_word_in_place_of_a_phone_number_is_noted_at_the_shop_too(filthy: Life) -> None:
    for table, column in (("users", "phone"), ("orders", "recipient_phone")):
        rows = filthy.clean_drop(table, FIRST).to_pandas()
        words = rows[rows[column].isin(PLACEHOLDERS)]
        assert sorted(words.iloc[:, 0]) == planted(filthy, "placeholder", table, FIRST)
        assert 0.15 < len(words) / rows[column].notna().sum() < 0.32  # 7 / 3 of a tenth
    clean = live(World(people=300, dirt=Dirt.none()), FIRST)
    assert not pc.any(pc.is_in(clean.drop("users", FIRST)["phone"], pa.array(sorted(PLACEHOLDERS)))).as_py()


@pytest.mark.parametrize("partner", ["", "harbour"])
def test_every_mistyped_form_and_every_filled_in_field_is_noted(filthy: Life, partner: str) -> None:
    table = "customers" if partner else "users"
    [soiled] = filthy.soiled_slice(partner, table, FIRST) if partner else filthy.soiled(table, FIRST)
    clean = filthy._clean(0, (BANK_TABLES if partner else FILE_TABLES)[table], FIRST, partner).to_pandas()
    key = clean.columns[0]
    rows = soiled.rows.to_pandas()[: len(clean)].set_index(key)  # what is delivered again stands after them
    clean = clean.set_index(key)
    assert list(rows.index) == list(clean.index)
    wrong = dict.fromkeys(MISTAKES, 0)
    mistyped: list[str] = []
    for column in MISTAKES:
        filled = rows[column].isin([*PLACEHOLDERS, *FILLINGS.values()]) & (rows[column] != clean[column])
        if column in FILLINGS:
            assert sorted(rows.index[filled]) == noted(soiled, f"placeholder_{column}")
            assert filled.any()
        differs = rows[column].notna() & (rows[column] != clean[column]) & ~filled
        wrong[column] = int(differs.sum())
        mistyped += list(rows.index[differs])
    assert sorted(mistyped) == noted(soiled, "mistyped")
    assert all(wrong.values())
    assert len(mistyped) == sum(wrong.values())  # one mistake in each
    for right, written in zip(clean.national_id, rows.national_id, strict=True):
        if right is not None and written not in {right, FILLINGS["national_id"]}:
            assert sum(a != b for a, b in zip(right, written, strict=True)) == 1


def noted(soiled: Soiled, kind: str) -> list[str]:
    return sorted(flaw.key for flaw in soiled.flaws if flaw.kind == kind)


def test_every_newer_version_and_every_correction_is_noted(filthy: Life) -> None:
    users, orders = pair(filthy, "users", SECOND, "shop_user_id"), pair(filthy, "orders", SECOND, "order_id")
    renewed, corrected = users[users._merge == "left_only"], orders[orders._merge == "left_only"]
    assert sorted(renewed.shop_user_id) == planted(filthy, "newer_version", "users", SECOND)
    assert sorted(corrected.order_id) == planted(filthy, "correction", "orders", SECOND)
    assert len(renewed) > 3
    assert len(corrected) > 30
    before = filthy.drop("orders", FIRST).to_pandas().drop_duplicates("order_id").set_index("order_id")
    before = before.loc[corrected.order_id]
    assert (corrected.net_cents.to_numpy() < before.net_cents.to_numpy()).all()
    assert (corrected.gross_cents - corrected.discount_cents == corrected.net_cents).all()
    assert (corrected.updated_at.to_numpy() > before.updated_at.to_numpy()).all()


def test_a_correction_never_leaves_less_than_was_refunded(filthy: Life) -> None:
    corrected = planted(filthy, "correction", "orders", SECOND)
    refunded = set(filthy.ledger.all_rows("refunds")[0]["order_id"].to_pylist())
    assert not refunded & set(corrected)


def test_every_wrong_clock_amount_and_category_is_noted(filthy: Life) -> None:
    events, refunds = pair(filthy, "events", FIRST, "event_id"), pair(filthy, "refunds", FIRST, "refund_id")
    ahead = events[events.occurred_at > events.occurred_at_clean]
    assert sorted(ahead.event_id) == planted(filthy, "clock_skew", "events", FIRST)
    assert (ahead.occurred_at - ahead.occurred_at_clean < pd.Timedelta(hours=1)).all()
    hundredfold = refunds[refunds.amount_cents == 100 * refunds.amount_cents_clean]
    assert sorted(hundredfold.refund_id) == planted(filthy, "amounts_times_100", "refunds", FIRST)
    assert (refunds.amount_cents == refunds.amount_cents_clean).sum() == len(refunds) - len(hundredfold)
    strange = events[events.event_type == NEW_EVENT_TYPE]
    assert sorted(strange.event_id) == planted(filthy, "added_category", "events", FIRST)
    assert min(len(ahead), len(hundredfold), len(strange)) > 50


@pytest.mark.parametrize(("table", "key"), [("orders", "order_id"), ("events", "event_id")])
def test_every_device_that_tells_nothing_of_itself_is_noted(filthy: Life, table: str, key: str) -> None:
    rows = filthy.drop(table, FIRST).to_pandas().drop_duplicates()
    hidden = rows[rows.device_id.isin(NO_DEVICES)]
    assert set(hidden.device_id) == set(NO_DEVICES)
    assert sorted(hidden[key]) == planted(filthy, "placeholder_device", table, FIRST)
    assert not pc.is_in(filthy.clean_drop(table, FIRST)["device_id"], pa.array(NO_DEVICES)).to_numpy().any()


def test_every_malformed_line_is_noted_and_counted_by_the_manifest(filthy: Life, tmp_path: Path) -> None:
    drops = {drop.parent.name: drop for drop in write_drops(filthy, tmp_path, [FIRST])}
    for table, source in FILE_TABLES.items():
        if source.file_format == "parquet":
            continue
        listed = json.loads((drops[table] / "_MANIFEST.json").read_text())["files"][0]
        text = gzip.decompress((drops[table] / listed["name"]).read_bytes()).decode()
        lines = text.splitlines()[source.file_format == "csv.gz" :]
        broken = [line for line in lines if not _is_whole(line, source.file_format, len(source.schema))]
        assert len(broken) == len(planted(filthy, "malformed_line", table, FIRST)), table
        assert listed["rows"] == len(lines)


def _is_whole(line: str, file_format: str, columns: int) -> bool:
    if file_format == "csv.gz":
        return len(next(csv.reader(io.StringIO(line)))) == columns
    try:
        return len(json.loads(line)) == columns
    except json.JSONDecodeError:
        return False


def test_whole_deliveries_go_missing_shift_and_change_their_type(filthy: Life, tmp_path: Path) -> None:
    written = {(drop.parent.name, drop.name) for drop in write_drops(filthy, tmp_path, [THIRD])}
    assert ("referrals", f"dt={THIRD}") not in written
    assert len(written) == len(FILE_TABLES) - 1
    assert [flaw.kind for flaw in flaws_of(filthy, "referrals", THIRD)] == ["missing_day"]
    shifted = pair(filthy, "contacts", SECOND, "contact_id")
    assert (shifted.sent_at_clean - shifted.sent_at == pd.Timedelta(hours=8)).all()
    assert len(planted(filthy, "time_zone_shift", "contacts", SECOND)) == 1
    types = [filthy.drop("orders", day).schema.field("gross_cents").type for day in (FIRST, SECOND, THIRD)]
    assert types == [pa.int64(), pa.float64(), pa.float64()]
    assert planted(filthy, "changed_type", "orders", THIRD) == ["gross_cents"]


def test_without_dirt_nothing_is_noted_and_nothing_differs() -> None:
    clean = live(World(people=300, dirt=Dirt.none()), SECOND)
    for table, source in FILE_TABLES.items():
        for day in (FIRST, SECOND):
            assert flaws_of(clean, table, day) == []
            assert clean.drop(table, day).equals(clean.clean_drop(table, day))
            assert bank_flaws_of(clean, day) == []
            assert encode(clean.drop(table, day), source.file_format) == encode_blocks(
                clean.soiled(table, day), source.file_format
            )


def test_capture_finds_exactly_the_flaws_that_were_planted(served: Partners, tmp_path: Path) -> None:
    dirt = Dirt(exact_duplicates=0.02, malformed_lines=0.01)
    life, prefix = live(World(people=400, history_months=6, dirt=dirt), FIRST), "planted"
    client = served.store.client(served.store.shop)
    for drop in write_drops(life, tmp_path / "drop", [FIRST]):
        for file in drop.iterdir():
            client.put_object(
                Bucket=DROP_BUCKET, Key=f"{prefix}/{drop.parent.name}/{drop.name}/{file.name}", Body=file.read_bytes()
            )
    environment = served.environment(life.world, str(tmp_path / "lake"), fixed_keys="tests")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
            patch.setenv(name, environment[name])
        patch.setattr(shop_bucket, "_client", shop_bucket._client.__wrapped__)  # the process may know other keys
        settings = replace(
            read_settings(environment), shop_drop=f"s3://{DROP_BUCKET}/{prefix}", scratch=tmp_path / "scratch"
        )
        for contract in captured_tables():
            if isinstance(contract.source, FileDrop):
                found = _capture(contract, settings, tmp_path)
                wanted = Counter(flaw.kind for flaw in flaws_of(life, contract.source.table, FIRST))
                assert found == (wanted["malformed_line"], wanted["exact_duplicate"]), contract.address


def test_capture_finds_exactly_the_flaws_of_the_banks(served: Partners, life: Life, tmp_path: Path) -> None:
    """Rows that stand twice in PostgreSQL are dropped, and what is no phone number becomes no token."""
    environment = served.environment(SMALL, str(tmp_path / "lake"), fixed_keys="tests")
    settings = replace(read_settings(environment), scratch=tmp_path / "scratch")
    contracts = [contract for contract in captured_tables() if isinstance(contract.source, BankTable)]
    wanted = Counter((flaw.kind, flaw.table_name) for flaw in bank_flaws_of(life, FIRST))
    for address, captured in capture_banks(contracts, FIRST, settings, tmp_path).items():
        table = address.removeprefix("captured/bank_")
        assert captured.counts.duplicates == wanted["exact_duplicate", table], table
        assert captured.counts.quarantined == 0
    assert wanted["exact_duplicate", "transactions"] > 5


def test_every_flaw_of_the_banks_is_noted(filthy: Life) -> None:
    for bank in filthy.world.banks:
        for day, expected in ((FIRST, "placeholder"), (SECOND, "newer_version")):
            [soiled] = filthy.soiled_slice(bank, "customers", day)
            noted = [
                flaw for flaw in bank_flaws_of(filthy, day) if (flaw.partner, flaw.table_name) == (bank, "customers")
            ]
            rows = soiled.rows.to_pandas()
            counts = Counter(flaw.kind for flaw in noted)
            assert rows.duplicated().sum() == counts["exact_duplicate"]
            new = set(filthy._clean(0, BANK_TABLES["customers"], day, bank)["bank_customer_id"].to_pylist())
            told = {
                "placeholder": rows.phone.isin(PLACEHOLDERS),
                "newer_version": ~rows.bank_customer_id.isin(new),
            }
            found = set(rows.bank_customer_id[told[expected]])
            planted_here = {flaw.key for flaw in noted if flaw.kind == expected}
            assert planted_here == found != set()
        before = set(filthy.replica(bank, "customers", None, FIRST)["bank_customer_id"].to_pylist())
        assert planted_here <= before  # a newer version of what was known
        twice = filthy.replica(bank, "transactions", None, FIRST).to_pandas().duplicated().sum()
        assert twice == len(
            [f for f in bank_flaws_of(filthy, FIRST) if (f.partner, f.table_name) == (bank, "transactions")]
        )


def _capture(contract: Table, settings: object, folder: Path) -> tuple[int, int]:
    """Rows that were refused, and rows that were dropped because they stood there already."""
    counts = capture_file_drop(contract, FIRST, settings, folder / contract.name).counts  # type: ignore[arg-type]
    return counts.quarantined, counts.duplicates


def test_drift_begins_in_its_month_and_changes_nothing_before() -> None:
    drift = Drift(begins=date(2026, 1, 1), strain_factor=4.0)
    still, moved = live(World(people=1_500), SECOND), live(World(people=1_500, drift=drift), SECOND)
    begins = np.datetime64("2025-12-31T16:00:00")
    _expect_promoters_only_from(begins, still, moved)
    for table, column in (("orders", "ordered_at"), ("events", "occurred_at"), ("users", "updated_at")):
        before = [
            rows[rows[column].dt.tz_localize(None) < begins].reset_index(drop=True)
            for rows in (life.ledger.all_rows(table)[0].to_pandas() for life in (still, moved))
        ]
        assert before[0].equals(before[1]), table
    salary = [_salaries(life, begins) for life in (still, moved)]
    assert 0.75 < salary[1] / salary[0] < 0.85
    shares = [_mini_program_share(life, begins) for life in (still, moved)]
    assert shares[1] > shares[0] + 0.1
    newcomers = moved.ledger.all_rows("users")[0].to_pandas()
    newcomers = set(newcomers.shop_user_id[newcomers.registered_at.dt.tz_localize(None) >= begins])
    orders = moved.ledger.all_rows("orders")[0].to_pandas()
    channels = orders.sales_channel[orders.shop_user_id.isin(newcomers)]
    assert len(channels) > 50
    assert "app" not in set(channels)
    worse = [
        np.mean([month.sum() for month in life.districts[0].hardship.enters_default[-4:]]) for life in (still, moved)
    ]
    assert worse[1] > 1.3 * worse[0]
    codes = moved.ledger.all_rows("merchants", "harbour")[0].to_pandas()
    later = codes[codes.updated_at.dt.tz_localize(None) >= begins].set_index("merchant_id").mcc
    first = codes.drop_duplicates("merchant_id").set_index("merchant_id").mcc
    recoded = first[first == "5814"].index
    assert len(recoded)
    assert (later[recoded] == "5812").all()


def _expect_promoters_only_from(begins: np.datetime64, still: Life, moved: Life) -> None:
    """A way to the shop that nobody came before: a few users bring many who would never have come, and are riskier."""
    people, unmoved = (truth_table(life, "people").to_pandas() for life in (moved, still))
    assert unmoved.promoter_person_id.isna().all()
    won = people[people.promoter_person_id.notna() & people.shop_user_id.notna()]
    assert len(won) > 5
    assert unmoved.set_index("person_id").shop_user_id[won.person_id].isna().all()
    assert won.latent_hazard.mean() > people.latent_hazard.mean() + 0.2
    ids = truth_table(moved, "source_ids").to_pandas().query("partner == 'shop'")
    registered = ids.drop_duplicates("person_id").set_index("person_id").valid_from.dt.tz_localize(None)
    assert (registered[won.person_id] >= begins).all()
    assert (registered[won.promoter_person_id] < begins).all()
    referrals = pd.concat([moved.drop("referrals", day).to_pandas() for day in (FIRST, SECOND)])
    referrals = referrals.drop_duplicates("referral_id")
    person = ids.set_index("source_id").person_id
    brought = set(zip(person[referrals.referrer_shop_user_id], person[referrals.referred_shop_user_id], strict=True))
    assert set(zip(won.promoter_person_id.astype(int), won.person_id, strict=True)) <= brought
    earlier = referrals[referrals.referred_at.dt.tz_localize(None) < begins].referrer_shop_user_id.value_counts()
    assert referrals.referrer_shop_user_id.value_counts().max() > 2 * earlier.max()


def _salaries(life: Life, begins: np.datetime64) -> float:
    moves = life.ledger.all_rows("transactions", "harbour")[0].to_pandas()
    late = moves[(moves.transaction_type == "salary") & (moves.booked_at.dt.tz_localize(None) >= begins)]
    return float(late.amount_cents.mean())


def _mini_program_share(life: Life, begins: np.datetime64) -> float:
    orders = life.ledger.all_rows("orders")[0].to_pandas()
    return float((orders[orders.ordered_at.dt.tz_localize(None) >= begins].sales_channel == "mini_program").mean())


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"begins": date(2026, 1, 2)}, "begins: the first day of a month"),
        ({"income_factor": 0.0}, "income_factor"),
        ({"recoded_category": ("5814", "9999")}, "recoded_category"),
    ],
)
def test_a_drift_that_has_no_meaning_is_refused(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Drift(**{"begins": date(2026, 1, 1), **wrong})


def test_rates_that_are_no_shares_are_refused() -> None:
    with pytest.raises(ValueError, match="clock_skew"):
        Dirt(clock_skew=2.0)
    assert truth_table(live(World(people=60, history_months=1, dirt=Dirt.none()), FIRST), "rings").num_rows == 0
