"""What came of each message, those that were withheld as a control among them: the randomised history of uplift."""

from schemas.cleaned.contacts import CONTACTS
from schemas.columns import CONTACT_CHANNELS, CUSTOMER_ID, OBSERVATION_DATE
from schemas.customers.identities import IDENTITIES
from schemas.label_specification import LabelSpecification
from schemas.table import Column, Describes, Table

RESPOND_DAYS = 14  # who has not applied two weeks after a message was not moved by it
OLDEST_OBSERVATION_DAYS = 190  # half a year: what is visible of a customer changes slowly, and messages are rare

RESPONDS = LabelSpecification(
    name="responds_to_contact",
    population="messages to one customer, sent or withheld at random; one that may have gone to several is left aside",
    observed_on=f"the newest observation date of the training before the message, at most {OLDEST_OBSERVATION_DAYS} "
    "days old; the window begins when the message is sent, or would have been",
    good=f"does not apply for the card within {RESPOND_DAYS} days of the message",
    bad=f"applies within {RESPOND_DAYS} days (the event that is predicted; bad in no other sense)",
    window_days=RESPOND_DAYS,
)

RESPONSE = Table(
    __name__,
    grain="one message to one customer whose outcome has matured",
    built_from=(
        CONTACTS,
        IDENTITIES,
    ),
    describes=Describes.KNOWLEDGE,
    specifications=(RESPONDS,),
    key=("contact_id",),
    may_be_empty=True,
    columns=(
        Column("contact_id", "string", "id of the message"),
        CUSTOMER_ID,
        OBSERVATION_DATE,
        Column("contact_channel", "string", "the channel used, or that would have been", allowed=CONTACT_CHANNELS),
        Column("is_control", "boolean", "whether the message was withheld to measure its effect"),
        Column("responds", "boolean", f"whether the customer applied within {RESPOND_DAYS} days"),
        Column("window_end_date", "date", f"{RESPOND_DAYS} days after the message was sent, or would have been"),
    ),
)
