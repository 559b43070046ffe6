"""What must be true of identity quality beyond the contract."""

from expectations.rules import Severity, at_least, at_most, between

RULES = (
    at_least("row_count", 0, because="a count"),
    between("share", 0, 1, because="a part of a whole"),
    at_most(
        "moved_share",
        0.001,
        because="new records change at most one in a thousand of the known ids (what we aim at); more is a fault",
        severity=Severity.WARNING,
    ),
)
