"""How near known defaults are, over ties of any length, and never the customer's own.

Personalised PageRank (Page et al. 1999; of defaults: Óskarsdóttir and Bravo 2021), damping 0.85, cut off after six
steps: walkers set out from everyone whose default was known by the day, choose ties by their weight, and the influence
is the expected number of visits, times 0.15. The visits of the customer's own walkers are taken away exactly. A tie
by an identifier that n people use weighs 1/(n - 1), a tie by transfers, a referral or a gift 1. A default is known when
an instalment has been unpaid for 60 days. Ties of a kind end where a customer has more than 200 partners by it.

Both ways of computing it agree to nine digits (1e-9). The share of defaulters two ties away counts walks instead of
people, so that no pair of people is formed, and is drawn towards the usual: (defaulted + 5 * usual) / (matured + 5),
where usual is 0.02 and a customer is matured when some instalment was due 60 or more days ago. The scores of neighbours
are no part of it: they are made of these features, and a model that reads its own scores of the day before cannot be
explained, nor trained on days that had none.
"""

from schemas.cleaned.instalments import INSTALMENTS
from schemas.columns import CUSTOMER_ID
from schemas.customers.identities import IDENTITIES
from schemas.edges.favours import FAVOURS
from schemas.edges.shared_identifiers import SHARED_IDENTIFIERS
from schemas.edges.transfers import TRANSFERS
from schemas.table import Column, Describes, Table

KINDS_OF_TIE = {
    "transfer": "transfers",
    "phone": "shared phones",
    "address": "shared addresses",
    "device": "shared devices",
    "recipient": "shared recipients",
    "household": "a shared home",
    "card": "shared cards",
    "referral": "referrals",
    "gift": "gifts",
}

DEFAULT_INFLUENCE = Table(
    __name__,
    grain="one row per customer with a tie that does not lead to a hub",
    built_from=(
        TRANSFERS,
        SHARED_IDENTIFIERS,
        FAVOURS,
        INSTALMENTS,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    needs=("edges_in_memory",),
    key=("customer_id",),
    may_be_empty=True,
    columns=(
        CUSTOMER_ID,
        Column("default_influence", "double", "visits from others' known defaults over ties of every kind"),
        Column("default_influence_per_tie", "double", "default_influence over the number of neighbours"),
        *(
            Column(f"default_influence_by_{kind}", "double", f"the same over {ties} alone; 0 without any")
            for kind, ties in KINDS_OF_TIE.items()
        ),
        Column(
            "known_default_distance",
            "int",
            "ties on the shortest way to another customer whose default was known: 1, 2 or 3",
            missing="no known default of another within three ties",
        ),
        *(
            Column(
                f"known_default_path_count_{ties}",
                "bigint",
                f"walks over {words} from another customer whose default was known, each way counted",
            )
            for ties, words in enumerate(("one tie", "two ties", "three ties"), start=1)
        ),
        Column(
            "two_tie_default_share",
            "double",
            "of the walks over two ties from another customer of whom a default could be known, those from one in "
            "default, drawn towards the usual: 0.02 when there is none",
        ),
    ),
)
