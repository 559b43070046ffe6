"""What must be true of the identity ledger beyond the contract."""

from expectations.rules import BusinessDate, Severity, between, different, in_set

RULES = (
    different("from_customer_id", "to_customer_id", because="who stays with a customer has not changed"),
    between("changed_date", BusinessDate(), BusinessDate(), because="the ledger of a night holds that night's changes"),
    in_set(
        "change_type",
        ("create", "join", "merge", "erase"),
        mostly=0.5,
        because="splits are corrections; a night of them is a broken rule or source. A guess",
        severity=Severity.WARNING,
    ),
)
