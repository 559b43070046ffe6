"""How right identities are where the truth about some records is known: by pairs of records, and by B-cubed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

COLUMNS = ("source_record_id", "person_id")


class LabelledRecordsError(ValueError):
    """The table of labelled records cannot be used; the message says what to change."""

    exit_code = 2


@dataclass(frozen=True)
class Judgement:
    """Shares from 0 to 1, over the records that are labelled and known; 1 where there was nothing to find.

    pairs_found: pairs of these records with one customer. pairs_of_people: pairs of one person.
    """

    records: int
    people: int
    pairs_found: int
    pairs_of_people: int
    pair_precision: float
    pair_recall: float
    b_cubed_precision: float
    b_cubed_recall: float


def judge(identities: pa.Table, labelled: pa.Table) -> Judgement:
    """Compare source_record_id, customer_id with source_record_id, person_id.

    Pairs: of the pairs of records with one customer those of one person, and the other way round. B-cubed (Bagga and
    Baldwin 1998): the same shares of each record's customer and person, averaged over the records.
    """
    found = identities.select(["source_record_id", "customer_id"]).to_pandas()
    known = pd.DataFrame(found).merge(labelled.select(list(COLUMNS)).to_pandas(), on="source_record_id", how="inner")
    of_customer, of_person = known["customer_id"].value_counts(), known["person_id"].value_counts()
    both = known.groupby(["customer_id", "person_id"]).size()
    sizes = both.to_numpy(dtype=float)
    in_customer = of_customer.reindex(both.index.get_level_values("customer_id")).to_numpy(dtype=float)
    in_person = of_person.reindex(both.index.get_level_values("person_id")).to_numpy(dtype=float)
    right = _pairs(both)
    return Judgement(
        records=len(known),
        people=len(of_person),
        pairs_found=int(_pairs(of_customer)),
        pairs_of_people=int(_pairs(of_person)),
        pair_precision=_share(right, _pairs(of_customer)),
        pair_recall=_share(right, _pairs(of_person)),
        b_cubed_precision=_share((sizes * sizes / in_customer).sum(), len(known)),
        b_cubed_recall=_share((sizes * sizes / in_person).sum(), len(known)),
    )


def read_labelled(path: Path) -> pa.Table:
    """Labelled records from a CSV or Parquet file; LabelledRecordsError names what is wrong with it."""
    try:
        table = pa_csv.read_csv(path) if path.suffix == ".csv" else pq.read_table(path)
    except (OSError, pa.ArrowInvalid):
        raise LabelledRecordsError(f"{path.name}: neither a CSV nor a Parquet file that can be read") from None
    missing = [name for name in COLUMNS if name not in table.column_names]
    if missing:
        raise LabelledRecordsError(f"{path.name}: has no column {', '.join(missing)}")
    records = table["source_record_id"]
    if records.null_count or table["person_id"].null_count or len(records.unique()) != len(records):
        raise LabelledRecordsError(f"{path.name}: every source_record_id once, with its person_id, and no null")
    return table


def _pairs(sizes: pd.Series) -> float:
    return float((sizes * (sizes - 1) // 2).sum())


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else 1.0
