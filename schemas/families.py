"""The feature families, found by their files, and their columns as they stand side by side.

A new family under schemas/features/ gives the profile and the training set its columns without an edit anywhere else.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from schemas.catalogue import tables_in_layer
from schemas.columns import CUSTOMER_ID
from schemas.measures import columns_of
from schemas.measures_across_families import DEBT_MEASURES
from schemas.table import Column, Table

FAMILIES = tables_in_layer("features")

READ_BY_MODELS: Final[Mapping[str, tuple[str, ...]]] = {
    "browsing": (
        *("days_since_last_event", "session_count_30d", "session_count_90d", "active_day_count_90d", "view_count_30d"),
        *("add_to_cart_count_30d", "search_count_90d", "login_count_30d", "cart_share_90d", "night_share_90d"),
    ),
    "cash_flow": (
        *("inflow_cents_sum_90d", "outflow_cents_sum_90d", "salary_cents_sum_90d", "salary_month_count_180d"),
        *("inflow_variation_180d", "balance_cents_last", "balance_cents_min_90d", "cash_share_90d"),
        *("offline_share_90d", "spend_cents_sum_90d", "fee_count_180d", "days_since_last_salary"),
    ),
    "default_influence": (),  # whom somebody knows: see below
    "identifier_risk": (),
    "identity": (),  # age, residence and what only a verified customer has: to describe people, not to judge them
    "money_flows": (),
    "neighbourhood": (
        *("paid_customer_count_180d", "paying_customer_count_180d", "sent_cents_sum_180d", "received_cents_sum_180d"),
        *("sharing_customer_count", "neighbour_count", "borrowing_neighbour_count", "late_neighbour_share"),
    ),
    "network_position": (),
    "promises": ("credit_line_cents_sum", "refused_delivery_share_365d"),  # who cancelled, shop or buyer, is not told
    "purchase_outlook": (),  # a forecast from purchases alone: it would tell a model twice what it sees
    "purchase_value": (
        *("days_since_last_purchase", "purchase_count_30d", "purchase_count_90d", "purchase_count_365d"),
        *("net_spend_cents_sum_30d", "net_spend_cents_sum_90d", "net_spend_cents_sum_365d", "refund_share_365d"),
        *("discount_share_365d", "instalment_share_365d", "scene_count_365d"),
    ),
    "repayment": (
        *("plan_count", "plan_count_90d", "unpaid_due_cents", "due_cents_next_30d", "days_past_due"),
        *("days_past_due_bucket", "days_past_due_max_180d", "days_past_due_max_365d", "late_instalment_count_365d"),
        *("on_time_share_365d", "early_share_365d", "reversal_count_365d", "rescheduled_count_365d"),
        *("days_since_last_payment", "days_past_due_max_90d", "days_past_due_max_last_1", "days_past_due_mean_last_3"),
        *("on_time_share_last_3", "cured_share_365d", "paid_share_365d", "due_less_paid_cents_mean_365d"),
        *("days_since_last_rescheduled", "active_plan_count", "annual_rate_mean"),
    ),
    "scenes": (),  # medical spending is nobody's reason to lend or not to lend
    "tastes": (),  # names of brands and categories: for people who choose an audience
}
"""The columns a model may read, by family; of a family that is not listed, all.

Many windows of one measure say the same again, and every column is built for each observation date: a scorecard
chooses better from few columns with a meaning each. The families that describe people through others are for people to
read and to rule on: whether a score may depend on whom somebody knows is for each partner to decide (Óskarsdóttir and
others 2019), and built anew for six observation dates they cost as much as all others together.
"""

ALSO_READ_BY_PROPENSITIES: Final[Mapping[str, tuple[str, ...]]] = {
    "browsing": (
        *("checkout_count_90d", "purchase_session_share_90d", "session_seconds_mean_90d", "weekend_share_90d"),
        "category_count_90d",
    ),
    "purchase_value": (
        *("order_value_cents_mean_365d", "order_value_cents_deviation_365d", "refund_count_365d", "item_mean_365d"),
        *("discounted_share_365d", "purchase_trend_30d_90d", "purchase_day_count", "repeat_purchase_day_count"),
        *("repeat_recency_days", "days_since_first_purchase"),
    ),
}
"""Columns that say what somebody wants rather than what they can repay: for models that no loan depends on."""


def family_columns() -> tuple[Column, ...]:
    """Every family's columns but the customer, in the order of the families."""
    return tuple(
        _beside_others(family, column) for family in FAMILIES for column in family.columns if column != CUSTOMER_ID
    )


def model_families() -> tuple[Table, ...]:
    """The families of which a model may read a column."""
    return tuple(family for family in FAMILIES if READ_BY_MODELS.get(family.name, family.column_names))


def model_columns() -> tuple[Column, ...]:
    """The columns a model may read, in the order of the families, and what sets two families beside each other."""
    return _columns_where(lambda family, name: name in READ_BY_MODELS.get(family.name, family.column_names))


def propensity_columns() -> tuple[Column, ...]:
    """The columns that models of wishes may read: those of the credit models, and some more of the same families."""
    read = {column.name for column in model_columns()}
    return _columns_where(lambda family, name: name in read or name in ALSO_READ_BY_PROPENSITIES.get(family.name, ()))


def _columns_where(is_read: Callable[[Table, str], bool]) -> tuple[Column, ...]:
    of_families = (
        _beside_others(family, column)
        for family in model_families()
        for column in family.columns
        if column != CUSTOMER_ID and is_read(family, column.name)
    )
    return (*of_families, *columns_of(*DEBT_MEASURES))


def _beside_others(family: Table, column: Column) -> Column:
    """The column as it stands in a wide table: also null where the customer has no row in the family."""
    has_no_row = f"not: {family.grain}"
    return replace(column, missing=f"{column.missing}, or {has_no_row}" if column.missing else has_no_row)
