"""What the commands about relations do: the leak audit, and the picture of the people around a customer."""

from __future__ import annotations

import logging
from argparse import Namespace
from collections.abc import Mapping
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from jobs.errors import ExitCode, StepMissingError
from jobs.inputs import night
from jobs.lake import Lake, open_lake
from jobs.named_files import writing
from jobs.settings import read_settings
from schemas.labels.credit_default import CREDIT_DEFAULT
from schemas.models.leak_audit import LEAK_AUDIT

logger = logging.getLogger("nightledger")


def audit_leaks(options: Namespace) -> int:
    """Attack the network features as the newest training by the day saw them; exit 2 when one leaks.

    An audit that stands and was made by the same code from the same rows is told again and not made anew.
    """
    from jobs.relation_tables import published
    from jobs.road import Road

    settings = read_settings()
    with closing(Road(settings, open_lake(settings))) as road:
        trained = newest_training(road.lake, options.business_date)
        outcome = road.publish(LEAK_AUDIT, night(trained))
        attacks = published(road.lake, LEAK_AUDIT, trained, LEAK_AUDIT.column_names).to_pylist()
    for attack in attacks:
        logger.info(sentence_of_attack(attack))
    failed, untold = (
        sorted({attack["family"] for attack in attacks if attack["verdict"] == verdict})
        for verdict in ("failed", "cannot tell")
    )
    verdict = f"failed: {', '.join(failed)}" if failed else "no leak found"
    if untold:
        verdict += f"; too few outcomes to tell of {', '.join(untold)}"
    log = logger.error if failed else logger.info
    log("leak audit of the training on %s, %s: %s", trained, outcome.state, verdict)
    return ExitCode.BAD_INPUT if failed else ExitCode.OK


def newest_training(lake: Lake, day: date) -> date:
    """The newest day by `day` with labels; StepMissingError when there is none."""
    trained = [when for when in lake.partitions(CREDIT_DEFAULT.address) if when <= day]
    if not trained:
        raise StepMissingError(
            f"{CREDIT_DEFAULT.address}: none is published by {day}; "
            f"first run: python -m jobs.run train --business-date {day}"
        )
    return trained[-1]


def sentence_of_attack(attack: Mapping[str, Any]) -> str:
    """One line for people."""
    verdict = str(attack["verdict"]).replace("failed", "FAILED")
    if attack["changed_customer_count"] is not None:
        found = f"{attack['changed_customer_count']:,} of {attack['customer_count']:,} customers changed"
    elif attack["auc"] is None:
        found = "too few outcomes to tell"
    else:
        found = f"AUC {attack['auc']:.3f}, deviation by chance {attack['auc_deviation']:.3f}"
    return f"{attack['family']:18} {attack['feature']:30} {attack['attack']:26} {verdict:11} {found}"


def ego(options: Namespace) -> int:
    """Draw the people within two ties of a customer or a ring, as SVG or, by the file's name, as HTML with a table."""
    import pyarrow as pa

    from jobs import relation_tables as tables
    from jobs.relations.ego import ego_of
    from jobs.relations.ego_page import page
    from jobs.relations.ego_picture import draw

    settings, day = read_settings(), options.business_date
    lake = open_lake(settings)
    middle = tables.ring_of_the_night(lake, day, options.ring) if options.ring else [options.customer]
    every = (ties(lake, day, settings.time_zone) for ties in (tables.ties_of_the_night, tables.weak_ties_of_the_night))
    found = ego_of(pa.concat_tables(every), middle, tables.known_defaults_of_the_night(lake, day))
    title = f"{f'Ring {options.ring}' if options.ring else f'Around {options.customer}'} on {day}"
    picture = draw(found, title=title)
    target: Path = options.out
    with writing(target):
        target.write_text(page(found, picture, title) if target.suffix == ".html" else picture, encoding="utf-8")
    logger.info("%s: %s people, %s ties", target.name, len(found.people), len(found.ties))
    return ExitCode.OK
