"""Commands on pairs of records: what would be compared, what reviewers decided, and what each agreement says."""

from __future__ import annotations

import csv
import json
import logging
import unicodedata
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.customers.match_weights import LEVELS
from jobs.customers.verdicts import Verdict
from jobs.errors import ExitCode, StepMissingError
from jobs.inputs import night
from jobs.lake import Lake, open_lake
from jobs.named_files import writing
from jobs.pair_decisions import SAME, WITHDRAWN, WORDS, PairDecisionError, PairDecisions, counting
from jobs.settings import read_settings
from jobs.verbs import verbs_with
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.identities import IDENTITIES
from schemas.customers.record_pairs import RECORD_PAIRS

if TYPE_CHECKING:
    import pyarrow as pa

logger = logging.getLogger("nightledger")

COLUMNS = ("left_record_id", "right_record_id", "decision")
SHOWN_OF_A_TOKEN = 12
"""Enough to find the row in customers/blocked_identifiers."""

EXAMPLES = """examples:
  python -m jobs.run blocking-report --business-date 2026-04-01
  python -m jobs.run decide-pairs decided.csv --from 2026-04-02 --by "R. Diaz" --why "called both"
  python -m jobs.run pair-decisions
  python -m jobs.run learn-weights --business-date 2026-04-01 --out weights.json

A file of decisions is CSV with a header, or JSON lines, with left_record_id, right_record_id and decision: same,
different, or withdrawn to let the rules decide again. customers/review_queue lists the pairs that wait. A decision
counts from a night that is not closed yet, is never changed, and holds until a later one on the same pair.
"""


def add_verbs(verbs: Any, day: Callable[[str], date]) -> None:
    """The commands as verbs of `python -m jobs.run`."""
    verb = verbs_with(verbs, EXAMPLES)
    report = verb("blocking-report", blocking_report, "the pairs each rule would compare, and the most shared keys")
    report.add_argument("--business-date", required=True, type=day, metavar="YYYY-MM-DD", help="a night's records")
    decide = verb("decide-pairs", decide_pairs, "store what reviewers decided on pairs of records")
    decide.add_argument("file", type=Path, help="CSV or JSON lines")
    decide.add_argument(
        "--from", dest="counts_from", required=True, type=day, metavar="YYYY-MM-DD", help="first night that follows"
    )
    decide.add_argument("--by", dest="decided_by", required=True, metavar="WHO", help="the person who decided")
    decide.add_argument("--why", dest="reason", required=True, metavar="WHY", help="the reason, for the record")
    verb("pair-decisions", pair_decisions, "the decisions on pairs of records that count, and who took them")
    learnt = verb("learn-weights", learn_weights, "learn from a night's records how much each agreement says")
    learnt.add_argument("--business-date", required=True, type=day, metavar="YYYY-MM-DD", help="a night's records")
    learnt.add_argument("--out", type=Path, required=True, help="JSON; NIGHTLEDGER_MATCH_WEIGHTS names it to a night")


def blocking_report(options: Namespace) -> int:
    """Print what would be compared, before anything is."""
    from jobs.customers.comparing import count_candidates, most_shared

    records = _records_of_the_night(open_lake(read_settings()), options.business_date)
    logger.info("%s records of %s", f"{records.num_rows:,}", options.business_date)
    logger.info("%-16s %12s %12s %14s %16s", "blocked by", "keys", "pairs", "largest key", "pairs left out")
    for row in count_candidates(records).to_pylist():
        left_out = row["pairs_without_limit"] - row["pairs"]
        logger.info(
            "%-16s %12s %12s %14s %16s",
            row["blocked_by"], f"{row['shared_values']:,}", f"{row['pairs']:,}",
            f"{row['most_records_sharing']:,}", f"{left_out:,}",
        )  # fmt: skip
    logger.info("most shared:")
    for row in most_shared(records).to_pylist():
        logger.info(
            "%-16s %s… on %s records", row["blocked_by"], row["value"][:SHOWN_OF_A_TOKEN], f"{row['records']:,}"
        )
    return ExitCode.OK


