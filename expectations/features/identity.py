"""What must be true of identity beyond its contract."""

from expectations.rules import at_least, between, not_less_than, rows_not_far_below_earlier_nights

RULES = (
    at_least("tenure_days", 0, because="a record of tomorrow gives no row today"),
    at_least("record_count", 1, because="a customer is made of records"),
    not_less_than("record_count", "phone_count", because="a record has one phone number at most"),
    between("identity_confidence", 0, 1, because="a share of certainty"),
    between("match_probability_min", 0, 1, because="a share of certainty"),
    between("conflict_count", 0, 3, because="three fields of which a person has one value"),
    not_less_than("device_count_90d", "device_count_30d", because="the longer window holds the shorter one"),
    not_less_than("account_count", "card_count", because="a card is an account"),
    rows_not_far_below_earlier_nights(0.9, because="customers go only when merged or erased; 0.9 is a guess"),
)
