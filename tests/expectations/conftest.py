"""A small dataset of wallets, its rows staged as the road stages them, and its rules as a test wishes them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expectations.checks import Verdict, check
from expectations.rules import Rule
from jobs.arrow_types import unchecked_schema
from schemas.table import Column, Table

NIGHT = date(2026, 4, 1)

WALLETS = Table(
    "schemas.features.wallets",
    grain="one wallet",
    key=("bank_code", "wallet_id"),
    columns=(
        Column("bank_code", "string", "the bank"),
        Column("wallet_id", "string", "the bank's id of the wallet"),
        Column("opened_at", "timestamp", "when it was opened"),
        Column("closed_at", "timestamp", "when it was closed", missing="open"),
        Column("checked_date", "date", "day of the last look", missing="never"),
        Column("balance_cents", "bigint", "money in it", missing="not known"),
        Column("paid_cents", "bigint", "money paid", missing="not known"),
        Column("fee_cents", "bigint", "money kept", missing="not known"),
        Column("coin_count", "int", "coins in it", missing="not known"),
        Column("wallet_type", "string", "kind of wallet", missing="not known", allowed=("leather", "cloth")),
        Column("code", "string", "four digits", missing="not given"),
        Column("owner_token", "string", "keyed token of the owner", missing="not given", personal="name"),
        Column("loss_probability", "double", "how likely it is lost", missing="not scored"),
        Column("weight", "double", "how heavy it is", missing="not weighed"),
        Column("is_locked", "boolean", "whether it is locked", missing="not known"),
        Column("tags", "array<struct<name:string,points:int>>", "what is written on it", missing="nothing"),
    ),
)

PLAIN: Mapping[str, Any] = {
    "bank_code": "harbour",
    "opened_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
    "closed_at": None,
    "checked_date": date(2026, 3, 31),
    "balance_cents": 100,
    "paid_cents": 90,
    "fee_cents": -10,
    "coin_count": 3,
    "wallet_type": "leather",
    "code": "5411",
    "owner_token": None,
    "loss_probability": 0.5,
    "weight": 1.5,
    "is_locked": False,
    "tags": [{"name": "old", "points": 1}],
}


class WalletChecker(Protocol):
    """Checks wallets, of which only the columns that matter are given, against rules."""

    def __call__(self, wallets: Mapping[str, Mapping[str, Any]], *rules: Rule, **options: Any) -> Verdict: ...


def stage(folder: Path, rows: Sequence[Mapping[str, Any]], table: Table = WALLETS, files: int = 1) -> list[Path]:
    """The rows as Parquet files with page checksums, in the contract's types."""
    whole = pa.Table.from_pylist(list(rows), schema=unchecked_schema(table))
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for position in range(files):
        paths.append(folder / f"part-{position:05d}.parquet")
        share = -(-whole.num_rows // files)
        pq.write_table(whole.slice(position * share, share), paths[-1], write_page_checksum=True)
    return paths


def wallets_named(wallets: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row for each owner; the wallet is called as its owner unless the row says otherwise."""
    return [{**PLAIN, "wallet_id": name, **given} for name, given in wallets.items()]


def say_rules(monkeypatch: pytest.MonkeyPatch, *rules: Rule) -> None:
    """Put the rules where those of a dataset of features are looked for."""
    module = ModuleType("expectations.features.wallets")
    vars(module)["RULES"] = rules
    monkeypatch.setitem(sys.modules, module.__name__, module)


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WalletChecker:
    """The verdict about wallets by the name of their owner."""

    def check_wallets(wallets: Mapping[str, Mapping[str, Any]], *rules: Rule, **options: Any) -> Verdict:
        say_rules(monkeypatch, *rules)
        table = options.pop("table", WALLETS)
        files = stage(tmp_path / "staged", wallets_named(wallets), files=options.pop("files", 1))
        options = {"business_date": NIGHT, "rows": len(wallets), **options}
        return check(table, files, **options)

    return check_wallets


def offenders(verdict: Verdict, rule: Rule) -> list[str]:
    """The wallets that break the rule, in the order of the files."""
    rows = verdict.offending.to_pylist()
    return [str(row["wallet_id"]) for row in rows if row["rule"] == rule.id]


RuleMaker = Callable[[], Rule]
