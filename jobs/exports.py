"""Hands the offers of a night over to the banks: checked against the newest wishes, what is withheld written down."""

from __future__ import annotations

import json
import logging
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.errors import StepMissingError
from jobs.input_frames import DataFrames
from jobs.inputs import Input, night
from jobs.shared.last_check import REASONS, check_again
from schemas.captured.consents import CONSENTS as CAPTURED_CONSENTS
from schemas.captured.erasure_requests import ERASURE_REQUESTS
from schemas.cleaned.consents import CONSENTS
from schemas.customers.identities import IDENTITIES
from schemas.shared.partner_offers import PARTNER_OFFERS

if TYPE_CHECKING:
    from jobs.road import Road

logger = logging.getLogger("nightledger")


def hand_over(road: Road, business_date: date, folder: Path) -> None:
    """Write what may be handed over, one file for each bank, and keep what was withheld with its reason."""
    known_by = newest_captured_day(road, business_date)
    offers = checked_offers(road, business_date, known_by)
    is_withheld = pc.is_valid(offers["withheld_because"])
    keep_reasons(road, business_date, known_by, offers.filter(is_withheld))
    sent = offers.filter(pc.invert(is_withheld)).drop_columns(["withheld_because"])
    for bank in road.settings.banks:
        of_bank = sent.filter(pc.equal(sent["bank_code"], bank))
        write_whole(of_bank, folder / bank / f"{PARTNER_OFFERS.name}-{business_date}.parquet")
        logger.info("%s: %d offers of %s, wishes as of %s", bank, of_bank.num_rows, business_date, known_by)


def newest_captured_day(road: Road, business_date: date) -> date:
    """The last day whose wishes are captured; StepMissingError when those of the night itself are not."""
    days = road.lake.partitions(CAPTURED_CONSENTS.address)
    if not days or days[-1] < business_date:
        raise StepMissingError(
            f"{CAPTURED_CONSENTS.address} {business_date}: not captured; "
            f"first run: python -m jobs.run night --business-date {business_date}"
        )
    return days[-1]


def checked_offers(road: Road, business_date: date, known_by: date) -> pa.Table:
    """Every offer of the night with `withheld_because`, in the order of its key.

    Wishes that are captured and not cleaned yet are cleaned first, so that the newest day counts; where a table of that
    day is missing nothing is handed over: StepMissingError says what to run.
    """
    resolver = road.resolver
    offers, identities = (resolver.published(one, night(business_date)) for one in (PARTNER_OFFERS, IDENTITIES))
    road.publish(CONSENTS, night(known_by))
    consents = resolver.published(CONSENTS, night(known_by))
    days = [day for day in road.lake.partitions(ERASURE_REQUESTS.address) if day < known_by]
    manifests = [resolver.published(ERASURE_REQUESTS, night(day)).manifests[0] for day in (*days, known_by)]
    erasures = Input(ERASURE_REQUESTS, night(known_by), tuple(manifests))
    frames = DataFrames(road.lake, road.spark, _never_assembled)
    read: list[Any] = [frames.of(one) for one in (offers, identities, consents, erasures)]
    keys = road.needs.value("recipient_keys", known_by)
    checked: pa.Table = check_again(*read, known_by=known_by, recipient_keys=keys).toArrow()
    return checked.sort_by([(name, "ascending") for name in PARTNER_OFFERS.key])


def keep_reasons(road: Road, business_date: date, known_by: date, withheld: pa.Table) -> None:
    """In the lake who was withheld from whom and why, by the bank's own token; in the log only how many."""
    lines = [{name: row[name] for name in ("bank_code", "customer_token", "withheld_because")}
             for row in withheld.to_pylist()]  # fmt: skip
    content = {"business_date": f"{business_date}", "wishes_as_of": f"{known_by}", "withheld": lines}
    key = f"_exports/{PARTNER_OFFERS.address}/business_date={business_date}/wishes-as-of-{known_by}.json"
    road.lake.storage.put_bytes(key, (json.dumps(content, sort_keys=True, indent=2) + "\n").encode())
    counts = Counter((line["bank_code"], line["withheld_because"]) for line in lines)
    for (bank, reason), count in sorted(counts.items()):
        logger.warning("%s: %d withheld: %s (%s)", bank, count, reason, REASONS[reason])


def write_whole(rows: pa.Table, target: Path) -> None:
    """The file, which a reader sees whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    pq.write_table(rows, part, write_page_checksum=True)
    part.replace(target)


def _never_assembled(parent: Input) -> Any:
    raise AssertionError(f"{parent.dataset.address}: only what is published is handed over")
