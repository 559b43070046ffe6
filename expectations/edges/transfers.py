"""What must be true of transfer edges beyond the contract."""

from expectations.rules import at_least, not_after_the_night, not_less_than, rows_not_far_below_earlier_nights

RULES = (
    rows_not_far_below_earlier_nights(
        0.8, because="ties are made of all transfers ever; records that become one person take a few away; a guess"
    ),
    at_least("transfer_count", 1, because="a tie without a transfer is no tie"),
    at_least("amount_cents_sum", 1, because="transfers are positive"),
    not_less_than("transfer_count", "transfer_count_180d", because="ever holds the last 180 days"),
    not_less_than("amount_cents_sum", "amount_cents_sum_180d", because="ever holds the last 180 days"),
    not_less_than("last_transferred_at", "first_transferred_at", because="the newest is not before the oldest"),
    not_after_the_night("last_transferred_at", because="only transfers up to the day count"),
)
