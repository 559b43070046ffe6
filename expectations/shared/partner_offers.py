"""What must be true of partner_offers beyond its contract."""

from expectations.rules import BusinessDate, between, matches

RULES = (
    matches(
        "customer_token",
        r"[a-z0-9]{1,16}\.[A-Za-z0-9_-]{43}",
        because="a key version and 32 bytes of HMAC-SHA256 in base64url: anything else might be an id in the clear",
    ),
    matches("score_band", r"-?\d+--?\d+", because="a bank receives bands, never the score"),
    between(
        "expires_date",
        BusinessDate(1),
        BusinessDate(31),
        because="consent and risk are checked again every night; an offer lives a month at most",
    ),
)
