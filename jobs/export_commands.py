"""The command that hands offers over to the banks."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from jobs.errors import ExitCode
from jobs.lake import open_lake
from jobs.settings import read_settings
from jobs.verbs import verbs_with

EXAMPLES = """example:
  python -m jobs.run export --business-date 2026-04-01 --out /srv/outbox

Writes <out>/<bank>/partner_offers-<business date>.parquet for every bank. Wishes and requests to be forgotten are
looked at once more, as of the last day that is captured; whoever has withdrawn since is not in the file, and the reason
is kept in the lake under _exports/.
"""


def add_verbs(verbs: Any, day: Callable[[str], date]) -> None:
    """The command as a verb of `python -m jobs.run`."""
    added: ArgumentParser = verbs_with(verbs, EXAMPLES)(
        "export", export, "hand the offers of a night over to the banks, but for those who have withdrawn since"
    )
    added.add_argument("--business-date", required=True, type=day, metavar="YYYY-MM-DD", help="the night of the offers")
    added.add_argument(
        "--out", required=True, type=Path, metavar="FOLDER", help="one folder for each bank is made here"
    )


def export(options: Namespace) -> int:
    """Hand over the offers of a night."""
    from jobs.exports import hand_over  # pyspark takes a second to import
    from jobs.road import Road

    settings = read_settings()
    with closing(Road(settings, open_lake(settings))) as road:
        hand_over(road, options.business_date, options.out)
    return ExitCode.OK
