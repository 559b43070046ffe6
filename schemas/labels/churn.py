"""Who stopped buying, each by their own rhythm: no purchase for as long as nine in ten of their pauses had lasted."""

from schemas.captured.shop_orders import SHOP_ORDERS
from schemas.columns import CUSTOMER_ID, OBSERVATION_DATE
from schemas.customers.identities import IDENTITIES
from schemas.label_specification import LabelSpecification
from schemas.labels.credit_default import DEFAULT_60_DAYS
from schemas.table import Column, Describes, Table

LEAST_ORDER_DAYS = 4  # three pauses; a rhythm of fewer is a guess
LAST_ORDER_DAYS = 365  # who has been away for a year has left long ago
SHORTEST_WINDOW_DAYS, LONGEST_WINDOW_DAYS = 14, 180  # a weekend proves nothing; half a year is known for everybody
QUANTILE_TENTHS = 9

CHURNS = LabelSpecification(
    name="churns_by_own_rhythm",
    population=f"customers who paid orders on {LEAST_ORDER_DAYS} or more days, the last of them within "
    f"{LAST_ORDER_DAYS} days before the observation; cancelled and refused ones count, since who is asked must not "
    "depend on what became of an order later",
    good="orders again within the window",
    bad="orders nothing within the window: as many days as the ninth decile (nearest rank) of the customer's own "
    f"pauses between days with an order, at least {SHORTEST_WINDOW_DAYS} and at most {LONGEST_WINDOW_DAYS}",
    window_days=LONGEST_WINDOW_DAYS,
    observed_with=DEFAULT_60_DAYS,
)

CHURN = Table(
    __name__,
    grain="one customer with a rhythm and one matured observation date",
    built_from=(
        SHOP_ORDERS,
        IDENTITIES,
    ),
    describes=Describes.KNOWLEDGE,
    specifications=(CHURNS,),
    key=(
        "observation_date",
        "customer_id",
    ),
    may_be_empty=True,
    columns=(
        OBSERVATION_DATE,
        CUSTOMER_ID,
        Column("is_churned", "boolean", "whether the customer ordered nothing within their own window"),
        Column("window_days", "int", "the customer's own window: the ninth decile of their pauses, within bounds"),
        Column("order_day_count", "bigint", "local days with a paid order up to the observation date"),
        Column("window_end_date", "date", "last day of the customer's own window"),
    ),
)
