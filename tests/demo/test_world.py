"""The world: the same bytes from the same seed, the tables the partners promise, and people worth describing."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from demo.drops import encode, write_drops
from demo.life import Life, live
from demo.tables import BANK_TABLES, FILE_TABLES, MOMENT
from demo.truth import planted_people, truth_table
from demo.world import World, WorldError, moment_of
from schemas.catalogue import captured_tables
from schemas.table import BankTable, FileDrop, Table
from tests.demo.conftest import FIRST, SECOND, SMALL, THIRD

REPOSITORY = Path(__file__).parents[2]
TYPES_OF_CONTRACT = {
    "string": pa.string(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": MOMENT,
}


def ids_of_people(life: Life) -> pd.DataFrame:
    """One row per person, one column per partner, null where the partner does not know the person."""
    ids = truth_table(life, "source_ids").to_pandas().drop_duplicates(["person_id", "partner"])
    people = truth_table(life, "people").to_pandas().person_id
    return pd.DataFrame(ids.pivot(index="person_id", columns="partner", values="source_id").reindex(people))


def fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            digest.update(f"{file.relative_to(folder)}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def test_two_processes_on_two_kinds_of_processor_write_the_same_bytes_from_the_same_seed(tmp_path: Path) -> None:
    for name in ("ann", "bob"):
        command = [
            sys.executable,
            "-m",
            "demo",
            "world",
            "--people",
            "300",
            "--days",
            "1",
            "--out",
            str(tmp_path / name),
        ]
        # Bob's processor has fewer instructions than Ann's, as far as numpy can be told so.
        fewer = {"NPY_DISABLE_CPU_FEATURES": "AVX512F AVX2 FMA3"} if name == "bob" else {}
        environment = {**os.environ, **fewer}
        subprocess.run(command, cwd=REPOSITORY, env=environment, check=True, capture_output=True)
    assert fingerprint(tmp_path / "ann") == fingerprint(tmp_path / "bob")
    assert len(list((tmp_path / "ann" / "drop").rglob("_MANIFEST.json"))) == 2 * len(FILE_TABLES)


def test_another_seed_writes_other_bytes(life: Life) -> None:
    other = live(World(people=300, seed=1), THIRD)
    assert encode(other.drop("orders", FIRST), "parquet") != encode(life.drop("orders", FIRST), "parquet")


@pytest.fixture(scope="module")
def long() -> Life:
    return live(World(people=120), date(2026, 6, 1))


@pytest.mark.parametrize("day", [FIRST, THIRD, date(2026, 4, 30)])
def test_a_longer_life_never_changes_what_was_delivered_before(long: Life, day: date) -> None:
    short = live(World(people=120), day)
    for table in FILE_TABLES:
        assert short.drop(table, day).equals(long.drop(table, day)), table
    for table in BANK_TABLES:
        assert short.replica("harbour", table, None, day).equals(long.replica("harbour", table, None, day)), table


@pytest.mark.parametrize("contract", captured_tables(), ids=lambda contract: contract.name)
def test_every_table_has_exactly_the_columns_of_its_contract(contract: Table) -> None:
    source = contract.source
    assert isinstance(source, FileDrop | BankTable)
    served = (FILE_TABLES if isinstance(source, FileDrop) else BANK_TABLES)[source.table]
    wanted = [
        pa.field(column.name_in_source, TYPES_OF_CONTRACT[column.type], column.is_nullable)
        for column in contract.columns
        if not column.is_made_at_capture
        and (
            column.name not in {"captured_date", "bank_code"}
            or (column.name, source.table) == ("bank_code", "consents")
        )
    ]
    assert list(served.schema) == wanted
    assert served.file_format == (source.file_format if isinstance(source, FileDrop) else "")
    assert served.moment == (source.changed if isinstance(source, BankTable) else served.moment)


def test_every_served_table_has_a_contract() -> None:
    sources = {contract.source.table for contract in captured_tables() if contract.source}
    assert sources == set(FILE_TABLES) | set(BANK_TABLES)


def test_no_column_that_must_not_be_null_is_null_and_every_category_is_allowed(life: Life) -> None:
    for contract in captured_tables():
        source = contract.source
        if isinstance(source, FileDrop):
            rows = life.drop(source.table, FIRST)
        else:
            assert isinstance(source, BankTable)
            rows = life.replica("meridian", source.table, None, FIRST)
        for column in contract.columns:
            if column.name_in_source in rows.column_names:
                values = rows[column.name_in_source]
                assert column.is_nullable or values.null_count == 0, (contract.address, column.name)
                if column.allowed:
                    assert set(pc.unique(values.drop_null()).to_pylist()) <= set(column.allowed), column.name


def test_a_manifest_tells_the_truth_about_its_files(life: Life, tmp_path: Path) -> None:
    for drop in write_drops(life, tmp_path, [FIRST, SECOND]):
        manifest = json.loads((drop / "_MANIFEST.json").read_text())
        [listed] = manifest["files"]
        content = (drop / listed["name"]).read_bytes()
        assert (manifest["table"], f"dt={manifest['dt']}") == (drop.parent.name, drop.name)
        assert (listed["bytes"], listed["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        if listed["name"].endswith(".parquet"):
            assert listed["rows"] == pq.read_metadata(drop / listed["name"]).num_rows
        else:
            lines = len(gzip.decompress(content).splitlines())
            assert listed["rows"] == lines - listed["name"].endswith(".csv.gz")


def test_a_line_of_json_reads_back_as_the_row_it_was(life: Life) -> None:
    rows = life.drop("events", SECOND)
    lines = gzip.decompress(encode(rows, "jsonl.gz")).decode().splitlines()
    for line, row in zip(lines, rows.to_pylist(), strict=True):
        read = json.loads(line)
        assert read["occurred_at"] == (row["occurred_at"] + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S+08:00")
        assert {**read, "occurred_at": None} == {**row, "occurred_at": None}


def test_a_table_without_rows_is_still_delivered() -> None:
    empty = live(World(people=60, history_months=1), THIRD).drop("erasure_requests", SECOND)
    assert empty.num_rows == 0
    assert gzip.decompress(encode(empty, "jsonl.gz")) == b""
    assert gzip.decompress(encode(empty, "csv.gz")).decode().startswith('"request_id","subject_type"')


def test_the_first_drop_holds_all_history_and_later_ones_only_what_arrived(life: Life) -> None:
    first, second = life.drop("orders", FIRST), life.drop("orders", SECOND)
    midnight = pa.scalar(moment_of(SECOND) * 1_000_000, pa.int64()).cast(MOMENT)
    assert pc.max(first["updated_at"]).as_py() < midnight.as_py() <= pc.min(second["updated_at"]).as_py()
    assert first.num_rows > 100 * second.num_rows > 0


def test_some_rows_are_newer_versions_some_late_and_some_repeated() -> None:
    days = [FIRST + timedelta(days=number) for number in range(8)]
    lived = live(World(people=2_000), days[-1])
    known = set(lived.drop("orders", FIRST)["order_id"].to_pylist())
    assert known & set(lived.drop("orders", SECOND)["order_id"].to_pylist())
    drops = [(day, lived.drop("events", day)) for day in days[1:]]
    midnights = [pa.scalar(moment_of(day) * 1_000_000, pa.int64()).cast(MOMENT) for day, _ in drops]
    late = sum(
        pc.sum(pc.less(rows["occurred_at"], night)).as_py() for (_, rows), night in zip(drops, midnights, strict=True)
    )
    rows = sum(rows.num_rows for _, rows in drops)
    assert 0 < late < rows // 20
    assert sum(pc.count_distinct(rows["event_id"]).as_py() for _, rows in drops) < rows


def test_every_instalment_has_a_plan_and_the_plan_an_account_and_an_order(life: Life) -> None:
    plans = life.drop("credit_plans", FIRST)
    instalments, repayments = life.drop("credit_instalments", FIRST), life.drop("credit_repayments", FIRST)
    plan_ids = set(plans["plan_id"].to_pylist())
    assert set(instalments["plan_id"].to_pylist()) <= plan_ids
    assert set(repayments["plan_id"].to_pylist()) <= plan_ids
    accounts = set(life.drop("credit_accounts", FIRST)["credit_account_id"].to_pylist())
    assert set(plans["credit_account_id"].to_pylist()) <= accounts
    assert set(plans["order_id"].to_pylist()) <= set(life.drop("orders", FIRST)["order_id"].to_pylist())


def test_a_plan_has_as_many_instalments_as_agreed_and_never_asks_for_less_than_was_lent(life: Life) -> None:
    instalments = life.ledger.all_rows("credit_instalments")[0].to_pandas()
    first = instalments[instalments.schedule_version == 1].groupby("plan_id").due_cents.agg(["size", "sum"])
    plans = life.ledger.all_rows("credit_plans")[0].to_pandas().set_index("plan_id").join(first)
    assert (plans["size"] == plans.instalment_count).all()
    assert (plans["sum"] >= plans.principal_cents).all()


def test_a_reversal_takes_back_an_earlier_payment_of_the_same_amount(town: Life) -> None:
    payments = town.ledger.all_rows("credit_repayments")[0].to_pandas()
    reversals = payments.dropna(subset="reverses_repayment_id")
    both = reversals.merge(payments, left_on="reverses_repayment_id", right_on="repayment_id", suffixes=("", "_of"))
    assert len(both) == len(reversals) > 10
    assert (both.amount_cents == both.amount_cents_of).all()
    assert (both.paid_at > both.paid_at_of).all()
    assert (both.plan_id == both.plan_id_of).all()
    assert (payments.amount_cents > 0).all()
    assert payments.repayment_id.is_unique


def test_some_instalments_are_rescheduled_and_then_due_later(town: Life) -> None:
    instalments = town.ledger.all_rows("credit_instalments")[0].to_pandas()
    key = ["plan_id", "instalment_number"]
    moved = instalments[instalments.schedule_version == 2].merge(instalments[instalments.schedule_version == 1], on=key)
    assert len(moved) > 5
    assert (moved.due_date_x > moved.due_date_y).all()


def test_refunds_never_exceed_what_was_paid_for_the_order(life: Life) -> None:
    orders = life.drop("orders", THIRD.replace(month=3, day=31)).to_pandas().drop_duplicates("order_id")
    refunds = life.drop("refunds", FIRST).to_pandas().drop_duplicates("refund_id")
    given_back = refunds.groupby("order_id").amount_cents.sum().rename("given_back")
    both = orders.set_index("order_id").join(given_back, how="inner")
    assert len(both) == len(given_back) > 10
    assert (both.given_back <= both.net_cents).all()
    assert both.paid_at.notna().all()
    assert (orders.gross_cents - orders.discount_cents == orders.net_cents).all()


def test_an_order_is_worth_the_sum_of_its_lines(life: Life) -> None:
    lines = life.drop("order_items", FIRST).to_pandas().drop_duplicates(["order_id", "line_number"])
    worth = (lines.quantity * lines.unit_price_cents).groupby(lines.order_id).sum()
    orders = life.drop("orders", FIRST).to_pandas().drop_duplicates("order_id").set_index("order_id")
    assert worth.sort_index().equals(orders.gross_cents.sort_index().rename(None))


def test_every_order_online_ends_a_visit_of_the_same_person_on_the_same_device_at_that_moment(life: Life) -> None:
    orders = life.ledger.all_rows("orders")[0].to_pandas().drop_duplicates("order_id")
    online = orders[orders.sales_channel != "offline_code"]
    events = life.ledger.all_rows("events")[0].to_pandas()
    same = ["shop_user_id", "device_id", "moment"]
    bought = events[events.event_type == "purchase"].rename(columns={"occurred_at": "moment"})
    told = online[online.device_id.notna()].rename(columns={"ordered_at": "moment"})
    assert len(told.merge(bought[same], on=same)) == len(told) > 0.9 * len(online)
    assert len(online) == len(bought) > 1_000
    visits = events[events.session_id.isin(bought.session_id)]
    assert (visits.groupby("session_id").device_id.nunique() == 1).all()
    looked = events[~events.session_id.isin(bought.session_id) & events.shop_user_id.notna()]
    by_person = orders.groupby("shop_user_id").device_id.agg(set)
    known = looked[looked.shop_user_id.isin(by_person.index)]
    at_home = [device in by_person[user] for user, device in zip(known.shop_user_id, known.device_id, strict=True)]
    assert np.mean(at_home) > 0.8  # the rest order in a shop, or on the second device only


def test_balances_follow_from_the_movements(life: Life) -> None:
    moves = life.ledger.all_rows("transactions", "harbour")[0].to_pandas()
    for _, account in moves.groupby("account_id"):
        known = account.dropna(subset="balance_after_cents")
        steps = account.amount_cents.cumsum()[known.index]
        assert (known.balance_after_cents - steps).nunique() <= 1


@pytest.mark.parametrize("bank", SMALL.banks)
def test_a_statement_bills_what_all_movements_of_the_card_came_to_when_the_month_began(life: Life, bank: str) -> None:
    moves, statements = (
        life.ledger.all_rows(table, bank)[0].to_pandas() for table in ("transactions", "card_statements")
    )
    dated = pd.to_datetime(statements.statement_date)
    statements["begins"] = (dated - pd.to_timedelta(dated.dt.day - 1, unit="D")).dt.tz_localize("Asia/Shanghai")
    both = statements.merge(moves, on="account_id")
    owed = -both[both.booked_at < both.begins].groupby("statement_id").amount_cents.sum()
    assert len(statements) > 50
    assert (
        statements.set_index("statement_id")
        .balance_cents.sort_index()
        .equals(owed.rename("balance_cents").sort_index())
    )


@pytest.mark.parametrize("bank", SMALL.banks)
def test_every_payment_towards_a_card_is_a_movement_of_the_card(life: Life, bank: str) -> None:
    moves, payments, accounts = (
        life.ledger.all_rows(table, bank)[0].to_pandas() for table in ("transactions", "card_payments", "accounts")
    )
    cards = accounts[accounts.account_type == "credit_card"].account_id
    repaid = moves[(moves.transaction_type == "repayment") & moves.account_id.isin(cards)]
    paid, booked = (
        sorted(rows[["account_id", name, "amount_cents"]].itertuples(index=False, name=None))
        for rows, name in ((payments, "paid_at"), (repaid, "booked_at"))
    )
    assert paid == booked
    assert len(paid) > 50


def test_a_transfer_within_the_alliance_has_two_sides(life: Life) -> None:
    moves = pa.concat_tables([life.ledger.all_rows("transactions", bank)[0] for bank in SMALL.banks]).to_pandas()
    own = set(moves.account_id)
    transfers = moves[
        moves.transaction_type.isin(["transfer_in", "transfer_out"]) & moves.counterparty_account_id.isin(own)
    ]
    sides = ["account_id", "counterparty_account_id", "booked_at", "amount_cents"]
    there = {tuple(row) for row in transfers[sides].itertuples(index=False)}
    back = {(other, account, moment, -amount) for account, other, moment, amount in there}
    assert there == back
    assert len(there) > 50


def test_people_are_known_to_both_partners_to_one_or_to_none(town: Life) -> None:
    people = ids_of_people(town)
    at_shop = people.shop.notna()
    at_banks = people[["harbour", "meridian"]].notna().sum(axis=1)
    assert 0.5 < at_shop.mean() < 0.7
    assert 0.4 < (at_banks > 0).mean() < 0.65
    for count in (0, 1, 2):
        assert (at_shop & (at_banks == count)).any()
        assert (~at_shop & (at_banks == count)).any()


def test_ids_differ_between_partners_and_do_not_give_the_person_away(town: Life) -> None:
    people = ids_of_people(town)
    ids = [people[column].dropna() for column in ("shop", "harbour", "meridian")]
    assert not set(ids[0]) & set(ids[1]) and not set(ids[1]) & set(ids[2])  # noqa: PT018
    both = people.dropna(subset=["shop", "harbour"])
    same = both.shop.str[-8:] == both.harbour.str[-8:]
    assert same.mean() < 0.02


def test_the_same_person_has_the_same_national_id_everywhere(life: Life) -> None:
    def ids(rows: pa.Table, key: str) -> dict[str, str]:
        rows = rows.filter(pc.is_valid(rows["national_id"]))
        return {row[key]: row["national_id"].strip().upper() for row in rows.select([key, "national_id"]).to_pylist()}

    at_shop = ids(life.ledger.all_rows("users")[0], "shop_user_id")
    at_bank = ids(life.ledger.all_rows("customers", "harbour")[0], "bank_customer_id")
    pairs = ids_of_people(life).dropna(subset=["shop", "harbour"])
    both = [
        (at_shop[user], at_bank[customer])
        for user, customer in zip(pairs.shop, pairs.harbour, strict=True)
        if user in at_shop and customer in at_bank
    ]
    assert len(both) > 20
    assert all(left == right for left, right in both)
    assert len(set(at_bank.values())) == len(at_bank)


def test_planted_people_list_every_spelling_that_was_delivered(life: Life) -> None:
    planted = planted_people(life)
    assert len(planted) == 50
    values = {value for person in planted for value in person["raw_values"]}  # type: ignore[attr-defined]
    users = life.drop("users", FIRST)
    delivered = set(pc.unique(users["phone"].drop_null()).to_pylist())
    assert len({phone for phone in delivered if phone.strip() in values}) >= 40
    assert all(len(value) >= 2 for value in values)


def test_phones_come_in_several_spellings(life: Life) -> None:
    phones = [phone for phone in life.drop("users", FIRST)["phone"].to_pylist() if phone]
    assert any(phone.startswith("+86") for phone in phones)
    assert any("-" in phone for phone in phones)
    assert any(not phone.isascii() for phone in phones)


def test_a_small_share_of_borrowers_defaults_and_leans_to_it_beforehand() -> None:
    """60 days past due within six months: 2 to 10 % of those with an open plan, and more of those with a high hazard.

    The truth counts 2 to 6 %, those who can pay no more (see test_hardship); here whoever is late because of being
    strained, forgetful or on a new schedule counts too: nothing overdue is caught up in the months of strain. Of two
    seeds together: one alone varies by a percentage point.
    """
    hazards = []
    for seed in (1, 2):
        lived = live(World(people=2_500, seed=seed, history_months=18), SECOND)
        for observed in (date(2025, 3, 31), date(2025, 9, 30)):
            defaulted = _defaults_within_six_months(lived, observed)
            hazards += [(lived.districts[0].people.hazard[person], outcome) for person, outcome in defaulted.items()]
    assert 0.02 <= np.mean([outcome for _, outcome in hazards]) <= 0.10
    bad, good = (np.array([hazard for hazard, outcome in hazards if outcome is wanted]) for wanted in (True, False))
    assert 0.60 < np.mean(bad[:, None] > good[None, :]) < 0.90  # the area under the ROC curve of the latent hazard


def _defaults_within_six_months(life: Life, observed: date) -> dict[int, bool]:
    """For each person with an unpaid instalment and less than 60 days past due: whether 60 days are reached."""
    payments = life.ledger.all_rows("credit_repayments")[0].to_pandas().sort_values("paid_at", kind="stable")
    payments["day"] = (payments.paid_at + np.timedelta64(8, "h")).dt.date
    payments["signed"] = payments.amount_cents.where(payments.reverses_repayment_id.isna(), -payments.amount_cents)
    instalments = life.ledger.all_rows("credit_instalments")[0].to_pandas()
    instalments = instalments[instalments.schedule_version == 1]
    accounts = life.ledger.all_rows("credit_plans")[0].to_pandas().set_index("plan_id").credit_account_id
    person = accounts[instalments.plan_id].str[1:].astype(int).to_numpy()
    opened = (instalments.published_at + np.timedelta64(8, "h")).dt.date <= observed

    def unpaid_on(day: date) -> np.ndarray:
        paid = payments[payments.day <= day].groupby(["plan_id", "instalment_number"]).signed.sum().rename("paid")
        joined = instalments.join(paid, on=["plan_id", "instalment_number"])
        return np.asarray((joined.paid.fillna(0) < joined.due_cents) & opened)

    def past_due(day: date, at_least: int) -> set[int]:
        late = unpaid_on(day) & np.asarray(instalments.due_date <= day - timedelta(days=at_least))
        return set(person[late])

    population = set(person[unpaid_on(observed)]) - past_due(observed, 60)
    reached: set[int] = set()
    for week in range(1, 27):
        reached |= past_due(observed + timedelta(days=7 * week), 60)
    return {int(someone): someone in reached for someone in population}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"people": 3}, "people"),
        ({"history_months": 0}, "history_months"),
        ({"banks": ()}, "banks"),
        ({"banks": ("harbour", "harbour")}, "banks"),
        ({"banks": ("harbour; DROP",)}, "banks"),
        ({"banks": ("shop",)}, "banks"),
        ({"seed": -1}, "seed"),
        ({"people": 10**12}, "people"),
        ({"district_people": 0}, "district_people"),
        ({"first_business_date": date(2026, 3, 30)}, "first_business_date"),
    ],
)
def test_a_world_that_cannot_be_is_refused_by_the_name_of_the_figure(wrong: dict[str, object], named: str) -> None:
    with pytest.raises(WorldError, match=named):
        World(**wrong)  # type: ignore[arg-type]


def test_a_day_before_the_first_drop_is_refused() -> None:
    with pytest.raises(WorldError, match="no drop before 2026-03-31"):
        live(SMALL, date(2026, 3, 30))
