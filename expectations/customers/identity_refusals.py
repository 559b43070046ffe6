"""What must be true of identity refusals beyond the contract."""

from expectations.rules import different

RULES = (
    different("left_customer_id", "right_customer_id", because="a pair within one customer was followed, if not alone"),
)
