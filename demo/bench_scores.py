"""How good the published scores are, judged by the truth of a large world: default risk, relations, uplift and rejects.

One training on the partners' deliveries, and the families of relations replayed for its observation dates. The figures
come from `tests/reference/judge_*`, each in a process of its own, with what the world alone knows.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from demo.machine import this_machine
from demo.processes import PROJECT_ROOT
from demo.session import partners_up
from demo.world import World
from schemas.features.cash_flow import CASH_FLOW
from schemas.features.promises import PROMISES
from schemas.features.purchase_value import PURCHASE_VALUE
from schemas.features.repayment import REPAYMENT
from schemas.labels.credit_default import observation_dates
from schemas.models.credit_score import NETWORK_FAMILIES

PEOPLE = 100_000
APPLICANTS_SEEN_ON = (date(2024, 6, 30), date(2024, 9, 30), date(2024, 12, 31))
"""Ends of quarters from which twelve months are over, so that the truth knows what became of those who applied."""

JAVA_OPTIONS_FOR_LONG_RUNS = "-XX:+UseParallelGC"
"""The demo compiles for short nights; here the JVM may take its time, since what it compiles runs for minutes."""

APPLICANT_FAMILIES = (CASH_FLOW, PROMISES, PURCHASE_VALUE, REPAYMENT)

Figures = Mapping[str, Any]


def bench_scores(folder: Path, people: int = PEOPLE) -> list[str]:
    """The lines of four tables: default scores beside the oracle, relations, policies of contact, the declined."""
    started = time.monotonic()
    with partners_up(folder, "--people", str(people), "--days", "1") as of_demo:
        environment = {**of_demo, "NIGHTLEDGER_SPARK_JAVA_OPTIONS": JAVA_OPTIONS_FOR_LONG_RUNS}
        day = environment["NIGHTLEDGER_FIRST_BUSINESS_DATE"]
        _run(environment, "jobs.run", "train", "--business-date", day)
        trained = time.monotonic() - started
        _replay(environment, day)
    at = ("--business-date", day, "--truth", str(folder / "truth"))
    found = {name: _judged(environment, name, *at) for name in ("scores", "network", "policies")}
    found["rejects"] = _rejects(environment, folder, at)
    head = f"{people:,} people, 24 months, trained on {day} in {trained:.0f} s from the partners to the models"
    return [
        *_lines_of_scores(head, found["scores"]),
        *_lines_of_network(head, found["network"]),
        *_lines_of_policies(head, found["policies"]),
        *_lines_of_rejects(head, found["rejects"]),
    ]


def _replay(environment: Mapping[str, str], day: str) -> None:
    """What models do not read, or read on other days: relations when loans were observed, four sides of applicants."""
    asked = ((NETWORK_FAMILIES, observation_dates(date.fromisoformat(day))), (APPLICANT_FAMILIES, APPLICANTS_SEEN_ON))
    for families, days in asked:
        addresses = [family.address for family in families]
        dates = [str(one) for one in days]
        _run(environment, "tests.reference.replays", "--known-by", day, "--days", *dates, "--", *addresses)


def _judged(environment: Mapping[str, str], name: str, *arguments: str) -> Figures:
    """What `tests/reference/judge_<name>` prints."""
    told = _run(environment, f"tests.reference.judge_{name}", *arguments)
    found: Figures = json.loads(told.splitlines()[-1])
    return found


def _rejects(environment: Mapping[str, str], folder: Path, at: Sequence[str]) -> Figures:
    """What `compare-rejects` tells of the world's applicants."""
    file, out = folder / "applications.parquet", folder / "rejects.json"
    days = [str(day) for day in APPLICANTS_SEEN_ON]
    _run(environment, "tests.reference.judge_rejects", *at, "--seen", *days, "--out", str(file))
    _run(environment, "jobs.run", "compare-rejects", str(file), "--out", str(out))
    found: Figures = json.loads(out.read_text(encoding="utf-8"))
    return found


