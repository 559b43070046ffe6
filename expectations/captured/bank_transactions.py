"""What must be true of the banks' movements beyond the contract."""

from expectations.captured import HALF_OF_A_HOLIDAY, NOISE, SLICE
from expectations.rules import from_every_partner_bank, matches, not_after_the_night, rows_not_far_below_earlier_nights

RULES = (
    rows_not_far_below_earlier_nights(0.4, because=f"a silent feed is not a day without payments; {HALF_OF_A_HOLIDAY}"),
    from_every_partner_bank(because="one silent bank would hide behind the others and its customers look dormant"),
    not_after_the_night("booked_at", because=SLICE),
    matches("mcc", "[0-9]{4}", because=f"merchant category codes have four digits (ISO 18245): {NOISE}", mostly=0.95),
)
