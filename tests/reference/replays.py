"""Datasets replayed for many earlier days in one process, whose Spark session is warm after the first of them.

    python -m tests.reference.replays --known-by 2026-03-31 --days 2025-08-31 2025-07-31 -- features/money_flows

The ties that they are made of are published first, so that a family does not assemble anew what another one read.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import closing
from datetime import date

from jobs.inputs import Dates
from jobs.lake import open_lake
from jobs.road import Road
from jobs.settings import read_settings
from schemas.catalogue import all_datasets, dataset_at
from schemas.table import Dataset, ancestors


def replay(addresses: Sequence[str], days: Sequence[date], known_by: date) -> None:
    """Publish the datasets, and first their ties, as of each day; what stands already is left as it is."""
    settings = read_settings()
    with closing(Road(settings, open_lake(settings))) as road:
        for day in days:
            for dataset in with_ties(addresses):
                road.publish(dataset, Dates(as_of=day, known_by=known_by))


def with_ties(addresses: Sequence[str]) -> list[Dataset]:
    """The datasets and the edges among their ancestors, parents before children."""
    asked = [dataset_at(address) for address in addresses]
    edges = {one.address for dataset in asked for one in ancestors(dataset) if one.layer == "edges"}
    return [one for one in all_datasets() if one.address in edges or one.address in addresses]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--known-by", required=True, type=date.fromisoformat)
    parser.add_argument("--days", required=True, nargs="+", type=date.fromisoformat)
    parser.add_argument("addresses", nargs="+")
    options = parser.parse_args()
    replay(options.addresses, options.days, options.known_by)