def _lines_of_scores(head: str, found: Figures) -> Iterator[str]:
    gini, without_rings = found["gini"], found["gini_without_rings"]
    trees = found["challenger"]["models"]["challenger"]
    part = found["parts"]["out_of_time"]
    learnt = found["trained_on"]["learnt_from"]
    yield (
        f"{head}, seed {World.seed}, {this_machine()}; learnt from {learnt['rows']:,} rows with "
        f"{learnt['bads']:,} defaults; judged on {found['rows']:,} rows "
        f"of other households on {' and '.join(found['dates'])}, of {found['rows_with_truth']:,} of which, with "
        f"{found['bads']:,} defaults, the truth tells a probability"
    )
    yield "| default scores, out of time | found | wished |"
    yield "|---|---|---|"
    yield f"| Gini of the oracle, by the label of the scores | {gini['oracle']:.3f} | |"
    yield f"| Gini of the oracle, by its own outcome | {found['gini_of_oracle_by_its_own_outcome']:.3f} | |"
    for name, wish in (("champion", 0.90), ("challenger", 0.95)):
        yield f"| Gini of the {name} | {gini[name]:.3f} | |"
        yield f"| Gini of the {name}, over the oracle's | {gini[name] / gini['oracle']:.3f} | {wish:.2f} |"
        yield (
            f"| the same without the {found['rows_of_rings']:,} rows of ring members "
            f"| {without_rings[name] / without_rings['oracle']:.3f} | |"
        )
    yield (
        "| Gini of the challenger's trees told the latent leaning besides, over the oracle's: what sources can show "
        f"| {gini['told_the_leaning'] / gini['oracle']:.3f} | |"
    )
    for name, one in (("champion", part), ("challenger", trees)):
        yield f"| calibration error of the {name} | {one['expected_calibration_error']:.4f} | 0.01 |"
        ratio = one["expected_bad_rate"] / one["bad_rate"]
        yield f"| expected over observed defaults of the {name} | {ratio:.3f} | 0.95 to 1.05 |"


def _lines_of_network(head: str, found: Figures) -> Iterator[str]:
    yield (
        f"{head}, seed {World.seed}, {this_machine()}; "
        f"{found['thin_rows']:,} rows of customers on the first plan of 90 days or less, "
        f"{found['thin_bads']:,} defaults; {found['rows']:,} rows of all; models that never saw the household"
    )
    yield "| what relations add | Gini without | gain by what models read | gain by all columns | wished |"
    yield "|---|---|---|---|---|"
    for model in ("scorecard", "trees"):
        for whom in ("thin", "all"):
            ways = found[f"{model}_on_{whom}"]
            gains = " | ".join(_gain(ways[way]) for way in ("with_read_by_models", "with_all"))
            wish = "above 0" if whom == "thin" else ""
            yield f"| {model}, {whom} | {ways['without']['gini']:.3f} | {gains} | {wish} |"


def _lines_of_policies(head: str, found: Figures) -> Iterator[str]:
    added, interval = found["true_uplift"], found["interval"]
    more = interval["uplift_less_response"]
    low, high = interval["uplift"]
    yield (
        f"{head}, seed {World.seed}, {this_machine()}; {found['messages']:,} messages learnt from, "
        f"{found['customers']:,} customers scored"
    )
    yield "| whom to write to | applications more, of a hundred messages | wished |"
    yield "|---|---|---|"
    yield f"| best tenth by uplift | {added['uplift']:.2%} ({low:.2%} to {high:.2%}) | above 0 |"
    yield f"| best tenth by response | {added['response']:.2%} | |"
    gain = added["uplift"] - added["response"]
    yield f"| the first less the second | {gain:.2%} ({more[0]:.2%} to {more[1]:.2%}) | above 0 |"
    yield f"| everybody | {added['everybody']:.2%} | |"
    yield f"| best tenth by the truth | {found['oracle']:.2%} | |"


def _lines_of_rejects(head: str, found: Figures) -> Iterator[str]:
    by_lot, declined = found["by_lot"]["models"], found["declined"]["models"]
    base = "known_good_bad"
    yield (
        f"{head}, seed {World.seed}, {this_machine()}; "
        f"{found['learnt_from_count']:,} approved applicants learnt from; judged on {by_lot[base]['rows']:,} "
        f"customers approved by lot, {by_lot[base]['bads']:,} bad, and {declined[base]['rows']:,} declined, "
        f"{declined[base]['bads']:,} bad; a fifth of all applicants drawn to the lot; "
        f"the declined of a band taken for {found['worse_by']} times as bad"
    )
    yield "| guesses about the declined | Gini by lot | gain | Gini on the declined | gain |"
    yield "|---|---|---|---|---|"
    for way, lot in by_lot.items():
        of_lot, of_declined = (
            f"{one['gini']:.3f} | {_gain(one) if way != base else ''}" for one in (lot, declined[way])
        )
        yield f"| {way.replace('_', ' ')} | {of_lot} | {of_declined} |"


def _gain(one: Figures) -> str:
    """Gain of Gini with its interval."""
    return f"{one['gini_gain']:+.3f} ({one['gini_gain_low']:+.3f} to {one['gini_gain_high']:+.3f})"


def _run(environment: Mapping[str, str], module: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=PROJECT_ROOT, env=dict(environment), check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return done.stdout
