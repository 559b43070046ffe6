"""What must be true of merchants beyond the contract."""

from expectations.captured import NOISE, SLICE
from expectations.rules import matches, not_after_the_night

RULES = (
    not_after_the_night("updated_at", because=SLICE),
    matches("mcc", "[0-9]{4}", because=f"merchant category codes have four digits (ISO 18245): {NOISE}", mostly=0.95),
)
