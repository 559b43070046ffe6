"""Where a customer stands in the whole network of ties, and not only among the neighbours.

Ties: transfers, referrals, gifts and shared identifiers (of at most ten people) ever, each kind only between customers
with at most 200 different partners by it. Components, local clustering, label propagation and PageRank as LDBC
Graphalytics 1.0 defines them (Iosup et al. 2016); core numbers after Seidman 1983. PageRank: damping 0.85, 30 rounds;
label propagation: 10 rounds. Both ways of computing it give the same labels and counts, and ranks that agree to nine
digits (1e-9).
"""

from schemas.columns import CUSTOMER_ID
from schemas.edges.favours import FAVOURS
from schemas.edges.shared_identifiers import SHARED_IDENTIFIERS
from schemas.edges.transfers import TRANSFERS
from schemas.table import Column, Describes, Table

NETWORK_POSITION = Table(
    __name__,
    grain="one row per customer with a tie that does not lead to a hub",
    built_from=(
        TRANSFERS,
        SHARED_IDENTIFIERS,
        FAVOURS,
    ),
    describes=Describes.DAY,
    needs=("edges_in_memory",),
    key=("customer_id",),
    may_be_empty=True,
    columns=(
        CUSTOMER_ID,
        Column("component_id", "string", "the smallest id of the customers that can be reached over any ties"),
        Column("component_customer_count", "bigint", "customers of the component, the customer included"),
        Column("core_number", "int", "largest k such that the customer belongs to a part where all have k ties"),
        Column("triangle_count", "bigint", "pairs of neighbours that are tied to each other"),
        Column("tied_neighbour_share", "double", "ties between the neighbours over those possible; 0 below two"),
        Column("community_id", "string", "label of the customer's community after 10 rounds of label propagation"),
        Column("community_customer_count", "bigint", "customers with the same label"),
        Column(
            "community_new_customer_share_30d",
            "double",
            "of these, those tied to anybody for the first time in the last 30 days: how fast the community grows",
        ),
        Column(
            "rank_ratio", "double", "PageRank over ties of every kind, in either direction, over the average of all"
        ),
        Column(
            "money_rank_ratio",
            "double",
            "PageRank along transfers by the amount of the last 180 days, over the average of all: who receives",
        ),
        Column(
            "money_sender_rank_ratio",
            "double",
            "the same against the direction of transfers: from whom the money comes",
        ),
    ),
)
