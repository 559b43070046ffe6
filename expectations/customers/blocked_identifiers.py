"""What must be true of blocked identifiers beyond the contract."""

from expectations.rules import at_least

RULES = (at_least("record_count", 1, because="what nobody carries is not blocked"),)
