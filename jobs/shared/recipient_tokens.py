"""Under which name each bank knows a customer: a token that nobody without that bank's own key can make."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

RecipientKeys = Mapping[str, tuple[str, bytes]]
"""bank_code -> version and bytes of that bank's own key."""

WHAT_IS_MEANT = "customer\0"  # what the token stands for, so that a key used elsewhere gives no equal tokens
KEY_SCHEMA = T.StructType(
    [
        T.StructField("bank_code", T.StringType()),
        T.StructField("key_version", T.StringType()),
        T.StructField("recipient_key", T.BinaryType()),
    ]
)


def customer_token() -> Column:
    """`<key version>.<HMAC-SHA256 of the customer id under the bank's key, base64url without padding>`."""
    message = F.encode(F.concat(F.lit(WHAT_IS_MEANT), F.col("customer_id")), "utf-8")
    digest = F.base64(F.hmac(F.col("recipient_key"), message, F.lit("SHA-256")))
    return F.concat("key_version", F.lit("."), F.translate(digest, "+/=", "-_"))


def keys_of(any_table: DataFrame, recipient_keys: RecipientKeys) -> DataFrame:
    """The keys as a table of one row per bank: a literal would show in every plan, and so in logs and the web UI."""
    lines = [(bank, key_version, bytearray(key)) for bank, (key_version, key) in sorted(recipient_keys.items())]
    return any_table.sparkSession.createDataFrame(lines, KEY_SCHEMA)
