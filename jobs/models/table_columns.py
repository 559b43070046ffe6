"""What the columns of anybody's table hold, and their values as models read them.

Numbers are numbers in whatever column pandas keeps them (Decimal and Arrow's decimals among them); true and false are 1
and 0; days are no feature, also as text like 2026-03-31, since every day to come is one never seen. All else is words,
digits in quotes too: a code is not a quantity.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

from jobs.models.feature_bins import Floats, TrainingError
from schemas.table import Column

A_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
A_DAY = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}.*)?")
USED_WITHIN = ("observation_date", "customer_id", "household_id", "is_default")

AnyTable: TypeAlias = Any  # a pandas DataFrame or an Arrow table; pyarrow comes without types


def as_pandas(table: AnyTable) -> pd.DataFrame:
    """The rows in their order, under the index that they came with."""
    if isinstance(table, pa.Table):
        return pd.DataFrame(table.to_pandas())
    if not isinstance(table, pd.DataFrame):
        raise TrainingError(f"a {type(table).__name__} is no table: give a pandas DataFrame or an Arrow table")
    return table


def column_of(frame: pd.DataFrame, name: str) -> Column:
    """The column's name and type; TrainingError when the name is none that can be exported, or is there twice."""
    if not A_NAME.fullmatch(name) or name in USED_WITHIN:
        raise TrainingError(
            f"column {name!r}: rename it: letters, digits and _ only, and none of {', '.join(USED_WITHIN)}"
        )
    if isinstance(frame[name], pd.DataFrame):
        raise TrainingError(f"column {name!r}: is there twice; rename one")
    return Column(name, _type_of(frame[name]), name.replace("_", " "))


def values_of(values: pd.Series, column: Column, special_codes: Sequence[float]) -> Any:
    """Numbers as float64 with infinity for special codes, words as text or None; of days only whether there is one."""
    if column.type == "string":
        return np.array([None if pd.isna(value) else str(value) for value in values], dtype=object)
    if column.type == "date":
        return values.notna().to_numpy(dtype=np.float64)
    return numbers_of(values, special_codes)


def numbers_of(values: pd.Series, special_codes: Sequence[float]) -> Floats:
    """As float64, NaN for what is missing and infinity for special codes; TypeError or ValueError for words."""
    if values.dtype == object:
        values = values.map(_number, na_action="ignore")
    numbers = values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isin(numbers, list(special_codes)), np.inf, numbers)


def _number(value: object) -> float:
    if isinstance(value, (Real, Decimal, np.bool_)):
        return float(value)
    raise TypeError("not a number")


def _type_of(values: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(values.dtype):
        return "boolean"
    if pd.api.types.is_numeric_dtype(values.dtype):
        return "double"
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return "date"
    return _type_of_objects(values.dropna().tolist())


def _type_of_objects(present: Sequence[object]) -> str:
    if not present:
        return "string"
    if all(isinstance(value, (bool, np.bool_)) for value in present):
        return "boolean"
    if all(isinstance(value, (Real, Decimal, np.bool_)) for value in present):
        return "double"
    if all(isinstance(value, date) or (isinstance(value, str) and A_DAY.fullmatch(value)) for value in present):
        return "date"
    return "string"
