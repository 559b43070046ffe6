"""What was visible of every customer on each monthly observation date: the one frame all models are learnt from."""

from schemas.cleaned.purchases import PURCHASES
from schemas.columns import CUSTOMER_ID, OBSERVATION_DATE
from schemas.customers.identities import IDENTITIES
from schemas.families import model_families, propensity_columns
from schemas.table import Column, Describes, Table

HOUSEHOLD_AT_MOST = 10
"""More customers at one address are a pick-up point or a dormitory, and no household; a guess on the generous side."""

MOST_FROZEN = 100_000
"""Customers whose points are frozen with a model: the shares of ten groups to a third of a hundredth."""

HOUSEHOLD_ID = Column(
    "household_id",
    "string",
    "the first customer_id among those who mostly have goods sent to the same address, as known on the day of the "
    f"training; the customer alone where there is no address, or more than {HOUSEHOLD_AT_MOST} share it. It splits "
    "rows to learn from and rows to judge by, and is no feature",
)

OBSERVATIONS = Table(
    __name__,
    grain="one customer known by an observation date",
    built_from=(IDENTITIES, PURCHASES),
    observed=model_families(),
    describes=Describes.KNOWLEDGE,
    key=("observation_date", "customer_id"),
    columns=(OBSERVATION_DATE, CUSTOMER_ID, HOUSEHOLD_ID, *propensity_columns()),
)
