"""Who was who on a night, what the night changed, and which segments moved with it, from published partitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jobs.errors import StepMissingError
from jobs.lake import Lake
from jobs.relation_tables import published
from schemas.customers.identities import IDENTITIES
from schemas.customers.identity_ledger import ERASED, IDENTITY_LEDGER
from schemas.customers.identity_quality import IDENTITY_QUALITY
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.segments.customer_segments import CUSTOMER_SEGMENTS

NIGHTS_SHOWN = 28
NEWS = tuple(name for name in CUSTOMER_PROFILES.column_names if name.startswith("days_since_last_"))
"""What happened to a customer and can move a segment; 0 when it happened on the night's own day."""


class UnknownIdentityError(LookupError):
    """Nobody of that name was known on the night."""

    exit_code = 2  # the night's map does not change: trying again does not help


@dataclass(frozen=True)
class WhoWas:
    """The customer that a record or an id stood for on a night, and the customer's records with what ties them."""

    business_date: date
    customer_id: str
    records: Sequence[Mapping[str, Any]]

    def lines(self) -> list[str]:
        """For people, one line a record."""
        told = [f"{self.customer_id} on {self.business_date}, records: {len(self.records)}"]
        for row in self.records:
            tie = row["matched_by"]
            if row["matched_record_id"] is not None:
                tie += f" with {row['matched_record_id']}, probability {row['match_probability']:.4f}"
            shown = "" if row["is_shown"] else ", not shown by the partner any more"
            told.append(f"  {row['source_record_id']} since {row['record_since']:%Y-%m-%d}: {tie}{shown}")
        return told


@dataclass(frozen=True)
class Impact:
    """How segments moved on a night, by whether the customer's records are others and whether anything happened.

    counts: (records are others, something happened) -> (customers, those whose segment is another).
    moves: segment before, segment tonight and customers, of those moved by identity alone.
    """

    counts: Mapping[tuple[bool, bool], tuple[int, int]]
    moves: Sequence[tuple[str, str, int]]

    @property
    def by_identity_alone(self) -> int:
        """Customers in another segment to whom nothing happened but that their records are others."""
        return self.counts[True, False][1]

    @property
    def by_time_alone(self) -> float:
        """Of customers to whom nothing happened and whose records are the same, the share in another segment."""
        customers, moved = self.counts[False, False]
        return moved / customers if customers else 0.0


def who_was(lake: Lake, day: date, name: str) -> WhoWas:
    """By the map of that night: `name` is a source record id or a customer id.

    UnknownIdentityError says, for a customer id that was given up by then, when and to whom.
    """
    columns = ("source_record_id", "customer_id", "matched_by", "matched_record_id", "match_probability")
    people = published(lake, IDENTITIES, day, (*columns, "record_since", "is_shown"))
    is_record = ":" in name
    found = people.filter(pc.equal(people["source_record_id" if is_record else "customer_id"], name))
    if not len(found):
        raise UnknownIdentityError(f"customers/identities {day}: {name}: {_what_became_of(lake, day, name)}")
    customer = found["customer_id"][0].as_py()
    own = people.filter(pc.equal(people["customer_id"], customer)).sort_by("source_record_id")
    return WhoWas(day, customer, own.to_pylist())


def _what_became_of(lake: Lake, day: date, name: str) -> str:
    """Why the map of the night has no such name, by the ledgers up to it, newest first."""
    is_record, columns = ":" in name, ("source_record_id", "change_type", "from_customer_id", "to_customer_id")
    for night in reversed([one for one in lake.partitions(IDENTITY_LEDGER.address) if one <= day]):
        changes = published(lake, IDENTITY_LEDGER, night, columns)
        given_up = changes.filter(pc.equal(changes["source_record_id" if is_record else "from_customer_id"], name))
        taken_by = sorted(set(given_up["to_customer_id"].drop_null().to_pylist()))
        if len(given_up) and not taken_by:
            return f"erased on {night}, as its person asked"
        if len(given_up) and not is_record:
            kind = next(word for word in given_up["change_type"].to_pylist() if word != ERASED)
            return f"{kind} on {night} into {', '.join(taken_by)}; ask for that one"
    if is_record:
        return "no partner had shown this record by then; ask for a later night"
    return "no such customer by then; ask for a later night, or look the record up"