def decide_pairs(options: Namespace) -> int:
    """Append the decisions of a file; nothing is stored when one of them is wrong."""
    lake = open_lake(read_settings())
    _refuse_without_text(options)
    closed = lake.partitions(RECORD_PAIRS.address)
    if closed and options.counts_from <= closed[-1]:
        raise PairDecisionError(
            f"--from {options.counts_from}: the night of {closed[-1]} is closed; decide for a later one"
        )
    decided = list(_decisions_in(options.file))
    _refuse_unknown_records(lake, options.file, decided)
    stored = PairDecisions(lake.storage).append(
        [(left, right, word) for _, left, right, word in decided],
        counts_from=options.counts_from,
        decided_by=options.decided_by.strip(),
        reason=options.reason.strip(),
        decided_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    logger.info("%d decisions on record pairs, counting from %s", len(stored), options.counts_from)
    return ExitCode.OK


def pair_decisions(_: Namespace) -> int:
    """Print what counts, and what will count; of a record that is forgotten nothing is told."""
    lake = open_lake(read_settings())
    known, _night = _records_on_the_newest_map(lake)
    for one in counting(PairDecisions(lake.storage), date.max):
        if known is not None and not known.issuperset((one.left_record_id, one.right_record_id)):
            continue
        logger.info(
            "%d. from %s: %s and %s are %s, by %s: %s (%s)",
            one.number, one.counts_from, one.left_record_id, one.right_record_id, one.decision,
            one.decided_by, one.reason, one.decided_at,
        )  # fmt: skip
    return ExitCode.OK


def learn_weights(options: Namespace) -> int:
    """Write weights learnt without labels, and say what they hold of every level."""
    from jobs.customers.learning import learn

    weights = learn(_records_of_the_night(open_lake(read_settings()), options.business_date))
    for comparison, levels in LEVELS.items():
        for level, word in reversed(list(enumerate(levels))):
            bits = weights.bits(comparison, level, weights.records)
            logger.info("%-12s %-16s %+7.2f bits", comparison.replace("_", " "), word, bits)
    logger.info("%-29s %+7.2f bits", "before anything is compared", weights.prior_bits(weights.records))
    with writing(options.out):
        options.out.write_text(json.dumps(weights.as_json(), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return ExitCode.OK


def _refuse_unknown_records(lake: Lake, file: Path, decided: Sequence[tuple[int, str, str, str]]) -> None:
    """PairDecisionError names the first record that is not on the newest map; without a map nobody can tell."""
    known, night = _records_on_the_newest_map(lake)
    for number, left, right, _ in decided:
        for name in (left, right):
            if known is not None and name not in known:
                raise PairDecisionError(
                    f"{file.name} line {number}: {name}: no such record on {night}; nothing was stored"
                )


def _records_on_the_newest_map(lake: Lake) -> tuple[set[str] | None, date | None]:
    from jobs.relation_tables import published

    nights = lake.partitions(IDENTITIES.address)
    if not nights:
        return None, None
    return set(published(lake, IDENTITIES, nights[-1], ("source_record_id",))["source_record_id"].to_pylist()), nights[
        -1
    ]


def _decisions_in(file: Path) -> Iterator[tuple[int, str, str, str]]:
    """Number, left, right and word of each line; PairDecisionError names the first line that is wrong."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PairDecisionError(f"{file.name}: cannot be read ({type(error).__name__})") from None
    is_json = text.lstrip().startswith("{")
    lines = text.splitlines()
    rows = (_object(line) for line in lines if line.strip()) if is_json else csv.DictReader(lines)
    pairs: set[tuple[str, ...]] = set()
    for number, row in enumerate(rows, start=1 if is_json else 2):
        left, right, word = (str(row.get(name) or "").strip() for name in COLUMNS)
        pair = tuple(sorted((left, right)))
        if not left or not right or left == right or word not in WORDS or pair in pairs:
            raise PairDecisionError(
                f"{file.name} line {number}: needs two different records, once in the file, and a decision of "
                f"{', '.join(WORDS)} in columns {', '.join(COLUMNS)}; nothing was stored"
            )
        pairs.add(pair)
        yield number, left, right, word
    if not pairs:
        raise PairDecisionError(f"{file.name}: holds no decision")


def verdicts_in(file: Path | None, said: Mapping[tuple[str, str], bool]) -> list[Verdict] | None:
    """All that counts after what a file says, as for `decide-pairs`, beside what was said before; None without one."""
    if file is None:
        return None
    counting = dict(said)
    for _, left, right, word in _decisions_in(file):
        pair = min(left, right), max(left, right)
        counting.pop(pair, None)
        if word != WITHDRAWN:
            counting[pair] = word == SAME
    return [Verdict(*pair, is_same) for pair, is_same in counting.items()]


def _object(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _refuse_without_text(options: Namespace) -> None:
    for name, text in (("--by", options.decided_by), ("--why", options.reason)):
        if not text.strip() or any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") for sign in text):
            raise PairDecisionError(f"{name} is empty or holds a control character: the record needs who and why")


def _records_of_the_night(lake: Lake, business_date: date) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from jobs.customers.records import IDENTIFYING

    tables = []
    for dataset in (SHOP_USERS, BANK_CUSTOMERS):
        partition = night(business_date).partition(dataset)
        if lake.manifest(partition) is None:
            raise StepMissingError(
                f"{dataset.address} {business_date}: not published; "
                f"first run: python -m jobs.run {dataset.address} --business-date {business_date}"
            )
        tables += [pq.read_table(path, columns=list(IDENTIFYING)) for path in lake.local_files(partition)]
    return pa.concat_tables(tables)
