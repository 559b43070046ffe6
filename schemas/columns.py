"""Columns and allowed values that several contracts share, each declared once so that it has one meaning."""

from schemas.table import Column

CUSTOMER_ID = Column("customer_id", "string", "one person, stable from night to night")
SOURCE_RECORD_ID = Column(
    "source_record_id",
    "string",
    "a partner's record of a person: shop:<shop_user_id> or <bank_code>:<bank_customer_id>",
)
BANK_CODE = Column("bank_code", "string", "the partner bank, as named in the settings")
CAPTURED_DATE = Column("captured_date", "date", "the business date on which the row became known to us")
KNOWN_DATE = Column(
    "known_date",
    "date",
    "the business date on which the first of what the row tells became known to us. For people who ask what a night "
    "could know: a night reads only what was captured by then, so no feature looks at it",
)
CHANGED_DATE = Column(
    "changed_date",
    "date",
    "the business date from which on the row says what it says: a night whose date is later has the row of the night "
    "before, unchanged",
)
OBSERVATION_DATE = Column(
    "observation_date", "date", "the day on which the customer is described; the outcome lies after it"
)

SCENES = ("retail", "catering", "entertainment", "education", "medical", "travel", "other")
PAYMENT_METHODS = ("instalment_credit", "bank_card", "wallet", "cash_on_delivery")
SALES_CHANNELS = ("app", "web", "mini_program", "offline_code")
GENDERS = ("female", "male")
SUBJECT_TYPES = ("shop_user", "bank_customer")
PURPOSES = ("marketing", "credit_scoring", "partner_sharing")
CONTACT_CHANNELS = ("sms", "push", "email", "phone")
CONSENT_STATUSES = ("granted", "denied", "revoked")

FULL_NAME_TOKEN = Column(
    "full_name_token",
    "string",
    "keyed token of the full name",
    missing="not given",
    personal="name",
    source_name="full_name",
)
FULL_NAME_ENCODING = Column(
    "full_name_encoding",
    "binary",
    "keyed Bloom filter of the full name, to compare spellings by; restricted",
    missing="not given",
    encodes="full_name_token",
)
GIVEN_NAME_TOKEN = Column(
    "given_name_token",
    "string",
    "keyed token of the given name: the full name in Chinese characters without the surname",
    missing="not given, or in letters, which do not say which word is the surname",
    personal="given_name",
    taken_from="full_name_token",
)
PHONE_TOKEN = Column(
    "phone_token",
    "string",
    "keyed token of the phone number in E.164",
    missing="not given, or not a phone number",
    personal="phone",
    source_name="phone",
)
EMAIL_TOKEN = Column(
    "email_token",
    "string",
    "keyed token of the e-mail address in lower case",
    missing="not given",
    personal="email",
    source_name="email",
)
NATIONAL_ID_TOKEN = Column(
    "national_id_token",
    "string",
    "keyed token of the national identity number",
    missing="not given, or a resident's number whose check character does not fit",
    personal="national_id",
    source_name="national_id",
)
IP_ADDRESS_TOKEN = Column(
    "ip_address_token",
    "string",
    "keyed token of the IP address",
    missing="not given",
    personal="ip_address",
    source_name="ip_address",
)
BIRTH_DATE = Column("birth_date", "date", "day of birth", missing="not given")
GENDER = Column("gender", "string", "gender as the person stated it", missing="not given")
CITY_CODE = Column("city_code", "string", "city of residence as the partner codes it", missing="not given")
OCCUPATION = Column("occupation", "string", "occupation as the partner codes it", missing="not given")
SCENE = Column("scene", "string", "consumption scene", allowed=SCENES)
UPDATED_AT = Column("updated_at", "timestamp", "when the partner last changed the row")
