"""What must be true of credit_training_set beyond its contract."""

from expectations.rules import BusinessDate, Severity, at_most, given

RULES = (
    at_most(
        "observation_date",
        BusinessDate(-210),
        because="six months for the outcome and 30 days to settle; six months are at least 181 days",
    ),
    given(
        "plan_count",
        because="only who owed an instalment is labelled, so the repayment family knows them, but for plans whose "
        "first schedule came on the day after they were opened; one in a hundred is a guess",
        mostly=0.99,
    ),
    given(
        "purchase_count_365d",
        because="most who pay by instalments bought with them; below one half the families are of another day; a guess",
        severity=Severity.WARNING,
        mostly=0.5,
    ),
)
