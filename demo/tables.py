"""What the partners serve: every table of the sources with its columns, and a ledger that collects their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

NOTHING = np.iinfo(np.int64).min
"""Stands for null in whole numbers, days and moments while they are still numpy arrays."""

MOMENT = pa.timestamp("us", tz="UTC")
_TYPES = {
    "string": pa.string(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "moment": MOMENT,
}


@dataclass(frozen=True)
class SourceTable:
    """One table of a partner.

    file_format: of the shop's drop; empty for a bank's table.
    key: set where the source delivers only the newest version of a row in one drop.
    moment: the column that says when a row came to be, or changed.
    """

    name: str
    schema: pa.Schema
    moment: str
    file_format: str = ""
    key: str = ""


def _table(name: str, columns: str, moment: str, file_format: str = "", key: str = "") -> SourceTable:
    fields = [word.split(":") for word in columns.split()]
    schema = pa.schema([pa.field(n.rstrip("?"), _TYPES[kind], nullable=n.endswith("?")) for n, kind in fields])
    return SourceTable(name, schema, moment, file_format, key)


_FILE_TABLES = (
    _table(
        "users",
        "shop_user_id:string registered_at:moment full_name?:string phone?:string email?:string national_id?:string"
        " is_real_name_verified:boolean birth_date?:date gender?:string education?:string occupation?:string"
        " city_code?:string city_tier?:int membership_level:string updated_at:moment",
        "updated_at",
        "csv.gz",
        "shop_user_id",
    ),
    _table(
        "orders",
        "order_id:string shop_user_id:string ordered_at:moment paid_at?:moment order_status:string sales_channel:string"
        " payment_method:string gross_cents:bigint discount_cents:bigint net_cents:bigint shipping_address?:string"
        " recipient_phone?:string device_id?:string ip_address?:string updated_at:moment",
        "updated_at",
        "parquet",
        "order_id",
    ),
    _table(
        "order_items",
        "order_id:string line_number:int sku_id:string category_code:string brand?:string quantity:int"
        " unit_price_cents:bigint",
        "",
        "parquet",
    ),
    _table(
        "refunds",
        "refund_id:string order_id:string refunded_at:moment amount_cents:bigint reason_code:string",
        "refunded_at",
        "parquet",
    ),
    _table(
        "events",
        "event_id:string shop_user_id?:string device_id:string session_id:string occurred_at:moment event_type:string"
        " category_code?:string sku_id?:string ip_address?:string user_agent?:string",
        "occurred_at",
        "jsonl.gz",
    ),
    _table(
        "credit_accounts",
        "credit_account_id:string shop_user_id:string opened_at:moment limit_cents:bigint account_status:string"
        " updated_at:moment",
        "updated_at",
        "csv.gz",
        "credit_account_id",
    ),
    _table(
        "credit_plans",
        "plan_id:string credit_account_id:string order_id?:string opened_at:moment principal_cents:bigint"
        " instalment_count:int annual_rate:double",
        "opened_at",
        "csv.gz",
    ),
    _table(
        "credit_instalments",
        "plan_id:string instalment_number:int schedule_version:int due_date:date due_cents:bigint published_at:moment",
        "published_at",
        "csv.gz",
    ),
    _table(
        "credit_repayments",
        "repayment_id:string plan_id:string instalment_number:int paid_at:moment amount_cents:bigint"
        " reverses_repayment_id?:string",
        "paid_at",
        "csv.gz",
    ),
    _table(
        "referrals",
        "referral_id:string referrer_shop_user_id:string referred_shop_user_id:string referred_at:moment",
        "referred_at",
        "csv.gz",
    ),
    _table(
        "consents",
        "consent_id:string subject_type:string subject_id:string purpose:string contact_channel?:string"
        " bank_code?:string consent_status:string occurred_at:moment",
        "occurred_at",
        "jsonl.gz",
    ),
    _table(
        "contacts",
        "contact_id:string campaign_code:string subject_type:string subject_id:string contact_channel:string"
        " sent_at:moment is_control:boolean opened_at?:moment applied_at?:moment updated_at:moment",
        "updated_at",
        "csv.gz",
        "contact_id",
    ),
    _table(
        "erasure_requests",
        "request_id:string subject_type:string subject_id:string requested_at:moment",
        "requested_at",
        "jsonl.gz",
    ),
)
_BANK_TABLES = (
    _table(
        "customers",
        "bank_customer_id:string full_name?:string phone?:string email?:string national_id?:string birth_date?:date"
        " gender?:string city_code?:string occupation?:string income_band?:string kyc_level:int opened_at:moment"
        " updated_at:moment",
        "updated_at",
    ),
    _table(
        "accounts",
        "account_id:string bank_customer_id:string account_type:string opened_at:moment closed_at?:moment"
        " credit_limit_cents?:bigint account_status:string updated_at:moment",
        "updated_at",
    ),
    _table(
        "transactions",
        "transaction_id:string account_id:string booked_at:moment amount_cents:bigint balance_after_cents?:bigint"
        " transaction_type:string counterparty_account_id?:string merchant_id?:string mcc?:string"
        " pos_terminal_id?:string is_offline:boolean",
        "booked_at",
    ),
    _table(
        "merchants",
        "merchant_id:string merchant_name:string mcc:string city_code?:string updated_at:moment",
        "updated_at",
    ),
    _table(
        "card_statements",
        "statement_id:string account_id:string statement_date:date due_date:date balance_cents:bigint"
        " minimum_due_cents:bigint published_at:moment",
        "published_at",
    ),
    _table("card_payments", "payment_id:string account_id:string paid_at:moment amount_cents:bigint", "paid_at"),
    _table(
        "card_applications",
        "application_id:string applied_at:moment product_code:string phone?:string national_id?:string decision?:string"
        " decided_at?:moment approved_limit_cents?:bigint activated_at?:moment updated_at:moment",
        "updated_at",
    ),
)
FILE_TABLES = {table.name: table for table in _FILE_TABLES}
BANK_TABLES = {table.name: table for table in _BANK_TABLES}


class Ledger:
    """Every row the partners ever wrote down, with the day on which it reaches the drop.

    Bank rows are kept under (bank, table), the shop's under ("", table).
    """

    def __init__(self, days_late: Callable[[str, int, int], np.ndarray] | None = None) -> None:
        """Begin empty; days_late says for a table, the number of the block and its rows how late each one arrives."""
        self._days_late = days_late
        self._late: dict[str, list[tuple[pa.Array, np.ndarray, np.ndarray]]] = {}
        self._blocks: dict[str, int] = {}
        self._rows: dict[tuple[str, str], list[tuple[pa.Table, np.ndarray]]] = {}

    def add(
        self,
        table: str,
        arrives: np.ndarray,
        columns: Mapping[str, Any],
        *,
        bank: str = "",
        happens: np.ndarray | None = None,
    ) -> None:
        """Write rows down, only those that happen; `arrives` is the day on which each reaches the partner's drop."""
        schema = (BANK_TABLES if bank else FILE_TABLES)[table].schema
        rows = pa.table([_typed(columns[field.name], field, len(arrives)) for field in schema], schema=schema)
        if happens is not None:
            rows, arrives = rows.filter(pa.array(happens)), arrives[happens]
        arrives = arrives.astype(np.int64)
        if self._days_late and not bank:
            block = self._blocks[table] = self._blocks.get(table, -1) + 1
            late = self._days_late(table, block, len(arrives))
            arrives = arrives + late
            places = np.flatnonzero(late)
            if len(places):
                keys = rows.column(0).combine_chunks().take(pa.array(places))
                self._late.setdefault(table, []).append((keys, late[places], arrives[places]))
        self._rows.setdefault((bank, table), []).append((rows, arrives))

    def late_rows(self, table: str, first: int, after: int) -> Iterator[tuple[str, int]]:
        """The first column of each late row that arrives from `first` to before `after`, and how late it is."""
        for keys, late, arrives in self._late.get(table, []):
            for key, count, day in zip(keys.to_pylist(), late.tolist(), arrives.tolist(), strict=True):
                if first <= day < after:
                    yield key, count

    def hand_over(self, table: str, bank: str = "") -> list[tuple[pa.Table, np.ndarray]]:
        """The blocks of a table with their days of arrival, in the order written; the ledger keeps them no longer."""
        return self._rows.pop((bank, table), [])


