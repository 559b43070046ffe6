"""With which models a night forecast what customers buy: fitted once more for `explain`, as the family fits them.

The parameters stand in no column, since they are everybody's. The same partitions give the same fit, so that it can be
told of every night that stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import pyarrow.compute as pc

from jobs.code_version import code_version
from jobs.features.purchase_outlook import HOLD_OUT_DAYS, MONTHLY_DISCOUNT, describe_buyers, fitted, history, numbers_of
from jobs.input_frames import DataFrames
from jobs.inputs import Input, Resolver, digests_of, night
from jobs.purchase_outlook import INTERVAL, Outlook
from schemas.features.purchase_outlook import PURCHASE_OUTLOOK

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.spark_sessions import SparkSessions

DISCOUNTED: Final = f"/ {1 + MONTHLY_DISCOUNT:g} ^ month"
EXPECTED: Final = "expected_purchase_day_count_next_"
FORMULAS: Final[Mapping[str, str]] = {
    "alive_probability": "1 / (1 + a / (b + frequency - 1) * ((alpha + age) / (alpha + recency)) ^ (r + frequency)); "
    "1 where frequency is 0",
    EXPECTED: "alive_probability * mean over p of (1 - (1 + days * p / (alpha + age)) ^ -(r + frequency)) / p, "
    "p being beta (a, b + frequency)",
    "lifetime_value_cents_next_365d": f"sum over 12 months of the purchase days expected in it {DISCOUNTED}, times "
    "p * (v + frequency * mean) / (p * frequency + q - 1)",
    "lifetime_value_cents_low_next_365d": f"{INTERVAL[0]:.0%} of futures drawn from both models stay below",
    "lifetime_value_cents_high_next_365d": f"{INTERVAL[1]:.0%} of futures drawn from both models stay below",
    "is_outlook_fallback": "whether the models did not converge, ended at a bound or were further off in the hold-out",
}
"""Column, or how it begins -> how the models give it."""

NAIVE_FORMULAS: Final[Mapping[str, str]] = {
    EXPECTED: "days * frequency / age",
    "lifetime_value_cents_next_365d": f"sum over 12 months of 365 / 12 * frequency / age {DISCOUNTED}, times mean",
    "is_outlook_fallback": FORMULAS["is_outlook_fallback"],
}
"""The same of everybody going on as before; no other column has a value then."""


NO_FORMULA: Final = "none: only the models tell it, and they are not used"


@dataclass(frozen=True)
class FitOfNight:
    """The models of one night, on how many buyers they were fitted, and the state of one customer."""

    outlook: Outlook
    buyers: int
    state: tuple[float, ...] | None
    is_as_published: bool

    def lines(self, column: str) -> Iterator[str]:
        """As a person reads it, beside the value of the column."""
        outlook = self.outlook
        formulas = NAIVE_FORMULAS if outlook.is_fallback else FORMULAS
        told = next((formula for name, formula in formulas.items() if column.startswith(name)), NO_FORMULA)
        used = f"the rate so far: {outlook.reason_for_fallback}" if outlook.is_fallback else "the models"
        yield f"formula  {told}"
        if self.state:
            yield "state    frequency {:g}, recency {:g} days, age {:g} days, mean {:.2f} cents".format(*self.state)
        yield f"used     {used}"
        yield f"fit      on {self.buyers} customers as they were known {HOLD_OUT_DAYS} days before"
        yield from self._parameters()
        if not self.is_as_published:
            yield "note     what the night read, or its code, has changed since: this is the fit of what stands now"

    def _parameters(self) -> Iterator[str]:
        buying, spending, error = self.outlook.purchases, self.outlook.values, self.outlook.hold_out
        if buying:
            told = f"r {buying.r:.6g}, alpha {buying.alpha:.6g} days, a {buying.a:.6g}, b {buying.b:.6g}"
            yield f"fit      BG/NBD: {told}; log-likelihood {buying.log_likelihood:.1f}"
        if spending:
            told = f"p {spending.p:.6g}, q {spending.q:.6g}, v {spending.v:.6g} cents"
            yield f"fit      Gamma-Gamma: {told}; log-likelihood {spending.log_likelihood:.1f}"
        if buying and isfinite(error.error_of_model):
            yield (
                f"hold-out {error.error_of_model:.4f} off by the models, {error.error_of_naive:.4f} by the rate so far "
                f"(root mean square of days with a purchase, {HOLD_OUT_DAYS} days)"
            )


def fit_of_night(customer_id: str, business_date: date, resolver: Resolver, sessions: SparkSessions) -> FitOfNight:
    """Fitted on what stands of the partitions that the night reads, in Spark like the family itself."""
    dates = night(business_date)
    inputs = resolver.inputs(PURCHASE_OUTLOOK, dates)
    frames = DataFrames(resolver.lake, sessions.of(PURCHASE_OUTLOOK, inputs), _nothing_is_assembled)
    parents: Any = [frames.of(parent) for parent in inputs]
    known = describe_buyers(*parents, as_of=business_date).toArrow().sort_by("customer_id")
    everybody = numbers_of(known)
    own = numbers_of(known.filter(pc.field("customer_id") == customer_id))
    state = tuple(float(values[0]) for values in history(own, "now")) if len(own["days_now"]) else None
    manifest = resolver.published(PURCHASE_OUTLOOK, dates).manifests[0]
    is_as_published = dict(manifest.inputs) == digests_of(inputs) and manifest.code == code_version(PURCHASE_OUTLOOK)
    outlook = fitted(everybody) or Outlook.naive()
    return FitOfNight(outlook, int((everybody["days_then"] > 0).sum()), state, is_as_published)


def _nothing_is_assembled(parent: Input) -> DataFrame:
    raise TypeError(f"{parent.dataset.address}: a night reads what is published")
