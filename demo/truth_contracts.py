"""The truth in tables: what no partner serves, and what every claim of the project is measured against."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

MOMENT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class TruthTable:
    """One table of the truth: its name is that of its folder or file; every column carries its meaning."""

    name: str
    grain: str
    schema: pa.Schema


def _truth(name: str, grain: str, *columns: tuple[str, pa.DataType, str]) -> TruthTable:
    fields = [
        pa.field(column.rstrip("?"), kind, nullable=column.endswith("?"), metadata={"comment": meaning})
        for column, kind, meaning in columns
    ]
    return TruthTable(name, grain, pa.schema(fields, metadata={"grain": grain}))


_TEXT, _WHOLE, _REAL, _YES, _DAY = pa.string(), pa.int64(), pa.float64(), pa.bool_(), pa.date32()
_AS_OF = ("as_of", _DAY, "the day that is described: the last day written, with all that happened until its end")
_PERSON = ("person_id", _WHOLE, "the person's number in the world")

PEOPLE = _truth(
    "people",
    "one inhabitant",
    _PERSON,
    ("district", pa.int32(), "the district the person lives in"),
    ("household_id", _WHOLE, "who shares a home when the history begins has the same"),
    ("workplace_id?", _WHOLE, "null: does not work"),
    ("shop_user_id?", _TEXT, "the first account at the shop; null: none by the last day"),
    ("bank_relation_count", pa.int32(), "how many banks know the person by the last day"),
    ("friend_count", pa.int32(), "degree in the social graph, friends in other districts included"),
    ("is_male", _YES, "as every partner that asks is told"),
    ("birth_date", _DAY, "of a person of age when the history begins"),
    ("city_code", _TEXT, "where the person lives when the history begins"),
    ("city_tier", pa.int32(), "1 (largest) to 4"),
    ("occupation", _TEXT, "the line of work, or student or retired, all through the history"),
    ("monthly_income_cents", _WHOLE, "what work brings in an average month"),
    ("latent_hazard", _REAL, "leaning to default, standard-normal"),
    ("promoter_person_id?", _WHOLE, "who won the person for the shop, from the day of a drift on; null: nobody did"),
    (
        "first_default_month?",
        pa.int32(),
        "month of the history in which the person first could not pay, 0 also if it was before; null: never",
    ),
)
SOURCE_IDS = _truth(
    "source_ids",
    "one id under which a partner knows a person",
    _PERSON,
    ("partner", _TEXT, "shop, or the code of a bank"),
    ("source_id", _TEXT, "the partner's id"),
    ("valid_from", MOMENT, "since when the partner uses it; ids are never given to others"),
    ("valid_to?", MOMENT, "when its person asked the partner to be forgotten; null: never so far"),
)
PHONES = _truth(
    "phones",
    "one phone number and one person who used it",
    _PERSON,
    ("phone", _TEXT, "eleven digits"),
    ("valid_from?", MOMENT, "null: since before the history; a number may have two users when a family shares it"),
    ("valid_to?", MOMENT, "null: still"),
)
HOMES = _truth(
    "homes",
    "one home of a person, whether or not a partner was told of it",
    _PERSON,
    ("shipping_address", _TEXT, "as the shop's orders write it"),
    ("city_code", _TEXT, "where the home is"),
    ("valid_from?", MOMENT, "null: since before the history"),
    ("valid_to?", MOMENT, "null: still; else the moment the next one begins"),
)
DEFAULTS = _truth(
    "defaults",
    "one person who owed the shop something at the end of a month",
    ("observation_date", _DAY, "the end of a month, of all that are over by the last day written"),
    _PERSON,
    (
        "default_probability",
        _REAL,
        "true chance to become unable to pay within six months; 1 for a ring about to vanish",
    ),
    ("is_default?", _YES, "whether it happened; null: the six months are not over by the last day written"),
)
VALUES = _truth(
    "values",
    "one account at the shop with an order; what a fraud ring carries off before it vanishes does not count",
    _AS_OF,
    _PERSON,
    ("shop_user_id", _TEXT, "the account; one person in fifty has two"),
    ("first_order_at", MOMENT, "the first order; repeat orders follow BG/NBD from there"),
    ("order_rate", _REAL, "repeat orders in a month of demand 1"),
    ("leaving_probability", _REAL, "the chance that a repeat order is the last"),
    ("is_active", _YES, "whether the person will order again if nothing ends"),
    ("expected_order_count_12m", _REAL, "orders in the twelve months after as_of"),
    ("expected_spend_cents_12m", _REAL, "what they are expected to bring, net of discounts, cancellations and refunds"),
    ("lifetime_value_cents", _REAL, "net spend ever to come, discounted by one per cent a month"),
)
UPLIFTS = _truth(
    "uplifts",
    "one person and channel",
    _PERSON,
    ("contact_channel", _TEXT, "sms, push, email or phone"),
    ("response_type", _TEXT, "persuadable, sure_thing, lost_cause or sleeping_dog"),
    ("application_probability", _REAL, "chance to apply within days without a message"),
    ("uplift", _REAL, "what a message through the channel adds to it"),
)
APPLICATIONS = _truth(
    "applications",
    "one application for the card",
    _AS_OF,
    ("application_id", _TEXT, "the bank's id"),
    _PERSON,
    ("bank_code", _TEXT, "the bank that was asked"),
    ("applied_at", MOMENT, "when the application came in"),
    ("estimated_hazard", _REAL, "what the bank's own policy believed"),
    ("is_random_approval", _YES, "approved as one of the hundred that are approved by lot"),
    ("is_approved", _YES, "what was decided, or will be"),
    (
        "is_default?",
        _YES,
        "unable to pay within twelve months, that of the application included, whatever was decided;"
        " null: they are not over by as_of",
    ),
)
RINGS = _truth(
    "rings",
    "one member of a fraud ring",
    ("ring_id", _WHOLE, "the number of the ring in the world"),
    _PERSON,
    ("is_leader", _YES, "on whose device, at whose address, to whom the money goes"),
    ("bust_date", _DAY, "the first day of the month in which the ring stops paying"),
)
BOTS = _truth("bots", "one device of a program", ("device_id", _TEXT, "as the shop's events name it"))
FRIENDS = _truth(
    "friends",
    "one pair of people who know each other, of one district or of two",
    ("first_person_id", _WHOLE, "the smaller number"),
    ("second_person_id", _WHOLE, "the larger number"),
)
FLAWS = _truth(
    "flaws",
    "one row, line or delivery that is not as it should be",
    ("kind", _TEXT, "the kind of dirt"),
    ("partner", _TEXT, "shop, or the code of a bank"),
    ("table_name", _TEXT, "of the partner"),
    ("business_date", _DAY, "day of the drop, or of the bank's slice"),
    ("row_key", _TEXT, "the key of the row in its source; empty: the whole delivery"),
    ("detail", _TEXT, "what was done to it"),
)
TRUTH_TABLES = {
    table.name: table
    for table in (
        PEOPLE,
        SOURCE_IDS,
        PHONES,
        HOMES,
        DEFAULTS,
        VALUES,
        UPLIFTS,
        APPLICATIONS,
        RINGS,
        BOTS,
        FRIENDS,
        FLAWS,
    )
}
