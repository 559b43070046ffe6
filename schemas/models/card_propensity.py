"""How likely a customer takes each of the three steps to the card: applies, is approved, uses it."""

from schemas.labels.card_uptake import CARD_UPTAKE
from schemas.models.observations import OBSERVATIONS
from schemas.table import Describes, Document

STEPS = ("applies", "is_approved", "activates")
"""Columns of labels/card_uptake, each asked of those who took the step before."""

CARD_PROPENSITY = Document(
    __name__,
    grain="one model version",
    built_from=(OBSERVATIONS, CARD_UPTAKE),
    describes=Describes.KNOWLEDGE,
    files=(
        ("applies.json", "how the trees read their features, calibration, base rate, and how well it did"),
        ("applies.txt", "the trees, in the text format of LightGBM; a sentence where the base rate answers instead"),
        ("is_approved.json", "the same, for who applied"),
        ("is_approved.txt", "its trees"),
        ("activates.json", "the same, for who was approved"),
        ("activates.txt", "its trees"),
        ("report.html", "how well each does, for reading and printing, with plots"),
        ("data_sheet.json", "what they were learnt from: labels, vintages and every column"),
    ),
)
