"""Which world a command line asks for: its size, its banks, what is wrong with deliveries and what changes for good."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import date
from typing import Any

import pyarrow as pa

from demo.dirt_rates import Dirt
from demo.drift import Drift
from demo.tables import FILE_TABLES
from demo.world import World, WorldError
from schemas.dates import BusinessDateError, parse_business_date

DIRT_HELP = (
    "usual, none, or either with changes: usual,late_rows=0.05 or none,exact_duplicates=0.02; whole deliveries as "
    "missing_days=referrals@2026-04-01, time_zone_shifts=contacts@2026-04-01, "
    "changed_types=orders.gross_cents@2026-04-01"
)
DRIFT_HELP = (
    "the first day of a month from which the world is another one, with its figures if not the usual ones: "
    "2026-01-01,income_factor=0.8,strain_factor=2,new_channel_share=0.3,won_share=0.1,recoded_category=5814:5812"
)


def add_world_options(command: argparse.ArgumentParser) -> None:
    """The options that say which world is wanted."""
    command.add_argument("--people", type=int, default=World.people, help="inhabitants (20000)")
    command.add_argument("--seed", type=int, default=World.seed, help="equal seeds give equal bytes")
    command.add_argument("--history-months", type=int, default=World.history_months, help="months (24)")
    command.add_argument("--banks", default=",".join(World.banks), help="codes of the partner banks (harbour,meridian)")
    command.add_argument("--days", type=int, default=7, help="daily drops after the first one (7)")
    command.add_argument("--dirt", default="usual", metavar="KINDS", help=DIRT_HELP)
    command.add_argument("--drift", default="", metavar="DAY[,…]", help=DRIFT_HELP)


def world_of(options: argparse.Namespace) -> World:
    """The world that is asked for; WorldError in one line when there is none such."""
    if options.days < 0:
        raise WorldError(f"--days {options.days}: 0 or more daily drops follow the first one")
    return World(
        seed=options.seed,
        people=options.people,
        history_months=options.history_months,
        banks=tuple(code.strip() for code in options.banks.split(",") if code.strip()),
        dirt=dirt_of(options.dirt),
        drift=drift_of(options.drift),
    )


def description(world: World) -> dict[str, Any]:
    """Everything that makes the world what it is, as JSON can hold it."""
    return {
        "seed": world.seed,
        "people": world.people,
        "history_months": world.history_months,
        "district_people": world.district_people,
        "first_business_date": world.first_business_date.isoformat(),
        "banks": list(world.banks),
        "dirt": _plain(asdict(world.dirt)),
        "drift": _plain(asdict(world.drift)) if world.drift else None,
    }


def dirt_of(text: str) -> Dirt:
    """`usual` or `none`, with changes after commas."""
    base, *changes = text.split(",")
    if base not in {"usual", "none"}:
        raise WorldError(f"--dirt {text!r}: begin with usual or none, as in usual,late_rows=0.05")
    values = asdict(Dirt.none() if base == "none" else Dirt())
    kinds = {field.name: field.type for field in fields(Dirt)}
    for name, value in _changes("--dirt", changes, kinds):
        if kinds[name] == "float":
            values[name] = _number("--dirt", name, value)
        else:
            values[name] = (*values[name], _delivery(name, value))
    with _refusing_for("--dirt"):
        return Dirt(**values)


def drift_of(text: str) -> Drift | None:
    """A day, with other figures after commas; nothing for the empty text."""
    if not text:
        return None
    begins, *changes = text.split(",")
    values: dict[str, Any] = {"begins": _day("--drift", begins)}
    for name, value in _changes("--drift", changes, {field.name for field in fields(Drift)} - {"begins"}):
        values[name] = tuple(value.split(":")) if name == "recoded_category" else _number("--drift", name, value)
    with _refusing_for("--drift"):
        return Drift(**values)


def _changes(option: str, changes: list[str], known: Collection[str]) -> list[tuple[str, str]]:
    pairs = [(name.strip(), value.strip()) for name, _, value in (change.partition("=") for change in changes)]
    wrong = [name for name, value in pairs if name not in known or not value]
    if wrong:
        raise WorldError(
            f"{option}: {', '.join(map(repr, wrong))} is not one of {', '.join(sorted(known))} with =value"
        )
    return pairs


def _number(option: str, name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise WorldError(f"{option} {name}={value}: a number like 0.05 is wanted") from None


def _delivery(name: str, value: str) -> tuple[Any, ...]:
    """table@day, or table.column@day for the kind that changes one column."""
    what, _, day = value.partition("@")
    table, _, column = what.partition(".")
    has_column = name == "changed_types"
    schema = FILE_TABLES[table].schema if table in FILE_TABLES else pa.schema([])
    can_go_wrong = {
        "changed_types": column in schema.names and pa.types.is_integer(schema.field(column).type),
        "time_zone_shifts": any(pa.types.is_timestamp(kind) for kind in schema.types),
    }
    if not can_go_wrong.get(name, bool(schema.names)) or bool(column) is not has_column:
        form = "orders.gross_cents@2026-04-01" if has_column else "orders@2026-04-01"
        raise WorldError(f"--dirt {name}={value}: no such delivery; write it like {form}")
    begins = _day(f"--dirt {name}", day)
    return (table, column, begins) if has_column else (table, begins)


def _day(option: str, text: str) -> date:
    try:
        return parse_business_date(text)
    except BusinessDateError:
        raise WorldError(f"{option} {text!r}: a day like 2026-04-01 is wanted") from None


@contextmanager
def _refusing_for(option: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise WorldError(f"{option}: {error}") from None


def _plain(values: Any) -> Any:
    """The same with days as text and tuples as lists, as they come back from JSON."""
    if isinstance(values, dict):
        return {name: _plain(value) for name, value in values.items()}
    if isinstance(values, tuple | list):
        return [_plain(value) for value in values]
    return values.isoformat() if isinstance(values, date) else values
