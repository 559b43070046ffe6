"""How money moved around a customer in the last 30 days: in circles, over several hands to one, straight through.

Shapes after Altman et al. 2023 (fan-in, fan-out, scatter-gather, cycle). No way is followed through a customer with
more than 200 payers and payees together, who is a shop or a collecting account.
"""

from schemas.cleaned.transfers import TRANSFERS
from schemas.columns import CUSTOMER_ID
from schemas.customers.identities import IDENTITIES
from schemas.table import Column, Describes, Table

MONEY_FLOWS = Table(
    __name__,
    grain="one row per customer who sent or received a transfer in the last 30 days",
    built_from=(
        TRANSFERS,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    needs=("edges_in_memory",),
    key=("customer_id",),
    may_be_empty=True,
    columns=(
        CUSTOMER_ID,
        Column("payer_count_30d", "bigint", "different customers who paid the customer: fan-in"),
        Column("payee_count_30d", "bigint", "different customers whom the customer paid: fan-out"),
        Column(
            "passed_on_share_30d",
            "double",
            "of what came, as much as was sent on the same day or the two after, over all that came; first in, "
            "first out, so that each cent counts once",
            missing="nothing received",
        ),
        Column(
            "money_cycle_length_30d",
            "int",
            "payments on the shortest way of money from the customer back to the customer, 2 to 6",
            missing="on no such circle",
        ),
        Column("gathered_customer_count_30d", "bigint", "others paid by two or more of those whom the customer paid"),
    ),
)
