"""How likely a customer stops buying, by their own rhythm."""

from schemas.labels.churn import CHURN, LAST_ORDER_DAYS, LEAST_ORDER_DAYS
from schemas.models.observations import OBSERVATIONS
from schemas.table import Describes, Document

POPULATION = f"customers with purchases on {LEAST_ORDER_DAYS} or more days, the last of them within a year"
RHYTHM_COLUMNS = ("purchase_day_count", "days_since_last_purchase")
RHYTHM = f"{RHYTHM_COLUMNS[0]} >= {LEAST_ORDER_DAYS} and {RHYTHM_COLUMNS[1]} < {LAST_ORDER_DAYS}"
"""Who is scored, for SQL and pandas alike: others have shown no rhythm, or have left already."""

CHURN_MODEL = Document(
    __name__,
    grain="one model version",
    built_from=(OBSERVATIONS, CHURN),
    describes=Describes.KNOWLEDGE,
    files=(
        ("is_churned.json", "how the trees read their features, calibration, base rate, and how well it did"),
        ("is_churned.txt", "the trees, in the text format of LightGBM; a sentence where the base rate answers instead"),
        ("report.html", "how well each does, for reading and printing, with plots"),
        ("data_sheet.json", "what they were learnt from: labels, vintages and every column"),
    ),
)
