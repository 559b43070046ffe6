"""What changes for good on a chosen date, so that a model's ageing can be watched: drift with a known beginning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from demo.merchants import MERCHANT_CODES


@dataclass(frozen=True)
class Drift:
    """From `begins`, the first day of a month, each of the chosen changes holds.

    income_factor: what is left of everybody's income. strain_factor: how much oftener people fall into difficulty.
    won_share: of the people who would never have come to the shop, so many are won in the year from that day on by
    promoters in the street, a way that did not exist before: a few users bring dozens each, as the referrals tell, and
    those they win lean to difficulty more than others. The truth names the promoter of each (`people`).
    new_channel_share: of those who would have ordered in the app, so many come through the mini program instead; of
    all newcomers from that day on every one does. That is an old channel with a new weight, as the contract of the
    orders closes its list: a name that nobody announced would be a flaw (`added_categories`) and no drift.
    recoded_category: two merchant category codes; merchants of the first are written with the second.
    """

    begins: date
    income_factor: float = 0.8
    strain_factor: float = 2.0
    new_channel_share: float = 0.3
    recoded_category: tuple[str, str] = ("5814", "5812")
    won_share: float = 0.1

    def __post_init__(self) -> None:
        """Refuse a drift that cannot begin on its day, or whose figures have no meaning."""
        problems = [
            problem
            for is_wrong, problem in (
                (self.begins.day != 1, "begins: the first day of a month, as people are lived month by month"),
                (not 0 < self.income_factor <= 5, "income_factor: above 0, up to 5"),
                (not 0 <= self.strain_factor <= 20, "strain_factor: 0 to 20"),
                (not 0 <= self.new_channel_share <= 1, "new_channel_share: 0 to 1"),
                (not 0 <= self.won_share <= 1, "won_share: 0 to 1"),
                (
                    len(self.recoded_category) != 2 or not set(self.recoded_category) <= MERCHANT_CODES,
                    "recoded_category: two of the merchants' codes, as in 5814:5812",
                ),
            )
            if is_wrong
        ]
        if problems:
            raise ValueError(f"no such drift: {'; '.join(problems)}")

    def holds(self, first_of_month: date) -> bool:
        """Whether the change holds in a month."""
        return first_of_month >= self.begins
