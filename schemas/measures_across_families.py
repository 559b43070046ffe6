"""Measures that set one family beside another: what is owed over what comes in, and over what was granted.

They are columns of the profile, and of what models learn from; the formulas are SQL over the columns of the families.
"""

from typing import Final

from schemas.measures import formula, share_of

MONTHS_IN_HALF_YEAR: Final = 6
UNKNOWN_INFLOW: Final = "no instalment plan, or no inflow known"

DEBT_MEASURES = (
    *formula(
        "debt_service_ratio",
        "double",
        "instalments due in the next 30 days over a sixth of the inflow of the last 180 days; above 1 when more is due "
        "than comes in",
        share_of(f"due_cents_next_30d * {MONTHS_IN_HALF_YEAR}", "inflow_cents_sum_180d"),
        missing=UNKNOWN_INFLOW,
    ),
    *formula(
        "debt_to_inflow_ratio",
        "double",
        "outstanding_cents over a sixth of the inflow of the last 180 days: what is owed, in months of what comes in",
        share_of(f"outstanding_cents * {MONTHS_IN_HALF_YEAR}", "inflow_cents_sum_180d"),
        missing=UNKNOWN_INFLOW,
    ),
    *formula(
        "credit_line_utilisation_ratio",
        "double",
        "outstanding_cents over the limits of the shop's lines of instalment credit",
        share_of("outstanding_cents", "credit_line_cents_sum"),
        missing="no instalment plan, no line of credit delivered, or all are blocked",
    ),
)
"""Known of customers with an instalment plan only."""
