"""What must be true of payments towards cards beyond the contract."""

from expectations.captured import NOISE, SLICE
from expectations.rules import at_least, not_after_the_night

RULES = (
    not_after_the_night("paid_at", because=SLICE),
    at_least("amount_cents", 1, because=f"a payment is written as a positive amount: {NOISE}", mostly=0.95),
)
