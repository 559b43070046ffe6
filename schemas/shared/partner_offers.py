"""What each partner bank receives: its own tokens, bands instead of scores, only people who agreed to it."""

from schemas.cleaned.consents import CONSENTS
from schemas.columns import BANK_CODE, CONTACT_CHANNELS
from schemas.customers.identities import IDENTITIES
from schemas.scores.customer_scores import CUSTOMER_SCORES
from schemas.segments.customer_segments import CUSTOMER_SEGMENTS, SEGMENTS
from schemas.table import Column, Describes, Table

PARTNER_OFFERS = Table(
    __name__,
    grain="one bank and eligible customer who agreed to sharing with that bank and is not held out",
    built_from=(CUSTOMER_SEGMENTS, CUSTOMER_SCORES, CONSENTS, IDENTITIES),
    describes=Describes.DAY,
    key=("bank_code", "customer_token"),
    may_be_empty=True,
    needs=("recipient_keys",),
    columns=(
        BANK_CODE,
        Column("customer_token", "string", "keyed token of the customer under the bank's own key"),
        Column("segment", "string", "what to do with the customer", allowed=SEGMENTS),
        Column("score_band", "string", "band of 20 points that the score lies in, like 640-659"),
        Column("contact_channel", "string", "the channel to use", allowed=CONTACT_CHANNELS),
        Column("expires_date", "date", "last day on which the offer may be used"),
    ),
)
