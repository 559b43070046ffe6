"""What one night changes in the measures of a family: how yesterday's row becomes today's without its source rows.

Of a customer of whom nothing new is known, time alone moves the rows through the windows. A sum over a window is
yesterday's, plus the rows on the day that comes in, less those on the day that goes out. Every other measure stays as
it was while no row comes into its window or goes out of it; where one does, the customer is described anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from schemas.measures import Feature

WINDOW: Final = re.compile(r"days_ago (?:BETWEEN (?P<newest>\d+) AND (?P<oldest>\d+)|>= (?P<from>\d+))")


@dataclass(frozen=True)
class Changes:
    """How each feature of a family gets from yesterday's row to today's.

    ageing: columns that count days from something that stays: one more each day. derived: column -> SQL over today's
    other columns. All others are sums over one window, or stay as they were.
    """

    features: tuple[Feature, ...]
    ageing: tuple[str, ...]
    derived: Mapping[str, str]

    @property
    def sums(self) -> tuple[Feature, ...]:
        """The features that yesterday's value and the rows on a few days give."""
        return tuple(feature for feature in self.features if feature.is_sum and days_of_change(feature))

    @property
    def days_to_read(self) -> tuple[int, ...]:
        """The days before as_of on which a row has come into a sum, or gone out of it, since yesterday."""
        return tuple(sorted({day for feature in self.sums for day in days_of_change(feature)}))

    @property
    def days_to_describe_anew(self) -> tuple[int, ...]:
        """The days before as_of on which a row changes what no sum can tell."""
        told = {feature.column.name for feature in self.sums} | set(self.ageing) | set(self.derived)
        stays = (feature for feature in self.features if feature.column.name not in told)
        return tuple(sorted({day for feature in stays for day in days_of_change(feature)}))


def days_of_change(feature: Feature) -> tuple[int, ...]:
    """The days before as_of that came into or went out of a window of the feature since yesterday, but as_of itself."""
    found = [_ends_of(match) for match in WINDOW.finditer(f"{feature.formula} {feature.rows}")]
    came_in = {newest for newest, _ in found if newest > 0}
    went_out = {oldest + 1 for _, oldest in found if oldest is not None}
    return tuple(sorted(came_in | went_out))


def change_of(total: Feature) -> str:
    """SQL over the rows on `days_to_read`: what the sum gains since yesterday, less what it loses."""
    windows = {match.group(): _ends_of(match) for match in WINDOW.finditer(total.formula)}
    if len(windows) != 1:
        raise ValueError(f"{total.column.name} has {len(windows)} windows; a sum to be carried on has one")
    [(condition, (newest, oldest))] = windows.items()
    gained = total.formula.replace(condition, f"days_ago = {newest}") if newest > 0 else "0L"
    lost = total.formula.replace(condition, f"days_ago = {oldest + 1}") if oldest is not None else "0L"
    return f"{gained} - {lost}"


def _ends_of(window: re.Match[str]) -> tuple[int, int | None]:
    if window["from"]:
        return int(window["from"]), None
    return int(window["newest"] or 0), int(window["oldest"])
