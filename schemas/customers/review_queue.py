"""Pairs of records that wait for a person to say whether they are one person."""

from schemas.customers.record_pairs import RECORD_PAIRS
from schemas.table import Column, Describes, Table

REVIEW_QUEUE = Table(
    __name__,
    grain="two source records that nobody has decided on, and the rules cannot",
    built_from=(RECORD_PAIRS,),
    describes=Describes.KNOWLEDGE,
    key=(
        "left_record_id",
        "right_record_id",
    ),
    may_be_empty=True,
    reads_previous_night=True,
    may_start_late=True,
    columns=(
        RECORD_PAIRS.column("left_record_id"),
        RECORD_PAIRS.column("right_record_id"),
        RECORD_PAIRS.column("matched_by"),
        Column("match_probability", "double", "how surely the two are one person, 0 to 1"),
        Column("reason", "string", "why the rules do not decide"),
        RECORD_PAIRS.column("evidence"),
        Column("waiting_since_date", "date", "the night on which the pair came into the queue"),
        Column(
            "place_in_queue", "int", "1 is to be looked at first: the most likely pair, then the one waiting longest"
        ),
    ),
)