def newest_positions(rows: pa.Table, key: str) -> tuple[pa.Array, np.ndarray]:
    """Every key, and the position of its last row; rows come oldest first."""
    keys = rows[key].combine_chunks().dictionary_encode()
    newest = np.full(len(keys.dictionary), -1)
    newest[keys.indices.to_numpy()] = np.arange(rows.num_rows)
    return keys.dictionary, newest


def numbered(prefix: str, numbers: np.ndarray, digits: int = 8) -> pa.Array:
    """Ids such as o00000042."""
    text = pc.utf8_lpad(pa.array(numbers, pa.int64()).cast(pa.string()), digits, "0")
    return pc.binary_join_element_wise(prefix, text, "")


def has_happened(at: np.ndarray, before: int) -> np.ndarray:
    """Of each moment whether it lies before that one; what never happens, NOTHING, does not."""
    return np.asarray((at != NOTHING) & (at < before))


def chosen(words: list[str] | tuple[str, ...], index: np.ndarray) -> pa.Array:
    """The word at each index; null where the index is negative."""
    return pa.array(words).take(pa.array(index, mask=index < 0))


def where(condition: np.ndarray, values: pa.Array) -> pa.Array:
    """The values where the condition holds, null elsewhere."""
    return pc.if_else(pa.array(condition), values, pa.nulls(len(values), values.type))


def _typed(values: Any, field: pa.Field, length: int) -> pa.Array:
    if isinstance(values, str | bool):
        return pa.array([values] * length, field.type)
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values.cast(field.type)
    values = np.asarray(values)
    mask = values == NOTHING if values.dtype.kind == "i" else None
    if field.type == MOMENT:
        return pa.array(np.where(values == NOTHING, 0, values) * 1_000_000, pa.int64(), mask=mask).cast(MOMENT)
    if field.type == pa.date32():
        return pa.array(np.where(values == NOTHING, 0, values).astype(np.int32), pa.int32(), mask=mask).cast(
            pa.date32()
        )
    return pa.array(values, mask=mask).cast(field.type)
