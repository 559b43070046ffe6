"""What a lake published, in memory, and which person of the demo's world each customer really is."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from demo.oracle import read_truth
from jobs.inputs import Dates
from jobs.lake import Lake, open_lake
from jobs.models.feature_bins import NUMBER_TYPES
from jobs.settings import read_settings
from schemas.customers.identities import IDENTITIES
from schemas.table import Document, Table


@dataclass(frozen=True)
class World:
    """A lake, the day of its training, and the truth of the world that fills it."""

    business_date: date
    truth_folder: Path
    lake: Lake = field(default_factory=lambda: open_lake(read_settings()))

    def rows(self, table: Table, as_of: date | None = None, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """A published table; as_of: its replay for an earlier day. Numbers as float64 with NaN for missing."""
        dates = Dates(as_of or self.business_date, self.business_date)
        names = list(table.column_names if columns is None else columns)
        files = self.lake.local_files(dates.partition(table))
        read: pd.DataFrame = pa.concat_tables(pq.read_table(file, columns=names) for file in files).to_pandas()
        for name in names:
            if table.column(name).type in NUMBER_TYPES:
                read[name] = read[name].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
        return read

    def document(self, document: Document) -> dict[str, Any]:
        """The files of a published model by name, JSON parsed."""
        partition = Dates(self.business_date, self.business_date).partition(document)
        manifest = self.lake.manifest(partition)
        assert manifest is not None
        found: dict[str, Any] = {}
        for entry, path in zip(manifest.files, self.lake.local_files(partition), strict=True):
            if entry.plain_name.endswith((".json", ".txt")):
                text = path.read_text(encoding="utf-8")
                found[entry.plain_name] = json.loads(text) if entry.plain_name.endswith(".json") else text
        return found

    def truth(self, name: str) -> pd.DataFrame:
        """A table of the truth."""
        read: pd.DataFrame = read_truth(self.truth_folder, name).to_pandas()
        return read

    def persons(self) -> pd.DataFrame:
        """customer_id and person_id of customers who are one person, and of persons who are one customer."""
        known = read_truth(self.truth_folder, "source_ids")
        record = pc.binary_join_element_wise(known["partner"], known["source_id"], ":")
        sources = pd.DataFrame({"source_record_id": record.to_pandas(), "person_id": known["person_id"].to_pandas()})
        both = self.rows(IDENTITIES, columns=["source_record_id", "customer_id"]).merge(sources, on="source_record_id")
        pairs = both[["customer_id", "person_id"]].drop_duplicates()
        is_one = ~pairs["customer_id"].duplicated(keep=False) & ~pairs["person_id"].duplicated(keep=False)
        return pairs[is_one].sort_values("customer_id", ignore_index=True)


def print_verdict(judge: Callable[[World], Mapping[str, Any]], description: str) -> None:
    """The command line of a judge: one object of JSON of the lake in the environment and the truth of its world."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--business-date", required=True, type=date.fromisoformat)
    parser.add_argument("--truth", required=True, type=Path)
    options = parser.parse_args()
    print(json.dumps(judge(World(options.business_date, options.truth)), sort_keys=True))  # noqa: T201
