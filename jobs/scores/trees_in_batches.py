"""Trees scored in Arrow batches: Python sees columns of thousands of customers, never a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.models.challenger import TreeFeature
from jobs.scores.tree_reasons import REASONS_TYPE, reasons_of_batches

if TYPE_CHECKING:
    import pyarrow

Batches = Iterable["pyarrow.RecordBatch"]


@dataclass(frozen=True)
class TreeHead:
    """One set of trees to score; the raw scores go into the column `name`.

    constants: features that are no column but the same number for everybody, such as the channel of a message.
    points_per_raw: what one unit of raw score costs in points, below 0 where more of it is better; unless it is 0 a
    second column, `<name>_reasons`, tells which features cost most. reasons_if: the carried truth value of whom they
    are told; of everybody where it is empty.
    """

    name: str
    trees: str
    features: tuple[TreeFeature, ...]
    constants: Mapping[str, float] = field(default_factory=dict)
    points_per_raw: float = 0.0
    reasons_if: str = ""


def raw_scores_of_trees(
    customers: DataFrame, heads: Sequence[TreeHead], *, carried: Mapping[str, Column] | None = None
) -> DataFrame:
    """customer_id, the carried truth values, and one column of raw scores for each head; every row is read once.

    To all trees null, NaN, infinite and special codes are one missing value; so is a category that they never saw.
    """
    own = dict(carried or {})
    read = {one.name: one.type for head in heads for one in head.features if one.name not in head.constants}
    values = customers.select(
        "customer_id", *(value.alias(name) for name, value in own.items()), *map(_value, read, read.values())
    )
    positions = {name: place for place, name in enumerate((*own, *read), start=1)}
    plain = [_as_plain_values(head, positions) for head in heads]
    schema = ", ".join(["customer_id string", *(f"{name} boolean" for name in own), *map(_columns_of, heads)])
    return values.mapInArrow(_score_batches(plain, 1 + len(own)), schema)


def _columns_of(head: TreeHead) -> str:
    return f"{head.name} double" + (f", {head.name}_reasons {REASONS_TYPE}" if head.points_per_raw else "")


def _value(name: str, kind: str) -> Column:
    return F.col(name) if kind == "string" else F.col(name).cast("double").alias(name)


def _as_plain_values(head: TreeHead, positions: Mapping[str, int]) -> dict[str, Any]:
    """What a worker needs of a head, as values that any Python can read."""
    features = [
        (
            positions.get(one.name),
            head.constants.get(one.name),
            list(one.categories),
            one.instead_of_missing,
            list(one.special_codes),
        )
        for one in head.features
    ]
    names = [one.name for one in head.features]
    plain = {"name": head.name, "trees": head.trees, "features": features, "names": names}
    return {**plain, "points_per_raw": head.points_per_raw, "reasons_if": positions.get(head.reasons_if)}


def _score_batches(heads: Sequence[Mapping[str, Any]], kept: int) -> Callable[[Batches], Iterator[pyarrow.RecordBatch]]:
    """A function that carries the trees as text and imports nothing of this project, so that any worker can run it."""
    matrix_of, reasons_of = _matrix_of_batches(), reasons_of_batches()

    def score(batches: Batches) -> Iterator[pyarrow.RecordBatch]:
        import sys

        # LightGBM looks for scikit-learn, which takes longer to import than all the rest and is not needed to score.
        with_learning = "sklearn" in sys.modules or "lightgbm" in sys.modules
        if not with_learning:
            sys.modules["sklearn"] = None  # type: ignore[assignment]
        import lightgbm
        import pyarrow as pa

        if not with_learning:
            del sys.modules["sklearn"]
        boosters = {text: lightgbm.Booster(model_str=text) for text in {head["trees"] for head in heads}}
        for batch in batches:
            known: dict[int, Any] = {}  # columns of the batch as numbers: many heads read the same ones
            columns = [batch.column(0).cast(pa.string()), *(batch.column(place) for place in range(1, kept))]
            names = list(batch.schema.names[:kept])
            for head in heads:
                # One thread: Spark runs as many of these side by side as it has cores.
                matrix = matrix_of(batch, head["features"], known)
                raw = boosters[head["trees"]].predict(matrix, raw_score=True, num_threads=1) if len(matrix) else []
                columns.append(pa.array(raw, pa.float64()))
                names.append(head["name"])
                if head["points_per_raw"]:
                    columns.append(reasons_of(batch, matrix, boosters[head["trees"]], head))
                    names.append(f"{head['name']}_reasons")
            yield pa.RecordBatch.from_arrays(columns, names=names)

    return score


def _matrix_of_batches() -> Callable[[Any, Sequence[Any], dict[int, Any]], Any]:
    """A function, carried to the workers by value: one column of numbers for each feature of a batch."""

    def matrix_of(batch: Any, features: Sequence[Any], known: dict[int, Any]) -> Any:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        matrix = np.empty((batch.num_rows, len(features)))
        for place, (position, constant, categories, instead, codes) in enumerate(features):
            if constant is not None:
                matrix[:, place] = constant
            elif categories:
                words = pc.index_in(batch.column(position), value_set=pa.array(categories, pa.string()))
                matrix[:, place] = words.cast(pa.float64()).to_numpy(zero_copy_only=False)
            else:
                if position not in known:
                    values = batch.column(position).to_numpy(zero_copy_only=False)
                    known[position] = np.where(np.isfinite(values), values, np.nan)
                values = (
                    known[position] if not codes else np.where(np.isin(known[position], codes), np.nan, known[position])
                )
                matrix[:, place] = values if instead is None else np.where(np.isnan(values), instead, values)
        return matrix

    return matrix_of
