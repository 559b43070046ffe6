"""An edge table as a graph in memory: customers numbered in the order of their ids, ties as sparse matrices.

Numbers follow the ids, so the smallest number is the smallest id and every label is the smallest customer id of its
group, whatever the order of the rows. Needs about 150 bytes per edge while it is built.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

Edges: TypeAlias = pa.Table | pd.DataFrame
Numbers = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]


class EdgeTableError(ValueError):
    """The edge table cannot be read as one; the message says which column and what to change."""


@dataclass(frozen=True)
class Graph:
    """Customers and the ties between them.

    customers: every id once, ascending. source, target: positions in customers, one for each row of the edge table.
    weight: of each row, at least 0; None when every row weighs 1.
    """

    customers: pa.Array
    source: Numbers
    target: Numbers
    weight: Floats | None = None

    @property
    def size(self) -> int:
        """The number of customers."""
        return len(self.customers)

    @cached_property
    def ties(self) -> sparse.csr_array:
        """1 for every two different customers tied in either direction, however often: symmetric, no loops."""
        return _without_weights(_both_ways(self._matrix(self.source, self.target, None)))

    @cached_property
    def weighted_ties(self) -> sparse.csr_array:
        """The weight between two different customers, both directions and parallel edges added up: symmetric.

        Without weights every tie weighs 1, however many edges it stands for.
        """
        return self.ties if self.weight is None else _both_ways(self.weighted_arcs)

    @cached_property
    def arcs(self) -> sparse.csr_array:
        """1 where the row's customer has an edge to the column's, however many; no loops."""
        return _without_weights(self.weighted_arcs)

    @cached_property
    def weighted_arcs(self) -> sparse.csr_array:
        """The weight from the row's customer to the column's, parallel edges added up; no loops."""
        return self._matrix(self.source, self.target, self.weight)

    def turned(self) -> Graph:
        """The same customers with every edge the other way round."""
        return Graph(self.customers, self.target, self.source, self.weight)

    def table(self, columns: Mapping[str, Any]) -> pa.Table:
        """One row per customer with a value of each measure, ordered by id."""
        return pa.table({"customer_id": self.customers, **columns})

    def labels(self, numbers: Numbers) -> pa.Array:
        """The ids of customers given by their numbers."""
        return self.customers.take(pa.array(numbers))

    def _matrix(self, rows: Numbers, columns: Numbers, weight: Floats | None) -> sparse.csr_array:
        is_tie = rows != columns
        if not is_tie.all():
            rows, columns = rows[is_tie], columns[is_tie]
            weight = None if weight is None else weight[is_tie]
        values = np.ones(len(rows)) if weight is None else weight
        matrix = sparse.coo_array((values, (rows, columns)), shape=(self.size, self.size)).tocsr()
        matrix.sum_duplicates()
        return matrix


def graph_of(
    edges: Edges,
    *,
    source: str = "source_id",
    target: str = "target_id",
    weight: str | None = None,
    customers: pa.Array | None = None,
) -> Graph:
    """The graph of an edge table.

    edges: one row per edge; parallel edges and loops may occur. Ids are of one type that can be ordered.
    weight: a numeric column without nulls and negative values; whole numbers below 2**53 are added up exactly.
    customers: ids that belong to the graph even without an edge.
    Raises EdgeTableError for a missing column, a null id, or a weight that is null, negative or not finite.
    """
    columns = _columns(edges, [source, target, *([weight] if weight else [])])
    ends = [pc.cast(column, _type_of_ids(columns[:2])) for column in columns[:2]]
    given = [] if customers is None else [pa.chunked_array([customers.cast(ends[0].type)])]
    every = pa.chunked_array([chunk for column in (*ends, *given) for chunk in column.chunks], type=ends[0].type)
    if every.null_count:
        raise EdgeTableError(f"{source} or {target} is null in some row: leave out edges without an end")
    ids, numbers = _number_in_order(every)
    rows = len(ends[0])
    return Graph(ids, numbers[:rows], numbers[rows : 2 * rows], _weights(columns[2], weight) if weight else None)


def _columns(edges: Edges, names: list[str]) -> list[pa.ChunkedArray]:
    table = edges if isinstance(edges, pa.Table) else pa.Table.from_pandas(edges, preserve_index=False)
    missing = [name for name in names if name not in table.column_names]
    if missing:
        raise EdgeTableError(f"no column {', '.join(missing)}; there are: {', '.join(table.column_names)}")
    return [table[name] for name in names]


def _type_of_ids(columns: list[pa.ChunkedArray]) -> pa.DataType:
    """Text unless both ends are numbers; an empty table from pandas has ends of no type at all."""
    return pa.int64() if all(pa.types.is_integer(column.type) for column in columns) else pa.string()


def _number_in_order(ids: pa.ChunkedArray) -> tuple[pa.Array, Numbers]:
    """Every id once, ascending, and the position of each given id among them."""
    if not len(ids):
        return pa.array([], ids.type), np.array([], dtype=np.int32)
    encoded = pc.dictionary_encode(ids).combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0)
    order = pc.array_sort_indices(encoded.dictionary)
    position = np.empty(len(order), dtype=np.int32)
    position[order.to_numpy()] = np.arange(len(order), dtype=np.int32)
    return encoded.dictionary.take(order), position[encoded.indices.to_numpy()]


def _weights(column: pa.ChunkedArray, name: str) -> Floats:
    if column.null_count:
        raise EdgeTableError(f"{name} is null in {column.null_count} rows: every edge needs a weight")
    weight: Floats = column.to_numpy().astype(np.float64)
    if not np.isfinite(weight).all() or (weight < 0).any():
        raise EdgeTableError(f"{name} is negative or not finite in some row: a weight is at least 0")
    return weight


def _both_ways(one_way: sparse.csr_array) -> sparse.csr_array:
    both_ways = (one_way + one_way.T.tocsr()).tocsr()
    both_ways.sort_indices()
    return both_ways


def _without_weights(matrix: sparse.csr_array) -> sparse.csr_array:
    """1 for every entry, those of weight 0 too: an edge that carried nothing is an edge."""
    return sparse.csr_array((np.ones_like(matrix.data), matrix.indices, matrix.indptr), shape=matrix.shape)
