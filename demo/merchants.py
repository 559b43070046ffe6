"""The kinds of merchant at which cards are used."""

from __future__ import annotations

MERCHANT_KINDS = (  # merchant category code (ISO 18245), what the shop sign says, share of the merchants
    ("5411", "Grocers", 18),
    ("5812", "Restaurant", 14),
    ("5814", "Noodles", 9),
    ("5311", "Department Store", 6),
    ("5651", "Clothing", 6),
    ("5732", "Electronics", 4),
    ("5541", "Fuel", 5),
    ("4121", "Taxi", 5),
    ("4111", "Metro", 4),
    ("4814", "Telecom", 3),
    ("4900", "Utilities", 3),
    ("7832", "Cinema", 3),
    ("7994", "Games", 3),
    ("7997", "Sports Club", 2),
    ("8299", "Training School", 2),
    ("8220", "College", 1),
    ("5942", "Books", 2),
    ("8062", "Hospital", 2),
    ("8011", "Clinic", 2),
    ("5912", "Pharmacy", 3),
    ("7011", "Hotel", 2),
    ("4722", "Travel Agency", 1),
    ("4511", "Airline", 1),
    ("7230", "Hairdresser", 2),
)
MERCHANT_CODES = frozenset(kind[0] for kind in MERCHANT_KINDS)