def segment_impact(lake: Lake, day: date) -> Impact | None:
    """Which segments moved because identity moved; None when the night before has no segments.

    A customer's segment before is that of the same id; of an id given on the night, that of the customer most of its
    records came from. The records of a customer are others when one joined, left or came from another customer.
    Something happened to a customer when the profile tells of a purchase, a visit, a salary or a payment on the day; a
    change of details is no such thing, since no segment looks at it. What is left can still have moved because a
    window ended: `by_time_alone` is how often that happens to others on the same night, to hold `by_identity_alone`
    against. No segment is computed a second time with the map of the night before: that would cost half a night.
    """
    before = day - timedelta(days=1)
    if before not in lake.partitions(CUSTOMER_SEGMENTS.address):
        return None
    tonight, last_night = (
        _frame(published(lake, CUSTOMER_SEGMENTS, night, ("customer_id", "segment"))) for night in (day, before)
    )
    ledger = _frame(published(lake, IDENTITY_LEDGER, day, ("from_customer_id", "to_customer_id")))
    people = tonight.set_index("customer_id")
    segment_before = last_night.set_index("customer_id")["segment"]
    people["was"] = segment_before.reindex(_formerly(people.index, segment_before.index, ledger)).to_numpy()
    people["is_other"] = people.index.isin(pd.concat([ledger["from_customer_id"], ledger["to_customer_id"]]).dropna())
    people["has_news"] = _has_news(lake, day).reindex(people.index, fill_value=False)
    people = people[people["was"].notna()]
    people["has_moved"] = people["was"] != people["segment"]
    counts = {}
    for is_other in (True, False):
        for has_news in (True, False):
            group = people[(people["is_other"] == is_other) & (people["has_news"] == has_news)]
            counts[is_other, has_news] = (len(group), int(group["has_moved"].sum()))
    alone = people[people["is_other"] & ~people["has_news"] & people["has_moved"]]
    moves = alone.groupby(["was", "segment"]).size().reset_index().to_numpy().tolist()
    return Impact(counts, [(str(was), str(now), int(n)) for was, now, n in moves])


def _formerly(customers: pd.Index, known_before: pd.Index, ledger: pd.DataFrame) -> pd.Series:
    """The customer whose segment last night is compared with; of an id of tonight the one most records came from."""
    came = ledger.dropna().groupby(["to_customer_id", "from_customer_id"]).size().rename("records").reset_index()
    came = came.sort_values(["to_customer_id", "records", "from_customer_id"], ascending=[True, False, True])
    origin = came.drop_duplicates("to_customer_id").set_index("to_customer_id")["from_customer_id"]
    return customers.to_series().where(customers.isin(known_before), origin.reindex(customers))


def _has_news(lake: Lake, day: date) -> pd.Series:
    profiles = _frame(published(lake, CUSTOMER_PROFILES, day, ("customer_id", *NEWS))).set_index("customer_id")
    return (profiles[list(NEWS)] == 0).any(axis=1)


def counts_of_nights(lake: Lake, day: date) -> pd.DataFrame:
    """business_date, measure, part, row_count of the night and those before it, NIGHTS_SHOWN at most.

    StepMissingError when the night itself is not there.
    """
    nights = [one for one in lake.partitions(IDENTITY_QUALITY.address) if one <= day][-NIGHTS_SHOWN:]
    if not nights or nights[-1] != day:
        raise StepMissingError(
            f"{IDENTITY_QUALITY.address} {day}: not published; first run: "
            f"python -m jobs.run night --business-date {day}"
        )
    return pd.concat(
        _frame(published(lake, IDENTITY_QUALITY, night, IDENTITY_QUALITY.column_names)).assign(business_date=night)
        for night in nights
    )


def _frame(rows: pa.Table) -> pd.DataFrame:
    return pd.DataFrame(rows.to_pandas())
