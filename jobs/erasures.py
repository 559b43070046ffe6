"""Records of people who asked to be forgotten, left out wherever records become customers."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas.cleaned.shop_users import SHOP


def without_erased(records: DataFrame, erasure_requests: DataFrame) -> DataFrame:
    """The rows whose source_record_id nobody asked to erase.

    Whenever the person asked: once a request is known, the record is forgotten on every day that is described, so no
    replay with later knowledge and no training brings it back. A bank's customer is named without the bank, and ids
    are unique per bank only: the customers of that id at every bank are left out, as with a denial in
    cleaned/consents. Only the record that is named: another record may be thought to be of the same person, and
    another partner has a relation of its own.
    """
    asked = erasure_requests.select((F.col("subject_type") == "shop_user").alias("_at_shop"), "subject_id").distinct()
    partner = F.substring_index("source_record_id", ":", 1)
    of_record = {
        "_at_shop": partner == SHOP,
        "subject_id": F.expr("substr(source_record_id, instr(source_record_id, ':') + 1)"),
    }
    kept = records.withColumns(of_record).join(F.broadcast(asked), ["_at_shop", "subject_id"], how="left_anti")
    return kept.drop(*of_record)
