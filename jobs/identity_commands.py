"""Commands on who is who: the map of a night, and how well the night told people apart."""

from __future__ import annotations

import logging
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from jobs.errors import ExitCode
from jobs.lake import open_lake
from jobs.named_files import writing
from jobs.settings import read_settings
from jobs.verbs import verbs_with

logger = logging.getLogger("nightledger")

EXAMPLES = """examples:
  python -m jobs.run who-was shop:u0000017 --business-date 2026-04-01
  python -m jobs.run who-was c0f34a7e1b9c22d8e6a15f7340 --business-date 2026-04-01
  python -m jobs.run identity-report --business-date 2026-04-01 --out identity.html --labelled known_people.csv

The map of a night is the partition of customers/identities of that night, and stays as it was: a night that is run
again reads its own. In SQL: SELECT customer_id FROM read_parquet('<files>') WHERE source_record_id = '...', with the
files that `python -m jobs.run files customers/identities --business-date ...` prints.
"""


def add_verbs(verbs: Any, day: Callable[[str], date]) -> None:
    """The commands as verbs of `python -m jobs.run`."""
    verb = verbs_with(verbs, EXAMPLES)
    asked = verb("who-was", who_was, "which customer a record or an id stood for on a night, and why")
    asked.add_argument("name", metavar="record or customer", help="a source_record_id or a customer_id")
    report = verb("identity-report", identity_report, "how well a night told people apart, as one HTML page")
    for added in (asked, report):
        added.add_argument("--business-date", required=True, type=day, metavar="YYYY-MM-DD", help="the night meant")
    report.add_argument("--out", type=_page, required=True, metavar="PAGE", help="*.html")
    report.add_argument(
        "--labelled", type=Path, default=None, metavar="FILE",
        help="CSV or Parquet of source_record_id, person_id: records whose person is known",
    )  # fmt: skip


def who_was(options: Namespace) -> int:
    """Print the customer of a night and its records."""
    from jobs.identity_tables import who_was

    for line in who_was(open_lake(read_settings()), options.business_date, options.name).lines():
        print(line, flush=True)  # noqa: T201 standard output is what programs read
    return ExitCode.OK


def identity_report(options: Namespace) -> int:
    """Write the page, and say the customers whose segment moved by identity alone."""
    from jobs.customers.judgement import judge, read_labelled
    from jobs.identity_page import write_page
    from jobs.identity_tables import counts_of_nights, segment_impact
    from jobs.relation_tables import published
    from schemas.customers.identities import IDENTITIES

    lake, night = open_lake(read_settings()), options.business_date
    judgement = None
    if options.labelled:
        labelled = read_labelled(options.labelled)
        judgement = judge(published(lake, IDENTITIES, night, ("source_record_id", "customer_id")), labelled)
    counts, impact = counts_of_nights(lake, night), segment_impact(lake, night)
    with writing(options.out):
        options.out.write_text(write_page(night, counts, impact, judgement), encoding="utf-8")
    if impact is not None:
        logger.info("%s: %d customers in another segment by identity alone", night, impact.by_identity_alone)
    logger.info("identity report: %s", options.out.name)
    return ExitCode.OK


def _page(text: str) -> Path:
    path = Path(text)
    if path.suffix != ".html":
        raise ArgumentTypeError(f"{path.name} is not *.html")
    return path
