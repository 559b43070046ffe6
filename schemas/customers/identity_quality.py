"""How well the night told people apart, in counts: sizes, bridges, churn, and signs of too many and too few ties."""

from schemas.customers.identities import IDENTITIES
from schemas.customers.identity_ledger import IDENTITY_LEDGER
from schemas.customers.identity_refusals import IDENTITY_REFUSALS
from schemas.customers.record_pairs import RECORD_PAIRS
from schemas.table import Column, Describes, Table

MATCH_STEPS = ("0", "0.9", "0.99", "0.995", "0.998", "0.999", "0.9995", "0.9999")
"""Up to one wrong in ten, a hundred, two hundred and so on."""

MEASURES = {
    "customers_by_record_count": "customers, by the number of their records that a partner shows",
    "customers_with_bridge": "customers of whom two parts are held together by one pair alone; all",
    "customers_by_weakest_match": "customers of several records, by the probability of the weakest pair that holds "
    f"them: the largest of {', '.join(MATCH_STEPS)} that it reaches",
    "records": "records that a partner shows, by partner",
    "records_alone": "records tied to no other, by partner",
    "over_linked_records": "records whose customer has another record at the same partner, by partner: a sign of "
    "people taken for one",
    "under_linked_records": "records with a pair that waits for review or was refused, by partner: a sign of one "
    "person taken for several",
    "pairs_followed": "automatic pairs within one customer; all",
    "pairs_followed_bridges": "of these, those that alone hold two parts of a customer together; all",
    "pairs_automatic": "pairs that are followed where nothing speaks against it, by rule",
    "pairs_review": "pairs that wait for a reviewer, by rule",
    "pairs_rejected": "pairs that are not followed, by rule",
    "pairs_refused": "automatic pairs that were not followed, by reason",
    "records_changed": "records whose customer is another than the night before, by what happened",
    "known_records": "records that were known the night before and still are; all",
    "known_records_moved": "of these, those whose customer is another: churn of ids; all",
}
JUDGED = {
    "pair_precision": "pairs of labelled records with one customer; share: those of one person",
    "pair_recall": "pairs of labelled records of one person; share: those with one customer",
    "b_cubed_precision": "labelled records; share: of each one's customer the records of its person, on average",
    "b_cubed_recall": "labelled records; share: of each one's person the records of its customer, on average",
}
"""What has rows only where some records are known to be of one person, from NIGHTLEDGER_LABELLED_RECORDS."""
ALL = "all"

IDENTITY_QUALITY = Table(
    __name__,
    grain="one count of one part of the night",
    built_from=(
        IDENTITIES,
        RECORD_PAIRS,
        IDENTITY_REFUSALS,
        IDENTITY_LEDGER,
    ),
    describes=Describes.DAY,
    key=(
        "measure",
        "part",
    ),
    needs=("labelled_records",),
    columns=(
        Column(
            "measure",
            "string",
            "what is counted: " + "; ".join(f"{name}: {meaning}" for name, meaning in (MEASURES | JUDGED).items()),
            allowed=(*MEASURES, *JUDGED),
        ),
        Column("part", "string", f"of what: a partner, rule, reason, size or kind of change, or {ALL}"),
        Column("row_count", "bigint", "how many; a part without any has no row, one that is all has 0"),
        Column(
            "share",
            "double",
            f"of {', '.join(JUDGED)}: how many of these are right, 0 to 1 (B-cubed: Bagga and Baldwin 1998)",
            missing="a count that nothing known to be true can judge",
        ),
        Column(
            "moved_share",
            "double",
            "of known_records_moved: its part of known_records, 0 to 1",
            missing="another measure, or no record was known",
        ),
    ),
)
