"""The command line: `python -m jobs.run …`.

    python -m jobs.run night --business-date 2026-04-01           every dataset of one night, in one JVM
    python -m jobs.run features/repayment --business-date 2026-04-01                              or several of them
    python -m jobs.run captured/banks --business-date 2026-04-01  all tables of all banks, one snapshot for each bank
    python -m jobs.run features/repayment --business-date 2026-03-01 --known-by 2026-04-01     a replay, stored apart
    python -m jobs.run train --business-date 2026-03-31           the model, and what it is built from
    python -m jobs.run backfill --from 2026-04-01 --to 2026-04-05 [--run-backwards]
    python -m jobs.run ready shop --business-date 2026-04-01
    python -m jobs.run files segments/customer_segments --business-date 2026-04-01
    python -m jobs.run models                                     what decides, what is in shadow, and who decided so
    python -m jobs.run promote --trained-on 2026-04-30 --from 2026-05-06 --by "credit committee" --why "gains 0.03"
    python -m jobs.run compare-rejects applications.parquet --out rejects.json      guesses about the declined, judged
    python -m jobs.run blocking-report --business-date 2026-04-01   which records would be compared, by which key
    python -m jobs.run decide-pairs decided.csv --from 2026-04-02 --by "R. Diaz" --why "called both"
    python -m jobs.run audit-leaks --business-date 2026-04-01     attacks on what is learnt from relations
    python -m jobs.run ego --business-date 2026-04-01 --customer ID --out ties.svg     or --ring ID: their ties
    python -m jobs.run who-was shop:u0000017 --business-date 2026-04-01            a record's customer on that night
    python -m jobs.run identity-report --business-date 2026-04-01 --out identity.html
    python -m jobs.run explain <customer_id> net_spend_cents_sum_90d --business-date 2026-04-01
    python -m jobs.run doctor

What went wrong is one line on standard error, and the exit code says what to do: 0 done, 2 the input, the contract or
the command is wrong (trying again does not help), 3 something has to be built first, 75 a server or another writer
is in the way (try again later), 1 a fault of the program.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from jobs import (
    commands,
    export_commands,
    identity_commands,
    model_commands,
    pair_commands,
    reject_commands,
    relation_commands,
    standing_commands,
)
from jobs.errors import ExitCode
from jobs.failures import exit_code_of, sentence_of
from jobs.verbs import OneLineParser
from schemas.dates import parse_business_date

logger = logging.getLogger("nightledger")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(_with_verb(sys.argv[1:] if arguments is None else list(arguments)))
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logger.setLevel(logging.DEBUG if options.verbose else logging.INFO)
    try:
        return int(options.command(options))
    except KeyboardInterrupt:
        logger.error("interrupted; what was published stands")
        return 130
    except Exception as error:
        code = exit_code_of(error)
        if code is ExitCode.UNEXPECTED:
            logger.error("%s", sentence_of(error), exc_info=True)
        else:
            logger.error("%s", sentence_of(error))
        return int(code)


def _with_verb(arguments: list[str]) -> list[str]:
    """`<layer>/<dataset> …` is short for `dataset <layer>/<dataset> …`."""
    if arguments and "/" in arguments[0] and not arguments[0].startswith("-"):
        return ["dataset", *arguments]
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="python -m jobs.run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.set_defaults(verbose=False)
    verbs = parser.add_subparsers(required=True, metavar="command or <layer>/<dataset>")

    def verb(name: str, command: Callable[[argparse.Namespace], int], sentence: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=sentence, description=sentence)
        added.add_argument("--verbose", action="store_true", help="say more")
        added.set_defaults(command=command)
        return added

    def dated(added: argparse.ArgumentParser) -> argparse.ArgumentParser:
        added.add_argument("--business-date", required=True, type=_date, metavar="YYYY-MM-DD", help="the day to close")
        return added

    def forced(added: argparse.ArgumentParser) -> argparse.ArgumentParser:
        added.add_argument("--force", action="store_true", help="capture anew, and build even if an equal build stands")
        return added

    one = forced(dated(verb("dataset", commands.dataset, "build, check and publish datasets, in the order given")))
    one.add_argument("addresses", nargs="+", metavar="address", help=f"<layer>/<dataset>, or {commands.BANKS}")
    one.add_argument("--known-by", type=_date, metavar="YYYY-MM-DD", help="replay the day with later knowledge")
    forced(dated(verb("night", commands.night, "every dataset of one night")))
    forced(dated(verb("train", commands.train, "train the model on what is known by the day")))
    backfill = forced(verb("backfill", commands.backfill, "every night of a range, oldest first"))
    backfill.add_argument("--from", dest="first", required=True, type=_date, metavar="YYYY-MM-DD")
    backfill.add_argument("--to", dest="last", required=True, type=_date, metavar="YYYY-MM-DD")
    backfill.add_argument("--run-backwards", action="store_true", help="capture the newest day first")
    backfill.add_argument("--dry-run", action="store_true", help="say what would be built, and build nothing")
    ready = dated(verb("ready", commands.ready, "whether a partner has delivered the day: exit 0 yes, 75 not yet"))
    ready.add_argument("partner", choices=("shop", "banks"))
    files = dated(verb("files", commands.files, "the files of a published partition, as its manifest lists them"))
    files.add_argument("address", help="<layer>/<dataset>")
    export_commands.add_verbs(verbs, _date)
    model_commands.add_verbs(verbs, _date)
    pair_commands.add_verbs(verbs, _date)
    standing_commands.add_verbs(verbs, _date)
    identity_commands.add_verbs(verbs, _date)
    reject_commands.add_verbs(verbs)
    dated(verb("audit-leaks", relation_commands.audit_leaks, "attack the network features of the newest training"))
    ego = dated(verb("ego", relation_commands.ego, "draw the people within two ties of a customer or a ring"))
    middle = ego.add_mutually_exclusive_group(required=True)
    middle.add_argument("--customer", metavar="CUSTOMER_ID")
    middle.add_argument("--ring", metavar="RING_ID", help="as in edges/suspected_rings")
    ego.add_argument("--out", type=_picture, required=True, metavar="PICTURE", help="*.svg or *.html")
    explained = dated(verb("explain", commands.explain, "a customer's value of a feature, its formula and source rows"))
    explained.add_argument("customer_id", help="as in customers/customers")
    explained.add_argument("column", help="a column of a feature family; schemas/README.md lists them")
    explained.formatter_class = argparse.RawDescriptionHelpFormatter
    explained.epilog = "example: python -m jobs.run explain c0f3 view_count_30d --business-date 2026-04-01"
    verb("doctor", commands.doctor, "check this installation, and say the cure for whatever is wrong")
    verb("dictionary", commands.dictionary, "write the data dictionary, schemas/README.md")
    docs = verb("data-docs", commands.data_docs, "write the site that shows every check of every night")
    docs.add_argument("--out", type=Path, default=None, help="the folder to write to (default: <scratch>/data_docs)")
    return parser


def _picture(text: str) -> Path:
    path = Path(text)
    if path.suffix not in (".svg", ".html"):
        raise argparse.ArgumentTypeError(f"{path.name} is neither *.svg nor *.html")
    return path


def _date(text: str) -> date:
    try:
        return parse_business_date(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


if __name__ == "__main__":
    sys.exit(main())
