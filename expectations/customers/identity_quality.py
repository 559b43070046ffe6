"""What must be true of identity quality beyond the contract."""

from expectations.rules import at_least, between

RULES = (
    at_least("row_count", 0, because="a count"),
    between("share", 0, 1, because="a part of a whole"),
)
