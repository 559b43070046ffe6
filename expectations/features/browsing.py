"""What must be true of browsing beyond its contract."""

from expectations.rules import at_least, between, not_less_than, rows_not_far_below_earlier_nights

RULES = (
    between("days_since_last_event", 0, 89, because="a customer without an event in the last 90 days has no row"),
    at_least("session_count_90d", 1, because="every event belongs to a session"),
    not_less_than("session_count_90d", "session_count_30d", because="the longer window holds the shorter one"),
    between("active_day_count_90d", 1, 90, because="at least the day of the event, and no more days than the window"),
    at_least("view_count_30d", 0, because="a count"),
    at_least("add_to_cart_count_30d", 0, because="a count"),
    at_least("search_count_90d", 0, because="a count"),
    not_less_than("session_count_90d", "abandoned_cart_count_90d", because="a part of the sessions"),
    between("session_gap_entropy_90d", 0, 1.9460, because="seven bands of days in equal parts have the entropy ln 7"),
    between("hour_entropy_90d", 0, 3.1781, because="24 hours in equal parts have the entropy ln 24"),
    rows_not_far_below_earlier_nights(because="visitors of a season do not vanish overnight; one half is a guess"),
)
