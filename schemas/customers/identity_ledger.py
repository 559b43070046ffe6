"""Every record whose customer is another tonight than the night before: created, joined, merged, split and erased.

All nights' rows together tell how the map of any night came about; the map itself is customers/identities of the night.
"""

from schemas.columns import SOURCE_RECORD_ID
from schemas.customers.identities import IDENTITIES
from schemas.customers.identity_refusals import IDENTITY_REFUSALS, REFUSAL_REASONS
from schemas.customers.record_pairs import RECORD_PAIRS
from schemas.table import Column, Describes, Earlier, Table

ERASED = "erase"
CHANGES = ("create", "join", "merge", "split", ERASED)
ARRIVALS, MOVES = CHANGES[:2], CHANGES[2:4]
NO_PAIR = "no_pair"
NO_EVIDENCE = "no pair ties it to a record that belonged to another customer, or to none, the night before"

IDENTITY_LEDGER = Table(
    __name__,
    grain="one source record whose customer changed on the night",
    built_from=(
        IDENTITIES,
        RECORD_PAIRS,
        IDENTITY_REFUSALS,
    ),
    describes=Describes.DAY,
    key=("source_record_id",),
    may_be_empty=True,
    earlier=(Earlier("identities_before", days=1, of=IDENTITIES),),
    columns=(
        SOURCE_RECORD_ID,
        Column(
            "change_type",
            "string",
            "create: a new record, and a customer of new records only; join: a new record of a customer with known "
            "ones; merge: all known records of a customer went to one other; split: some stayed, or they parted; "
            "erase: its person asked to be forgotten",
            allowed=CHANGES,
        ),
        Column(
            "from_customer_id", "string", "the customer of the night before", missing="the record is new: create, join"
        ),
        Column("to_customer_id", "string", "the customer from tonight on", missing="erased"),
        Column("changed_date", "date", "the business date of the night"),
        Column(
            "matched_by",
            "string",
            "evidence: the rule of the strongest pair that ties the record, or one that came with it from the same "
            "customer, to a record of the new customer that did not belong together with it before",
            missing=NO_EVIDENCE,
            allowed=RECORD_PAIRS.column("matched_by").allowed,
        ),
        Column(
            "match_probability",
            "double",
            "how sure that pair is, 0 to 1; 1 when a reviewer decided",
            missing=NO_EVIDENCE,
        ),
        Column("left_record_id", "string", "the pair's record with the smaller id", missing=NO_EVIDENCE),
        Column("right_record_id", "string", "the pair's record with the larger id", missing=NO_EVIDENCE),
        Column(
            "split_reason",
            "string",
            "why the record's strongest automatic pair with one that it belonged together with was not followed, as in "
            "customers/identity_refusals; no_pair when no automatic pair is left",
            missing="no split",
            allowed=(*REFUSAL_REASONS, NO_PAIR),
        ),
    ),
)
