"""How often the partners deliver what is not as it should be: one rate for each kind of dirt."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date


@dataclass(frozen=True)
class Dirt:
    """Shares of the rows of a delivery, 0 to 1, and single deliveries that go wrong as a whole.

    The defaults are what a healthy partner lets slip: well below the 5 % of refused rows at which a night stops.
    late_rows: of events, repayments, refunds, referrals and consents; the tables' own delays are in `demo.dirt`.
    malformed_lines, exact_duplicates, newer_versions: rows delivered besides the true ones, by the shop and, but for
    broken lines, by the banks. placeholders: bank customers with a word or noughts in place of their phone number; of
    the shop's users two and a third times as many. A third as many, of both, in place of e-mail and of national id.
    placeholder_devices: orders and events with noughts or a word in place of the device. None by default: the product
    takes them for a device like any other until too many share it.
    mistyped: users and bank customers with one wrong digit in phone, e-mail, national id or date of birth.
    corrections: orders delivered again with another discount. clock_skew: events dated by a clock that runs ahead.
    amounts_times_100: refunds written in the wrong unit. added_categories: events of a type nobody announced.
    The last three are whole deliveries of one day: (table, day) that never come, whose moments are eight hours off, or
    (table, column, day) from which on an amount comes as a decimal number.
    """

    late_rows: float = 0.01
    exact_duplicates: float = 0.002
    newer_versions: float = 0.002
    corrections: float = 0.001
    malformed_lines: float = 0.001
    clock_skew: float = 0.001
    placeholders: float = 0.003
    mistyped: float = 0.004
    amounts_times_100: float = 0.0
    added_categories: float = 0.0
    placeholder_devices: float = 0.0
    missing_days: tuple[tuple[str, date], ...] = ()
    time_zone_shifts: tuple[tuple[str, date], ...] = ()
    changed_types: tuple[tuple[str, str, date], ...] = ()

    def __post_init__(self) -> None:
        """Refuse rates that are no shares."""
        rates = {field.name: getattr(self, field.name) for field in fields(self)}
        wrong = [name for name, rate in rates.items() if isinstance(rate, float) and not 0 <= rate <= 0.5]
        if wrong:
            raise ValueError(f"dirt: {', '.join(wrong)} must be shares between 0 and 0.5")

    @classmethod
    def none(cls) -> Dirt:
        """Partners who never err."""
        return cls(**{field.name: 0.0 for field in fields(cls) if field.type == "float"})  # type: ignore[arg-type]
