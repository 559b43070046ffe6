"""Which identifiers tie nobody, and why."""

from __future__ import annotations

from datetime import date, timedelta

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.customers import record_pairs
from jobs.customers.blocked_identifiers import WINDOW_DAYS, build
from jobs.customers.match_rules import MOST_RECORDS_SHARING
from jobs.customers.records import IDENTIFYING
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.shop_users import SHOP_USERS
from tests.cleaned.layouts import in_every_layout
from tests.conftest import TableMaker, rows
from tests.customers.small_records import Row, record

AS_OF = date(2026, 4, 1)
FIRST_DAY = AS_OF - timedelta(days=WINDOW_DAYS - 1)


def purchase(number: int, buyer: str, on: date, **seen: str) -> Row:
    return {"order_id": f"o{number}", "source_record_id": buyer, "ordered_at": f"{on} 04:00:00", **seen}


def test_t15_t17_identifiers_of_too_many_records_are_listed_whatever_the_layout(table: TableMaker) -> None:
    too_many, allowed = range(MOST_RECORDS_SHARING + 1), range(MOST_RECORDS_SHARING)
    users = [
        *(record(f"shop:{n:02d}", phone="call centre", email="full") for n in allowed),
        record("shop:10", born="1970-01-01", phone="other"),
        *(record(f"shop:{n}", national_id="noughts") for n in range(20, 20 + MOST_RECORDS_SHARING + 1)),
    ]
    users += [record(f"shop:{n}", "王伟", "1990-02-28") for n in range(40, 40 + MOST_RECORDS_SHARING + 1)]
    users += [record(f"shop:{n}", "李静", "1990-02-28") for n in range(60, 60 + MOST_RECORDS_SHARING)]
    customers = [record("harbour:ann", born="1990-01-01", phone="call centre", email="other")]
    purchases = [
        *(purchase(n, f"shop:{n:02d}", AS_OF, device_id="kiosk", shipping_address_token="locker") for n in too_many),
        *(purchase(100 + n, f"shop:{n:02d}", FIRST_DAY, recipient_phone_token="office") for n in too_many),
        *(purchase(200 + n, f"shop:{n:02d}", FIRST_DAY - timedelta(days=1), device_id="sold") for n in too_many),
        *(purchase(300 + n, f"shop:{n % 10:02d}", AS_OF, device_id="home") for n in range(30)),
    ]
    bought = table(PURCHASES, purchases)
    for layout in in_every_layout(table, SHOP_USERS, users):
        found = build(layout, table(BANK_CUSTOMERS, customers), bought, as_of=AS_OF)
        assert rows(found, "identifier_type", "identifier", "record_count", "blocked_because") == [
            ("address", "locker", 11, "never_alone"),
            ("birth_date", "1970-01-01", 1, "placeholder"),
            ("device", "kiosk", 11, "never_alone"),
            ("name_and_birth_date", "k1.王伟 1990-02-28", 11, "too_many_records"),
            ("national_id", "noughts", 11, "too_many_records"),
            ("phone", "call centre", 11, "too_many_records"),
            ("recipient_phone", "office", 11, "never_alone"),
        ]


def test_t14_the_device_of_a_kiosk_with_a_hundred_thousand_users_is_one_row_and_ties_nobody(
    spark: SparkSession, table: TableMaker
) -> None:
    numbered = spark.range(100_000).withColumn("source_record_id", F.concat(F.lit("shop:"), F.col("id")))
    nothing = {column: F.lit(None).cast("string") for column in IDENTIFYING[1:]}
    encoding = {"full_name_encoding": F.lit(None).cast("binary"), "birth_date": F.lit(None).cast("date")}
    phone = {
        "phone_token": F.concat(F.lit("p"), F.floor(F.col("id") / 2)),
        "birth_date": F.lit("1990-02-28").cast("date"),
    }
    users = numbered.withColumns(
        {**nothing, **encoding, **phone, "registered_at": F.lit("2026-01-01").cast("timestamp")}
    )
    bought = numbered.withColumns(
        {
            "ordered_at": F.lit(f"{AS_OF} 04:00:00").cast("timestamp"),
            "device_id": F.lit("kiosk"),
            **{name: F.lit(None).cast("string") for name in ("recipient_phone_token", "shipping_address_token")},
        }
    )
    nobody = table(BANK_CUSTOMERS, [])
    found = build(users, nobody, bought, as_of=AS_OF)
    assert rows(found, "identifier_type", "identifier", "record_count") == [("device", "kiosk", 100_000)]
    assert record_pairs.build(users, nobody, as_of=AS_OF).count() == 50_000, (
        "a phone of two ties them, the device nobody"
    )


def test_without_records_nothing_is_blocked(table: TableMaker) -> None:
    nothing = (table(contract, []) for contract in (SHOP_USERS, BANK_CUSTOMERS, PURCHASES))
    assert rows(build(*nothing, as_of=AS_OF), "identifier") == []
