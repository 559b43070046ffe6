"""What must be true of identity quality beyond the contract."""

from expectations.rules import at_least

RULES = (at_least("row_count", 0, because="a count"),)
