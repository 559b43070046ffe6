"""What must be true of leak_audit beyond its contract: nothing leaks."""

from expectations.rules import BusinessDate, Severity, at_most, in_set

RULES = (
    at_most(
        "changed_customer_count",
        0,
        because="a feature that notices what nobody knew yet, or the own label, must not be learnt from",
    ),
    in_set(
        "verdict",
        ("passed", "in truth"),
        severity=Severity.WARNING,
        because="what is told without relations is told by something else; by chance alone once in 16 000 times, or "
        "where there are too few outcomes to tell",
    ),
    at_most(
        "observation_date",
        BusinessDate(-210),
        because="six months for the outcome and 30 days to settle; six months are at least 181 days",
    ),
)
