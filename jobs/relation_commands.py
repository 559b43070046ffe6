"""What the commands about relations do: the leak audit, and the picture of the people around a customer."""

from __future__ import annotations

import logging
from argparse import Namespace
from pathlib import Path

from jobs.errors import ExitCode
from jobs.lake import open_lake
from jobs.settings import read_settings

logger = logging.getLogger("nightledger")


def audit_leaks(options: Namespace) -> int:
    """Attack the network feature on a night's data; exit 2 when it knows what it must not."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from jobs.relation_tables import evidence_of_the_night
    from jobs.relations.leak_audit import audit, influence_of_known_defaults, lift

    settings = read_settings()
    evidence = evidence_of_the_night(open_lake(settings), options.business_date, settings.time_zone)
    findings = audit(influence_of_known_defaults, evidence)
    better, deviation = lift(influence_of_known_defaults(evidence), evidence)
    for finding in findings:
        logger.info(
            "%-22s %-6s %10.3g of %.3g at most: %s",
            finding.check, "passed" if finding.passed else "FAILED", finding.value, finding.bound, finding.meaning,
        )  # fmt: skip
    logger.info(
        "observed %s: %s outcomes; AUC %.3f of default influence among equally many ties, chance +/- %.3f",
        evidence.as_of, f"{len(evidence.outcomes):,}", 0.5 + better, deviation,
    )  # fmt: skip
    rows = [
        {"check": f.check, "passed": f.passed, "value": f.value, "bound": f.bound, "meaning": f.meaning}
        for f in findings
    ]
    target = options.out or settings.scratch / "leak_audit" / f"{options.business_date}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), target)
    failed = [finding.check for finding in findings if not finding.passed]
    log = logger.error if failed else logger.info
    log("leak audit of %s: %s", options.business_date, f"failed: {', '.join(failed)}" if failed else "no leak found")
    return ExitCode.BAD_INPUT if failed else ExitCode.OK


def ego(options: Namespace) -> int:
    """Draw the people within two ties of a customer, as SVG or, by the file's name, as HTML."""
    from jobs.relation_tables import known_defaults_of_the_night, ties_of_the_night
    from jobs.relations.ego_picture import draw, ego_of, page

    settings = read_settings()
    lake = open_lake(settings)
    edges = ties_of_the_night(lake, options.business_date, settings.time_zone)
    bad = known_defaults_of_the_night(lake, options.business_date)["customer_id"].to_pylist()
    found = ego_of(edges, options.customer, known_bad=bad)
    title = f"Around {options.customer} on {options.business_date}"
    picture = draw(found, known_bad=bad, title=title)
    target: Path = options.out
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(picture, title) if target.suffix == ".html" else picture, encoding="utf-8")
    logger.info("%s: %s people, %s ties", target.name, len(found.people), len(found.ties))
    return ExitCode.OK
