"""What changes for good on a chosen date, so that a model's ageing can be watched: drift with a known beginning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Drift:
    """From the first month that begins on or after `begins`, each of the chosen changes holds.

    income_factor: what is left of everybody's income. strain_factor: how much oftener people fall into difficulty.
    new_channel_share: of later orders placed through the mini program instead of the app.
    recoded_category: two merchant category codes; merchants of the first are written with the second.
    """

    begins: date
    income_factor: float = 0.8
    strain_factor: float = 2.0
    new_channel_share: float = 0.3
    recoded_category: tuple[str, str] = ("5814", "5812")

    def holds(self, first_of_month: date) -> bool:
        """Whether the change holds in a month."""
        return first_of_month >= self.begins
