"""Whether features that tell of others' promises know what they must not: attacks an honest feature does not notice.

Of the newest observation date of the training. The definitions of the night are attacked themselves, on copies of what
was known: ties, plans, payments and defaults of the day after are added, and nothing may change; the own label is
flipped, and the own row may not change; outcomes are dealt anew (Ojala and Garriga 2010), also from other days, or
neighbours are (Molloy and Reed 1995), and nothing may be told of outcomes any more. Told means AUC among customers with
about as many ties. Late knowledge is no attack here: which rows a night reads is settled by the day they were captured.
"""

from schemas.cleaned.instalments import INSTALMENTS
from schemas.cleaned.referrals import REFERRALS
from schemas.columns import OBSERVATION_DATE
from schemas.customers.identities import IDENTITIES
from schemas.edges.identifier_holders import IDENTIFIER_HOLDERS
from schemas.edges.transfers import TRANSFERS
from schemas.labels.credit_default import CREDIT_DEFAULT
from schemas.table import Column, Describes, Table

CHANGES = (
    "ties of the day after",
    "plans of the day after",
    "payments of the day after",
    "defaults of the day after",
    "own label flipped",
)
"""Attacks under which nothing changes."""

MEANINGS = ("outcomes dealt anew", "outcomes of other days", "random graph")
"""Attacks after which nothing is told."""

NO_ATTACK = "none"

VERDICTS = ("passed", "failed", "cannot tell", "in truth")

LEAK_AUDIT = Table(
    __name__,
    grain="one attack on a family of features, or on one of its columns",
    built_from=(CREDIT_DEFAULT, REFERRALS, IDENTITIES),
    observed=(TRANSFERS, IDENTIFIER_HOLDERS, INSTALMENTS),
    observes_newest_only=True,
    describes=Describes.KNOWLEDGE,
    key=("family", "feature", "attack"),
    may_be_empty=True,
    columns=(
        OBSERVATION_DATE,
        Column("family", "string", "the family of features"),
        Column("feature", "string", "the column judged, or: every column"),
        Column(
            "attack",
            "string",
            "ties, plans, payments, defaults of the day after: added to what was known. own label flipped: a known "
            "default unknown, an unknown one known, for one customer at a time. outcomes dealt anew: by chance, and "
            "those who drew a default leave a trace on the day after. outcomes of other days: the same with outcomes "
            "drawn from other observation dates. random graph: everyone as many ties as before, "
            "other neighbours. none: what the feature tells in truth",
            allowed=(*CHANGES, *MEANINGS, NO_ATTACK),
        ),
        Column("customer_count", "bigint", "customers compared, or with an outcome"),
        Column(
            "changed_customer_count",
            "bigint",
            "customers whose row in the family changed; an honest family has 0",
            missing="an attack on what a column tells",
        ),
        Column(
            "auc",
            "double",
            "chance that of two customers with about as many ties, who turned out differently, the defaulter has the "
            "larger value",
            missing="an attack under which nothing changes, or no two such customers",
        ),
        Column("auc_deviation", "double", "standard deviation of the AUC by pure chance, around 0.5", missing="as auc"),
        Column(
            "verdict",
            "string",
            "passed: nothing changed, or the AUC lies within 4 deviations of 0.5. failed: it does not. cannot tell: "
            "nobody to look at, or so few outcomes that 4 deviations are more than 0.2. in truth: no attack",
            allowed=VERDICTS,
        ),
    ),
)
