"""What was visible of a customer on each monthly observation date, beside how it turned out."""

from schemas.columns import CUSTOMER_ID, OBSERVATION_DATE
from schemas.families import model_columns
from schemas.labels.credit_default import CREDIT_DEFAULT
from schemas.models.observations import HOUSEHOLD_ID, OBSERVATIONS
from schemas.table import Describes, Table

CREDIT_TRAINING_SET = Table(
    __name__,
    grain="one labelled customer and observation date",
    built_from=(CREDIT_DEFAULT, OBSERVATIONS),
    describes=Describes.KNOWLEDGE,
    key=("observation_date", "customer_id"),
    columns=(OBSERVATION_DATE, CUSTOMER_ID, HOUSEHOLD_ID, CREDIT_DEFAULT.column("is_default"), *model_columns()),
)
