"""The command on declined applicants: what guesses about them are worth to a score, on a table of one's own."""

from __future__ import annotations

import json
import logging
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jobs.errors import ExitCode
from jobs.verbs import verbs_with

if TYPE_CHECKING:
    import pandas as pd

    from jobs.models.feature_bins import Bads
    from jobs.models.reject_inference import Applications

logger = logging.getLogger("nightledger")

APPLICANT, APPROVED, BY_LOT, BAD, TRUTH = "applicant_id", "is_approved", "is_by_lot", "is_bad", "is_bad_in_truth"
EXAMPLES = f"""examples:
  python -m jobs.run compare-rejects applications.parquet --out rejects.json
  python -m jobs.run compare-rejects applications.parquet --worse-by 2.0

A file of applications is Parquet, one row per applicant: {APPLICANT}; {APPROVED}; {BY_LOT}, true for those who were
approved whatever the policy thought of them, by whom every guess is judged; {BAD}, null where nobody knows; and as
features all other columns, which are numbers. {TRUTH}, where a simulation knows it, tells what everybody would
have done; it is learnt from by none.
"""


def add_verbs(verbs: Any) -> None:
    """The command as a verb of `python -m jobs.run`."""
    verb = verbs_with(verbs, EXAMPLES)
    added = verb("compare-rejects", compare_rejects, "what guesses about declined applicants add to a score, if so")
    added.add_argument("applications", type=Path, help="Parquet, one row per applicant")
    added.add_argument(
        "--worse-by", type=float, default=None, help="how much oftener the declined of a band fail (1.5)"
    )
    added.add_argument("--out", type=Path, default=None, help="JSON of all figures")


def compare_rejects(options: Namespace) -> int:
    """Learn without the declined, and with two guesses about them; tell the Gini of each on those approved by lot."""
    import pyarrow.parquet as pq

    from jobs.models.reject_inference import WORSE_BY, compare_ways

    applications, truth = applications_in(pq.read_table(options.applications).to_pandas())
    worse_by = WORSE_BY if options.worse_by is None else options.worse_by
    report = compare_ways(applications, worse_by=worse_by, truth=truth)
    logger.info(
        "%s approved applicants to learn from, %s declined", report["learnt_from_count"], report["declined_count"]
    )
    for whom in ("by_lot", "declined"):
        for name, one in report.get(whom, {"models": {}})["models"].items():
            gain = "" if "gini_gain" not in one else "; gain {gini_gain} ({gini_gain_low} to {gini_gain_high})"
            sentence = "%s: %s: Gini {gini} ({gini_low} to {gini_high}) on {rows}, {bads} bad" + gain
            logger.info(sentence.format(**one), whom.replace("_", " "), name.replace("_", " "))
    helps = ", ".join(report["helps"]).replace("_", " ")
    logger.info("beyond chance helps: %s", helps or "none of the guesses")
    if options.out is not None:
        options.out.write_text(json.dumps(report, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return ExitCode.OK


def applications_in(frame: pd.DataFrame) -> tuple[Applications, Bads | None]:
    """The applicants of a file, and what all of them would have done, where it tells.

    RejectInferenceError when a column is not there, holds something else than it should, or is no number.
    """
    from jobs.models.reject_inference import Applications, RejectInferenceError

    absent = [name for name in (APPLICANT, APPROVED, BY_LOT, BAD) if name not in frame]
    features = frame.drop(columns=[APPLICANT, APPROVED, BY_LOT, BAD, TRUTH], errors="ignore")
    words = [str(name) for name in features if features[name].dtype.kind not in "iufb"]
    unknown = [] if absent else [name for name in (APPROVED, BY_LOT) if frame[name].isna().any()]
    if absent or words or unknown or features.empty:
        raise RejectInferenceError(
            f"the applications lack {', '.join(absent) or 'nothing'}; have words or dates in "
            f"{', '.join(words) or 'no column'}, nulls in {', '.join(unknown) or 'no column that forbids them'} and "
            f"{features.shape[1]} columns to learn from: see compare-rejects --help"
        )
    is_approved, is_by_lot = (frame[name].to_numpy(dtype=bool) for name in (APPROVED, BY_LOT))
    if frame.loc[is_approved, BAD].isna().any():
        raise RejectInferenceError(f"{BAD} is null for approved applicants: remove those who have not matured")
    applicants = frame[APPLICANT].astype(str).to_numpy()
    truth = frame[TRUTH].to_numpy(dtype=np.int64) if TRUTH in frame else None
    known = frame[BAD].fillna(0).to_numpy(dtype=np.int64)
    return Applications(applicants, features.astype(np.float64), known, is_approved, is_by_lot), truth
