"""Who applies after a message, and whom a message moves: learnt from messages that were sent or withheld at random."""

from schemas.labels.response import RESPONSE
from schemas.models.observations import OBSERVATIONS
from schemas.table import Describes, Document

RESPONSE_MODEL = Document(
    __name__,
    grain="one model version",
    built_from=(OBSERVATIONS, RESPONSE),
    describes=Describes.KNOWLEDGE,
    files=(
        ("responds.json", "how likely who is written to applies, whatever the reason: features, channels, base rate"),
        ("responds.txt", "its trees, in the text format of LightGBM; a sentence where the base rate answers instead"),
        (
            "uplift.json",
            "what a message adds to that: the effect of each channel, shrinkage, and the Qini of both learners",
        ),
        ("uplift_of_contacted.txt", "trees of the effect on those who were written to (X-learner)"),
        ("uplift_of_controls.txt", "trees of the effect on those who were held back (X-learner)"),
        ("report.html", "how well each does, for reading and printing, with plots"),
        ("data_sheet.json", "what they were learnt from: labels, vintages and every column"),
    ),
)
