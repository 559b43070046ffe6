"""Identifiers of too many customers to tie any of them: parcel lockers, shops' tablets, offices, or fraud."""

from schemas.edges.identifier_holders import IDENTIFIER, IDENTIFIER_HOLDERS, IDENTIFIER_TYPE
from schemas.table import Column, Describes, Table

HEAVY_IDENTIFIERS = Table(
    __name__,
    grain="one identifier of more than ten customers",
    built_from=(IDENTIFIER_HOLDERS,),
    describes=Describes.DAY,
    key=(
        "identifier_type",
        "identifier",
    ),
    may_be_empty=True,
    columns=(
        IDENTIFIER_TYPE,
        IDENTIFIER,
        Column("holder_count", "bigint", "customers seen with it by the day"),
        Column("new_holder_count_7d", "bigint", "customers first seen with it in the last 7 days"),
        Column("first_seen_at", "timestamp", "oldest sighting of anybody with it"),
        Column("last_seen_at", "timestamp", "newest sighting of anybody with it"),
    ),
)
