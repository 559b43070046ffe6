"""What was visible of a customer on each monthly observation date, beside how it turned out."""

from dataclasses import replace

from schemas.catalogue import tables_in_layer
from schemas.columns import CUSTOMER_ID, OBSERVATION_DATE
from schemas.labels.credit_default import CREDIT_DEFAULT
from schemas.table import Describes, Table

FAMILIES = tables_in_layer("features")

CREDIT_TRAINING_SET = Table(
    __name__,
    grain="one labelled customer and observation date",
    built_from=(CREDIT_DEFAULT,),
    observed=FAMILIES,
    describes=Describes.KNOWLEDGE,
    key=("observation_date", "customer_id"),
    columns=(
        OBSERVATION_DATE,
        CUSTOMER_ID,
        CREDIT_DEFAULT.column("is_default"),
        *(
            replace(column, missing=column.missing or f"not: {family.grain}")
            for family in FAMILIES
            for column in family.columns
            if column != CUSTOMER_ID
        ),
    ),
)
